//! An `upstream` in a configuration of nginx that somebody else wrote, read by nginx's own rules and set in place.
//! In: the bytes of a configuration, and one `upstream` that is ours. Out: the edited bytes, what they say, `Fault`.
//! Must not know: what a role wants in an upstream, or what a host runs.

mod edit;
mod fragment;
mod lexer;
mod lua;
mod part;
mod splice;
mod token;
mod tree;
mod upstream;
mod why;
mod word;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub use edit::edit;
pub use part::part;
pub use tree::{Block, Body, Directive, Tree};
pub use why::Why;
pub use word::Word;

/// How much a text may ask of us.
pub mod limits {
    /// Blocks in blocks.
    pub const DEPTH: usize = 128;
    /// Words, comments, spaces between them, `;` and braces.
    pub const TOKENS: usize = 2_000_000;
    /// Bytes.
    pub const SIZE: usize = 32 << 20;
}
