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
