use std::io::IsTerminal;

use serde_json::json;

use crate::cli::arguments::Accept;
use crate::cli::error::{self, Report, render};
use crate::cli::{Exit, output, screen, selection};
use crate::engine::accept::{self, Accepted, Asked, Proposal, Unasked};
use crate::engine::{self, Problem, plan_file};
use crate::project;
use crate::report::accept as report;

pub(super) fn run(command: &Accept) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Accept) -> Result<Exit, Exit> {
    if command.json && !command.yes && !command.dry_run && std::io::stdin().is_terminal() {
        output::complain("`--json` cannot ask: say `--yes` or `--dry-run` too.\n");
        return Err(Exit::Usage);
    }
    if plan_file::is_plan(&command.inventory) {
        return Err(complain(&[error::saved::no_inventory(&command.inventory)], Exit::Usage));
    }
    let project = project::read(&command.inventory, &command.extra_vars)
        .map_err(|faults| selection::wrong(&faults.into_iter().map(Problem::Project).collect::<Vec<_>>()))?;
    let (asked, job) = Asked::new(project, &command.host, &command.resource.join(" ")).map_err(|why| match why {
        Unasked::Problems(problems) => selection::wrong(&problems),
        other => complain(&[error::accept::unasked(&other)], Exit::Wrong),
    })?;
    let accepted = look(command, &asked, job)?;
    let proposal = match &accepted {
        Accepted::InSync => {
            say(command, &asked, &accepted, Exit::Clean);
            return Ok(Exit::Clean);
        }
        Accepted::Refused(why) => {
            if command.json {
                say(command, &asked, &accepted, Exit::Wrong);
            }
            return Err(complain(&[error::accept::refused(&asked.host, &asked.id, why)], Exit::Wrong));
        }
        Accepted::Proposed(proposal) => proposal,
    };
    if !command.json {
        output::put(&report::proposal(&asked.host, &asked.id, proposal));
    }
    if command.dry_run {
        if command.json {
            say(command, &asked, &accepted, Exit::Pending);
        }
        return Ok(Exit::Pending);
    }
    if !agreed(command, proposal) {
        output::complain("Nothing was written.\n");
        return Ok(Exit::Pending);
    }
    accept::write(&proposal.edits).map_err(|fault| complain(&[error::accept::not_written(&fault)], Exit::Wrong))?;
    if command.json {
        say(command, &asked, &accepted, Exit::Clean);
    } else {
        output::line(&report::written(&asked.host, &asked.id, proposal));
    }
    Ok(Exit::Clean)
}

fn look(command: &Accept, asked: &Asked, job: engine::Job) -> Result<Accepted, Exit> {
    let runtime = screen::runtime()?;
    let (fleet, mut events) = screen::fleet(vec![job], selection::options(&command.work, engine::Terms::default()));
    let mut seen = runtime.block_on(screen::watch(fleet.look(), &mut events, "looking", 1));
    let trouble = |trouble| complain(&error::trouble(&asked.host, &trouble), Exit::of_trouble(&trouble));
    let observation = seen.pop().ok_or(Exit::Bug)?.map_err(trouble)?;
    let [job] = fleet.jobs() else { return Err(Exit::Bug) };
    if let Some(open) = &observation.open {
        // What is half done is nobody's version.
        let notice = engine::stands_open(open, job.root.as_deref());
        return Err(complain(&[Report::new(format!("host `{}`: {}", asked.host, notice.text))], Exit::Unknown));
    }
    asked.answer(job, &observation).map_err(trouble)
}

fn complain(reports: &[Report], exit: Exit) -> Exit {
    output::complain(&render(reports));
    exit
}

/// What came of it, where there is nothing to ask.
fn say(command: &Accept, asked: &Asked, accepted: &Accepted, exit: Exit) {
    if !command.json {
        output::line(&report::in_sync(&asked.host, &asked.id));
        return;
    }
    let mut document = json!({
        "format": report::FORMAT,
        "command": "accept",
        "exit": exit.code(),
        "host": asked.host,
        "resource": asked.id.to_string(),
        "written": exit == Exit::Clean && matches!(accepted, Accepted::Proposed(_)),
    });
    let result = match accepted {
        Accepted::InSync => json!({"result": "in sync"}),
        Accepted::Proposed(proposal) => report::json(proposal),
        Accepted::Refused(why) => {
            let Report { message, help, .. } = error::accept::refused(&asked.host, &asked.id, why);
            json!({"result": "refused", "why": message, "help": help})
        }
    };
    if let (Some(document), Some(result)) = (document.as_object_mut(), result.as_object()) {
        document.extend(result.clone());
    }
    screen::print_json(&document);
}

/// Asks whoever sits there; `--yes`, or nobody there, goes on.
fn agreed(command: &Accept, proposal: &Proposal) -> bool {
    if command.yes || !std::io::stdin().is_terminal() {
        return true;
    }
    output::complain(&format!("Write {}? [y/N] ", report::files(proposal)));
    let mut answer = String::new();
    let asked = std::io::stdin().read_line(&mut answer);
    asked.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes")
}
