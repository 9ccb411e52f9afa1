//! An `upstream` in a configuration of nginx that somebody else wrote, read by nginx's own rules and set in place.
//! In: the bytes of a configuration, and one `upstream` that is ours. Out: the edited bytes, what they say, `Fault`.
//! Must not know: what a role wants in an upstream, or what a host runs.

mod dump;
mod edit;
mod files;
mod fragment;
mod glob;
mod lexer;
mod lua;
mod part;
mod splice;
mod survey;
mod token;
mod tree;
mod upstream;
mod value;
mod why;
mod word;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub use dump::{Printed, printed};
pub use edit::edit;
pub use files::{Expanded, Files, Gap, Node, Unread};
pub use part::part;
pub use survey::{Backend, Location, Pass, Server, Survey, Upstream};
pub use tree::{Block, Body, Directive, Tree};
pub use value::Value;
pub use why::Why;
pub use word::Word;

/// How much a text may ask of us.
pub mod limits {
    /// Blocks in blocks, includes among them.
    pub const DEPTH: usize = 128;
    /// Words, comments, spaces between them, `;` and braces.
    pub const TOKENS: usize = 2_000_000;
    /// Directives once includes are followed, and what of them could not be read.
    pub const EXPANDED: usize = 1_000_000;
    pub const GAPS: usize = 1_000;
    /// Bytes.
    pub const SIZE: usize = 32 << 20;
}
