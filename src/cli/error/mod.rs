//! All wording and hints of errors, and their rendering through miette.
//! In: the modules' faults. Out: reports on stderr.
//! Must not know: how faults come about.

pub mod accept;
mod engine;
mod excerpt;
pub mod host;
mod inventory;
mod project;
mod render;
pub mod role;
mod role_words;
pub mod saved;
pub mod secret;
mod yaml;

#[cfg(test)]
mod tests;

use crate::source::Span;

pub use engine::trouble;
pub use inventory::unused;
pub use render::{Style, render, render_as};

/// One fault in words: what is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub message: String,
    /// The first is the place itself; others may stand in other files.
    pub labels: Vec<(Span, String)>,
    pub help: Option<String>,
}

impl Report {
    pub fn new(message: impl Into<String>) -> Report {
        Report { message: message.into(), labels: Vec::new(), help: None }
    }

    #[must_use]
    pub fn at(mut self, span: &Span, label: impl Into<String>) -> Report {
        self.labels.push((span.clone(), label.into()));
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Report {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Report {
        self.help = help.or(self.help);
        self
    }
}

/// Words that stand behind a colon elsewhere, as a sentence. A command stays as it is typed.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map(|first| format!("{}{}.", first.to_uppercase(), rest.as_str())).unwrap_or_default()
}

/// ``did you mean `web`?``
pub fn meant<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    crate::words::did_you_mean(word, known).map(|known| format!("did you mean {}?", quote(known)))
}

/// `` `a`, `b` or `c` ``
pub fn one_of<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A foreign text inside a sentence: nothing in it may drive the terminal, and it must not fill the screen.
pub fn quote(text: &str) -> String {
    let short = escape(&text.chars().take(100).collect::<String>());
    let more = if text.chars().nth(100).is_some() { "…" } else { "" };
    format!("`{short}{more}`")
}

/// Control characters, and marks that reorder or hide what stands on a line, by their numbers; all else as it is, so
/// that what was typed is found again.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => escaped.extend(character.escape_default()),
            _ if character.is_control() => escaped.extend(character.escape_unicode()),
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                escaped.extend(character.escape_unicode());
            }
            _ => escaped.push(character),
        }
    }
    escaped
}
