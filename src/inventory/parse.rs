use std::sync::Arc;

use super::extra;
use super::fault::Fault;
use super::host_pattern::{self, MAX_HOSTS};
use super::model::{Host, Inventory};
use super::reconcile;
use super::texts::Texts;
use super::unused_file::{UnusedFile, VarsOf, unused};
use super::variables::{self, KNOWN, Origin, Variable};
use crate::source::{Source, Span};
use crate::yaml::{self, Data, Node};

/// The keys of a group.
pub const GROUP_KEYS: [&str; 3] = ["hosts", "children", "vars"];

/// Reads everything; every fault of every text at once.
pub fn parse(texts: &Texts) -> Result<Inventory, Vec<Fault>> {
    match read(texts) {
        (Some(inventory), faults) if faults.is_empty() => Ok(inventory),
        (_, faults) => Err(faults),
    }
}

/// The same, with the inventory also where the only faults are variables that nobody knows: the faults of what roles
/// are given can then be told along with them.
pub fn read(texts: &Texts) -> (Option<Inventory>, Vec<Fault>) {
    let mut parser = Parser { inventory: Inventory::default(), faults: Vec::new(), base: texts.base.clone() };
    // Ansible makes both first, whether a file names them or not.
    for built_in in ["all", "ungrouped"] {
        parser.inventory.groups.entry(built_in.to_owned()).or_default();
    }
    for source in &texts.main {
        parser.main(source);
    }
    if parser.is_whole() {
        reconcile::reconcile(&mut parser.inventory, &mut parser.faults);
    }
    for (group, source) in &texts.group_vars {
        // A folder may serve several inventories: files of groups that are not in this one are not this one's matter.
        if parser.inventory.groups.contains_key(group) {
            let found = parser.file(source, &Origin::GroupVars(group.clone()));
            if let Some(group) = parser.inventory.groups.get_mut(group) {
                group.files.extend(found);
            }
        }
    }
    for (host, source) in &texts.host_vars {
        if parser.inventory.hosts.contains_key(host) {
            let found = parser.file(source, &Origin::HostVars(host.clone()));
            if let Some(host) = parser.inventory.hosts.get_mut(host) {
                host.files.extend(found);
            }
        }
    }
    parser.inventory.unused_files = unused_files(&parser.inventory, texts);
    for item in &texts.extra {
        match extra::read(item) {
            Ok(entries) => {
                for (key, node) in entries {
                    parser.faults.extend(extra::name_problem(item, &key));
                    if let Some((name, variable)) = parser.variable(&key, &node, &Origin::Extra) {
                        parser.inventory.extra.insert(name, variable);
                    }
                }
            }
            Err(faults) => parser.faults.extend(faults),
        }
    }
    (parser.is_whole().then_some(parser.inventory), parser.faults)
}

fn unused_files(inventory: &Inventory, texts: &Texts) -> Vec<UnusedFile> {
    let (groups, hosts) = (&inventory.groups, &inventory.hosts);
    let names = groups.keys().map(String::as_str);
    let mut files = unused(VarsOf::Group, &texts.group_vars, |name| groups.contains_key(name), names);
    let names = hosts.keys().map(String::as_str);
    files.extend(unused(VarsOf::Host, &texts.host_vars, |name| hosts.contains_key(name), names));
    files
}

struct Parser {
    inventory: Inventory,
    faults: Vec<Fault>,
    base: Option<String>,
}

impl Parser {
    /// Whether groups, hosts and variables are all there as written.
    fn is_whole(&self) -> bool {
        self.faults.iter().all(|fault| matches!(fault, Fault::UnknownVariable { .. }))
    }

    fn main(&mut self, source: &Arc<Source>) {
        if let Some(at) = ini(source) {
            self.faults.push(Fault::Ini { at });
            return;
        }
        let Some(root) = self.document(source) else { return };
        let groups = match &root.data {
            Data::Map(groups) if !groups.is_empty() => groups,
            Data::Map(_) | Data::Null => return self.faults.push(Fault::Empty { source: Arc::clone(source) }),
            _ => {
                let found = root.describe();
                return self.faults.push(Fault::NotMapping { at: root.span, what: "the inventory".into(), found });
            }
        };
        if let Some((key, _)) = root.entry("plugin").filter(|(_, value)| value.as_str().is_some()) {
            return self.faults.push(Fault::Plugin { at: key.span.clone() });
        }
        for (name, group) in groups.iter() {
            self.group(name, group);
        }
    }

    fn document(&mut self, source: &Arc<Source>) -> Option<Node> {
        if source.text.starts_with("$ANSIBLE_VAULT;") {
            let end = source.text.find('\n').unwrap_or(source.text.len());
            self.faults.push(Fault::VaultFile { at: Span::new(source, 0..end) });
            return None;
        }
        match yaml::parse(source) {
            Ok(root) => Some(root),
            Err(faults) => {
                self.faults.extend(faults.into_iter().map(Fault::Yaml));
                None
            }
        }
    }

    /// A group and all below it; its name, when it has one.
    fn group(&mut self, key: &Node, body: &Node) -> Option<String> {
        let name = self.name(key)?;
        if name.is_empty() || name.chars().any(|character| character.is_control() || character == '/') {
            self.faults.push(Fault::BadGroupName { at: key.span.clone(), name });
            return None;
        }
        self.inventory.groups.entry(name.clone()).or_default();
        let sections = self.mapping(body, || format!("group `{name}`"))?;
        for (section, content) in sections.iter() {
            match section.as_str() {
                Some("vars") => self.group_vars(&name, content),
                Some("children") => self.children(&name, content),
                Some("hosts") => self.hosts(&name, content),
                _ => self.faults.push(Fault::UnknownKey {
                    at: section.span.clone(),
                    key: section.text(),
                    group: name.clone(),
                }),
            }
        }
        Some(name)
    }

