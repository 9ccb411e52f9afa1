use std::sync::Arc;

use crate::source::{Source, Span};
use crate::yaml;

/// What is wrong with an inventory, its variables, or a question asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Yaml(yaml::Fault),
    /// Nothing in it: no group, no host.
    Empty {
        source: Arc<Source>,
    },
    /// Ansible's INI format.
    Ini {
        at: Span,
    },
    /// The configuration of an inventory plugin, not an inventory.
    Plugin {
        at: Span,
    },
    /// A place that takes a mapping holds something else; `what` is `group web`, `hosts of group web`, …
    NotMapping {
        at: Span,
        what: String,
        found: String,
    },
    UnknownKey {
        at: Span,
        key: String,
        group: String,
    },
    /// A group, host or variable name that is no text: `1:`.
    NameNotText {
        at: Span,
        found: String,
    },
    BadGroupName {
        at: Span,
        name: String,
    },
    BadHostName {
        at: Span,
        name: String,
        problem: NameProblem,
    },
    BadRange {
        at: Span,
        text: String,
        problem: RangeProblem,
    },
    BadPort {
        at: Span,
        text: String,
    },
    TooManyHosts {
        at: Span,
        limit: usize,
    },
    /// `groups` is the chain, the first repeated at its end.
    GroupCycle {
        at: Span,
        groups: Vec<String>,
    },
    BadPriority {
        at: Span,
        found: String,
    },
    /// A `zdt_…` variable that zdt does not know.
    UnknownVariable {
        at: Span,
        name: String,
    },
    /// A whole file encrypted by ansible-vault.
    VaultFile {
        at: Span,
    },
    /// A `-e` word without `=`.
    NotPair {
        at: Span,
        word: String,
    },
    /// `-e` for a variable that zdt and Ansible set themselves.
    MagicVariable {
        at: Span,
        name: String,
    },
    /// `-e` for what cannot be a variable: `1x`, `a-b`.
    BadVariableName {
        at: Span,
        name: String,
    },
    /// A quote or `{{` that does not end, in `-e`.
    Unbalanced {
        at: Span,
    },
    /// `-e vars.yml`: the `@` is missing.
    ExtraFileWithoutAt {
        at: Span,
    },

    // Variables of a host.
    /// A value encrypted by ansible-vault.
    Vault {
        at: Span,
        variable: String,
    },
    /// `chain` names the variables, the first repeated at its end.
    Cycle {
        at: Span,
        chain: Vec<String>,
    },
    /// The template in a variable does not render; `chain` is how the question came to it, the asked one first.
    Template {
        at: Span,
        chain: Vec<String>,
        problem: String,
    },
    /// Templates that need templates, too many deep.
    TooNested {
        at: Span,
        limit: usize,
    },
    TooMuchText {
        at: Span,
        limit: usize,
    },

    // A connection.
    /// The variable has a value that it cannot have; `expected` says what it can.
    BadValue {
        at: Span,
        variable: String,
        found: Found,
        expected: &'static str,
    },
    /// A host or user name that ssh or sudo should not be given.
    BadName {
        at: Span,
        variable: String,
        name: String,
        problem: NameProblem,
    },
    /// `zdt_root` is no path that a sandbox can have.
    BadRoot {
        at: Span,
        root: String,
        problem: RootProblem,
    },
    /// A sandbox lies on the machine that runs zdt; `connection` is where another connection is asked for, if anywhere.
    RootNotLocal {
        at: Span,
        connection: Option<Span>,
    },
    /// A password is set, which zdt has no use for. The value is never shown, so there is no source line.
    Password {
        place: String,
        variable: String,
    },

    // `--limit`.
    EmptyPattern,
    /// `known` is the name that was probably meant.
    NoMatch {
        part: String,
        known: Option<String>,
    },
    /// Every part matches something, all together nothing. `empty` are the parts that stand for no host at all.
    NothingSelected {
        pattern: String,
        empty: Vec<String>,
    },
    /// `~regex` and `@file`.
    PatternUnsupported {
        part: String,
    },
    SubscriptOutOfRange {
        part: String,
        hosts: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblem {
    Empty,
    /// ssh would take it for an option.
    LeadingDash,
    ControlCharacter,
    Whitespace,
    /// It would leave `host_vars/`.
    Slash,
    Dots,
    TooLong,
}

/// What stands where something else should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Text(String),
    /// `a list`, `the number 5`.
    Other(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootProblem {
    /// Set, but to nothing.
    Empty,
    /// `~/sandbox`: whose home would be a guess.
    Home,
    ControlCharacter,
    /// It comes out at `/`.
    WholeMachine,
    /// `../..`: a folder above the inventory's, and perhaps `/`.
    AboveInventory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeProblem {
    /// No `begin:end` between the brackets, or a bracket missing.
    Form,
    NoEnd,
    /// `[01:100]`.
    UnequalWidth,
    /// `[5:1]`.
    Backwards,
    Step,
}

impl From<yaml::Fault> for Fault {
    fn from(fault: yaml::Fault) -> Fault {
        Fault::Yaml(fault)
    }
}
