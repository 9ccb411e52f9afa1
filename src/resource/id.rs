use std::fmt;

use serde::{Deserialize, Serialize};

/// What the host program can look at; not the same as a kind: `file`, `link` and `absent` are all about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Path,
    Unit,
}

/// Names one thing on a host. Two resources of one host never share an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Id {
    pub subject: Subject,
    /// An absolute path; or a systemd unit's name, with `USER/` before it where it is of that user's own systemd.
    pub name: String,
}

impl Id {
    pub fn path(name: impl Into<String>) -> Id {
        Id { subject: Subject::Path, name: name.into() }
    }

    pub fn unit(name: impl Into<String>) -> Id {
        Id { subject: Subject::Unit, name: name.into() }
    }
}

/// Of a unit's name, whose systemd knows it (`None`: the system's), and as what.
pub fn unit_parts(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((user, unit)) => (Some(user), unit),
        None => (None, name),
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Subject::Path => f.write_str(&self.name),
            Subject::Unit => match unit_parts(&self.name) {
                (Some(user), unit) => write!(f, "unit {unit} of user {user}"),
                (None, unit) => write!(f, "unit {unit}"),
            },
        }
    }
}
