use super::param::TypeFault;
use crate::resource::{Attribute, Id, Syntax, WordFault};
use crate::source::Span;
use crate::{inventory, yaml};

/// What is wrong with a role, or with what a host gives to its roles. Facts only: `cli/error/role.rs` words them.
#[derive(Debug, Clone)]
pub enum Fault {
    Yaml(yaml::Fault),
    /// A host variable that a role asked for could not be made out.
    Variable(inventory::Fault),

    // A role's folder.
    NoRoleFile {
        role: String,
        at: Span,
    },
    StrayFile {
        role: String,
        path: String,
        at: Span,
    },
    WrongShape {
        at: Span,
        what: String,
        expected: &'static str,
        found: String,
    },
    UnknownKey {
        at: Span,
        key: String,
        known: Vec<String>,
    },
    Missing {
        at: Span,
        what: String,
        key: String,
    },
    UnknownKind {
        at: Span,
        what: Namespace,
        name: String,
        known: Vec<String>,
    },
    BadName {
        at: Span,
        what: &'static str,
        name: String,
    },
    Twice {
        what: &'static str,
        name: String,
        at: Span,
        first: Option<Span>,
    },
    UsesCycle {
        at: Span,
        chain: Vec<String>,
    },
    WordCount {
        at: Span,
        kind: String,
        expected: usize,
        found: usize,
    },
    TemplateMissing {
        at: Span,
        name: String,
        known: Vec<String>,
    },
    TemplateUnused {
        at: Span,
        name: String,
    },
    /// `required` with a default, bounds that exclude each other, `auto` on something that is no bool…
    Contradiction {
        at: Span,
        what: &'static str,
    },

    // Templates.
    Syntax {
        at: Span,
        problem: String,
    },
    /// A name that is neither param nor value.
    Undeclared {
        at: Span,
        name: String,
        known: Vec<String>,
    },
    /// A fact or a value where only params are known: paths, units, owners, the words of facts, defaults.
    TooEarly {
        at: Span,
        name: String,
    },
    Render {
        at: Span,
        problem: String,
        name: Option<String>,
        known: Vec<String>,
    },
    /// A template prints a value that means something to the file's language, without a filter that quotes it.
    Unquoted {
        at: Span,
        value: String,
    },
    NoValue {
        at: Span,
        name: String,
    },
    TooLarge {
        at: Span,
        limit: usize,
    },
    BadWord {
        at: Span,
        field: String,
        syntax: Syntax,
        word: String,
        problem: WordFault,
    },

    // A host.
    SelectionShape {
        at: Span,
        found: String,
    },
    UnknownArgument {
        at: Span,
        role: String,
        name: String,
        known: Vec<String>,
    },
    MissingParam {
        at: Span,
        name: String,
        description: String,
        roles: Vec<String>,
        near: Option<Box<(String, String)>>,
    },
    /// `at` is missing for a secret: its line must not be shown.
    WrongType {
        at: Option<Span>,
        origin: String,
        role: String,
        name: String,
        problem: Box<TypeFault>,
    },
    UnknownVariable {
        at: Span,
        origin: String,
        name: String,
        known: Vec<String>,
    },
    Conflict {
        id: Id,
        roles: [String; 2],
        attribute: Attribute,
    },
}

/// Sets of names that a role may choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    Role,
    ParamType,
    Resource,
    Fact,
    Handler,
    HandlerKind,
    Level,
}

impl Fault {
    /// The same without what a template printed: it was made from a secret.
    pub fn masked(self) -> Fault {
        let secret = || "a secret".to_owned();
        match self {
            Fault::Unquoted { at, .. } => Fault::Unquoted { at, value: secret() },
            Fault::BadWord { at, field, syntax, problem, .. } => {
                Fault::BadWord { at, field, syntax, problem, word: secret() }
            }
            // A filter's message may quote what it refused.
            Fault::Render { at, name: None, .. } => {
                let problem = "a filter refuses a value that is made from a secret".to_owned();
                Fault::Render { at, problem, name: None, known: Vec::new() }
            }
            other => other,
        }
    }

    /// The place to show first.
    pub fn span(&self) -> Option<&Span> {
        match self {
            Fault::Yaml(fault) => Some(fault.span()),
            Fault::WrongType { at, .. } => at.as_ref(),
            Fault::Variable(_) | Fault::Conflict { .. } => None,
            Fault::NoRoleFile { at, .. }
            | Fault::StrayFile { at, .. }
            | Fault::WrongShape { at, .. }
            | Fault::UnknownKey { at, .. }
            | Fault::Missing { at, .. }
            | Fault::UnknownKind { at, .. }
            | Fault::BadName { at, .. }
            | Fault::Twice { at, .. }
            | Fault::UsesCycle { at, .. }
            | Fault::WordCount { at, .. }
            | Fault::TemplateMissing { at, .. }
            | Fault::TemplateUnused { at, .. }
            | Fault::Contradiction { at, .. }
            | Fault::Syntax { at, .. }
            | Fault::Undeclared { at, .. }
            | Fault::TooEarly { at, .. }
            | Fault::Render { at, .. }
            | Fault::Unquoted { at, .. }
            | Fault::NoValue { at, .. }
            | Fault::TooLarge { at, .. }
            | Fault::BadWord { at, .. }
            | Fault::SelectionShape { at, .. }
            | Fault::UnknownArgument { at, .. }
            | Fault::MissingParam { at, .. }
            | Fault::UnknownVariable { at, .. } => Some(at),
        }
    }
}