    /// The entries of a mapping; nothing is an empty one, and anything else a fault.
    fn mapping(&mut self, node: &Node, what: impl Fn() -> String) -> Option<Arc<[(Node, Node)]>> {
        match &node.data {
            Data::Map(entries) => Some(Arc::clone(entries)),
            Data::Null => Some(Arc::from([])),
            _ => {
                self.faults.push(Fault::NotMapping { at: node.span.clone(), what: what(), found: node.describe() });
                None
            }
        }
    }

    /// The same, where Ansible takes a lone text for its only key.
    fn members(&mut self, node: &Node, what: impl Fn() -> String) -> Option<Arc<[(Node, Node)]>> {
        if node.as_str().is_some() {
            let nothing = Node { data: Data::Null, span: node.span.clone(), tag: None };
            return Some(Arc::from([(node.clone(), nothing)]));
        }
        self.mapping(node, what)
    }

    fn name(&mut self, key: &Node) -> Option<String> {
        match key.as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.faults.push(Fault::NameNotText { at: key.span.clone(), found: key.describe() });
                None
            }
        }
    }

    fn group_vars(&mut self, group: &str, content: &Node) {
        let Some(entries) = self.mapping(content, || format!("`vars` of group `{group}`")) else { return };
        for (key, value) in entries.iter() {
            if key.as_str() == Some("ansible_group_priority") {
                match priority(value) {
                    Some(priority) => {
                        if let Some(group) = self.inventory.groups.get_mut(group) {
                            group.priority = priority;
                        }
                    }
                    None => self.faults.push(Fault::BadPriority { at: value.span.clone(), found: value.describe() }),
                }
                continue;
            }
            let found = self.variable(key, value, &Origin::Group(group.to_owned()));
            if let Some(group) = self.inventory.groups.get_mut(group) {
                group.vars.extend(found);
            }
        }
    }

    fn children(&mut self, group: &str, content: &Node) {
        let Some(entries) = self.members(content, || format!("`children` of group `{group}`")) else { return };
        for (key, body) in entries.iter() {
            let child = self.group(key, body);
            if let (Some(child), Some(group)) = (child, self.inventory.groups.get_mut(group)) {
                group.children.entry(child).or_insert_with(|| Some(key.span.clone()));
            }
        }
    }

    fn hosts(&mut self, group: &str, content: &Node) {
        let Some(entries) = self.members(content, || format!("`hosts` of group `{group}`")) else { return };
        for (key, body) in entries.iter() {
            let Some(text) = self.name(key) else { continue };
            let pattern = match host_pattern::parse(&text, &key.span) {
                Ok(pattern) => pattern,
                Err(fault) => {
                    self.faults.push(fault);
                    continue;
                }
            };
            let Some(entries) = self.mapping(body, || format!("host `{text}`")) else { continue };
            let vars: Vec<(String, Variable)> =
                entries.iter().filter_map(|(key, value)| self.variable(key, value, &Origin::Host)).collect();
            let port = pattern.port.map(|port| Variable {
                node: Node { data: Data::Int(port.into()), span: key.span.clone(), tag: None },
                origin: Origin::Host,
            });
            for name in pattern.names {
                if self.inventory.hosts.len() >= MAX_HOSTS && !self.inventory.hosts.contains_key(&name) {
                    self.faults.push(Fault::TooManyHosts { at: key.span.clone(), limit: MAX_HOSTS });
                    return;
                }
                // As in Ansible, the port counts only where the host is named first.
                let host = self.inventory.hosts.entry(name.clone()).or_insert_with(|| {
                    let mut vars = variables::about_file(self.base.as_deref(), &key.span.source.name);
                    vars.extend(port.iter().map(|port| ("ansible_port".to_owned(), port.clone())));
                    Host { vars, ..Host::default() }
                });
                host.vars.extend(vars.iter().cloned());
                if let Some(group) = self.inventory.groups.get_mut(group) {
                    group.hosts.insert(name);
                }
            }
        }
    }

    /// A file of `group_vars/` or `host_vars/`.
    fn file(&mut self, source: &Arc<Source>, origin: &Origin) -> Vec<(String, Variable)> {
        let Some(root) = self.document(source) else { return Vec::new() };
        let Some(entries) = self.mapping(&root, || format!("`{}`", source.name)) else { return Vec::new() };
        entries.iter().filter_map(|(key, value)| self.variable(key, value, origin)).collect()
    }

    fn variable(&mut self, key: &Node, value: &Node, origin: &Origin) -> Option<(String, Variable)> {
        let name = self.name(key)?;
        if name.starts_with("zdt_") && !KNOWN.contains(&name.as_str()) {
            self.faults.push(Fault::UnknownVariable { at: key.span.clone(), name });
            return None;
        }
        Some((name, Variable { node: value.clone(), origin: origin.clone() }))
    }
}

/// The first line that is neither empty nor a comment, when it is `[section]` and so no YAML inventory.
fn ini(source: &Arc<Source>) -> Option<Span> {
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let text = line.trim_start_matches('\u{feff}').trim();
        if !(text.is_empty() || text.starts_with(['#', ';'])) {
            let section = text.starts_with('[') && text.trim_end_matches(|c| c != ']').ends_with(']');
            return section.then(|| Span::new(source, start..start + line.trim_end().len()));
        }
        start += line.len();
    }
    None
}

fn priority(value: &Node) -> Option<i64> {
    match &value.data {
        Data::Int(priority) => Some(*priority),
        Data::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
