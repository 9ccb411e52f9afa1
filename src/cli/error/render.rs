use std::fmt;
use std::io::{self, IsTerminal};
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NarratableReportHandler, SourceCode};

use super::Report;
use super::excerpt::Excerpt;
use crate::source::Source;
use crate::words;

/// Whoever has more faults than this mends the first ones first.
const MOST: usize = 50;
/// Places of one file further apart than this are shown apart.
const NEAR: usize = 12;

/// How reports look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Lines drawn, with colour.
    Colour { width: usize },
    /// Lines drawn, without colour.
    Plain { width: usize },
    /// ASCII alone: files, pipes, terminals without UTF-8.
    Ascii,
    /// The same, in colour.
    AsciiColour,
    /// Prose for screen readers (`NO_GRAPHICS`).
    Narrated,
}

/// What the environment says of where reports go.
#[derive(Debug, Clone, Copy)]
struct Surroundings {
    colour: bool,
    terminal: bool,
    utf8: bool,
    narrated: bool,
    width: usize,
}

impl Style {
    /// By `--color`, by what stderr is and by what the environment asks for.
    pub fn of_stderr() -> Style {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        let utf8 = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let width = rustix::termios::tcgetwinsize(io::stderr()).map_or(0, |size| usize::from(size.ws_col));
        Style::of(Surroundings {
            // The choice under which the text is printed: `--color`, NO_COLOR, TERM, and whether it is a terminal.
            colour: !matches!(anstream::AutoStream::choice(&io::stderr()), anstream::ColorChoice::Never),
            terminal: io::stderr().is_terminal(),
            utf8,
            narrated: set("NO_GRAPHICS"),
            width: if width == 0 { 100 } else { width.clamp(60, 140) },
        })
    }

    fn of(surroundings: Surroundings) -> Style {
        let Surroundings { colour, terminal, utf8, narrated, width } = surroundings;
        match (terminal && utf8, colour) {
            _ if narrated => Style::Narrated,
            (true, true) => Style::Colour { width },
            (true, false) => Style::Plain { width },
            (false, true) => Style::AsciiColour,
            (false, false) => Style::Ascii,
        }
    }
}

/// All reports as one text for stderr.
pub fn render(reports: &[Report]) -> String {
    render_as(reports, Style::of_stderr())
}

pub fn render_as(reports: &[Report], style: Style) -> String {
    let mut texts: Vec<String> = reports.iter().take(MOST).map(|report| one(&Shown::of(report), style)).collect();
    if let Some(more) = reports.len().checked_sub(MOST).filter(|&more| more > 0) {
        texts.push(format!("  … and {}\n", words::count(more, "further fault")));
    }
    texts.join("\n")
}

fn one(shown: &Shown, style: Style) -> String {
    let mut text = String::new();
    let graphical = |theme, width| GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    let outcome = match style {
        Style::Colour { width } => graphical(GraphicalTheme::unicode(), width).render_report(&mut text, shown),
        Style::Plain { width } => graphical(GraphicalTheme::unicode_nocolor(), width).render_report(&mut text, shown),
        Style::Ascii => graphical(GraphicalTheme::none(), 100).render_report(&mut text, shown),
        Style::AsciiColour => graphical(GraphicalTheme::ascii(), 100).render_report(&mut text, shown),
        Style::Narrated => NarratableReportHandler::new().render_report(&mut text, shown),
    };
    match outcome {
        Ok(()) => text,
        // The words matter more than the drawing.
        Err(fmt::Error) => format!("{}\n", shown.message),
    }
}

/// A report as miette wants it: one piece of source, the other pieces as related reports.
#[derive(Debug)]
struct Shown {
    message: String,
    help: Option<String>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    related: Vec<Shown>,
}

/// Labels that are shown together.
struct Piece<'a> {
    source: &'a Arc<Source>,
    lines: Range<usize>,
    labels: Vec<(Range<usize>, &'a str)>,
}

impl Shown {
    fn of(report: &Report) -> Shown {
        let mut pieces: Vec<Piece<'_>> = Vec::new();
        for (span, label) in &report.labels {
            let line = span.source.line(span.range.start);
            let near = pieces.iter_mut().find(|piece| {
                Arc::ptr_eq(piece.source, &span.source)
                    && line + NEAR >= piece.lines.start
                    && line <= piece.lines.end + NEAR
            });
            let label = (span.range.clone(), label.as_str());
            match near {
                Some(piece) => {
                    piece.lines = piece.lines.start.min(line)..piece.lines.end.max(line);
                    piece.labels.push(label);
                }
                None => pieces.push(Piece { source: &span.source, lines: line..line, labels: vec![label] }),
            }
        }
        let mut pieces = pieces.iter();
        let mut shown =
            Shown { message: report.message.clone(), help: report.help.clone(), ..Shown::piece(pieces.next()) };
        shown.related = pieces
            .map(|piece| Shown {
                message: piece.labels.iter().map(|(_, label)| *label).collect::<Vec<_>>().join(", "),
                ..Shown::piece(Some(piece))
            })
            .collect();
        shown
    }

    fn piece(piece: Option<&Piece<'_>>) -> Shown {
        let empty =
            Shown { message: String::new(), help: None, excerpt: None, labels: Vec::new(), related: Vec::new() };
        // `-e` and built-in texts may be empty: nothing to show, and miette would have no line to point at.
        let Some(piece) = piece.filter(|piece| !piece.source.text.is_empty()) else { return empty };
        let ranges: Vec<Range<usize>> = piece.labels.iter().map(|(range, _)| range.clone()).collect();
        let (excerpt, places) = Excerpt::new(piece.source, &ranges);
        let labels = places
            .into_iter()
            .zip(&piece.labels)
            .map(|(place, (_, label))| LabeledSpan::new(Some((*label).to_owned()), place.start, place.len()))
            .collect();
        Shown { excerpt: Some(excerpt), labels, ..empty }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        (!self.related.is_empty())
            .then(|| Box::new(self.related.iter().map(|shown| shown as &dyn Diagnostic)) as Box<dyn Iterator<Item = _>>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_and_drawing_are_chosen_apart() {
        let width = 80;
        for (colour, terminal, utf8, narrated, expected) in [
            (true, true, true, false, Style::Colour { width }),
            (false, true, true, false, Style::Plain { width }),
            (true, true, false, false, Style::AsciiColour),
            (true, false, true, false, Style::AsciiColour),
            (false, false, true, false, Style::Ascii),
            (true, true, true, true, Style::Narrated),
        ] {
            assert_eq!(Style::of(Surroundings { colour, terminal, utf8, narrated, width }), expected);
        }
    }
}
