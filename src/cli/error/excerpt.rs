//! The lines that a report shows. miette panics when a label stands right of column 65,535 and prints lines whole, so
//! it gets only what fits; nor may a source line drive the terminal or show a password that stands next to a fault.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::secret;
use crate::source::Source;

/// Longer lines are cropped around what is marked.
const WIDE: usize = 200;
const BEFORE: usize = 60;
const AFTER: usize = 120;
/// A few lines of a source with the number of the first.
#[derive(Debug)]
pub struct Excerpt {
    name: String,
    text: String,
    /// 0-based.
    first_line: usize,
}

impl Excerpt {
    /// The lines of `marks`, one more on each side; each mark as a place in the excerpt, cut at the end of its line.
    pub fn new(source: &Source, marks: &[Range<usize>]) -> (Excerpt, Vec<Range<usize>>) {
        let text = source.text.as_str();
        let marks: Vec<Range<usize>> = marks.iter().map(|mark| clip(text, mark)).collect();
        let low = marks.iter().map(|mark| mark.start).min().unwrap_or(0);
        let high = marks.iter().map(|mark| mark.start).max().unwrap_or(0);
        let first = line_start(text, line_start(text, low).saturating_sub(1));
        let last = line_end(text, (line_end(text, high) + 1).min(text.len()));
        let mut copy = Copy::default();
        let mut at = first;
        while at <= last {
            let end = line_end(text, at);
            copy.line(text, at..end, &marks);
            if end >= last {
                break;
            }
            copy.push(end, '\n');
            at = end + 1;
        }
        copy.places.push((last + 1, copy.text.len()));
        let marks = marks.iter().map(|mark| copy.place(mark.start)..copy.place(mark.end)).collect();
        let first_line = source.line(first) - 1;
        let name = source.name.chars().map(visible).collect();
        (Excerpt { name, text: copy.text, first_line }, marks)
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line() + self.first_line,
            inner.column(),
            inner.line_count(),
        )))
    }
}

/// A text in the making that remembers where each character came from.
#[derive(Default)]
struct Copy {
    text: String,
    places: Vec<(usize, usize)>,
}

impl Copy {
    fn push(&mut self, from: usize, character: char) {
        self.places.push((from, self.text.len()));
        self.text.push(character);
    }

    fn place(&self, from: usize) -> usize {
        let at = self.places.partition_point(|(origin, _)| *origin < from);
        self.places.get(at).map_or(self.text.len(), |(_, place)| *place)
    }

    fn line(&mut self, text: &str, line: Range<usize>, marks: &[Range<usize>]) {
        let focus = marks.iter().map(|mark| mark.start).filter(|at| (line.start..=line.end).contains(at)).min();
        let shown = if line.len() <= WIDE {
            line.clone()
        } else {
            let focus = focus.unwrap_or(line.start);
            let start = boundary(text, focus.saturating_sub(BEFORE).max(line.start));
            start..boundary(text, (focus + AFTER).min(line.end))
        };
        let hidden = hidden(text, &line);
        if shown.start > line.start {
            self.push(line.start, '…');
        }
        for (at, character) in text[shown.clone()].char_indices() {
            let at = shown.start + at;
            if let Some(spot) = hidden.iter().find(|spot| spot.contains(&at)) {
                if at == spot.start.max(shown.start) {
                    self.push(at, '…');
                }
            } else if character != '\r' {
                self.push(at, visible(character));
            }
        }
        if shown.end < line.end && !self.text.ends_with('…') {
            self.push(shown.end, '…');
        }
    }
}

/// What of a line must not be seen, as places in the text.
fn hidden(text: &str, line: &Range<usize>) -> Vec<Range<usize>> {
    let words = &text[line.clone()];
    if !secret::below_secret(text, line.start) {
        return secret::spots(words).into_iter().map(|spot| line.start + spot.start..line.start + spot.end).collect();
    }
    // The name stays, it is what the fault may be about.
    let name = words.find(": ").map_or(words.len() - words.trim_start().len(), |colon| colon + 2);
    (name < words.len()).then_some(line.start + name..line.end).into_iter().collect()
}

fn visible(character: char) -> char {
    match character {
        // One column wide, and to be told from blanks.
        '\t' => '→',
        // The pictures of control characters follow their order.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('?'),
        // Direction marks turn a line around.
        '\x7f'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '�',
        other => other,
    }
}

fn clip(text: &str, mark: &Range<usize>) -> Range<usize> {
    let start = boundary(text, mark.start.min(text.len()));
    let end = boundary(text, mark.end.clamp(start, text.len()));
    start..end.min(line_end(text, start))
}

/// The nearest start of a character, not after `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |length| at + length)
}
