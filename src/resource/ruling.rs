use serde::Serialize;

/// How much a rule that is broken matters, from little to much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Requests wait, or a restart is not what it seems.
    Warning,
    /// Requests fail, the site can go down, or old code goes on serving.
    Error,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// What one rule says of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    pub rule: String,
    pub severity: Severity,
    pub role: String,
    pub said: Said,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The host is not in this trap.
    Holds,
    Broken {
        /// What was seen, with the values that show it; a sentence.
        evidence: String,
        fix: String,
    },
    /// It could not be looked at, and why: neither well nor wrong.
    Untold(String),
}
