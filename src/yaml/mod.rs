//! YAML as Ansible reads it, with the place of every node.
//! In: a `Source`. Out: a `Node`, or every fault at once.
//! Must not know: inventories, roles, disk.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod build;
mod decode;
pub mod edit;
mod events;
mod fault;
mod node;
mod scalar;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub use build::parse;
pub use decode::decode;
pub use fault::{Fault, Mistake};
pub use node::{Data, Node, Step};
pub use scalar::{boolean, plain};

/// How much a text may ask of us.
pub mod limits {
    /// Nesting, aliases followed.
    pub const DEPTH: usize = 128;
    /// Nodes as written.
    pub const NODES: usize = 5_000_000;
    /// Nodes with aliases followed: this many, or `EXPANSION` times those written.
    pub const EXPANDED: u64 = 1_000_000;
    pub const EXPANSION: u64 = 20;
    /// Bytes.
    pub const SIZE: usize = 64 << 20;
}
