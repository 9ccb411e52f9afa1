//! Settings of a puma.rb that somebody else wrote, read and edited by Ruby's own syntax tree.
//! In: the bytes of a puma.rb, and a fragment of settings that are ours. Out: the edited bytes, what they say, `Fault`.
//! Must not know: which settings a role wants, or what a host runs.

mod why;

pub use why::Why;
