use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::fault::Fault;
use super::node::{Data, Node};

/// Reads a node as a type. The fault points at the key or value that does not fit.
pub fn decode<T: DeserializeOwned>(node: &Node) -> Result<T, Fault> {
    // serde looks through tags: without this a type would be filled with ciphertext.
    if let Some(secret) = encrypted(node) {
        return Err(Fault::Encrypted { at: secret.span.clone() });
    }
    serde_path_to_error::deserialize(node.to_value()).map_err(|error| place(node, &error))
}

fn encrypted(node: &Node) -> Option<&Node> {
    match &node.data {
        _ if node.tag.as_deref() == Some("!vault") => Some(node),
        Data::List(items) => items.iter().find_map(encrypted),
        Data::Map(entries) => entries.iter().find_map(|(_, value)| encrypted(value)),
        _ => None,
    }
}

fn place(root: &Node, error: &serde_path_to_error::Error<serde_yaml::Error>) -> Fault {
    let problem = error.inner().to_string();
    let mut node = root;
    let mut path = String::new();
    for segment in error.path() {
        let below = match segment {
            Segment::Seq { index } => node.as_list().and_then(|items| items.get(*index)),
            Segment::Map { key } => node.entry(key).map(|(_, value)| value),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let Some(below) = below else { break };
        node = below;
        match segment {
            Segment::Seq { index } => path.push_str(&format!("[{index}]")),
            _ if path.is_empty() => path.push_str(&segment.to_string()),
            _ => path.push_str(&format!(".{segment}")),
        }
    }
    if let Some((field, known)) = unknown_field(&problem) {
        // The path may end at the mapping, or already at the unknown key's value.
        let key = find_key(root, node, &field);
        return Fault::UnknownField { at: key.unwrap_or(node).span.clone(), field, known };
    }
    if let Some(field) = problem.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return Fault::MissingField { at: head(node).span.clone(), field: field.to_owned() };
    }
    Fault::WrongValue { at: node.span.clone(), path, problem }
}

/// A mapping is shown by its first key: its whole text would underline pages.
fn head(node: &Node) -> &Node {
    node.as_map().and_then(|entries| entries.first()).map_or(node, |(key, _)| key)
}

fn unknown_field(problem: &str) -> Option<(String, Vec<String>)> {
    let rest = problem.strip_prefix("unknown field `").or_else(|| problem.strip_prefix("unknown variant `"))?;
    let (field, rest) = rest.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some((field.to_owned(), known))
}

/// The key `field` of `near`, or of the mapping that holds `near`; for an enum, the text itself.
fn find_key<'a>(root: &'a Node, near: &'a Node, field: &str) -> Option<&'a Node> {
    if let Some((key, _)) = near.entry(field) {
        return Some(key);
    }
    match &near.data {
        Data::String(text) if **text == *field => Some(near),
        _ => holder(root, near).and_then(|parent| parent.entry(field)).map(|(key, _)| key),
    }
}

fn holder<'a>(node: &'a Node, child: &Node) -> Option<&'a Node> {
    match &node.data {
        Data::Map(entries) => entries
            .iter()
            .find_map(|(_, value)| if std::ptr::eq(value, child) { Some(node) } else { holder(value, child) }),
        Data::List(items) => items.iter().find_map(|item| holder(item, child)),
        _ => None,
    }
}
