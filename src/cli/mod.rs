//! The command line: arguments, terminal, exit codes.
//! In: words from the shell. Out: an exit code.
//! Must not know: how anything is decided.

mod accept;
mod apply;
mod arguments;
mod check;
mod drift;
pub mod error;
mod exit;
mod history;
mod import;
mod inventory;
mod limit;
mod output;
mod plan;
mod reload;
pub mod role;
mod rollback;
mod rolling;
mod saved;
mod screen;
mod selection;
mod stats;

use clap::Parser;

pub use arguments::{Arguments, Command};
pub use exit::Exit;

/// Runs the command that `arguments` name and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too; where they cannot be printed there is nobody to tell.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Clean };
        }
    };
    arguments.color.apply();
    let exit = match arguments.command {
        Command::Plan(command) => plan::run(&command),
        Command::Apply(command) => apply::run(&command),
        Command::Drift(command) => drift::run(&command),
        Command::Check(command) => check::run(&command),
        Command::Accept(command) => accept::run(&command),
        Command::History(command) => history::run(&command),
        Command::Reload(command) => reload::run(command),
        Command::Rollback(command) => rollback::run(command),
        Command::Stats(command) => stats::run(&command),
        Command::Role(command) => role::run(&command),
        Command::Import(command) => import::run(&command),
        Command::Inventory(command) => inventory::run(&command),
    };
    match output::failure() {
        None => exit,
        Some(why) => {
            output::complain(&format!("zdt: standard output could not be written: {why}\n"));
            exit.max(Exit::Bug)
        }
    }
}
