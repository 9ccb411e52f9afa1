use serde::{Deserialize, Serialize};

use crate::plan::{Cause, Sense};
use crate::resource::{Attribute, Id, State, Value};

/// One resource that is not as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub id: Id,
    pub action: Action,
    /// The attributes that differ, in the order of `Attribute`.
    pub attributes: Vec<AttributeChange>,
    pub observed: State,
    pub desired: State,
    /// Handlers of `role` that make it take effect.
    pub notify: Vec<String>,
    pub role: String,
    /// Why it differs; `None` where that is no question: in a rollback, or where what was left is to go.
    pub cause: Option<Cause>,
    /// What was seen, where nothing differs but what runs is not what the files say; then there are no attributes.
    pub evidence: Option<String>,
    /// Of a content that is settings, what they are to whoever reads them.
    pub sense: Sense,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Create,
    Update,
    Remove,
    /// Nothing is written for it: a handler brings it about (a unit's effective properties).
    Effect,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeChange {
    pub attribute: Attribute,
    /// `None`: the thing does not have it now.
    pub before: Option<Value>,
    pub after: Value,
}
