//! The answer of `import.sh`: a line for each key of each thing that it looked at, fields separated by US (037).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

const US: char = '\u{1f}';

/// The answer is not one that the host program gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeenFault {
    #[error("{0}")]
    Line(String),
    #[error("the answer has no end")]
    Cut,
}

/// All that a host told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    things: Vec<Thing>,
}

/// One thing that was looked at: `host`, `nginx`, `manager system`, `puma 0`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thing {
    name: String,
    /// In the order told; a key may be told several times.
    told: Vec<(String, String)>,
}

impl Seen {
    /// Reads the lines that the verb printed.
    pub fn decode(lines: &[Vec<u8>]) -> Result<Seen, SeenFault> {
        let mut seen = Seen::default();
        let mut is_whole = false;
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let text = String::from_utf8_lossy(line);
            let fields: Vec<&str> = text.split(US).collect();
            let told = match fields.as_slice() {
                ["f", "end", "whole", _] => {
                    is_whole = true;
                    continue;
                }
                ["f", name, key, value] => word(value).map(|value| (*name, *key, value)),
                _ => None,
            };
            let Some((name, key, value)) = told else { return Err(SeenFault::Line(text.into_owned())) };
            seen.thing(name).told.push((key.to_owned(), value));
        }
        if is_whole { Ok(seen) } else { Err(SeenFault::Cut) }
    }

    fn thing(&mut self, name: &str) -> &mut Thing {
        let index = match self.things.iter().position(|thing| thing.name == name) {
            Some(index) => index,
            None => {
                self.things.push(Thing { name: name.to_owned(), told: Vec::new() });
                self.things.len() - 1
            }
        };
        &mut self.things[index]
    }

    /// What was told of `name`; nothing where it was not spoken of.
    pub(super) fn of(&self, name: &str) -> Thing {
        self.things.iter().find(|thing| thing.name == name).cloned().unwrap_or_default()
    }

    pub(super) fn pumas(&self) -> impl Iterator<Item = &Thing> {
        self.things.iter().filter(|thing| thing.name.starts_with("puma "))
    }

    /// The managers of units that were asked: the system's, and accounts'.
    pub(super) fn managers(&self) -> impl Iterator<Item = (&str, &Thing)> {
        self.things.iter().filter_map(|thing| Some((thing.name.strip_prefix("manager ")?, thing)))
    }
}

impl Thing {
    /// The first value of `key`.
    pub fn one(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    pub fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.told.iter().filter(move |(told, _)| told == key).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, key: &str) -> bool {
        self.one(key).is_some()
    }
}

/// A field that may hold any byte: `=` and itself, or `~` and its base64.
fn word(field: &str) -> Option<String> {
    if let Some(plain) = field.strip_prefix('=') {
        return Some(plain.to_owned());
    }
    Some(String::from_utf8_lossy(&BASE64.decode(field.strip_prefix('~')?).ok()?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<Seen, SeenFault> {
        let lines: Vec<Vec<u8>> = text.replace('|', "\u{1f}").lines().map(|line| line.as_bytes().to_vec()).collect();
        Seen::decode(&lines)
    }

    #[test]
    fn keys_may_repeat_and_words_may_be_anything() {
        let seen =
            decode("f|host|uid|=0\nf|puma 0|listens|=/a b\nf|puma 0|listens|~L2MKZA==\nf|end|whole|=yes").unwrap();
        assert_eq!(seen.of("host").one("uid"), Some("0"));
        let puma = seen.pumas().next().unwrap();
        assert_eq!(puma.all("listens").collect::<Vec<_>>(), ["/a b", "/c\nd"]);
        assert!(!seen.of("nginx").has("directive"));
    }

    #[test]
    fn half_an_answer_and_odd_lines_are_faults() {
        assert_eq!(decode("f|host|uid|=0"), Err(SeenFault::Cut));
        assert_eq!(decode("x|host"), Err(SeenFault::Line("x\u{1f}host".to_owned())));
        assert!(matches!(decode("f|host|uid|~%"), Err(SeenFault::Line(_))));
    }
}
