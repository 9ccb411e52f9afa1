//! Files that somebody else owns, and a fragment of each that is ours: edited losslessly, and compared.
//! In: a whole file and our fragment of it, as bytes. Out: the edited file, what it says of our part, `Fault`.
//! Must not know: hosts, roles, resources, plans, disk, or how faults are worded.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod fault;
pub mod nginx;
pub mod puma;

pub use fault::{Fault, Place, Text, Why};
