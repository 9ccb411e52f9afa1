use crate::plan::Cause;
use crate::plan::saved::Versions;
use crate::resource::{Disruption, Hindrance, Id, Unmade};

/// Why a host cannot be brought to what is wanted. A host with a refusal is not touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub id: Id,
    pub role: String,
    pub obstacle: Obstacle,
}

impl Refusal {
    /// The part of a file that cannot be set, where that is what stands in the way.
    pub fn unmade(self) -> Option<Unmade> {
        match self.obstacle {
            Obstacle::Unmade(why) => Some(Unmade { id: self.id, role: self.role, why }),
            _ => None,
        }
    }
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
    /// The part of it that is ours cannot be set.
    Unmade(Hindrance),
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
