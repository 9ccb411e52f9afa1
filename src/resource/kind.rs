use std::collections::BTreeMap;

use super::kind_syntax::Syntax;
use super::{
    Editor, State, Subject, absent, directory, file, link, nginx_upstream_in, puma_settings_in, template, unit,
};

/// One kind of resource that roles may declare: its fields, and what they come to as a desired state.
///
/// Adding a kind: one file with its row, the row in `KINDS`, cases as data. Nothing else in zdt asks for a kind.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub subject: Subject,
    /// The field that names the thing: a path or a unit.
    pub identity: &'static str,
    pub fields: &'static [Field],
    pub desired: fn(&Fields) -> State,
    /// It is only a part of what `identity` names, and set by this.
    pub edit: Option<&'static Editor>,
}

/// One field of a kind, as it stands in a role.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub syntax: FieldSyntax,
    pub presence: Presence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldSyntax {
    /// One word.
    Word(Syntax),
    /// A list, each entry rendered alone.
    Words(Syntax),
    /// Any text, lines and all: a file's content.
    Content,
    /// The name of a template of the role, which becomes content.
    Template,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    /// Not managed when left out.
    Optional,
    Default(&'static str),
}

/// The fields of one resource, rendered and checked.
#[derive(Debug, Default)]
pub struct Fields {
    words: BTreeMap<&'static str, Vec<String>>,
    content: Option<(Vec<u8>, bool)>,
}

impl Fields {
    pub fn put_words(&mut self, field: &'static str, words: Vec<String>) {
        self.words.insert(field, words);
    }

    /// `secret`: the content must never be shown.
    pub fn put_content(&mut self, bytes: Vec<u8>, secret: bool) {
        self.content = Some((bytes, secret));
    }

    pub fn word(&self, field: &str) -> Option<&str> {
        self.words.get(field)?.first().map(String::as_str)
    }

    pub fn words(&self, field: &str) -> Option<&[String]> {
        self.words.get(field).map(Vec::as_slice)
    }

    pub fn content(&self) -> Option<(&[u8], bool)> {
        self.content.as_ref().map(|(bytes, secret)| (bytes.as_slice(), *secret))
    }
}

/// Every kind that a role may declare.
pub const KINDS: &[Kind] = &[
    file::FILE,
    template::TEMPLATE,
    directory::DIRECTORY,
    link::LINK,
    absent::ABSENT,
    unit::UNIT,
    nginx_upstream_in::NGINX_UPSTREAM_IN,
    puma_settings_in::PUMA_SETTINGS_IN,
];

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The owner, and with `Default` the usual one, as most kinds take it.
pub(super) const fn owner(presence: Presence) -> Field {
    Field { name: "owner", syntax: FieldSyntax::Word(Syntax::User), presence }
}

pub(super) const fn group(presence: Presence) -> Field {
    Field { name: "group", syntax: FieldSyntax::Word(Syntax::Group), presence }
}

pub(super) const fn mode(presence: Presence) -> Field {
    Field { name: "mode", syntax: FieldSyntax::Word(Syntax::Mode), presence }
}

/// A type, and whatever of mode, owner and group the role names: the rest is not managed.
pub(super) fn state_of(type_name: &str, fields: &Fields) -> State {
    use super::Attribute::{Group, Mode, Owner, Type};
    let mut state = State::default().with_word(Type, type_name);
    for (attribute, field) in [(Mode, "mode"), (Owner, "owner"), (Group, "group")] {
        if let Some(word) = fields.word(field) {
            state = state.with_word(attribute, word);
        }
    }
    state
}

/// `state` with the content of `fields`.
pub(super) fn with_content(state: State, fields: &Fields) -> State {
    use super::{Attribute, Content, Value};
    let (bytes, secret) = fields.content().unwrap_or((b"", false));
    state.with(Attribute::Content, Value::Content(Content { secret, ..Content::new(bytes) }))
}
