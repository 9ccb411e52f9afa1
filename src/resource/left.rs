use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{AppliedPath, Id, PathSeen, State, Subject};

/// What the host remembers of earlier transactions: all that was as wanted when the latest of them ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    pub paths: BTreeMap<String, AppliedPath>,
    /// By the unit's name.
    pub units: BTreeMap<String, AppliedPath>,
    /// Why it could not be read; then `paths` and `units` are empty and say nothing.
    pub fault: Option<String>,
}

impl Applied {
    /// The fault that another user would not meet.
    const DENIED: &str = "permission denied";

    /// What the host remembers of `id`.
    pub fn left(&self, id: &Id) -> Option<&AppliedPath> {
        match id.subject {
            Subject::Path => self.paths.get(&id.name),
            Subject::Unit => self.units.get(&id.name),
        }
    }

    /// What zdt last left of `id`; `None` where the host remembers nothing of it.
    pub fn state(&self, id: &Id) -> Option<State> {
        self.left(id).map(AppliedPath::state)
    }

    /// Why the record must be written anew; `None` where it need not be, or where that would mend nothing.
    pub fn to_renew(&self) -> Option<String> {
        self.fault.clone().filter(|fault| fault != Applied::DENIED)
    }

    pub(super) fn insert(&mut self, left: AppliedPath) {
        match left.id() {
            Id { subject: Subject::Path, name } => self.paths.insert(name, left),
            Id { subject: Subject::Unit, name } => self.units.insert(name, left),
        };
    }
}

impl PathSeen {
    /// A file's SHA-256 or a link's target in base64; empty otherwise.
    pub fn detail(&self) -> String {
        match (&self.sha256, &self.target) {
            (Some(sha256), _) => sha256.clone(),
            (None, Some(target)) => BASE64.encode(target),
            (None, None) => String::new(),
        }
    }
}
