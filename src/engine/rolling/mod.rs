//! How the hosts of a run follow each other: batches, what may fail, what must stay in service.
//! In: what the hosts' variables and the command line say, and how each host ended. Out: the next hosts, or why no more.
//! Must not know: disk, clock, hosts, terminals. `fleet` drives it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod asked;
mod forecast;
mod ramp;
mod read;
mod roll;
#[cfg(test)]
mod roll_tests;
mod size;
mod why_not;
mod wishes;

pub use asked::Asked;
pub use forecast::Forecast;
pub use ramp::Ramp;
pub(super) use read::read;
pub(super) use roll::{End, Roll, Rules};
pub use size::Size;
pub use why_not::WhyNot;
pub use wishes::{Differing, InService, Wish, Wishes};
pub(super) use wishes::{differing, distinct};
