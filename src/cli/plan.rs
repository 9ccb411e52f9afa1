use serde_json::json;

use crate::cli::arguments::Plan;
use crate::cli::{Exit, exit, output, saved, screen, selection};
use crate::engine::{self, Purpose, Work};
use crate::report::{Tally, json as report_json, plan_recap, schedule_lines};

pub(super) fn run(command: &Plan) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Plan) -> Result<Exit, Exit> {
    if saved::is_named(&command.selection) {
        return saved::show(command);
    }
    let place = command.out.as_deref().map(saved::place).transpose()?;
    let prepared = selection::prepare(&command.selection)?;
    let runtime = screen::runtime()?;
    let terms = engine::Terms {
        prune: command.prune,
        only: selection::only(command.only),
        most: command.limit.most(),
        rolling: command.rolling.asked(),
        ..engine::Terms::default()
    };
    let (fleet, mut events) = screen::fleet(prepared.jobs, selection::options(&command.work, terms));
    let (planned, took) = runtime.block_on(screen::plan(&fleet, &mut events, Purpose::Look));
    let hosts: Vec<&str> = fleet.hosts().collect();
    let exit = exit::worst(planned.iter().map(Exit::of_plan));
    let forecast = fleet.forecast(&Work::of(&planned));
    if let Some(place) = &place {
        saved::write(place, command, &fleet, &planned, &prepared.without_roles)?;
    }
    if command.output.json {
        let plans = hosts.iter().zip(&planned);
        let plans: Vec<_> =
            plans.map(|(host, planned)| report_json::planned(host, planned, screen::trouble_words)).collect();
        screen::print_json(&json!({
            "format": report_json::FORMAT,
            "command": "plan",
            "saved": null,
            "exit": exit.code(),
            "hosts": plans,
            "schedule": report_json::schedule(&forecast, &hosts),
            "without_roles": prepared.without_roles,
        }));
        return Ok(exit);
    }
    screen::print_plans(&hosts, planned.iter(), screen::detail(&command.output));
    screen::print_without_roles(&prepared.without_roles);
    output::line(&format!("{}{}", plan_recap(&Tally::of(&planned)), screen::duration(took)));
    output::put(&schedule_lines(&forecast, &hosts, &fleet.differing()));
    if let Some(path) = &command.out {
        output::line(&format!("Saved; `zdt apply {}` does exactly this.", path.display()));
    }
    Ok(exit)
}
