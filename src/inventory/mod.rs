//! Ansible's YAML inventory: groups, hosts, variables with their sources, patterns.
//! In: texts. Out: `Inventory`, per host `Variables` and `Connection`; or every fault at once.
//! Must not know: disk, roles, hosts.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod connection;
mod extra;
mod fault;
mod glob;
mod host_pattern;
mod model;
mod parse;
mod pattern;
mod range;
mod reconcile;
mod resolve;
mod texts;
mod unused_file;
mod variables;

#[cfg(test)]
mod tests;

pub use connection::{Connection, ConnectionKind};
pub use fault::{Fault, Found, NameProblem, RangeProblem, RootProblem};
pub use model::Inventory;
pub use parse::{GROUP_KEYS, parse, read};
pub use texts::{Extra, Texts};
pub use unused_file::{Unused, UnusedFile, VarsOf};
pub use variables::{KNOWN as KNOWN_VARIABLES, Origin, Variable, Variables};
