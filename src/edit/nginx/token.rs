use std::ops::Range;

/// A stretch of a configuration. The tokens of a text follow each other without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// Of its first byte, from 1.
    pub line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    /// From `#` to the end of the line, which is not part of it.
    Comment,
    Bare,
    /// With its quotes.
    Quoted,
    Semicolon,
    Open,
    Close,
    /// What stands between the braces of a `…_by_lua_block`.
    Lua,
}

impl Token {
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}
