//! `-e`: words of `key=value`, or a mapping. Values of words are texts.

use std::ops::Range;
use std::sync::Arc;

use super::fault::Fault;
use super::texts::Extra;
use super::variables::MAGIC;
use crate::source::{Source, Span};
use crate::yaml::{self, Data, Node};

pub fn read(extra: &Extra) -> Result<Vec<(Node, Node)>, Vec<Fault>> {
    match extra {
        Extra::File(source) => mapping(source),
        Extra::Pair(source) => {
            let text = source.text.trim_start();
            if text.starts_with(['{', '[']) {
                mapping(source)
            } else if text.starts_with(['/', '.']) {
                Err(vec![Fault::ExtraFileWithoutAt { at: Span::new(source, 0..source.text.len()) }])
            } else {
                pairs(source)
            }
        }
    }
}

/// Why `-e` cannot set a variable of this name: zdt sets it, or nothing could use it. The second is not held against a
/// file, which may be somebody else's.
pub fn name_problem(extra: &Extra, key: &Node) -> Option<Fault> {
    let name = key.as_str()?.to_owned();
    let at = key.span.clone();
    if MAGIC.contains(&name.as_str()) {
        return Some(Fault::MagicVariable { at, name });
    }
    let first = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let word = first && name.chars().all(|character| character.is_alphanumeric() || character == '_');
    (!word && matches!(extra, Extra::Pair(_))).then_some(Fault::BadVariableName { at, name })
}

fn mapping(source: &Arc<Source>) -> Result<Vec<(Node, Node)>, Vec<Fault>> {
    if source.text.starts_with("$ANSIBLE_VAULT;") {
        let end = source.text.find('\n').unwrap_or(source.text.len());
        return Err(vec![Fault::VaultFile { at: Span::new(source, 0..end) }]);
    }
    let root = yaml::parse(source).map_err(|faults| faults.into_iter().map(Fault::Yaml).collect::<Vec<_>>())?;
    match &root.data {
        Data::Map(entries) => Ok(entries.to_vec()),
        Data::Null => Ok(Vec::new()),
        _ => {
            let found = root.describe();
            Err(vec![Fault::NotMapping { at: root.span, what: format!("`{}`", source.name), found }])
        }
    }
}

fn pairs(source: &Arc<Source>) -> Result<Vec<(Node, Node)>, Vec<Fault>> {
    let Some(words) = words(&source.text) else {
        return Err(vec![Fault::Unbalanced { at: Span::new(source, 0..source.text.len()) }]);
    };
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for range in words {
        let word = &source.text[range.clone()];
        let text = |text: &str, range: Range<usize>| Node {
            data: Data::String(Arc::from(text)),
            span: Span::new(source, range),
            tag: None,
        };
        // As in Ansible, the first character is never the separator.
        match word.char_indices().skip(1).find(|&(_, character)| character == '=') {
            Some((equals, _)) => entries.push((
                text(&word[..equals], range.start..range.start + equals),
                text(&unquote(&escapes(&word[equals + 1..])), range.start + equals + 1..range.end),
            )),
            None => faults.push(Fault::NotPair { at: Span::new(source, range), word: word.to_owned() }),
        }
    }
    if faults.is_empty() { Ok(entries) } else { Err(faults) }
}

/// Words apart by blanks or line breaks (not tabs, as in Ansible), but not inside quotes or template braces; `None` when one of those does not end.
fn words(text: &str) -> Option<Vec<Range<usize>>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut depth = 0usize;
    let mut before = '\0';
    for (at, character) in text.char_indices() {
        if quote.is_none() && depth == 0 && matches!(character, ' ' | '\n') {
            words.extend(start.take().map(|start| start..at));
            before = character;
            continue;
        }
        start.get_or_insert(at);
        match (quote, character) {
            (Some(open), _) if character == open && before != '\\' => quote = None,
            (None, '"' | '\'') if before != '\\' => quote = Some(character),
            (None, '{' | '%' | '#') if before == '{' => depth += 1,
            (None, '}') if matches!(before, '}' | '%' | '#') => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = character;
    }
    words.extend(start.map(|start| start..text.len()));
    (quote.is_none() && depth == 0).then_some(words)
}

/// `\n`, `\t`, `\x41` and the like, as in a Python text.
fn escapes(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        decoded.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let simple = |character| Some((character, 1));
        let code = |digits: usize| {
            let hex = tail.get(1..=digits)?;
            let all = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            let code = u32::from_str_radix(hex, 16).ok().filter(|_| all)?;
            Some((char::from_u32(code)?, digits + 1))
        };
        let found = match tail.chars().next() {
            Some(same @ ('\\' | '\'' | '"')) => simple(same),
            Some('n') => simple('\n'),
            Some('t') => simple('\t'),
            Some('r') => simple('\r'),
            Some('x') => code(2),
            Some('u') => code(4),
            Some('U') => code(8),
            _ => None,
        };
        let (character, length) = found.unwrap_or(('\\', 0));
        decoded.push(character);
        rest = &tail[length..];
    }
    decoded + rest
}

fn unquote(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if text.len() > 1
            && let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote))
            && !inner.ends_with('\\')
        {
            return inner.to_owned();
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        match read(&Extra::Pair(Source::new("-e", text))) {
            Ok(entries) => entries
                .iter()
                .map(|(key, value)| format!("{}={:?}", key.text(), value.to_value()))
                .collect::<Vec<_>>()
                .join(" "),
            Err(faults) => format!("{:?}", faults.iter().map(std::mem::discriminant).count()),
        }
    }

    #[test]
    fn words_and_mappings() {
        for (text, expected) in [
            ("a=1", r#"a=String("1")"#),
            ("a=1 b=yes", r#"a=String("1") b=String("yes")"#),
            ("a='x y' b=\"z\"", r#"a=String("x y") b=String("z")"#),
            ("a={{ b + 1 }} c=", r#"a=String("{{ b + 1 }}") c=String("")"#),
            ("a=b=c", r#"a=String("b=c")"#),
            (r"a=x\ty", r#"a=String("x\ty")"#),
            (r"a=x\x41", r#"a=String("xA")"#),
            ("a=\"it's\"", r#"a=String("it's")"#),
            (r"a='it\'s'", r#"a=String("it's")"#),
            ("a='x'y", r#"a=String("'x'y")"#),
            ("a=x'y z'", r#"a=String("x'y z'")"#),
            ("a= b=2", r#"a=String("") b=String("2")"#),
            ("a={{ 'x y' }}z", r#"a=String("{{ 'x y' }}z")"#),
            ("a=1\tb=2\nc=3", r#"a=String("1\tb=2") c=String("3")"#),
            ("a=''", r#"a=String("")"#),
            ("a={#c d#} b=1", r#"a=String("{#c d#}") b=String("1")"#),
            (r#"{"a": 1, b: yes}"#, "a=Number(1) b=Bool(true)"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
        for text in ["a", "=x", "a=1 b", "a='x", "a={{ b", "[1]", "/tmp/x.yml", "./x.yml", "{a: b: c}"] {
            assert!(read(&Extra::Pair(Source::new("-e", text))).is_err(), "{text}");
        }
    }
}
