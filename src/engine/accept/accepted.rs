use serde_json::Value;
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::Edit;
use crate::plan::{AttributeChange, Cause};
use crate::resource::{Content, Id, Notice, Unmade};
use crate::role::Knobs;
use crate::source::Span;

/// What taking over comes to.
#[derive(Debug)]
pub enum Accepted {
    /// It is as wanted.
    InSync,
    Proposed(Box<Proposal>),
    Refused(Box<Refused>),
}

/// What to write, and what it does.
#[derive(Debug)]
pub struct Proposal {
    pub role: String,
    pub settings: Vec<Setting>,
    pub edits: Vec<Edit>,
    /// Why the resource differed.
    pub cause: Cause,
    /// Warnings of the roles that come with the new values.
    pub notices: Vec<Notice>,
}

/// A variable and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    pub name: String,
    pub before: Option<Value>,
    pub after: Value,
    /// Where the present value stands; `None` for a default.
    pub from: Option<String>,
}

/// Why the server's version cannot be taken over.
#[derive(Debug)]
pub enum Refused {
    /// What it holds must not be shown, and so not be written anywhere either.
    Secret,
    /// The host is without it.
    Gone,
    /// A part of a file that cannot be told from the rest of it.
    Unmade(Box<Unmade>),
    /// A content that is no text, or too large to compare.
    NoText,
    /// No values make it so.
    Beyond(Box<Beyond>),
    /// They would change these too.
    Others { settings: Vec<Setting>, others: Vec<Id> },
    /// With them a role would refuse the host.
    Notices { settings: Vec<Setting>, notices: Vec<Notice> },
    /// `-e` sets it, and wins over whatever is written.
    Extra { name: String },
    /// A file that zdt does not change.
    File { path: String, why: String },
    /// What would be written does not come out as meant.
    Unsound { path: String },
}

/// How near the values of params come to what is there.
#[derive(Debug)]
pub struct Beyond {
    pub knobs: Knobs,
    /// What would bring it nearest.
    pub nearest: Vec<Setting>,
    /// What would still differ.
    pub rest: Vec<AttributeChange>,
    /// Of the content the first place that would.
    pub line: Option<Line>,
    /// Params that the entry of `zdt_roles` gives: nothing in a file of variables wins over it.
    pub given: Vec<(String, Span)>,
    pub spent: bool,
}

/// A line of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1 on, in what is there; in what is wanted for one that is gone.
    pub number: usize,
    pub text: String,
    pub gone: bool,
}

impl Line {
    /// The first line of what is there that `wanted` has not, or that is gone.
    pub(super) fn first(wanted: Option<&Content>, observed: Option<&Content>) -> Option<Line> {
        let text = |content: Option<&Content>| Some(String::from_utf8_lossy(content?.bytes.as_deref()?).into_owned());
        let (wanted, observed) = (text(wanted)?, text(observed)?);
        let (old, new): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), observed.lines().collect());
        let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
        let op = ops.iter().find(|op| op.tag() != DiffTag::Equal)?;
        let (lines, from, gone) = match op.tag() {
            DiffTag::Delete => (&old, op.old_range().start, true),
            _ => (&new, op.new_range().start, false),
        };
        Some(Line { number: from + 1, text: (*lines.get(from)?).to_owned(), gone })
    }
}
