use crate::cli::Exit;
use crate::cli::apply::{self, Task};
use crate::cli::arguments::{Apply, Rollback};

/// A rollback is an apply of what was: it is planned, shown, asked for and carried out in the same way.
pub(super) fn run(command: Rollback) -> Exit {
    let Rollback { selection, work, output, limit, terms, to, yes } = command;
    apply::carry_out(
        &Apply { selection, work, output, prune: false, only: None, limit, terms, yes },
        &Task::Rollback { to },
    )
}
