use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Applied;

mod codec;
mod units;

pub use codec::Fault;

/// What one round trip asks of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObserveRequest {
    /// A sandbox's root directory; every path lies under it, and units and facts are not looked at.
    pub root: Option<String>,
    pub paths: Vec<PathQuery>,
    /// Those of `paths` that are directories of which must be known whether they hold anything that is not looked at too; no
    /// content of them is asked for.
    pub folders: Vec<String>,
    pub units: Vec<String>,
    pub facts: Vec<FactQuery>,
    /// Users and groups that must exist; the answer says which do not.
    pub users: Vec<String>,
    pub groups: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathQuery {
    /// Absolute, normal, without control characters.
    pub path: String,
    /// Whether the content may leave the host; else only its hash does.
    pub content: bool,
}

/// A question about the host that a role asks by `kind` (a function of the host program) with words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactQuery {
    /// The name under which templates see the answer.
    pub name: String,
    pub kind: String,
    pub arguments: Vec<String>,
}

/// Fact name → key → value. A value that could not be found out is absent, never empty.
pub type Facts = BTreeMap<String, BTreeMap<String, String>>;

/// What a host answered.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    pub paths: BTreeMap<String, PathSeen>,
    pub units: BTreeMap<String, UnitSeen>,
    pub facts: Facts,
    pub missing_users: Vec<String>,
    pub missing_groups: Vec<String>,
    pub session: SessionSeen,
    /// A transaction that has not ended: what was seen may be half of a change.
    pub open: Option<OpenSeen>,
    /// What zdt left here earlier; the paths in it were looked at too.
    pub applied: Applied,
    /// Facts of a kind that the host program does not know: fact name → kind.
    pub unknown_facts: BTreeMap<String, String>,
    /// Of a world that was kept, paths that stood as zdt left them and had them read; of a host, `applied` tells it.
    pub in_effect: Vec<String>,
}

/// A transaction that stands open on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSeen {
    /// Names it.
    pub id: String,
    pub state: OpenState,
    /// Who began it, from where, since when, doing what.
    pub who: String,
    /// Why it is stuck.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenState {
    /// Somebody works on it.
    Held,
    /// Nobody does: it is to be finished or undone.
    Left,
    /// Undoing it did not come to an end.
    Stuck,
}

/// Who we are on the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionSeen {
    /// The effective user id.
    pub uid: u32,
    pub hostname: String,
    /// The host's clock, seconds since 1970.
    pub clock: i64,
}

/// A path as it was seen, links not followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathSeen {
    /// `file`, `directory`, `link`, `absent`, `device`, `socket`, `fifo`; `unreadable` where we could not look.
    pub kind: String,
    /// Why it is `unreadable`.
    pub error: Option<String>,
    /// Four octal digits.
    pub mode: String,
    /// Names where the host has them, else numbers.
    pub owner: String,
    pub group: String,
    pub size: u64,
    /// Modification time, seconds since 1970.
    pub mtime: i64,
    /// When anything of it was last changed, be it only its mode, seconds since 1970: nobody can set it back.
    pub ctime: i64,
    pub inode: u64,
    pub target: Option<Vec<u8>>,
    pub sha256: Option<String>,
    pub content: Option<Arc<[u8]>>,
    /// The directory that holds it, links resolved; absent where there is none yet.
    pub parent: Option<Vec<u8>>,
    /// A name in this directory that was not looked at; only where that was asked, or the host remembers the directory.
    pub foreign: Option<Vec<u8>>,
}

/// A unit as systemd runs it, not as files describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitSeen {
    /// `systemctl show`'s properties, each as printed; a property that repeats has several values.
    pub properties: BTreeMap<String, Vec<String>>,
    /// The effective `ExecReload`: each command's words joined by a blank, in order.
    pub exec_reload: Vec<String>,
    /// Why it could not be looked at.
    pub error: Option<String>,
}
