use serde::{Deserialize, Serialize};

use crate::resource::{Disruption, Id, Resource, Unmade};

/// What the roles of one host want of it. All of it also stands in saved plans: other fields make another format there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// No id occurs twice.
    pub resources: Vec<Resource>,
    /// Parts of files that cannot be set on this host. No saved plan has any: such a host is refused.
    pub unmade: Vec<Unmade>,
    pub checks: Vec<Check>,
    pub handlers: Vec<Handler>,
    pub notices: Vec<Notice>,
}

impl Desired {
    /// All that is wanted, also what cannot be brought about.
    pub fn ids(&self) -> impl Iterator<Item = &Id> {
        self.resources.iter().map(|resource| &resource.id).chain(self.unmade.iter().map(|unmade| &unmade.id))
    }
}

/// A validator for the candidates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    pub name: String,
    pub role: String,
    pub argv: Vec<String>,
    pub user: Option<String>,
    /// It runs only if one of these paths changes; empty: if anything of its role does.
    pub paths: Vec<String>,
}

/// What makes a change take effect: a function of the host program, with words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handler {
    pub name: String,
    pub role: String,
    pub kind: String,
    pub arguments: Vec<String>,
    /// What it does and how that is felt, for the plan.
    pub says: String,
    pub cost: Disruption,
    /// For how long it was felt when it was last known, in seconds.
    pub took: Option<String>,
}

/// Something that the plan says about a host, whether or not anything changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    pub role: String,
    pub level: Level,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// With it, what the role wants would take the site down: the host is refused, nothing on it is touched.
    Refusal,
    /// A chosen value is known to hurt, or something could not be found out.
    Warning,
    Info,
}
