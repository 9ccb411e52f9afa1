//! Composes the pure modules and the hosts: observe, plan, preflight, run, verify; many hosts at once.
//! In: an inventory, roles, options. Out: `Event`s, and per host a `Planned` and an `Applied`.
//! Must not know: terminals; it prints nothing.

pub mod accept;
mod at_work;
mod check;
mod drift;
mod event;
mod fleet;
mod goal;
mod history;
mod import;
mod job;
mod open;
pub mod plan_file;
mod remote;
mod rolling;
mod sandbox;
mod save;
mod settle;
mod stats;
mod take_back;
mod terms;
mod visit;
mod wanted;
mod witness;
mod witness_log;
mod work;

pub use at_work::{AtWork, Deadline, End};
pub use check::Linted;
pub use drift::{Drifted, Look, Looked};
pub use event::{Applied, Batch, Doubt, Event, Planned, Ready, Stage, Trouble};
pub use fleet::{Fleet, Options};
pub use goal::Goal;
pub use import::{Imported, Manner, fitted, visits};
pub use job::{Job, Prepared, Problem, prepare};
pub use open::stands_open;
pub use rolling::{Asked, Differing, Forecast, Ramp, Size, WhyNot};
pub use save::{jobs_of, save, saved_as_planned};
pub use stats::Counted;
pub use terms::{OnFailure, Terms};
pub use visit::Purpose;
pub use wanted::Wanted;
pub use witness_log::WitnessLog;
pub use work::Work;
