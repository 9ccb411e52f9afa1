//! Composes the pure modules and the hosts: observe, plan, preflight, run, verify; many hosts at once.
//! In: an inventory, roles, options. Out: `Event`s, and per host a `Planned` and an `Applied`.
//! Must not know: terminals; it prints nothing.

mod at_work;
mod event;
mod fleet;
mod job;
mod open;
mod remote;
mod sandbox;
mod settle;
mod take_back;
mod terms;
mod visit;

pub use at_work::{AtWork, Deadline, End};
pub use event::{Applied, Doubt, Event, Planned, Ready, Stage, Trouble};
pub use fleet::{Fleet, Options};
pub use job::{Job, Prepared, Problem, prepare};
pub use terms::{OnFailure, Terms};
pub use visit::Purpose;
