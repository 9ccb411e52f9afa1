//! One value of a mapping set anew, with every other byte of the text as it was.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::build::parse;
use super::node::{Data, Node};
use super::scalar;
use crate::source::Source;

#[cfg(test)]
mod tests;

/// Why a text cannot be changed in one value alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditFault {
    #[error("it is no YAML mapping")]
    NotMapping,
    /// An anchor that others repeat, a value under several keys: whatever is written, something else changes too.
    #[error("this value cannot be changed without changing others in the file")]
    NotAlone,
}

/// `text` with `value` under `key` of its mapping. What it says under other keys stays the same.
pub fn set(text: &str, key: &str, value: &Value) -> Result<String, EditFault> {
    let root = read(text).ok_or(EditFault::NotMapping)?;
    let entries: &[(Node, Node)] = match &root.data {
        Data::Map(entries) => entries,
        Data::Null => &[],
        _ => return Err(EditFault::NotMapping),
    };
    let wanted = expected(entries, key, value);
    let old = root.entry(key);
    if old.is_some_and(|(_, node)| serde_yaml::to_value(value).is_ok_and(|value| node.to_value() == value)) {
        return Ok(text.to_owned());
    }
    let attempts = [
        old.and_then(|(_, node)| longer(text, node, value)),
        old.and_then(|(name, node)| replaced(text, name, node, value)),
        old.and_then(|(name, node)| below(text, name, node, value)),
        Some(appended(text, &root, entries, key, value)),
        first(entries).map(|first| before(text, first, key, value)),
    ];
    attempts.into_iter().flatten().find(|text| says(text, &wanted)).ok_or(EditFault::NotAlone)
}

/// As it is written in a text: on one line.
pub fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar_text(text),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn scalar_text(text: &str) -> String {
    // Braces would make a template of it.
    let tag = if ["{{", "{%", "{#"].iter().any(|opening| text.contains(opening)) { "!unsafe " } else { "" };
    let is_bare = |character: char| character.is_ascii_alphanumeric() || "_./-".contains(character);
    let bare = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.chars().all(is_bare)
        && matches!(scalar::plain(text), Data::String(_));
    if bare {
        return text.to_owned();
    }
    if text.chars().any(|character| character.is_control() || !character.is_ascii()) {
        // JSON's escapes are YAML's too.
        return format!("{tag}{}", Value::from(text));
    }
    format!("{tag}'{}'", text.replace('\'', "''"))
}

fn read(text: &str) -> Option<Node> {
    parse(&Source::new("", text)).ok()
}

