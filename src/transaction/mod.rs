//! One host's apply: a plan becomes the bytes that the host program obeys, the lines that it prints become an outcome.
//! In: what to put where, checks, handlers. Out: a manifest; `Progress` and `Outcome`.
//! Must not know: connections, roles, terminals.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod build;
mod encode;
mod header;
mod history;
pub mod journal;
mod manifest;
mod record;
mod rollback;
mod witness;

pub use encode::Checking;
pub use header::{Confirm, Header, Keep, Kind};
pub use history::{Ended, Past, decode_history, decode_saved};
pub use journal::{Checked, HandlerResult, Outcome, Progress, Trial, Verdict};
pub use manifest::{CheckCommand, Entry, HandlerCall, Manifest, Put, Seen};
pub use record::Record;
pub use rollback::{NoRollback, Rollback, Saved};
pub use witness::{Place, Witness, Witnessed};

/// Where the host program keeps its records; in a sandbox below its root.
pub const STATE_DIR: &str = "/var/lib/zdt";
