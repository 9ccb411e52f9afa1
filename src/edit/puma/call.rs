use std::ops::Range;

use super::setting::Spelling;
use super::{Literal, Repeated, Setting, Standing};

/// One call of a setting, as the file makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// As written; `send(:workers, 3)` is a call of `workers`.
    pub name: String,
    pub setting: &'static Setting,
    pub arguments: Vec<Argument>,
    /// The block without comments, indentation and empty lines.
    pub block: Option<String>,
    pub standing: Standing,
    pub line: usize,
    /// The bytes of the call with its block, without heredocs that follow its line.
    pub span: Range<usize>,
    /// Where the last heredoc ends that it opens and that lies behind `span`.
    pub(super) heredocs: Option<usize>,
}

/// An argument: its source without comments, and its value where that is a literal.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub source: String,
    pub value: Option<Literal>,
}

impl Argument {
    fn spelled(&self, spelling: Spelling) -> String {
        let Some(value) = &self.value else { return self.source.clone() };
        match (spelling, value) {
            (Spelling::Numbers | Spelling::Threads, Literal::Text(text)) => {
                let plain =
                    text == b"0" || (text.iter().all(u8::is_ascii_digit) && matches!(text.first(), Some(b'1'..=b'9')));
                if plain { String::from_utf8_lossy(text).into_owned() } else { value.print() }
            }
            (Spelling::Mode, Literal::Integer(mode)) if *mode >= 0 => format!("0{mode:o}"),
            _ => value.print(),
        }
    }
}

impl Call {
    pub fn is_plain(&self) -> bool {
        self.standing == Standing::Plain
    }

    /// What it sets, in the one spelling that all ways to write it share.
    pub fn canonical(&self) -> String {
        let spelling = self.setting.spelling;
        let mut words: Vec<String> = self.arguments.iter().map(|argument| argument.spelled(spelling)).collect();
        let mut name = self.setting.key;
        match spelling {
            Spelling::Default(value) if words.is_empty() => words.push(value.to_owned()),
            Spelling::Threads if words.len() == 1 && !words[0].starts_with(['*', '&']) => words.push(words[0].clone()),
            Spelling::Quiet => match words.first().map(String::as_str) {
                None | Some("true") => words = vec!["false".to_owned()],
                Some("false" | "nil") => words = vec!["true".to_owned()],
                Some(_) => name = self.setting.name,
            },
            _ => {}
        }
        // `port 3000` and `bind "tcp://…:3000"` are both listeners, and which host the first means differs between versions.
        if self.setting.repeated == Repeated::Listener {
            name = self.setting.name;
        }
        let mut text = name.to_owned();
        if !words.is_empty() {
            text = format!("{text} {}", words.join(", "));
        }
        if let Some(block) = &self.block {
            text = format!("{text} {block}");
        }
        text
    }

    /// The canonical spelling, marked where it does not always hold.
    pub fn marked(&self) -> String {
        match &self.standing {
            Standing::Plain => self.canonical(),
            Standing::Under { what, .. } => format!("[{}] {}", what.marker(), self.canonical()),
        }
    }
}
