//! A plan that outlives its run: what was seen, what is wanted, and the steps that follow; as text, and back.

mod document;
mod envelope;
mod held;
mod state;
#[cfg(test)]
mod tests;
mod work;

pub use document::Undecodable;
pub use envelope::{Envelope, FORMAT, Unreadable, is_saved_plan};
pub use held::Versions;
pub use work::{Work, World};

use serde::{Deserialize, Serialize};

/// All hosts of one `plan --out`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPlan {
    pub made: Made,
    pub hosts: Vec<SavedHost>,
    /// Selected, but without roles: they were not looked at.
    pub without_roles: Vec<String>,
}

/// When, from what and by which zdt a plan was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub zdt: String,
    /// Since 1970.
    pub seconds: u64,
    /// As it was named on the command line.
    pub inventory: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedHost {
    /// As the inventory has it.
    pub name: String,
    pub address: Address,
    /// A sandbox's root directory, absolute.
    pub root: Option<String>,
    pub state: SavedState,
    pub rolling: SavedRolling,
}

/// What the host's variables said of how a run goes; what the words mean is the matter of whoever runs it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedRolling {
    /// Each with the place that says so.
    pub batch: Option<(String, String)>,
    pub pause: Option<(u64, String)>,
    pub max_failures: Option<(String, String)>,
    pub in_service: Vec<SavedGroup>,
}

/// A group of which some hosts stay in service at any time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedGroup {
    pub group: String,
    pub size: usize,
    pub keep: usize,
}

/// How a host is reached; what the words mean is the matter of whoever connects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// `ssh` or `local`.
    pub connection: String,
    pub host: String,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub private_key: Option<String>,
    pub common_args: Vec<String>,
    pub r#become: Option<String>,
}

/// What planning the host came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedState {
    /// In sync or to change.
    Planned(Box<Work>),
    /// Why.
    Refused(String),
    /// Why.
    Unknown(String),
}
