use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::fault::Fault;
use super::model::Inventory;
use super::resolve::Resolver;
use crate::source::{Source, Span};
use crate::yaml::{Data, Node};

/// The variables that speak to zdt. Any other `zdt_…` is a slip.
pub const KNOWN: [&str; 10] = [
    "zdt_roles",
    "zdt_root",
    "zdt_ignore_variables",
    "zdt_facts",
    "zdt_max_disruption",
    "zdt_witness",
    "zdt_batch",
    "zdt_pause",
    "zdt_max_failures",
    "zdt_min_in_service",
];

/// The variables that the inventory sets itself.
pub(super) const MAGIC: [&str; 6] =
    ["inventory_hostname", "inventory_hostname_short", "group_names", "groups", "inventory_dir", "inventory_file"];

/// A value as written, and which layer it comes from; its file and line are the node's span.
#[derive(Debug, Clone)]
pub struct Variable {
    pub node: Node,
    pub origin: Origin,
}

/// The layers, later ones override earlier ones. Among groups the deeper one wins, then the higher
/// `ansible_group_priority`, then the later name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `vars` of a group in the inventory.
    Group(String),
    /// A file of `group_vars/`.
    GroupVars(String),
    /// The host in the inventory.
    Host,
    /// A file of `host_vars/`.
    HostVars(String),
    /// `-e`.
    Extra,
    /// Ansible's own, like `inventory_hostname`; it stands in no file.
    Magic,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Group(name) => write!(f, "group {name}"),
            Origin::GroupVars(name) => write!(f, "group_vars/{name}"),
            Origin::Host => write!(f, "host"),
            Origin::HostVars(name) => write!(f, "host_vars/{name}"),
            Origin::Extra => write!(f, "-e"),
            Origin::Magic => write!(f, "built in"),
        }
    }
}

/// The variables of one host, the winner of each name; order follows the layers and is stable.
#[derive(Debug, Clone)]
pub struct Variables {
    entries: IndexMap<String, Variable>,
}

impl Variables {
    /// As written, templates unrendered.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.entries.get(name)
    }

    /// The same, with `variable` as the winner of `name`.
    #[must_use]
    pub fn with(mut self, name: &str, variable: Variable) -> Variables {
        self.entries.insert(name.to_owned(), variable);
        self
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.entries.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// The value with its templates rendered, and those of the variables that it needs; no others are touched, for
    /// an inventory is full of Jinja that is Ansible's matter alone.
    pub fn resolve(&self, name: &str) -> Result<Option<Variable>, Fault> {
        Resolver::new(self).variable(name)
    }
}

impl Inventory {
    /// Every variable of `host`, by Ansible's precedence. Values replace each other whole, mappings too.
    pub fn variables(&self, host: &str) -> Variables {
        let mut entries: IndexMap<String, Variable> = IndexMap::new();
        let Some(known) = self.hosts.get(host) else { return Variables { entries } };
        let groups = || known.groups.iter().filter_map(|name| self.groups.get(name));
        // `all` is the first group. Ansible puts every group of the inventory file below `group_vars/all`.
        let layers = groups().map(|group| &group.vars).chain(groups().map(|group| &group.files)).chain([&known.vars]);
        for layer in layers {
            entries.extend(layer.iter().map(|(name, variable)| (name.clone(), variable.clone())));
        }
        entries.extend(self.about(host, &known.groups));
        for layer in [&known.files, &self.extra] {
            entries.extend(layer.iter().map(|(name, variable)| (name.clone(), variable.clone())));
        }
        let (name, variable) = self.magic_groups();
        entries.insert(name, variable);
        Variables { entries }
    }

    /// The groups of `host` that set `name`, each with its own value, whether or not a later one overrides it.
    pub fn set_by_groups<'a>(&'a self, host: &str, name: &'a str) -> impl Iterator<Item = (&'a str, &'a Variable)> {
        let groups = self.hosts.get(host).into_iter().flat_map(|known| &known.groups);
        let known = groups.filter_map(|group| self.groups.get_key_value(group));
        known.filter_map(move |(group, of)| Some((group.as_str(), of.files.get(name).or(of.vars.get(name))?)))
    }

    fn about(&self, host: &str, groups: &[String]) -> [(String, Variable); 3] {
        let short =
            if host.parse::<std::net::IpAddr>().is_ok() { host } else { host.split('.').next().unwrap_or(host) };
        let mut names: Vec<&str> = groups.iter().map(String::as_str).filter(|name| *name != "all").collect();
        names.sort_unstable();
        [
            magic("inventory_hostname", Data::String(Arc::from(host))),
            magic("inventory_hostname_short", Data::String(Arc::from(short))),
            magic("group_names", texts(names)),
        ]
    }

    fn magic_groups(&self) -> (String, Variable) {
        let node = self.groups_node.get_or_init(|| {
            let entries: Vec<(Node, Node)> = self
                .groups
                .keys()
                .map(|name| (built_in(Data::String(Arc::from(name.as_str()))), built_in(texts(self.hosts_of(name)))))
                .collect();
            built_in(Data::Map(Arc::from(entries)))
        });
        ("groups".to_owned(), Variable { node: node.clone(), origin: Origin::Magic })
    }
}

/// `inventory_file` and `inventory_dir`, of the file that names a host first; absolute where `base` is known, without
/// `.` and `..`, and with links as they are: Ansible's own way.
pub(super) fn about_file(base: Option<&str>, path: &str) -> IndexMap<String, Variable> {
    let path = match base {
        Some(base) => absolute(base, path),
        None => path.to_owned(),
    };
    let folder = match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    };
    [("inventory_file", path.as_str()), ("inventory_dir", folder)]
        .into_iter()
        .map(|(name, value)| magic(name, Data::String(Arc::from(value))))
        .collect()
}

fn absolute(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in if path.starts_with('/') { "" } else { base }.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn magic(name: &str, data: Data) -> (String, Variable) {
    (name.to_owned(), Variable { node: built_in(data), origin: Origin::Magic })
}

fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Data {
    Data::List(items.into_iter().map(|item| built_in(Data::String(Arc::from(item)))).collect())
}

/// A node that stands in no file. A host name is data: braces in it are no template.
fn built_in(data: Data) -> Node {
    let source = Source::new("built in", "");
    Node { data, span: Span::new(&source, 0..0), tag: Some(Arc::from("!unsafe")) }
}
