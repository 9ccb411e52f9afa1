use std::sync::Arc;

use super::Header;
use crate::resource::AppliedPath;

/// All that the host program needs for one preflight or one run. Words hold no control characters; contents any byte.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub header: Header,
    /// In the order in which they are put: parents first, removals last.
    pub entries: Vec<Entry>,
    pub checks: Vec<CheckCommand>,
    pub handlers: Vec<HandlerCall>,
    /// What the host is to remember of the paths once this is committed.
    pub applied: Vec<AppliedPath>,
    /// Whether what the host has remembered until now is of no use, and set aside.
    pub renew: bool,
}

impl Manifest {
    /// With nothing to do yet.
    pub fn new(header: Header) -> Manifest {
        let (entries, checks, handlers, applied) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Manifest { header, entries, checks, handlers, applied, renew: false }
    }
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub path: String,
    pub put: Put,
    /// What the plan was made from; the host compares once more before it swaps.
    pub seen: Seen,
}

/// What becomes of a path. Owner and group `None`: as whoever runs the program (a sandbox), or as they are.
#[derive(Debug, Clone)]
pub enum Put {
    File {
        content: Arc<[u8]>,
        mode: String,
        owner: Option<String>,
        group: Option<String>,
    },
    Directory {
        mode: String,
        owner: Option<String>,
        group: Option<String>,
    },
    Link {
        target: String,
        owner: Option<String>,
        group: Option<String>,
    },
    /// The old file that an ended transaction saved, with all that it had: the host copies its own.
    Saved {
        /// The transaction's `NNNNNN-ID`.
        record: String,
        /// Its entry.
        number: usize,
        /// What its content must be.
        sha256: String,
        mode: String,
        owner: Option<String>,
        group: Option<String>,
    },
    /// Only these attributes of what is there already.
    Attributes {
        mode: Option<String>,
        owner: Option<String>,
        group: Option<String>,
    },
    Remove,
}

/// The fingerprint of a path when it was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// As `PathSeen::kind`.
    pub kind: String,
    pub mode: String,
    pub owner: String,
    pub group: String,
    /// A file's SHA-256 or a link's target in base64; empty otherwise.
    pub detail: String,
    /// The resolved parent directory; `None` where it did not exist.
    pub parent: Option<Vec<u8>>,
}

/// A validator that runs on the candidates, as words, never through a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckCommand {
    pub name: String,
    pub argv: Vec<String>,
    /// Run as this user, else as the one that zdt is on the host.
    pub user: Option<String>,
}

/// A handler: a function of the host program, with words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerCall {
    pub name: String,
    pub kind: String,
    pub arguments: Vec<String>,
}
