use std::borrow::Cow;

use super::token::Kind;

/// A directive's name or one of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// As it is written, with its quotes.
    pub raw: &'a [u8],
    /// Its first byte in the text.
    pub start: usize,
    /// Its line, from 1.
    pub line: usize,
    pub quoted: bool,
}

impl<'a> Word<'a> {
    /// What nginx makes of it: without quotes, escapes resolved. Variables stay as they are.
    pub fn value(&self) -> Cow<'a, [u8]> {
        value(self.raw, if self.quoted { Kind::Quoted } else { Kind::Bare })
    }

    pub fn is(&self, value: &str) -> bool {
        *self.value() == *value.as_bytes()
    }
}

pub(super) fn value(raw: &[u8], kind: Kind) -> Cow<'_, [u8]> {
    let inside = if kind == Kind::Quoted { &raw[1..raw.len() - 1] } else { raw };
    if !inside.contains(&b'\\') {
        return Cow::Borrowed(inside);
    }
    let mut value = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let [byte, tail @ ..] = rest {
        let (byte, tail) = match rest {
            [b'\\', escaped @ (b'"' | b'\'' | b'\\'), tail @ ..] => (escaped, tail),
            [b'\\', b't', tail @ ..] => (&b'\t', tail),
            [b'\\', b'r', tail @ ..] => (&b'\r', tail),
            [b'\\', b'n', tail @ ..] => (&b'\n', tail),
            _ => (byte, tail),
        };
        value.push(*byte);
        rest = tail;
    }
    Cow::Owned(value)
}

/// The one spelling of `value` that is compared and shown: without quotes where that means the same.
pub(super) fn spelled(value: &[u8]) -> Vec<u8> {
    let plain = |&byte: &u8| !(byte.is_ascii_whitespace() || b";{}\"'\\#".contains(&byte) || byte.is_ascii_control());
    if !value.is_empty() && value.iter().all(plain) {
        return value.to_vec();
    }
    let mut text = vec![b'"'];
    for &byte in value {
        match byte {
            b'"' | b'\\' => text.extend([b'\\', byte]),
            b'\t' => text.extend(b"\\t"),
            b'\r' => text.extend(b"\\r"),
            b'\n' => text.extend(b"\\n"),
            _ => text.push(byte),
        }
    }
    text.push(b'"');
    text
}
