use std::ops::Range;

use super::{Call, Settings, Why};
use crate::edit::{Fault, Place, Text};

/// What becomes of a text: bytes replaced, and statements added.
#[derive(Default)]
pub(super) struct Changes<'f> {
    replaced: Vec<(Range<usize>, &'f [u8])>,
    added: Vec<&'f [u8]>,
}

impl<'f> Changes<'f> {
    pub(super) fn is_empty(&self) -> bool {
        self.replaced.is_empty() && self.added.is_empty()
    }

    pub(super) fn add(&mut self, source: &'f [u8]) {
        self.added.push(source);
    }

    pub(super) fn replace(&mut self, whole: &[u8], call: &Call, source: &'f [u8]) -> Result<(), Fault> {
        self.replaced.push((reach(whole, call)?, source));
        Ok(())
    }

    /// With its line and the remark behind it, where nothing else stands there.
    pub(super) fn remove(&mut self, whole: &[u8], call: &Call) -> Result<(), Fault> {
        let reach = reach(whole, call)?;
        let range = if call.heredocs.is_some() || alone(whole, &reach) {
            line_start(whole, reach.start)..line_end(whole, reach.end)
        } else {
            reach
        };
        self.replaced.push((range, b""));
        Ok(())
    }

    pub(super) fn apply(mut self, whole: &[u8], settings: &Settings) -> Result<Vec<u8>, Fault> {
        let line_break: &[u8] = if first_line(whole).ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
        let texts = self.replaced.iter().map(|(_, text)| text).chain(&self.added);
        let foreign = settings.encoding.as_ref().filter(|name| !name.to_ascii_lowercase().starts_with("utf-8"));
        if let Some(name) = foreign.filter(|_| texts.clone().any(|text| !text.is_ascii())) {
            return Err(Fault { at: None, why: Why::Encoding { name: name.clone() }.into() });
        }
        let at = end_of_settings(whole, settings);
        if let Some(returns) = settings.returns.filter(|&returns| returns < at && !self.added.is_empty()) {
            return Err(Fault { at: Some(Place::of(Text::Whole, whole, returns)), why: Why::Ends.into() });
        }
        let mut added = Vec::new();
        for text in &self.added {
            added.extend(with_breaks(text, line_break));
            added.extend_from_slice(line_break);
        }
        if at > 0 && !whole[..at].ends_with(b"\n") && !added.is_empty() {
            // The last line has no end, and the new last one gets none either.
            added.splice(0..0, line_break.iter().copied());
            if at == whole.len() {
                added.truncate(added.len() - line_break.len());
            }
        }
        self.replaced.sort_by_key(|(range, _)| range.start);
        let mut edited = Vec::with_capacity(whole.len() + added.len());
        let mut from = 0;
        let mut placed = false;
        for (range, text) in self.replaced {
            if range.start >= at && !placed {
                edited.extend_from_slice(&whole[from..at]);
                edited.extend_from_slice(&added);
                (from, placed) = (at, true);
            }
            edited.extend_from_slice(&whole[from..range.start]);
            edited.extend(with_breaks(text, line_break));
            from = range.end;
        }
        if !placed {
            edited.extend_from_slice(&whole[from..at.max(from)]);
            edited.extend_from_slice(&added);
            from = at.max(from);
        }
        edited.extend_from_slice(&whole[from..]);
        Ok(edited)
    }
}

/// The bytes of `call` with its heredocs. One that opens a heredoc has to have its line for itself.
fn reach(whole: &[u8], call: &Call) -> Result<Range<usize>, Fault> {
    let Some(end) = call.heredocs else { return Ok(call.span.clone()) };
    let before = &whole[line_start(whole, call.span.start)..call.span.start];
    let behind = &whole[call.span.end..line_end(whole, call.span.end)];
    if before.trim_ascii().is_empty() && behind.trim_ascii().is_empty() {
        return Ok(call.span.start..end);
    }
    let why = Why::Tangled { name: call.name.clone() };
    Err(Fault { at: Some(Place::of(Text::Whole, whole, call.span.start)), why: why.into() })
}

fn alone(whole: &[u8], reach: &Range<usize>) -> bool {
    let before = whole[line_start(whole, reach.start)..reach.start].trim_ascii();
    let behind = whole[reach.end..line_end(whole, reach.end)].trim_ascii();
    before.is_empty() && (behind.is_empty() || behind.starts_with(b"#"))
}

fn line_start(whole: &[u8], offset: usize) -> usize {
    whole[..offset].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1)
}

/// Behind the line break.
fn line_end(whole: &[u8], offset: usize) -> usize {
    whole[offset..].iter().position(|&byte| byte == b'\n').map_or(whole.len(), |at| offset + at + 1)
}

fn first_line(whole: &[u8]) -> &[u8] {
    &whole[..line_end(whole, 0)]
}

fn with_breaks(text: &[u8], line_break: &[u8]) -> Vec<u8> {
    let lines = text.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.collect::<Vec<_>>().join(line_break)
}

/// Behind the last setting that is no part of anything; without one, at the end of the program.
fn end_of_settings(whole: &[u8], settings: &Settings) -> usize {
    let last = settings.calls.iter().rfind(|call| call.is_plain());
    let holds = |call: &Call| settings.statements.iter().position(|statement| call.span.end <= statement.end);
    let Some(mut index) = last.and_then(holds).or(settings.statements.len().checked_sub(1)) else {
        return settings.end;
    };
    loop {
        let end = line_end(whole, settings.statements[index].end).min(settings.end);
        match settings.statements.get(index + 1) {
            Some(next) if next.start < end => index += 1,
            _ => return end,
        }
    }
}
