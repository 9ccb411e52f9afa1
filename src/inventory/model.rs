use std::sync::OnceLock;

use indexmap::{IndexMap, IndexSet};

use super::unused_file::UnusedFile;
use super::variables::Variable;
use crate::source::Span;
use crate::yaml::Node;

/// The hosts, the groups, and who belongs where. Built by `parse`, complete from then on.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    pub(super) groups: IndexMap<String, Group>,
    /// In the order in which the files name them first.
    pub(super) hosts: IndexMap<String, Host>,
    pub(super) extra: IndexMap<String, Variable>,
    pub(super) unused_files: Vec<UnusedFile>,
    /// The magic variable `groups`: the same for every host, made when first asked for.
    pub(super) groups_node: OnceLock<Node>,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub hosts: IndexSet<String>,
    /// With the place that says so.
    pub children: IndexMap<String, Option<Span>>,
    pub vars: IndexMap<String, Variable>,
    /// From `group_vars/`.
    pub files: IndexMap<String, Variable>,
    pub priority: i64,
    /// The longest way down from `all`.
    pub depth: usize,
}

impl Default for Group {
    fn default() -> Group {
        Group {
            hosts: IndexSet::new(),
            children: IndexMap::new(),
            vars: IndexMap::new(),
            files: IndexMap::new(),
            priority: 1,
            depth: 0,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    pub vars: IndexMap<String, Variable>,
    /// From `host_vars/`.
    pub files: IndexMap<String, Variable>,
    /// Every group, those of parents too, `all` first, then in the order in which they override each other.
    pub groups: Vec<String>,
}

impl Inventory {
    /// In the order of the inventory.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.keys().map(String::as_str)
    }

    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(String::as_str)
    }

    pub fn contains(&self, host: &str) -> bool {
        self.hosts.contains_key(host)
    }

    /// Files of `group_vars/` and `host_vars/` that no host reads: to be warned of.
    pub fn unused_files(&self) -> &[UnusedFile] {
        &self.unused_files
    }

    /// Every group of `host`, through parents too, `all` among them: later ones override earlier ones.
    pub fn groups_of(&self, host: &str) -> Vec<&str> {
        self.hosts.get(host).map_or_else(Vec::new, |host| host.groups.iter().map(String::as_str).collect())
    }

    /// The hosts of a group and of its children, its own first.
    pub fn hosts_of(&self, group: &str) -> Vec<&str> {
        let mut hosts: IndexSet<&str> = IndexSet::new();
        let mut seen: IndexSet<&str> = IndexSet::new();
        if let Some((name, _)) = self.groups.get_key_value(group) {
            seen.insert(name);
        }
        let mut at = 0;
        while let Some(&name) = seen.get_index(at) {
            at += 1;
            if let Some(group) = self.groups.get(name) {
                hosts.extend(group.hosts.iter().map(String::as_str));
                seen.extend(group.children.keys().map(String::as_str));
            }
        }
        hosts.into_iter().collect()
    }
}
