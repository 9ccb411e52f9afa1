use clap::Args;

use crate::cli::Exit;
use crate::cli::apply::{self, Task};
use crate::cli::arguments::{Apply, Output, Selection, Terms, Work};
use crate::cli::limit::Limit;

#[derive(Debug, Args)]
pub struct Reload {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub limit: Limit,
    #[command(flatten)]
    pub terms: Terms,
    /// Worker by worker: the only way there is; for those who are used to saying it
    #[arg(long)]
    pub phased: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// A reload is an apply of nothing but what makes the current release run.
pub(super) fn run(command: Reload) -> Exit {
    let Reload { selection, work, output, limit, terms, phased: _, yes } = command;
    apply::carry_out(&Apply { selection, work, output, prune: false, only: None, limit, terms, yes }, &Task::Reload)
}
