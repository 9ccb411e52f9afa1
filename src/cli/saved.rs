//! Saved plans on the command line: written by `plan --out`, shown by `plan FILE`, done by `apply FILE`.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::cli::arguments::{Only, Plan, Selection};
use crate::cli::error::{Report, render, saved as words};
use crate::cli::{Exit, exit, output, screen, selection};
use crate::engine::{self, Fleet, Planned, Prepared, Work, jobs_of, plan_file, save, saved_as_planned};
use crate::plan::saved::Made;
use crate::report::{Tally, json as report_json, plan_recap, refused_because, schedule_lines};
use crate::words::{count, utc};

/// The work of a saved plan, and what it was made from.
pub(super) struct Saved {
    pub prepared: Prepared,
    pub made: Made,
}

/// Whether the command line names a saved plan instead of an inventory.
pub(super) fn is_named(selection: &Selection) -> bool {
    plan_file::is_plan(&selection.inventory)
}

/// Reads the saved plan that the command line names; what goes with inventories alone is refused.
pub(super) fn read(selection: &Selection, prune: bool, only: Option<Only>) -> Result<Saved, Exit> {
    if !selection.extra_vars.is_empty() {
        complain(&words::extra_vars(&selection.inventory));
        return Err(Exit::Usage);
    }
    if only.is_some() {
        complain(&words::only(&selection.inventory));
        return Err(Exit::Usage);
    }
    if prune {
        complain(&words::prune(&selection.inventory));
        return Err(Exit::Usage);
    }
    let plan = plan_file::read(&selection.inventory).map_err(|fault| wrong(&fault))?;
    let made = plan.made.clone();
    let prepared = jobs_of(plan, selection.limit.as_deref()).map_err(|problems| selection::wrong(&problems))?;
    Ok(Saved { prepared, made })
}

impl Saved {
    /// `Saved plan of 2026-11-22 21:04 UTC, made from `inventory.yml` by zdt 0.1.0.`
    pub fn print_origin(made: &Made) {
        let Made { zdt, seconds, inventory } = made;
        output::line(&format!("Saved plan of {}, made from `{inventory}` by zdt {zdt}.\n", utc(*seconds)));
    }

    pub fn json(made: &Made) -> Value {
        json!({"made": made.seconds, "inventory": made.inventory, "zdt": made.zdt})
    }
}

/// Whether a refused host stops the others too: not where it merely moved on since the plan was made, or would be
/// disturbed more than is allowed.
pub(super) fn stops(planned: &Planned) -> bool {
    let over_limit = matches!(planned, Planned::Ready(ready) if ready.is_over_limit_alone());
    Exit::of_plan(planned) == Exit::Wrong && !is_moved(planned) && !over_limit
}

fn is_moved(planned: &Planned) -> bool {
    matches!(planned, Planned::Ready(ready) if ready.plan.moved && ready.open.is_none())
}

/// Tells of the hosts that moved on, if any did.
pub(super) fn print_moved(planned: &[Planned]) {
    let moved = planned.iter().filter(|planned| is_moved(planned)).count();
    if moved > 0 {
        let (have, are) = if moved == 1 { ("has", "is") } else { ("have", "are") };
        let hosts = count(moved, "host");
        output::line(&format!("{hosts} {have} changed since the plan was made and {are} not touched: plan again."));
    }
}

/// A place for `--out`, before any host is asked.
pub(super) fn place(path: &Path) -> Result<plan_file::Place, Exit> {
    plan_file::Place::new(path).map_err(|fault| wrong(&fault))
}

/// Writes what was planned.
pub(super) fn write(
    place: &plan_file::Place,
    command: &Plan,
    fleet: &Fleet,
    planned: &[Planned],
    without_roles: &[String],
) -> Result<(), Exit> {
    let made = Made {
        zdt: env!("CARGO_PKG_VERSION").to_owned(),
        seconds: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        inventory: command.selection.inventory.to_string_lossy().into_owned(),
    };
    let plan = save(fleet.jobs().iter().zip(planned), made, without_roles.to_vec(), because);
    place.write(&plan).map_err(|fault| wrong(&fault))
}

/// Why a host has no plan.
fn because(host: &str, planned: &Planned) -> String {
    use crate::engine::Trouble;
    match planned {
        Planned::Unknown(trouble) => screen::trouble_words(host, trouble),
        Planned::Faulty(faults) => screen::trouble_words(host, &Trouble::Faults(faults.clone())),
        Planned::Ready(ready) => match &ready.open {
            Some(open) => format!("transaction {} of {} stood open", open.id, open.who),
            None => refused_because(ready),
        },
    }
}

/// `plan FILE`: what the saved plan says, without any host.
pub(super) fn show(command: &Plan) -> Result<Exit, Exit> {
    if command.out.is_some() {
        complain(&words::out_of_saved(&command.selection.inventory));
        return Err(Exit::Usage);
    }
    let Saved { prepared, made } = read(&command.selection, command.prune, command.only)?;
    let planned = saved_as_planned(&prepared.jobs, command.limit.most());
    let terms = engine::Terms { rolling: command.rolling.asked(), ..engine::Terms::default() };
    let (fleet, _) = screen::fleet(prepared.jobs, selection::options(&command.work, terms));
    let hosts: Vec<&str> = fleet.hosts().collect();
    let forecast = fleet.forecast(&Work::of(&planned));
    let exit = exit::worst(planned.iter().map(Exit::of_plan));
    if command.output.json {
        let plans = hosts.iter().zip(&planned);
        let plans: Vec<_> =
            plans.map(|(host, planned)| report_json::planned(host, planned, screen::trouble_words)).collect();
        screen::print_json(&json!({
            "format": report_json::FORMAT,
            "command": "plan",
            "saved": Saved::json(&made),
            "exit": exit.code(),
            "hosts": plans,
            "schedule": report_json::schedule(&forecast, &hosts),
            "without_roles": prepared.without_roles,
        }));
        return Ok(exit);
    }
    Saved::print_origin(&made);
    screen::print_plans(&hosts, planned.iter(), screen::detail(&command.output));
    screen::print_without_roles(&prepared.without_roles);
    output::line(&plan_recap(&Tally::of(&planned)));
    output::put(&schedule_lines(&forecast, &hosts, &fleet.differing()));
    output::line("No host was looked at: `zdt apply` does that before it does what stands here.");
    Ok(exit)
}

fn wrong(fault: &plan_file::Fault) -> Exit {
    complain(&fault.into());
    Exit::Wrong
}

fn complain(report: &Report) {
    output::complain(&render(std::slice::from_ref(report)));
}
