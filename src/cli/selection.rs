use crate::cli::Exit;
use crate::cli::arguments::{HostKeys, Selection, Work};
use crate::cli::error::{self, Report, render};
use crate::cli::output;
use crate::engine::{self, Prepared, Problem, plan_file};
use crate::host;
use crate::inventory::Unused;
use crate::project;

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

/// `prune`: what no role wants any more goes too.
pub(super) fn options(work: &Work, prune: bool) -> engine::Options {
    engine::Options {
        forks: usize::from(work.forks),
        prune,
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
