use std::sync::Arc;

use super::engine::Text;
use super::param::Param;
use crate::resource::{Field, Kind, Level, Severity};
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
    pub running: Vec<RunningSpec>,
    /// What `zdt stats` asks a host.
    pub stats: Option<StatsSpec>,
    pub rules: Vec<RuleSpec>,
    pub examples: Vec<Arc<Source>>,
}

/// A question about the host: the first word is the kind.
#[derive(Debug)]
pub struct FactSpec {
    pub name: String,
    pub kind: String,
    pub arguments: Vec<Text>,
    pub asked: Asked,
    /// Of params alone, for it is known before the host is asked.
    pub when: Option<Text>,
}

/// When a host is asked for a fact. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    Always,
    /// Only when one looks for what runs; known to `running` and `rules`.
    Running,
    /// Only when one looks for traps; known to `rules` alone.
    Rules,
}

/// A question about what is served just now: the first word is the kind.
#[derive(Debug)]
pub struct StatsSpec {
    pub kind: String,
    pub arguments: Vec<Text>,
}

#[derive(Debug)]
pub struct ResourceSpec {
    pub kind: &'static Kind,
    pub span: Span,
    pub fields: Vec<(&'static Field, FieldText)>,
    pub notify: Vec<String>,
    /// Its content is lines that begin with a setting's name.
    pub settings: bool,
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
    /// A word of `Disruption`; without it, the most that the kind can cost.
    pub cost: Option<Text>,
    /// For how long it was last felt, in seconds; nothing where that is not known.
    pub took: Option<Text>,
    pub when: Option<Text>,
    /// It runs when somebody asks for a reload, not because something changes.
    pub on_reload: bool,
}

#[derive(Debug)]
pub struct NoticeSpec {
    pub level: Level,
    pub text: Text,
    pub when: Option<Text>,
}

/// A trap, and how to tell that a host is in it.
#[derive(Debug)]
pub struct RuleSpec {
    /// Stable: people name it on the command line, and its page bears it.
    pub id: String,
    pub severity: Severity,
    pub when: Text,
    /// What was seen, with the values that show it.
    pub evidence: Text,
    pub fix: Text,
    /// Why it could not be told: nothing, or words.
    pub untold: Option<Text>,
}

impl RuleSpec {
    /// Those that are printed.
    pub fn shown(&self) -> impl Iterator<Item = &Text> {
        [&self.evidence, &self.fix].into_iter().chain(&self.untold)
    }
}

/// What a role can say of what runs.
#[derive(Debug)]
pub struct RunningSpec {
    /// A path, or `unit NAME`.
    pub about: Text,
    pub when: Option<Text>,
    pub mends: Option<String>,
    pub says: RunningText,
}

#[derive(Debug)]
pub enum RunningText {
    /// What is the matter where `when` holds; with `untold`, that it cannot be told.
    Rule { text: Text, untold: bool },
    /// Who reads the path, when that was last done, and why that is not known: nothing, or words.
    Load { reader: Text, at: Text, untold: Option<Text> },
}

impl RunningSpec {
    pub fn texts(&self) -> Vec<&Text> {
        let own = match &self.says {
            RunningText::Rule { text, .. } => vec![text],
            RunningText::Load { reader, at, untold } => [reader, at].into_iter().chain(untold).collect(),
        };
        [&self.about].into_iter().chain(&self.when).chain(own).collect()
    }
}
