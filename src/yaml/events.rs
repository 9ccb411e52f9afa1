//! The only file that knows the scanner crate: its events and errors, in our words, with byte ranges.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ErrorKind, Event as Raw, Marker, Parser, ScalarStyle, Tag as RawTag};

use super::fault::Mistake;

/// Zero is "no anchor".
pub type Anchor = usize;

#[derive(Debug)]
pub enum Event<'a> {
    Document,
    Scalar { text: Cow<'a, str>, plain: bool, anchor: Anchor, tag: Option<Tag> },
    Alias(Anchor),
    UnknownAlias(Cow<'a, str>),
    List { anchor: Anchor, tag: Option<Tag> },
    ListEnd,
    Map { anchor: Anchor, tag: Option<Tag> },
    MapEnd,
}

/// A tag as its author wrote it; `core` holds the name of one of YAML's own (`str` of `!!str`).
#[derive(Debug)]
pub struct Tag {
    pub written: String,
    pub core: Option<String>,
}

/// Where and why scanning stopped.
#[derive(Debug)]
pub struct Stop {
    pub at: usize,
    pub problem: String,
    pub mistake: Option<Mistake>,
    pub too_deep: bool,
}

/// The events of `text`; after a `Stop` there are no more.
pub fn events(text: &str) -> impl Iterator<Item = Result<(Event<'_>, Range<usize>), Stop>> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        // PyYAML adds no line feed to a block scalar that ends with the file.
        block_scalar_eof_without_line_feed: true,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut stopped = false;
    std::iter::from_fn(move || {
        while !stopped {
            match parser.next_event()? {
                Ok((raw, span)) => {
                    let range = offset(text, &span.start)..offset(text, &span.end);
                    if let Some(event) = translate(raw) {
                        return Some(Ok((event, range)));
                    }
                }
                Err(error) => {
                    stopped = true;
                    return Some(Err(stop(text, error.marker(), error.kind())));
                }
            }
        }
        None
    })
}

fn translate(raw: Raw<'_>) -> Option<Event<'_>> {
    Some(match raw {
        Raw::DocumentStart(..) => Event::Document,
        Raw::Scalar(text, style, anchor, tag) => {
            Event::Scalar { text, plain: style == ScalarStyle::Plain, anchor, tag: tag.map(name) }
        }
        Raw::Alias(anchor) => Event::Alias(anchor),
        Raw::UnresolvedAlias(name) => Event::UnknownAlias(name),
        Raw::SequenceStart(_, anchor, tag) => Event::List { anchor, tag: tag.map(name) },
        Raw::SequenceEnd => Event::ListEnd,
        Raw::MappingStart(_, anchor, tag) => Event::Map { anchor, tag: tag.map(name) },
        Raw::MappingEnd => Event::MapEnd,
        _ => return None,
    })
}

fn name(tag: Cow<'_, RawTag>) -> Tag {
    Tag { written: tag.original(), core: tag.core_suffix().map(str::to_owned) }
}

fn offset(text: &str, marker: &Marker) -> usize {
    let byte = marker
        .byte_offset()
        .unwrap_or_else(|| text.char_indices().nth(marker.index()).map_or(text.len(), |(byte, _)| byte));
    byte.min(text.len())
}

fn stop(text: &str, marker: &Marker, kind: &ErrorKind) -> Stop {
    let at = offset(text, marker);
    let mistake = mistake(text, at, kind);
    // The scanner may stop at the line break before the tab.
    let tab = if mistake == Some(Mistake::Tab) { text.get(at..).and_then(|rest| rest.find('\t')) } else { None };
    Stop {
        at: at + tab.filter(|&ahead| ahead < 80).unwrap_or(0),
        problem: kind.to_string(),
        mistake,
        too_deep: matches!(kind, ErrorKind::RecursionLimitExceeded),
    }
}

/// Which of the usual mistakes this is: from the scanner's error, and from how the line looks.
fn mistake(text: &str, at: usize, kind: &ErrorKind) -> Option<Mistake> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..)?.lines().next().unwrap_or("");
    // The scanner often notices only on the line after the one at fault.
    let before = text.get(..start.saturating_sub(1)).and_then(|head| head.rsplit('\n').next()).unwrap_or("");
    let indent = &line[..line.len() - line.trim_start().len()];
    if indent.contains('\t') || matches!(kind, ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation) {
        return Some(Mistake::Tab);
    }
    if opens_template(line) || opens_template(before) {
        return Some(Mistake::UnquotedTemplate);
    }
    if let ErrorKind::UnexpectedCharacter { character } = kind {
        return Some(Mistake::ReservedStart(*character));
    }
    if let Some(first) = value_start(line).filter(|first| matches!(first, '%' | '@' | '`')) {
        return Some(Mistake::ReservedStart(first));
    }
    match kind {
        ErrorKind::TabInIndentation | ErrorKind::TabInPlainScalar => Some(Mistake::Tab),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement if line.matches(": ").count() > 1 => {
            Some(Mistake::ColonInValue)
        }
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::SimpleKeyExpected => Some(Mistake::Indentation),
        _ => None,
    }
}

fn opens_template(line: &str) -> bool {
    [": {{", "- {{", ": {%", "- {%"].iter().any(|opening| line.contains(opening)) || line.trim_start().starts_with("{%")
}

/// The first character of the value on a `key: value` or `- value` line.
fn value_start(line: &str) -> Option<char> {
    let line = line.trim_start();
    let rest = line.strip_prefix("- ").unwrap_or(line);
    rest.split_once(": ").map_or(rest, |(_, value)| value).trim_start().chars().next()
}
