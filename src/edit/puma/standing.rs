/// Where a call of a setting stands: whether Puma makes it whenever it reads the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A statement of its own that always runs.
    Plain,
    /// Inside of something, which begins at this line.
    Under { what: Under, line: usize },
}

/// What decides whether, or how often, a call inside of it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Under {
    If,
    Unless,
    Ternary,
    Case,
    Loop,
    Rescue,
    /// `&&`, `||`, `and`, `or`.
    Logic,
    /// The block of a call of this name.
    Block {
        of: String,
    },
    Method {
        name: String,
    },
    Lambda,
    /// A larger expression, of which the call is a part.
    Expression,
    /// Behind a `return`.
    Return,
    /// `END { … }`.
    AtExit,
}

impl Under {
    /// As the canonical spelling marks it, the same wherever it stands.
    pub(super) fn marker(&self) -> String {
        match self {
            Under::If => "if".to_owned(),
            Under::Unless => "unless".to_owned(),
            Under::Ternary => "?:".to_owned(),
            Under::Case => "case".to_owned(),
            Under::Loop => "loop".to_owned(),
            Under::Rescue => "rescue".to_owned(),
            Under::Logic => "and/or".to_owned(),
            Under::Block { of } => format!("block of {of}"),
            Under::Method { name } => format!("method {name}"),
            Under::Lambda => "lambda".to_owned(),
            Under::Expression => "expression".to_owned(),
            Under::Return => "after return".to_owned(),
            Under::AtExit => "END".to_owned(),
        }
    }
}
