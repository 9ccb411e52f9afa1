//! What is to change, and why: desired and observed states in, ordered changes out.
//! In: `Desired`, an `Observation`. Out: `HostPlan`; as a saved plan a text, and back.
//! Must not know: roles, hosts, terminals, kinds of resources.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod cause;
mod change;
mod diff;
mod drift;
mod handler;
mod host_plan;
#[cfg(test)]
mod laws;
mod limit;
mod only;
mod order;
mod orphan;
#[cfg(test)]
mod part_laws;
mod refusal;
mod running;
pub mod saved;
mod settings;
mod settled;

pub use cause::{Cause, cause};
pub use change::{Action, AttributeChange, Change};
pub use diff::diff;
pub use drift::{Finding, HostDrift, drift};
pub use handler::PlannedHandler;
pub use host_plan::{HostPlan, Unknown, plan};
pub use only::{LeftOut, Only};
pub use orphan::{Orphan, OrphanState, holds};
pub use refusal::{Obstacle, Refusal};
pub use running::mismatches;
pub use settings::{Sense, Setting, SettingChange};
