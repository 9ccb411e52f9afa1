//! Composes the pure modules and the hosts: observe, plan, preflight, run, verify; many hosts at once.
//! In: an inventory, roles, options. Out: `Event`s, and per host a `Planned` and an `Applied`.
//! Must not know: terminals; it prints nothing.

mod event;
mod fleet;
mod goal;
mod history;
mod job;
mod remote;
mod sandbox;
mod visit;

pub use event::{Applied, Event, Planned, Ready, Stage, Trouble};
pub use fleet::{Fleet, Options};
pub use goal::Goal;
pub use job::{Job, Prepared, Problem, prepare};
