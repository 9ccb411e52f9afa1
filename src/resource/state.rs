use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The attributes that states are made of. An attribute that a desired state does not name is not managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// `file`, `directory`, `link`, `absent`; observed also `device`, `socket`, `fifo`.
    Type,
    /// Permission bits as four octal digits: `0644`.
    Mode,
    Owner,
    Group,
    /// A link's target, as stored.
    Target,
    Content,
    /// Of a file that somebody else owns what is ours, in one spelling of its own. With it, the rest of the content is
    /// theirs to change.
    Part,
    /// The unit's *effective* `ExecReload`, one entry a command, in order.
    ExecReload,
}

impl Attribute {
    pub fn name(self) -> &'static str {
        match self {
            Attribute::Type => "type",
            Attribute::Mode => "mode",
            Attribute::Owner => "owner",
            Attribute::Group => "group",
            Attribute::Target => "target",
            Attribute::Content => "content",
            Attribute::Part => "part",
            Attribute::ExecReload => "ExecReload",
        }
    }
}

/// A file's content: always its hash, the bytes where they are known and may be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// Lower-case hex SHA-256, as `sha256sum` prints it.
    pub sha256: String,
    pub bytes: Option<Arc<[u8]>>,
    /// Never shown: diffs, JSON and `Debug` say only that it changed.
    pub secret: bool,
}

impl Content {
    pub fn new(bytes: &[u8]) -> Content {
        Content { sha256: sha256(bytes), bytes: Some(Arc::from(bytes)), secret: false }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.bytes {
            Some(bytes) if !self.secret => {
                write!(f, "Content({:?})", String::from_utf8_lossy(bytes))
            }
            _ => write!(f, "Content(sha256 {})", self.sha256),
        }
    }
}

/// Lower-case hex SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Word(String),
    Words(Vec<String>),
    Content(Content),
}

/// What a resource is or shall be: attributes and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    attributes: BTreeMap<Attribute, Value>,
}

impl State {
    pub fn with(mut self, attribute: Attribute, value: Value) -> State {
        self.attributes.insert(attribute, value);
        self
    }

    pub fn with_word(self, attribute: Attribute, word: impl Into<String>) -> State {
        self.with(attribute, Value::Word(word.into()))
    }

    pub fn get(&self, attribute: Attribute) -> Option<&Value> {
        self.attributes.get(&attribute)
    }

    /// The word under `attribute`, if it is one.
    pub fn word(&self, attribute: Attribute) -> Option<&str> {
        match self.attributes.get(&attribute) {
            Some(Value::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub fn content(&self) -> Option<&Content> {
        self.content_of(Attribute::Content)
    }

    pub fn part(&self) -> Option<&Content> {
        self.content_of(Attribute::Part)
    }

    fn content_of(&self, attribute: Attribute) -> Option<&Content> {
        match self.attributes.get(&attribute) {
            Some(Value::Content(content)) => Some(content),
            _ => None,
        }
    }

    pub fn remove(&mut self, attribute: Attribute) -> Option<Value> {
        self.attributes.remove(&attribute)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Attribute, &Value)> {
        self.attributes.iter().map(|(attribute, value)| (*attribute, value))
    }
}
