//! The command line: arguments, terminal, exit codes.
//! In: words from the shell. Out: an exit code.
//! Must not know: how anything is decided.

pub mod error;
pub mod role;
