use std::sync::Arc;

use crate::source::Span;

/// One YAML node with its place. Cloning is cheap: children are shared, also where an alias repeats them.
#[derive(Debug, Clone)]
pub struct Node {
    pub data: Data,
    /// The node's own bytes; for an alias, where the alias stands.
    pub span: Span,
    /// A tag that was kept, without its meaning being applied: `!vault`, `!unsafe`.
    pub tag: Option<Arc<str>>,
}

/// What a node holds, resolved as PyYAML's YAML 1.1 loader (Ansible's) does it: `yes` is true, `0644` is 420.
#[derive(Debug, Clone)]
pub enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(Arc<str>),
    List(Arc<[Node]>),
    /// In the document's order; keys are unique after merging `<<`.
    Map(Arc<[(Node, Node)]>),
}

impl Node {
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&[(Node, Node)]> {
        match &self.data {
            Data::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// What this is, for a message: `a list`, `the number 3`.
    pub fn describe(&self) -> String {
        match &self.data {
            Data::Null => "nothing".to_owned(),
            Data::Bool(value) => format!("the boolean {value}"),
            Data::Int(value) => format!("the number {value}"),
            Data::Float(value) => format!("the number {value}"),
            Data::String(_) => "a text".to_owned(),
            Data::List(_) => "a list".to_owned(),
            Data::Map(_) => "a mapping".to_owned(),
        }
    }
}
