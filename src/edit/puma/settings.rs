use std::ops::Range;

use ruby_prism::Visit;

use super::walk::{MOST_LEVELS, Walk};
use super::{Call, Why};
use crate::edit::{Fault, Place, Text};

/// Larger than any puma.rb, and small enough that no text of somebody else's takes the parser long.
const MOST_BYTES: usize = 64 * 1024;

/// The parser goes 10,000 levels deep before it gives up, and overflows the 2 MB that a thread has.
const STACK: usize = 64 * 1024 * 1024;

/// What a puma.rb sets, as far as its text tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Every call of a setting that runs while Puma reads the file, in the order of the text. Bodies of hooks run later.
    pub calls: Vec<Call>,
    /// What may set more than the text tells (`load`, `eval`, …), or redefines a setting.
    pub unseen: Vec<Fault>,
    pub(super) statements: Vec<Range<usize>>,
    /// Where the text ends for Ruby: before `__END__`.
    pub(super) end: usize,
    pub(super) returns: Option<usize>,
    /// The encoding that a comment at the top names.
    pub(super) encoding: Option<String>,
}

impl Settings {
    /// The calls of the setting `name` under all its names (`on_worker_boot` is also `before_worker_boot`).
    pub fn of<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Call> {
        let key = super::Setting::named(name).map(|setting| setting.key);
        self.calls.iter().filter(move |call| Some(call.setting.key) == key)
    }

    pub(super) fn read(text: Text, source: &[u8]) -> Result<Settings, Fault> {
        if source.len() > MOST_BYTES {
            let why = Why::TooLarge { bytes: source.len(), most: MOST_BYTES };
            return Err(Fault { at: None, why: why.into() });
        }
        deep(|| Settings::parsed(text, source)).unwrap_or(Err(Fault { at: None, why: Why::NotRead.into() }))
    }

    fn parsed(text: Text, source: &[u8]) -> Result<Settings, Fault> {
        let result = ruby_prism::parse(source);
        let fault = |offset: usize, why: Why| Fault { at: Some(Place::of(text, source, offset)), why: why.into() };
        if let Some(error) = result.errors().next() {
            let message = String::from_utf8_lossy(error.message()).into_owned();
            return Err(fault(error.location().start() as usize, Why::Syntax { message }));
        }
        let comments = result.comments().map(|comment| comment.location());
        let comments = comments.map(|location| location.start() as usize..location.end() as usize).collect();
        let mut walk = Walk::new(source, comments);
        walk.visit(&result.node());
        if walk.too_deep {
            return Err(Fault { at: None, why: Why::TooDeep { most: MOST_LEVELS }.into() });
        }
        let encoding = result.magic_comments().find(|comment| matches!(comment.key(), b"encoding" | b"coding"));
        Ok(Settings {
            unseen: walk.unseen.into_iter().map(|(offset, why)| fault(offset, why)).collect(),
            calls: walk.calls,
            statements: walk.statements,
            end: result.data_loc().map_or(source.len(), |data| data.start() as usize),
            returns: walk.returns,
            encoding: encoding.map(|comment| String::from_utf8_lossy(comment.value()).into_owned()),
        })
    }
}

/// Does `work` on a stack that is deep enough, or not at all.
#[expect(clippy::disallowed_methods, reason = "a thread is the way to a deep stack; it sees nothing but its text")]
fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok()?;
        Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
