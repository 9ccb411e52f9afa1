use crate::source::Span;

/// What is wrong with a YAML text, or with what it says where a type was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The text is no YAML; `problem` is the scanner's own description.
    Syntax {
        at: Span,
        problem: String,
        mistake: Option<Mistake>,
    },
    ControlCharacter {
        at: Span,
        character: char,
    },
    UnknownAnchor {
        at: Span,
        name: String,
    },
    /// The alias stands inside the node that it repeats.
    RecursiveAlias {
        at: Span,
    },
    DuplicateKey {
        key: String,
        first: Span,
        second: Span,
    },
    /// A list or a mapping as a key; `template` when it looks like an unquoted `{{ … }}`.
    KeyNotScalar {
        at: Span,
        template: bool,
    },
    /// `<<` takes a mapping or a list of mappings.
    MergeNotMapping {
        at: Span,
        found: String,
    },
    UnknownTag {
        at: Span,
        tag: String,
    },
    /// `!!int "seven"`.
    TagMismatch {
        at: Span,
        tag: String,
    },
    SecondDocument {
        at: Span,
    },
    TooDeep {
        at: Span,
        limit: usize,
    },
    TooManyNodes {
        at: Span,
        limit: usize,
    },
    /// Aliases repeat so much that the document would grow past `limit` nodes.
    TooExpanded {
        at: Span,
        limit: u64,
    },
    TooLarge {
        at: Span,
        limit: usize,
    },
    /// A `!vault` value where a type was asked for.
    Encrypted {
        at: Span,
    },
    UnknownField {
        at: Span,
        field: String,
        known: Vec<String>,
    },
    MissingField {
        at: Span,
        field: String,
    },
    /// A value of the wrong type or form; `path` is where, from the decoded node on, empty for the node itself.
    WrongValue {
        at: Span,
        path: String,
        problem: String,
    },
}

/// The mistakes that newcomers make most, told from how the line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    Tab,
    UnquotedTemplate,
    ColonInValue,
    Indentation,
    ReservedStart(char),
}

impl Fault {
    /// The place to show first.
    pub fn span(&self) -> &Span {
        match self {
            Fault::Syntax { at, .. }
            | Fault::ControlCharacter { at, .. }
            | Fault::UnknownAnchor { at, .. }
            | Fault::RecursiveAlias { at }
            | Fault::KeyNotScalar { at, .. }
            | Fault::MergeNotMapping { at, .. }
            | Fault::UnknownTag { at, .. }
            | Fault::TagMismatch { at, .. }
            | Fault::SecondDocument { at }
            | Fault::TooDeep { at, .. }
            | Fault::TooManyNodes { at, .. }
            | Fault::TooExpanded { at, .. }
            | Fault::TooLarge { at, .. }
            | Fault::Encrypted { at }
            | Fault::UnknownField { at, .. }
            | Fault::MissingField { at, .. }
            | Fault::WrongValue { at, .. } => at,
            Fault::DuplicateKey { second, .. } => second,
        }
    }
}
