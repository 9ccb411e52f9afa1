//! One host's apply: a plan becomes the bytes that the host program obeys, the lines that it prints become an outcome.
//! In: what to put where, checks, handlers. Out: a manifest; `Progress` and `Outcome`.
//! Must not know: connections, roles, terminals.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod build;
mod manifest;

pub use build::{Place, STATE_DIR};
pub use manifest::{CheckCommand, Entry, HandlerCall, Manifest, Put, Seen};
