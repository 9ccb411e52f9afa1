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
    /// What this zdt writes.
    const FORMAT: u32 = 2;
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
        self.fault.clone().filter(|fault| fault != Applied::DENIED && !self.is_newer())
    }

    /// Whether a newer zdt than this one wrote it: then it is not ours to set aside.
    pub fn is_newer(&self) -> bool {
        let format = self.fault.as_deref().and_then(|fault| fault.strip_prefix("format ")?.parse::<u32>().ok());
        format.is_some_and(|format| format > Applied::FORMAT)
    }

    /// Why it cannot be read, and what would mend that, in sentences.
    pub fn told(&self) -> Option<String> {
        let fault = self.fault.as_deref()?;
        let next = if self.is_newer() {
            "A newer zdt wrote it: use that one."
        } else if fault == Applied::DENIED {
            "Does zdt run as root there (`ansible_become: yes`)?"
        } else {
            "`zdt apply` writes it anew."
        };
        Some(format!("what zdt remembers of this host cannot be read ({fault}): who changed what is not known. {next}"))
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
