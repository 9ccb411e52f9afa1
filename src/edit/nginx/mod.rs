//! An `upstream` in a configuration of nginx that somebody else wrote, read by nginx's own rules and set in place.
//! In: the bytes of a configuration, and one `upstream` that is ours. Out: the edited bytes, what they say, `Fault`.
//! Must not know: what a role wants in an upstream, or what a host runs.

mod why;

pub use why::Why;
