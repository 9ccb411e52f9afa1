//! What a thing on a host is: an id and its attributes, the kinds that roles may declare, what to ask a host about them.
//! In: the fields of a role's resource; a host's answer. Out: `Resource`, `State`, `Observation`.
//! Must not know: roles, plans, hosts, disk. Once parsed, nothing asks a resource for its kind.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod absent;
mod applied_path;
mod desired;
mod directory;
mod disruption;
mod edit;
mod file;
mod hints;
mod id;
mod kind;
mod kind_syntax;
mod left;
mod link;
mod mismatch;
mod nginx_upstream_in;
mod observe;
mod puma_settings_in;
mod remembered;
mod ruling;
mod seen;
mod state;
mod stats;
mod template;
mod unit;

pub use applied_path::AppliedPath;
pub use desired::{Check, Desired, Handler, Level, Notice};
pub use disruption::Disruption;
pub use edit::{Edit, Editing, Editor, Hindrance, Unmade};
pub use hints::{HintsFault, HintsRequest};
pub use id::{Id, Subject, unit_parts};
pub use kind::{Field, FieldSyntax, Fields, KINDS, Kind, Presence, kind};
pub use kind_syntax::{Syntax, WordFault};
pub use left::Applied;
pub use mismatch::{Hint, Load, Mismatch, Running};
pub use observe::{
    FactQuery, Facts, Fault as ObserveFault, Observation, ObserveRequest, OpenSeen, OpenState, PathQuery, PathSeen,
    SessionSeen, UnitSeen,
};
pub use remembered::{recall_checks, recall_handlers, remember_checks, remember_handlers};
pub use ruling::{Ruling, Said, Severity};
pub use seen::Unseen;
pub use state::{Attribute, Content, State, Value, sha256};
pub use stats::{
    Memory, MemoryKind, Mode, PumaSeen, Rates, StatsFault, StatsQuery, StatsRequest, StatsSeen, Sum, Total, WorkerSeen,
};

/// One thing as a role wants it on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub id: Id,
    pub desired: State,
    /// Names of the handlers, in the same role, that make a change of it take effect.
    pub notify: Vec<String>,
    /// The role that declared it.
    pub role: String,
    /// Whether its content is lines that begin with a setting's name.
    pub settings: bool,
    /// It is a part of a file that somebody else owns. What that file shall be is known once it was seen: `Desired::settle`.
    pub edit: Option<Edit>,
}
