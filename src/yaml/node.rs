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

    pub fn as_bool(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(value) => Some(*value),
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

/// One step from a node to a node below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl Node {
    /// The node at the end of `path`.
    pub fn at(&self, path: &[Step<'_>]) -> Option<&Node> {
        path.iter().try_fold(self, |node, step| match *step {
            Step::Key(key) => node.entry(key).map(|(_, value)| value),
            Step::Index(index) => node.as_list()?.get(index),
        })
    }

    /// The entry whose key reads `key`, be it a text or a number.
    pub fn entry(&self, key: &str) -> Option<&(Node, Node)> {
        self.as_map()?.iter().find(|(name, _)| match &name.data {
            Data::String(text) => **text == *key,
            _ => name.text() == key,
        })
    }

    /// A scalar as a text, booleans as Python prints them; for a list or mapping, what it is.
    pub fn text(&self) -> String {
        match &self.data {
            Data::Null => "null".to_owned(),
            Data::Bool(true) => "True".to_owned(),
            Data::Bool(false) => "False".to_owned(),
            Data::Int(value) => value.to_string(),
            Data::Float(value) => format!("{value:?}"),
            Data::String(text) => text.to_string(),
            Data::List(_) | Data::Map(_) => self.describe(),
        }
    }

    /// The same without places, for typed decoding and for printing.
    ///
    /// `!vault` stays as a tagged value, so that no decoder takes the ciphertext for the value. `!unsafe` goes: it
    /// speaks to templates alone.
    pub fn to_value(&self) -> serde_yaml::Value {
        use serde_yaml::Value;
        let value = match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Int(value) => Value::Number((*value).into()),
            Data::Float(value) => Value::Number((*value).into()),
            Data::String(text) => Value::String(text.to_string()),
            Data::List(items) => Value::Sequence(items.iter().map(Node::to_value).collect()),
            Data::Map(entries) => {
                Value::Mapping(entries.iter().map(|(key, value)| (key.to_value(), value.to_value())).collect())
            }
        };
        match self.tag.as_deref() {
            Some("!vault") => Value::Tagged(Box::new(serde_yaml::value::TaggedValue {
                tag: serde_yaml::value::Tag::new("vault"),
                value,
            })),
            _ => value,
        }
    }
}

impl Node {
    /// The opposite of `to_value`: every node takes the place `span`.
    pub fn from_value(value: &serde_yaml::Value, span: &Span) -> Node {
        use serde_yaml::Value;
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Number(number) => match number.as_i64() {
                Some(value) => Data::Int(value),
                None if number.is_f64() => number.as_f64().map_or(Data::Null, Data::Float),
                None => Data::String(Arc::from(number.to_string())),
            },
            Value::String(text) => Data::String(Arc::from(text.as_str())),
            Value::Sequence(items) => Data::List(items.iter().map(|item| Node::from_value(item, span)).collect()),
            Value::Mapping(entries) => Data::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Node::from_value(key, span), Node::from_value(value, span)))
                    .collect(),
            ),
            Value::Tagged(tagged) => {
                let node = Node::from_value(&tagged.value, span);
                return Node { tag: Some(Arc::from(tagged.tag.to_string())), ..node };
            }
        };
        Node { data, span: span.clone(), tag: None }
    }
}
