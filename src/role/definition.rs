use std::sync::Arc;

use super::engine::Text;
use super::param::Param;
use crate::resource::Level;
use crate::resource::{Field, Kind};
use crate::source::{Source, Span};

/// A role as its folder describes it: data, not bound to any host.
#[derive(Debug)]
pub struct Role {
    pub name: String,
    pub description: String,
    pub built_in: bool,
    /// The text of `role.yml`.
    pub source: Arc<Source>,
    /// Roles whose params, values and facts this one shares, with where it says so.
    pub uses: Vec<(String, Span)>,
    /// A host variable that begins so belongs to the roles: it must be a param of one.
    pub prefixes: Vec<String>,
    pub params: Vec<Param>,
    pub values: Vec<(String, Text)>,
    pub facts: Vec<FactSpec>,
    pub resources: Vec<ResourceSpec>,
    pub checks: Vec<CheckSpec>,
    pub handlers: Vec<HandlerSpec>,
    pub notices: Vec<NoticeSpec>,
    pub examples: Vec<Arc<Source>>,
}

/// A question about the host: the first word is the kind.
#[derive(Debug)]
pub struct FactSpec {
    pub name: String,
    pub kind: String,
    pub arguments: Vec<Text>,
}

#[derive(Debug)]
pub struct ResourceSpec {
    pub kind: &'static Kind,
    pub span: Span,
    pub fields: Vec<(&'static Field, FieldText)>,
    pub notify: Vec<String>,
    pub when: Option<Text>,
}

#[derive(Debug)]
pub enum FieldText {
    Word(Text),
    Words(Vec<Text>),
    Content(Text),
    Template(Text),
}

impl ResourceSpec {
    /// The field that names the thing.
    pub fn identity(&self) -> Option<&Text> {
        self.fields.iter().find_map(|(field, text)| match text {
            FieldText::Word(text) if field.name == self.kind.identity => Some(text),
            _ => None,
        })
    }

    pub fn word(&self, name: &str) -> Option<&Text> {
        self.fields.iter().find_map(|(field, text)| match text {
            FieldText::Word(text) if field.name == name => Some(text),
            _ => None,
        })
    }
}

#[derive(Debug)]
pub struct CheckSpec {
    pub name: String,
    pub run: Vec<Text>,
    pub user: Option<Text>,
    pub paths: Vec<Text>,
    pub when: Option<Text>,
}

#[derive(Debug)]
pub struct HandlerSpec {
    pub name: String,
    pub kind: String,
    pub arguments: Vec<Text>,
    pub says: Text,
    pub when: Option<Text>,
}

#[derive(Debug)]
pub struct NoticeSpec {
    pub level: Level,
    pub text: Text,
    pub when: Option<Text>,
}
