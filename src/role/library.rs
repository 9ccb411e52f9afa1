use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::definition::{Asked, FieldText, Role, RunningSpec};
use super::engine::{Engine, Form, Loading, Text};
use super::fault::{Fault, Namespace};
use super::param::Fallback;
use super::parse::{self, Parsed};
use super::role_file::RoleFile;
use super::secrecy;
use crate::source::Span;

/// All roles that an inventory may name.
#[derive(Debug)]
pub struct Library {
    roles: IndexMap<String, Arc<Role>>,
    engine: Arc<Engine>,
}

impl Library {
    /// Reads all roles. A role that stands beside the inventory replaces the built-in one of its name, wholly.
    pub fn parse(files: &[RoleFile]) -> Result<Library, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut roles = IndexMap::new();
        let mut texts = Vec::new();
        for (name, files) in by_role(files) {
            let (parsed, found) = parse::parse(name, &files);
            faults.extend(found);
            if let Some(Parsed { role, texts: more }) = parsed {
                texts.extend(more);
                roles.insert(name.to_owned(), Arc::new(role));
            }
        }
        let (engine, found) = Engine::load(&texts);
        faults.extend(found);
        let library = Library { roles, engine: Arc::new(engine) };
        library.check_uses(&mut faults);
        if faults.is_empty() {
            for role in library.roles.values() {
                library.check_names(role, &texts, &mut faults);
                secrecy::check(role, &library.chain(&role.name), &library.engine, &mut faults);
            }
        }
        if faults.is_empty() { Ok(library) } else { Err(faults) }
    }

    pub fn get(&self, name: &str) -> Option<&Role> {
        self.roles.get(name).map(Arc::as_ref)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values().map(Arc::as_ref)
    }

    pub(super) fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The role and those that it uses, each once, used ones first.
    pub fn chain(&self, name: &str) -> Vec<Arc<Role>> {
        let mut chain = Vec::new();
        self.follow(name, &mut chain, &mut Vec::new());
        chain
    }

    fn follow(&self, name: &str, chain: &mut Vec<Arc<Role>>, open: &mut Vec<String>) {
        let Some(role) = self.roles.get(name) else { return };
        if open.iter().any(|other| other == name) || chain.iter().any(|other| other.name == name) {
            return;
        }
        open.push(name.to_owned());
        for (used, _) in &role.uses {
            self.follow(used, chain, open);
        }
        open.pop();
        chain.push(Arc::clone(role));
    }

    fn check_uses(&self, faults: &mut Vec<Fault>) {
        for role in self.roles.values() {
            for (used, at) in &role.uses {
                if !self.roles.contains_key(used) {
                    let known = self.names().filter(|name| *name != role.name).map(str::to_owned).collect();
                    let (at, name) = (at.clone(), used.clone());
                    faults.push(Fault::UnknownKind { at, what: Namespace::Role, name, known });
                } else if let Some(mut chain) = self.path(used, &role.name, &mut Vec::new()) {
                    chain.insert(0, role.name.clone());
                    faults.push(Fault::UsesCycle { at: at.clone(), chain });
                }
            }
        }
    }

    /// The roles on the way from `from` to `to` along `uses`.
    fn path(&self, from: &str, to: &str, seen: &mut Vec<String>) -> Option<Vec<String>> {
        if from == to {
            return Some(vec![to.to_owned()]);
        }
        if seen.iter().any(|name| name == from) {
            return None;
        }
        seen.push(from.to_owned());
        let role = self.roles.get(from)?;
        role.uses.iter().find_map(|(used, _)| {
            let mut rest = self.path(used, to, seen)?;
            rest.insert(0, from.to_owned());
            Some(rest)
        })
    }

    /// Every name that a template asks for is declared, and known by the time it is rendered.
    fn check_names(&self, role: &Role, texts: &[Loading], faults: &mut Vec<Fault>) {
        let chain = self.chain(&role.name);
        let mut params: IndexMap<&str, &Span> = IndexMap::new();
        for (owner, param) in chain.iter().flat_map(|owner| owner.params.iter().map(move |param| (owner, param))) {
            if let Some(first) = params.insert(&param.name, &param.span).filter(|_| owner.name == role.name) {
                let (at, first) = (param.span.clone(), Some(first.clone()));
                faults.push(Fault::Twice { what: "param", name: param.name.clone(), at, first });
            }
        }
        let mut late: BTreeSet<&str> = chain.iter().flat_map(|owner| &owner.values).map(|(name, _)| &**name).collect();
        for (name, text) in role.values.iter().filter(|(name, _)| params.contains_key(name.as_str())) {
            let first = params.get(name.as_str()).map(|span| (*span).clone());
            faults.push(Fault::Twice { what: "value", name: name.clone(), at: text.span.clone(), first });
        }
        late.insert("facts");
        let facts = chain.iter().flat_map(|owner| &owner.facts).filter(|fact| fact.asked != Asked::Always);
        let rare: Vec<(&str, Asked)> = facts.map(|fact| (fact.name.as_str(), fact.asked)).collect();
        let rules = role.rules.iter().flat_map(|rule| rule.shown().chain([&rule.when]));
        let of_rules: BTreeSet<&str> = rules.map(|text| text.key.as_str()).collect();
        let of_running: BTreeSet<&str> =
            role.running.iter().flat_map(RunningSpec::texts).map(|text| text.key.as_str()).collect();
        let early = early(role);
        let start = format!("{}/", role.name);
        for loading in texts.iter().filter(|loading| loading.text.key.starts_with(&start)) {
            let text = &loading.text;
            let knows = match text.key.as_str() {
                key if of_rules.contains(key) => Asked::Rules,
                key if of_running.contains(key) => Asked::Running,
                _ => Asked::Always,
            };
            for (name, asked) in rare.iter().filter(|(_, asked)| *asked > knows) {
                let asks = format!("facts.{name}");
                let is_asked = loading.body.match_indices(&asks).any(|(at, _)| {
                    let next = loading.body[at + asks.len()..].chars().next();
                    !next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '_')
                });
                if is_asked {
                    let (at, name) = (place(loading, &asks), (*name).to_owned());
                    faults.push(match asked {
                        Asked::Rules => Fault::OnlyRules { at, name },
                        Asked::Running | Asked::Always => Fault::OnlyRunning { at, name },
                    });
                }
            }
            for name in self.engine.names(text) {
                let is_late = late.contains(name);
                if params.contains_key(name) || (is_late && !early.contains(text.key.as_str())) {
                    continue;
                }
                let at = place(loading, name);
                if is_late {
                    faults.push(Fault::TooEarly { at, name: name.to_owned() });
                    continue;
                }
                let known = params.keys().copied().chain(late.iter().copied()).map(str::to_owned).collect();
                faults.push(Fault::Undeclared { at, name: name.to_owned(), known });
            }
        }
    }
}

