use std::ops::Range;

use super::lexer::find;
use super::tree::{Block, Directive, Tree};

/// Changes to lines of a block, in the hand that the file is written in: its indentation, its line ends, its way of
/// having one directive a line or all on one.
pub(super) struct Splice<'t, 'a> {
    tree: &'t Tree<'a>,
    block: &'t Block<'a>,
    changes: Vec<(Range<usize>, Vec<u8>)>,
    removed: Vec<Range<usize>>,
    /// Where a space is owed before the closing brace.
    padding: Option<usize>,
}

impl<'t, 'a> Splice<'t, 'a> {
    pub fn new(tree: &'t Tree<'a>, block: &'t Block<'a>) -> Splice<'t, 'a> {
        Splice { tree, block, changes: Vec::new(), removed: Vec::new(), padding: None }
    }

    /// What follows on the same line stays.
    pub fn replace(&mut self, old: &Directive, comments: &[&[u8]], line: &[u8]) {
        let start = old.range.start;
        let mut new = Vec::new();
        if self.starts_line(start) {
            let indent = self.indent(start);
            for comment in comments {
                new.extend([comment, self.newline(start), indent].concat());
            }
        }
        new.extend(line);
        self.changes.push((old.range.clone(), new));
    }

    pub fn remove(&mut self, old: &Directive) {
        self.removed.push(old.range.clone());
    }

    pub fn after(&mut self, last: &Directive, comments: &[&[u8]], line: &[u8]) {
        match self.line_end(last.range.end).filter(|_| self.starts_line(last.range.start)) {
            Some(end) => {
                let start = [self.newline(last.range.end), self.indent(last.range.start)].concat();
                let new = comments.iter().chain([&line]).flat_map(|text| [start.as_slice(), text].concat()).collect();
                self.changes.push((end..end, new));
            }
            None => self.inline(last.range.end, line),
        }
    }

    pub fn before(&mut self, next: &Directive, comments: &[&[u8]], line: &[u8]) {
        let start = next.range.start;
        if self.starts_line(start) {
            self.lines(start, self.indent(start), comments, line);
        } else {
            self.changes.push((start..start, [line, b" "].concat()));
        }
    }

    pub fn at_end(&mut self, comments: &[&[u8]], line: &[u8]) {
        let close = self.block.range.end;
        if self.starts_line(close) {
            let beside = self.block.directives.iter().rev().find(|directive| self.starts_line(directive.range.start));
            let indent = match beside {
                Some(directive) => self.indent(directive.range.start).to_vec(),
                None => {
                    let outer = self.indent(close);
                    [outer, if outer.contains(&b'\t') { b"\t".as_slice() } else { b"    " }].concat()
                }
            };
            self.lines(close, &indent, comments, line);
            return;
        }
        let inside = &self.tree.text[self.block.range.clone()];
        let end = self.block.range.start + inside.trim_ascii_end().len();
        self.inline(end, line);
        self.padding = self.padding.or((end == close).then_some(close));
    }

    /// New lines in front of the one on which byte `at` is the first that is no space.
    fn lines(&mut self, at: usize, indent: &[u8], comments: &[&[u8]], line: &[u8]) {
        let start = self.line_start(at);
        let newline = self.newline(start.saturating_sub(1));
        let new = comments.iter().chain([&line]).flat_map(|text| [indent, text, newline].concat()).collect();
        self.changes.push((start..start, new));
    }

    fn inline(&mut self, at: usize, line: &[u8]) {
        self.changes.push((at..at, [b" ", line].concat()));
    }

    pub fn finish(mut self) -> Vec<u8> {
        let gaps: Vec<_> = self.gaps().into_iter().map(|gap| (self.widened(gap), Vec::new())).collect();
        self.changes.extend(gaps);
        self.changes.extend(self.padding.map(|at| (at..at, b" ".to_vec())));
        // Stable: what was put at one place comes in the order in which it was put there, and before what starts there.
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = Vec::with_capacity(self.tree.text.len());
        let mut at = 0;
        for (range, new) in &self.changes {
            text.extend(&self.tree.text[at..range.start.max(at)]);
            text.extend(new);
            at = at.max(range.end);
        }
        text.extend(&self.tree.text[at..]);
        text
    }

    /// What is removed, with what was beside each other on one line in one piece.
    fn gaps(&self) -> Vec<Range<usize>> {
        let mut removed = self.removed.clone();
        removed.sort_by_key(|range| range.start);
        let mut gaps: Vec<Range<usize>> = Vec::new();
        for range in removed {
            match gaps.last_mut() {
                Some(last) if self.tree.text[last.end..range.start].iter().all(is_blank) => last.end = range.end,
                _ => gaps.push(range),
            }
        }
        gaps
    }

    /// With its line and its comment where it is alone there, else with the blanks that parted it from what stays.
    fn widened(&self, gap: Range<usize>) -> Range<usize> {
        let text = self.tree.text;
        if !self.starts_line(gap.start) {
            return self.line_start(gap.start)..gap.end;
        }
        match self.line_end(gap.end).and_then(|end| find(text, end, b"\n")) {
            Some(newline) => self.line_start(gap.start)..newline + 1,
            None => gap.start..gap.end + text[gap.end..].iter().take_while(|byte| is_blank(byte)).count(),
        }
    }

    /// Only blanks stand before `at` on its line, and that line starts in the block.
    fn starts_line(&self, at: usize) -> bool {
        let start = self.line_start(at);
        start > self.block.range.start && self.tree.text[start - 1] == b'\n'
    }

    /// Where the blanks before `at` start. No further back: a line may be as long as the file, and asked about often.
    fn line_start(&self, at: usize) -> usize {
        at - self.tree.text[..at].iter().rev().take_while(|byte| is_blank(byte)).count()
    }

    /// Of the line on which byte `at` is the first that is no blank.
    fn indent(&self, at: usize) -> &'a [u8] {
        let line = &self.tree.text[self.line_start(at)..at];
        let blanks = line.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
        &line[..blanks]
    }

    /// The end of the line, its newline not counted, if nothing but a comment follows byte `at` on it.
    fn line_end(&self, at: usize) -> Option<usize> {
        let text = self.tree.text;
        let rest = at + text[at..].iter().take_while(|byte| is_blank(byte)).count();
        let newline = match text.get(rest)? {
            b'\n' => rest,
            b'#' => find(text, rest, b"\n")?,
            _ => return None,
        };
        Some(newline - usize::from(newline > at && text[newline - 1] == b'\r'))
    }

    /// As the line of byte `at` ends, or the one before.
    fn newline(&self, at: usize) -> &'static [u8] {
        let text = self.tree.text;
        let end = find(text, at, b"\n").or_else(|| text[..at].iter().rposition(|&byte| byte == b'\n'));
        if end.is_some_and(|end| text[..end].ends_with(b"\r")) { b"\r\n" } else { b"\n" }
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}
