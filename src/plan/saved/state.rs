//! Values as they stand in a saved plan. A secret, and whatever a host's file held, stands there as a number; what it is,
//! is sealed.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::document::Undecodable;
use crate::resource::{Attribute, Content, PathSeen, State, Value};

pub(super) type StateDoc = BTreeMap<Attribute, ValueDoc>;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum ValueDoc {
    Word(String),
    Words(Vec<String>),
    Content(ContentDoc),
}

/// The bytes, as text where they are text; else only their hash, for they stayed on the host; or a secret's number.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ContentDoc {
    Text(String),
    Base64(String),
    Sha256(String),
    Sealed(usize),
}

/// Bytes that need not be text.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum BytesDoc {
    Text(String),
    Bytes { base64: String },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PathDoc {
    r#type: String,
    error: Option<String>,
    mode: String,
    owner: String,
    group: String,
    target: Option<BytesDoc>,
    /// The number of its content among what is sealed: nobody said what a host's files may hold.
    content: Option<usize>,
    /// The folder that holds it, links resolved.
    folder: Option<BytesDoc>,
}

/// What is sealed: each secret by its number.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Vault {
    secrets: Vec<SecretDoc>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretDoc {
    sha256: String,
    base64: Option<String>,
}

impl Vault {
    pub fn put(&mut self, sha256: &str, bytes: Option<&[u8]>) -> usize {
        let base64 = bytes.map(|bytes| BASE64.encode(bytes));
        self.secrets.push(SecretDoc { sha256: sha256.to_owned(), base64 });
        self.secrets.len() - 1
    }

    pub fn state(&mut self, state: &State, secret: bool) -> StateDoc {
        let mut value = |value: &Value| match value {
            Value::Word(word) => ValueDoc::Word(word.clone()),
            Value::Words(words) => ValueDoc::Words(words.clone()),
            Value::Content(content) => {
                let bytes = content.bytes.as_deref();
                ValueDoc::Content(self.content(&content.sha256, bytes, secret || content.secret))
            }
        };
        state.iter().map(|(attribute, found)| (attribute, value(found))).collect()
    }

    pub fn path(&mut self, seen: &PathSeen) -> PathDoc {
        PathDoc {
            r#type: seen.kind.clone(),
            error: seen.error.clone(),
            mode: seen.mode.clone(),
            owner: seen.owner.clone(),
            group: seen.group.clone(),
            target: seen.target.as_deref().map(BytesDoc::of),
            content: seen.sha256.as_deref().map(|sha256| self.put(sha256, seen.content.as_deref())),
            folder: seen.parent.as_deref().map(BytesDoc::of),
        }
    }

    fn content(&mut self, sha256: &str, bytes: Option<&[u8]>, secret: bool) -> ContentDoc {
        match bytes {
            _ if secret => ContentDoc::Sealed(self.put(sha256, bytes)),
            None => ContentDoc::Sha256(sha256.to_owned()),
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => ContentDoc::Text(text.to_owned()),
                Err(_) => ContentDoc::Base64(BASE64.encode(bytes)),
            },
        }
    }

    pub fn read_state(&self, document: StateDoc) -> Result<State, Undecodable> {
        let mut state = State::default();
        for (attribute, value) in document {
            let value = match value {
                ValueDoc::Word(word) => Value::Word(word),
                ValueDoc::Words(words) => Value::Words(words),
                ValueDoc::Content(content) => Value::Content(self.read_content(content)?),
            };
            state = state.with(attribute, value);
        }
        Ok(state)
    }

    pub fn read_path(&self, document: PathDoc) -> Result<PathSeen, Undecodable> {
        let content = document.content.map(|number| self.secret(number)).transpose()?;
        Ok(PathSeen {
            kind: document.r#type,
            error: document.error,
            mode: document.mode,
            owner: document.owner,
            group: document.group,
            target: document.target.map(BytesDoc::read).transpose()?,
            sha256: content.as_ref().map(|content| content.sha256.clone()),
            content: content.and_then(|content| content.bytes),
            parent: document.folder.map(BytesDoc::read).transpose()?,
            ..PathSeen::default()
        })
    }

    fn read_content(&self, document: ContentDoc) -> Result<Content, Undecodable> {
        Ok(match document {
            ContentDoc::Text(text) => Content::new(text.as_bytes()),
            ContentDoc::Base64(text) => Content::new(&decoded(&text)?),
            ContentDoc::Sha256(sha256) => Content { sha256, bytes: None, secret: false },
            ContentDoc::Sealed(number) => self.secret(number)?,
        })
    }

    pub fn secret(&self, number: usize) -> Result<Content, Undecodable> {
        let secret = self.secrets.get(number).ok_or(Undecodable::NoSuchSecret { number })?;
        let bytes = secret.base64.as_deref().map(decoded).transpose()?;
        Ok(Content { sha256: secret.sha256.clone(), bytes: bytes.map(Arc::from), secret: true })
    }
}

impl BytesDoc {
    pub fn of(bytes: &[u8]) -> BytesDoc {
        match std::str::from_utf8(bytes) {
            Ok(text) => BytesDoc::Text(text.to_owned()),
            Err(_) => BytesDoc::Bytes { base64: BASE64.encode(bytes) },
        }
    }

    pub fn read(self) -> Result<Vec<u8>, Undecodable> {
        match self {
            BytesDoc::Text(text) => Ok(text.into_bytes()),
            BytesDoc::Bytes { base64 } => decoded(&base64),
        }
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, Undecodable> {
    BASE64.decode(text).map_err(|_| Undecodable::Malformed { why: "broken base64".to_owned() })
}
