//! YAML as Ansible reads it, with the place of every node.
//! In: a `Source`. Out: a `Node`, or every fault at once.
//! Must not know: inventories, roles, disk.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod node;

pub use node::{Data, Node};
