//! A text that somebody wrote and a place in it, so that every fault can show its line.
//! In: a name and a text. Out: `Source`, `Span`.
//! Must not know: where texts come from, or how faults are worded.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::ops::Range;
use std::sync::Arc;

/// A text with the name under which a user knows it (a path, `-e`, `built-in role …`).
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub text: String,
}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into() })
    }

    /// The 1-based line on which byte `offset` stands.
    pub fn line(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        self.text.as_bytes()[..end].iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// Bytes `range` of `source`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub source: Arc<Source>,
    pub range: Range<usize>,
}

impl Span {
    pub fn new(source: &Arc<Source>, range: Range<usize>) -> Span {
        Span { source: Arc::clone(source), range }
    }

    /// `inventory.yml:12`, as editors and terminals jump to it.
    pub fn place(&self) -> String {
        format!("{}:{}", self.source.name, self.source.line(self.range.start))
    }
}
