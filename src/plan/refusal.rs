use crate::plan::Cause;
use crate::plan::saved::Versions;
use crate::resource::{Disruption, Id};

/// Why a host cannot be brought to what is wanted. A host with a refusal is not touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub id: Id,
    pub role: String,
    pub obstacle: Obstacle,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Something of another type stands there; replacing it could lose what it holds.
    OtherType {
        seen: String,
        wanted: String,
        target: Option<String>,
    },
    /// The directory that shall hold it does not exist, and nothing in the plan makes it.
    NoParent {
        parent: String,
    },
    NoUser {
        name: String,
    },
    NoGroup {
        name: String,
    },
    /// The directory that holds it leads out of the sandbox.
    OutsideSandbox {
        parent: String,
    },
    /// A rollback finds it other than the transaction left it: taking that back would lose somebody's work.
    ChangedSince {
        what: Vec<&'static str>,
    },
    /// The content to which a rollback would return is not in the host's history.
    NotSaved {
        record: String,
    },
    /// The handler that would bring it about is missing from the plan.
    NoEffect,
    /// It cannot be without a change that `--only` leaves out.
    NeedsLeftOut {
        needed: Id,
        cause: Cause,
    },
    /// A handler that it needs costs more than is allowed.
    TooDisruptive {
        handler: String,
        needs: Disruption,
        most: Disruption,
    },
    /// It is no longer what it was when the saved plan was made.
    Changed(Box<Versions>),
}