/// Keys and values as they shall be read, in no order.
fn expected(entries: &[(Node, Node)], key: &str, value: &Value) -> Vec<(String, serde_yaml::Value)> {
    let others = entries.iter().filter(|(name, _)| name.as_str() != Some(key));
    let mut all: Vec<_> = others.map(pair).collect();
    all.extend(serde_yaml::to_value(value).ok().map(|value| (key.to_owned(), value)));
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn pair((key, value): &(Node, Node)) -> (String, serde_yaml::Value) {
    (key.text(), value.to_value())
}

fn says(text: &str, wanted: &[(String, serde_yaml::Value)]) -> bool {
    let Some(root) = read(text) else { return false };
    let mut entries: Vec<_> = root.as_map().unwrap_or_default().iter().map(pair).collect();
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    entries == wanted
}

/// The first key that the mapping itself has: what it merges stands inside of its values.
fn first(entries: &[(Node, Node)]) -> Option<&Node> {
    entries.iter().map(|(key, _)| key).min_by_key(|key| key.span.range.start)
}

fn spliced(text: &str, range: Range<usize>, new: &str) -> Option<String> {
    Some(format!("{}{new}{}", text.get(..range.start)?, text.get(range.end..)?))
}

/// Further entries of a list, each a line like those before: what stands beside those stays.
fn longer(text: &str, node: &Node, value: &Value) -> Option<String> {
    let (old, new) = (node.as_list()?, value.as_array()?);
    let same = |(node, value): (&Node, &Value)| node.as_str().is_some() && node.as_str() == value.as_str();
    let start = first_dash(text, node)?;
    if old.len() >= new.len() || !old.iter().zip(new).all(same) {
        return None;
    }
    let indent = column(text, start)?;
    let end = old.last()?.span.range.end;
    let end = end + text.get(end..)?.find('\n').unwrap_or(text.len() - end);
    let more: String = new[old.len()..].iter().map(|item| format!("\n{indent}- {}", inline(item))).collect();
    spliced(text, end..end, &more)
}

/// Where the entries of a list begin that has one a line; its own span begins elsewhere where they are not indented.
fn first_dash(text: &str, node: &Node) -> Option<usize> {
    let before = text.get(..node.as_list()?.first()?.span.range.start)?;
    let dash = before.trim_end_matches([' ', '\t']).len().checked_sub(1)?;
    text.get(dash..)?.starts_with('-').then_some(dash)
}

/// Whether `key` is quoted as JSON has it: then its value is written so that it may stand in JSON.
fn is_json(text: &str, key: &Node) -> bool {
    text.get(key.span.range.clone()).is_some_and(|key| key.starts_with('"'))
}

/// The value's own bytes.
fn replaced(text: &str, key: &Node, node: &Node, value: &Value) -> Option<String> {
    let range = node.span.range.clone();
    if range.is_empty() {
        let colon = key.span.range.end + text.get(key.span.range.end..)?.find(':')? + 1;
        return spliced(text, colon..colon, &format!(" {}", inline(value)));
    }
    let dash = first_dash(text, node);
    let new = match (dash, value) {
        (Some(start), Value::Array(items)) if !items.is_empty() => {
            let indent = column(text, start)?;
            let items: Vec<String> = items.iter().map(|item| format!("- {}", inline(item))).collect();
            items.join(&format!("\n{indent}"))
        }
        _ if is_json(text, key) => value.to_string(),
        _ => inline(value),
    };
    // A tag stands before the bytes of what it is for.
    let before = text.get(..range.start)?;
    let start = match node.tag {
        Some(_) => before.trim_end().rfind('!').filter(|at| !before[*at..].contains('\n')).unwrap_or(range.start),
        None => dash.unwrap_or(range.start),
    };
    let newline = if text.get(range.clone())?.ends_with('\n') { "\n" } else { "" };
    spliced(text, start..range.end, &format!("{new}{newline}"))
}

/// A value of several lines becomes one behind its key.
fn below(text: &str, key: &Node, node: &Node, value: &Value) -> Option<String> {
    let colon = key.span.range.end + text.get(key.span.range.end..)?.find(':')? + 1;
    let end = node.span.range.end;
    let newline = if text.get(colon..end)?.ends_with('\n') { "\n" } else { "" };
    spliced(text, colon..end, &format!(" {}{newline}", inline(value)))
}

fn appended(text: &str, root: &Node, entries: &[(Node, Node)], key: &str, value: &Value) -> String {
    let range = &root.span.range;
    let quoted = first(entries).is_some_and(|first| is_json(text, first));
    let name = if quoted { format!("\"{key}\"") } else { key.to_owned() };
    // Inside braces JSON is understood by all.
    let inner = text.get(range.clone()).filter(|all| all.starts_with('{') && all.ends_with('}'));
    if let (Some(_), Data::Map(_)) = (inner, &root.data) {
        let end = entries.iter().map(|(_, last)| last.span.range.end).max().unwrap_or(range.start + 1);
        let comma = if entries.is_empty() { "" } else { ", " };
        let shown = if quoted { value.to_string() } else { inline(value) };
        return spliced(text, end..end, &format!("{comma}{name}: {shown}")).unwrap_or_default();
    }
    let indent = first(entries).and_then(|first| column(text, first.span.range.start)).unwrap_or_default();
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{newline}{indent}{name}: {}\n", inline(value))
}

fn before(text: &str, first: &Node, key: &str, value: &Value) -> String {
    let at = first.span.range.start;
    let indent = column(text, at).unwrap_or_default();
    spliced(text, at..at, &format!("{key}: {}\n{indent}", inline(value))).unwrap_or_default()
}

/// The blanks before what begins at `at`, or as many.
fn column(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Some(" ".repeat(before[start..].chars().count()))
}

/// `text` with stars for all values of its mapping but those of `keys`: what else a file holds is not for every eye.
pub fn masked(text: &str, keys: &[String]) -> String {
    let Some(root) = read(text) else { return String::new() };
    let others = root.as_map().unwrap_or_default().iter().filter(|(name, _)| !keys.contains(&name.text()));
    let hidden: Vec<&Range<usize>> = others.map(|(_, value)| &value.span.range).collect();
    let mask = |(at, character): (usize, char)| {
        let is_hidden = character != '\n' && hidden.iter().any(|range| range.contains(&at));
        if is_hidden { '*' } else { character }
    };
    text.char_indices().map(mask).collect()
}

/// The node that `value` is once it was written and read.
pub fn node(name: &str, value: &Value) -> Option<Node> {
    let source: Arc<Source> = Source::new(name, inline(value));
    parse(&source).ok()
}
