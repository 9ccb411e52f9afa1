use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use crate::report::printable;
use crate::report::style::{ADDED, FAINT, REMOVED, paint};
use crate::resource::Content;

/// How long a diff may think before it settles for a coarser one.
const DEADLINE: Duration = Duration::from_millis(500);
/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// How two contents differ, for a terminal as for a document.
pub(super) enum Compared {
    /// A unified diff: sign and text of each line; `@` before a hunk's head, `\\` before what is said of the end.
    Lines(Vec<(char, String)>),
    Secret,
    /// Goes on after "it": too large, no text.
    Unshown(String),
}

/// The one place that decides what of a content may be seen.
pub(super) fn compare(before: Option<&Content>, after: Option<&Content>) -> Compared {
    if [before, after].into_iter().flatten().any(|content| content.secret) {
        return Compared::Secret;
    }
    let (Some(old), Some(new)) = (text(before), text(after)) else {
        return Compared::Unshown(unshown(before, after));
    };
    let diff = TextDiff::configure().timeout(DEADLINE).diff_lines(old, new);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        lines.push(('@', hunk.header().to_string()));
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push((sign, printable(change.value().trim_end_matches('\n'))));
            if change.missing_newline() {
                lines.push(('\\', " no newline at the end".to_owned()));
            }
        }
    }
    Compared::Lines(lines)
}

/// A unified diff of two contents, each line indented; one line that says what cannot be shown where it cannot be.
pub(super) fn diff(before: Option<&Content>, after: Option<&Content>, indent: &str) -> String {
    match compare(before, after) {
        Compared::Secret => format!("{indent}{}\n", paint(FAINT, "content changes; it is secret and not shown")),
        Compared::Unshown(why) => format!("{indent}{}\n", paint(FAINT, format!("content changes and {why}"))),
        Compared::Lines(lines) => lines.iter().map(|(sign, text)| line(*sign, text, indent)).collect(),
    }
}

/// A line of a unified diff, coloured by its sign.
pub(super) fn line(sign: char, text: &str, indent: &str) -> String {
    let shown = match sign {
        // The head brings its own signs.
        '@' => paint(FAINT, text),
        '\\' => paint(FAINT, format!("{sign}{text}")),
        '-' => paint(REMOVED, format!("{sign}{text}")),
        '+' => paint(ADDED, format!("{sign}{text}")),
        _ => format!("{sign}{text}"),
    };
    format!("{indent}{shown}\n")
}

/// The text of a content; nothing there is the empty text, and `None` what is not text or stayed on the host.
fn text(content: Option<&Content>) -> Option<&str> {
    match content {
        None => Some(""),
        Some(content) => std::str::from_utf8(content.bytes.as_deref()?).ok().filter(|text| !text.contains('\0')),
    }
}

fn unshown(before: Option<&Content>, after: Option<&Content>) -> String {
    let short = |content: Option<&Content>| match content {
        None => "nothing".to_owned(),
        Some(content) => format!("sha256 {}…", &content.sha256[..content.sha256.len().min(12)]),
    };
    let stayed = [before, after].into_iter().flatten().any(|content| content.bytes.is_none());
    let why = if stayed { "is too large to show" } else { "is no text" };
    format!("{why}: {} → {}", short(before), short(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(before: Option<&Content>, after: Option<&Content>) -> String {
        anstream::adapter::strip_str(&diff(before, after, "  ")).to_string()
    }

    #[test]
    fn a_changed_line_shows_both_versions_and_its_surroundings() {
        let (old, new) = (Content::new(b"a\nb\nc\n"), Content::new(b"a\nB\nc"));
        let expected = "  @@ -1,3 +1,3 @@\n   a\n  -b\n  -c\n  +B\n  +c\n  \\ no newline at the end\n";
        assert_eq!(plain(Some(&old), Some(&new)), expected);
    }

    #[test]
    fn a_secret_shows_neither_version() {
        let mut new = Content::new(b"hunter2\n");
        new.secret = true;
        let shown = plain(Some(&Content::new(b"old\n")), Some(&new));
        assert!(!shown.contains("hunter2") && !shown.contains("old"), "{shown}");
    }

    #[test]
    fn bytes_that_are_no_text_are_named_by_their_hash() {
        let shown = plain(None, Some(&Content::new(b"\xff\x00")));
        assert!(shown.contains("nothing → sha256 "), "{shown}");
    }
}
