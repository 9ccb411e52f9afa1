use std::time::Duration;

use crate::cli::Exit;
use crate::cli::arguments::{HostKeys, OnFailure, Only, Selection, Terms, Work};
use crate::cli::error::{self, Report, render};
use crate::cli::output;
use crate::engine::{self, Prepared, Problem, plan_file};
use crate::host;
use crate::inventory::Unused;
use crate::plan;
use crate::project;
use crate::transaction::Confirm;

/// Reads and checks all that the user wrote; prints every fault of it at once.
pub(super) fn prepare(selection: &Selection) -> Result<Prepared, Exit> {
    if plan_file::is_plan(&selection.inventory) {
        output::complain(&render(&[error::saved::no_inventory(&selection.inventory)]));
        return Err(Exit::Usage);
    }
    let project = project::read(&selection.inventory, &selection.extra_vars)
        .map_err(|faults| wrong(&faults.into_iter().map(Problem::Project).collect::<Vec<_>>()))?;
    let prepared = engine::prepare(&project, selection.limit.as_deref()).map_err(|problems| wrong(&problems))?;
    // A folder may serve several inventories, so that most unread files are nobody's fault; a near miss of a name is.
    let slips = prepared.unused_files.iter().filter(|file| matches!(file.why, Unused::NoSuchName { meant: Some(_) }));
    for file in slips {
        output::complain(&format!("warning: {}\n", error::unused(file)));
    }
    Ok(prepared)
}

pub(super) fn wrong(problems: &[Problem]) -> Exit {
    let reports: Vec<Report> = problems.iter().map(Report::from).collect();
    output::complain(&render(&reports));
    Exit::Wrong
}

pub(super) fn options(work: &Work, terms: engine::Terms) -> engine::Options {
    engine::Options {
        terms,
        forks: usize::from(work.forks),
        connect: host::Options {
            connect_timeout: work.timeout(),
            keep: work.keep(),
            host_keys: match work.host_keys {
                HostKeys::Strict => host::HostKeys::Strict,
                HostKeys::AcceptNew => host::HostKeys::AcceptNew,
            },
            ..host::Options::default()
        },
    }
}

pub(super) fn terms(terms: &Terms) -> engine::Terms {
    engine::Terms {
        by: operator(),
        confirm: match terms.confirm_timeout {
            0 => Confirm::ByItself,
            seconds => Confirm::Within(Duration::from_secs(seconds)),
        },
        wait: Duration::from_secs(terms.lock_timeout),
        on_failure: match terms.on_failure {
            OnFailure::Stop => engine::OnFailure::Stop,
            OnFailure::Continue => engine::OnFailure::Continue,
            OnFailure::Undo => engine::OnFailure::Undo,
        },
        rolling: terms.rolling.asked(),
        prune: false,
        only: None,
        trial: !terms.no_trial,
        witness: !terms.no_witness,
        most: None,
    }
}

pub(super) fn only(only: Option<Only>) -> Option<plan::Only> {
    only.map(|only| match only {
        Only::Drifted => plan::Only::Drifted,
        Only::Pending => plan::Only::Pending,
    })
}

/// `user@host`: whom others see at work on a host, so that they can ask.
fn operator() -> String {
    let user =
        ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    let user = user.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    let system = rustix::system::uname();
    format!("{user}@{}", system.nodename().to_string_lossy())
}