fn by_role(files: &[RoleFile]) -> IndexMap<&str, Vec<&RoleFile>> {
    let mut roles: IndexMap<&str, Vec<&RoleFile>> = IndexMap::new();
    for file in files {
        roles.entry(&file.role).or_default().push(file);
    }
    for files in roles.values_mut() {
        let is_replaced = files.iter().any(|file| !file.built_in && file.path == "role.yml");
        if is_replaced {
            files.retain(|file| !file.built_in);
        }
    }
    roles
}

/// The keys of the texts that are rendered before anything is known of the host: they say what to ask it.
fn early(role: &Role) -> BTreeSet<&str> {
    let defaults = role.params.iter().filter_map(|param| match &param.default {
        Some(Fallback::Template(text)) => Some(text),
        _ => None,
    });
    let facts = role.facts.iter().flat_map(|fact| fact.arguments.iter().chain(&fact.when));
    let fields = role.resources.iter().flat_map(|resource| {
        resource.fields.iter().filter_map(move |(field, text)| match text {
            FieldText::Word(text) if field.name == resource.kind.identity => Some(text),
            FieldText::Word(text) if matches!(field.name, "owner" | "group") => Some(text),
            _ => None,
        })
    });
    let stats = role.stats.iter().flat_map(|stats| &stats.arguments);
    defaults.chain(facts).chain(fields).chain(stats).map(|text: &Text| text.key.as_str()).collect()
}

/// Where `name` stands in a file; a text of `role.yml` is short enough to be shown whole.
fn place(loading: &Loading, name: &str) -> Span {
    let text = &loading.text;
    if loading.form != Form::File {
        return text.span.clone();
    }
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.');
    let body = &loading.body;
    let found = body.match_indices(name).map(|(start, _)| start..start + name.len()).find(|range| {
        !body[..range.start].ends_with(is_part) && !body[range.end..].starts_with(|next| is_part(next) && next != '.')
    });
    Span::new(&text.span.source, found.unwrap_or(text.span.range.clone()))
}
