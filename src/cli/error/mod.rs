//! All wording and hints of errors, and their rendering through miette.
//! In: the modules' faults. Out: reports on stderr.
//! Must not know: how faults come about.
pub mod host;
pub mod role;
