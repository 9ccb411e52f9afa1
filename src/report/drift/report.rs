use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::Cause;

/// One run of `zdt drift`. As JSON it is what `--json` prints; `docs/drift.schema.json` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Rises when a field changes its meaning.
    pub format: u32,
    pub command: String,
    /// The version of zdt that looked.
    pub zdt: String,
    /// The inventory as it was named.
    pub inventory: String,
    /// When the look began, by the operator's clock, seconds since 1970.
    pub began: i64,
    pub took_ms: u64,
    /// The exit code of this run.
    pub exit: u8,
    /// Whether what was found differs from what the last run found; `null` where no run before is known.
    pub changed: Option<bool>,
    pub counts: Counts,
    pub hosts: Vec<Host>,
    /// Selected hosts without `zdt_roles`; they were not looked at.
    pub without_roles: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Every state is there, also with 0.
    pub hosts: BTreeMap<HostState, usize>,
    /// Resources by cause; every cause is there, also with 0.
    pub resources: BTreeMap<Cause, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostState {
    InSync,
    /// Nothing drifted; our own files have changed and are not applied yet.
    Pending,
    Drifted,
    /// A transaction is at work there, or stands open: what was seen may be half of a change.
    Busy,
    /// It could not be reached or read.
    Unknown,
    /// A role cannot be rendered for what the host is.
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    pub host: String,
    pub state: HostState,
    /// Why the state is `busy`, `unknown` or `refused`, with the next step; else null.
    pub error: Option<String>,
    pub sandbox: bool,
    /// The host's clock when it was looked at, seconds since 1970; null where it was not looked at.
    pub clock: Option<i64>,
    /// How many resources are as wanted.
    pub in_sync: usize,
    /// What drifted first, then what runs otherwise, then what is ours; by id within that.
    pub findings: Vec<Finding>,
    /// Warnings of roles.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A path, or `unit NAME`.
    pub id: String,
    pub role: String,
    pub cause: Cause,
    /// One sentence: what is the matter.
    pub says: String,
    /// What differs, managed attributes alone; a content by its hash, unless it is secret.
    pub attributes: Vec<Attribute>,
    /// From what is wanted to what is there; null where nothing of a content differs.
    pub diff: Option<Diff>,
    pub since: Since,
    /// What on the host may tell who did it, each a sentence, latest first.
    pub hints: Vec<String>,
    /// What would mend it: a command, or what a person must do.
    pub mend: String,
}

/// The three versions of one attribute, as words; null where there is none, or where it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    pub name: String,
    pub applied: Option<String>,
    pub observed: Option<String>,
    pub desired: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Diff {
    /// Hunks, each line with its sign.
    Lines(Vec<Line>),
    /// Why nothing is shown: it is secret, too large, no text.
    Hidden(String),
}

/// A line of a unified diff.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// `@` a hunk's head (the text is all of it), ` ` the same in both, `-` wanted and not there, `+` there and not
    /// wanted, `\\` of the line before: no newline at the end.
    pub sign: char,
    /// Without control characters.
    pub text: String,
}

/// When it was changed, by the host's clock, seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// When the path was last changed; null for units and for what is gone.
    pub changed_at: Option<i64>,
    /// When a run first found it as it is, by the operator's clock; null where no earlier run is known.
    pub first_seen: Option<i64>,
}
