use serde::{Deserialize, Serialize};

use crate::resource::{Attribute, State, Value};

/// Why a thing differs, or does not: from what zdt last left there (applied), what is there (observed) and what is
/// wanted (desired). It explains, and never decides what is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    InSync,
    /// What is wanted has changed since: our files.
    Pending,
    /// What is there has changed since: the server.
    Drifted,
    /// Both have.
    Conflict,
    /// Both have, to the same: somebody did by hand what is wanted now.
    ConvergedByHand,
    /// It differs, and the host remembers nothing of it: new, or not managed until now.
    New,
    /// zdt left it, and no role wants it any more.
    Orphaned,
    /// The files are one thing and what runs is another.
    Runtime,
}

impl Cause {
    pub const ALL: [Cause; 8] = [
        Cause::InSync,
        Cause::Pending,
        Cause::Drifted,
        Cause::Conflict,
        Cause::ConvergedByHand,
        Cause::New,
        Cause::Orphaned,
        Cause::Runtime,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Cause::InSync => "in sync",
            Cause::Pending => "pending",
            Cause::Drifted => "drifted",
            Cause::Conflict => "conflict",
            Cause::ConvergedByHand => "converged by hand",
            Cause::New => "new",
            Cause::Orphaned => "orphaned",
            Cause::Runtime => "runtime",
        }
    }

    /// Whether a drift check that finds it has found drift: something that did not come from our own files.
    pub fn is_drift(self) -> bool {
        match self {
            Cause::Drifted | Cause::Conflict | Cause::New | Cause::Runtime => true,
            Cause::InSync | Cause::Pending | Cause::ConvergedByHand | Cause::Orphaned => false,
        }
    }
}

/// How a thing stands. Only what `desired` names is compared; of a file of which only a part is ours, that part.
/// `applied`: `None` where the host remembers nothing of it.
pub fn cause(applied: Option<&State>, observed: &State, desired: &State) -> Cause {
    let wanted = agree(observed, desired, desired);
    // What was left of a part says nothing of the whole, and the other way round.
    let Some(applied) = applied.filter(|applied| applied.part().is_some() == desired.part().is_some()) else {
        return if wanted { Cause::InSync } else { Cause::New };
    };
    match (agree(applied, observed, desired), wanted) {
        (true, true) => Cause::InSync,
        (true, false) => Cause::Pending,
        (false, true) => Cause::ConvergedByHand,
        (false, false) if agree(applied, desired, desired) => Cause::Drifted,
        (false, false) => Cause::Conflict,
    }
}

/// Whether two states are the same in all that `managed` names.
fn agree(one: &State, other: &State, managed: &State) -> bool {
    let is_ours = |attribute: &Attribute| *attribute != Attribute::Content || managed.part().is_none();
    let mut ours = managed.iter().map(|(attribute, _)| attribute).filter(is_ours);
    ours.all(|attribute| match (one.get(attribute), other.get(attribute)) {
        (Some(Value::Content(one)), Some(Value::Content(other))) => one.sha256 == other.sha256,
        (one, other) => one == other,
    })
}
