use super::param::TypeFault;
use crate::resource::{Attribute, Id, Syntax, Value, WordFault};
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
    /// A fact that is asked only when one looks for drift, outside of `running`.
    OnlyRunning {
        at: Span,
        name: String,
    },
    /// A fact that only rules ask, elsewhere.
    OnlyRules {
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

    /// A secret where it would be printed: only what a file holds can be masked.
    SecretShown {
        at: Span,
        name: String,
        what: &'static str,
    },
    /// A filter refuses what comes of values that a host gives. `at` is where the role uses it, unless that is none of
    /// the reader's business; `used` are the params there that the host could give instead.
    Refused {
        at: Option<Span>,
        problem: String,
        given: Vec<(String, Span)>,
        used: Vec<String>,
    },
    /// A condition that is neither true nor false.
    NotBoolean {
        at: Span,
        found: String,
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
        values: Box<[Value; 2]>,
    },
}

/// Sets of names that a role may choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    Role,
    ParamType,
    Resource,
    Fact,
    Stats,
    Handler,
    HandlerKind,
    Cost,
    Level,
    Severity,
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
            Fault::Refused { at, given, used, .. } => {
                let problem = "a filter refuses it, and it is a secret".to_owned();
                Fault::Refused { at, problem, given, used }
            }
            Fault::NotBoolean { at, .. } => Fault::NotBoolean { at, found: secret() },
            other => other,
        }
    }

    /// Every place that a report of it may show.
    pub(super) fn spans_mut(&mut self) -> Vec<&mut Span> {
        match self {
            Fault::Twice { at, first, .. } => std::iter::once(at).chain(first).collect(),
            Fault::Refused { at, given, .. } => at.iter_mut().chain(given.iter_mut().map(|(_, span)| span)).collect(),
            Fault::WrongType { at, .. } => at.iter_mut().collect(),
            Fault::Variable(fault) => match fault {
                inventory::Fault::Template { at, .. }
                | inventory::Fault::Cycle { at, .. }
                | inventory::Fault::Vault { at, .. }
                | inventory::Fault::TooNested { at, .. }
                | inventory::Fault::TooMuchText { at, .. } => vec![at],
                _ => Vec::new(),
            },
            Fault::Yaml(_) | Fault::Conflict { .. } => Vec::new(),
            Fault::NoRoleFile { at, .. }
            | Fault::StrayFile { at, .. }
            | Fault::WrongShape { at, .. }
            | Fault::UnknownKey { at, .. }
            | Fault::Missing { at, .. }
            | Fault::UnknownKind { at, .. }
            | Fault::BadName { at, .. }
            | Fault::UsesCycle { at, .. }
            | Fault::WordCount { at, .. }
            | Fault::TemplateMissing { at, .. }
            | Fault::TemplateUnused { at, .. }
            | Fault::Contradiction { at, .. }
            | Fault::Syntax { at, .. }
            | Fault::Undeclared { at, .. }
            | Fault::TooEarly { at, .. }
            | Fault::OnlyRunning { at, .. }
            | Fault::OnlyRules { at, .. }
            | Fault::Render { at, .. }
            | Fault::Unquoted { at, .. }
            | Fault::NoValue { at, .. }
            | Fault::TooLarge { at, .. }
            | Fault::BadWord { at, .. }
            | Fault::SecretShown { at, .. }
            | Fault::NotBoolean { at, .. }
            | Fault::SelectionShape { at, .. }
            | Fault::UnknownArgument { at, .. }
            | Fault::MissingParam { at, .. }
            | Fault::UnknownVariable { at, .. } => vec![at],
        }
    }

    /// The place to show first.
    pub fn span(&self) -> Option<&Span> {
        match self {
            Fault::Yaml(fault) => Some(fault.span()),
            Fault::WrongType { at, .. } => at.as_ref(),
            Fault::Refused { given, .. } => given.first().map(|(_, span)| span),
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
            | Fault::OnlyRunning { at, .. }
            | Fault::OnlyRules { at, .. }
            | Fault::Render { at, .. }
            | Fault::Unquoted { at, .. }
            | Fault::NoValue { at, .. }
            | Fault::TooLarge { at, .. }
            | Fault::SecretShown { at, .. }
            | Fault::NotBoolean { at, .. }
            | Fault::BadWord { at, .. }
            | Fault::SelectionShape { at, .. }
            | Fault::UnknownArgument { at, .. }
            | Fault::MissingParam { at, .. }
            | Fault::UnknownVariable { at, .. } => Some(at),
        }
    }
}
