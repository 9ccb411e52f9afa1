use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::bind::{Given, VariableSource};
use super::definition::Role;
use super::engine::{self, Engine, Text};
use super::fault::Fault;
use super::param::{Fallback, Param};
use super::secrecy::Hidden;
use super::selection::Selected;
use crate::source::Span;
use crate::words;
use crate::yaml::{Data, Node};

/// The params of one role on one host.
#[derive(Default)]
pub struct Arguments {
    pub values: BTreeMap<String, Value>,
    pub secrets: BTreeSet<String>,
    /// Params that have no value because of a fault: what depends on them is not complained about again.
    pub faulty: BTreeSet<String>,
    /// Where the host gives a param.
    given: BTreeMap<String, Span>,
    /// The params that a default was made from.
    made_of: BTreeMap<String, Vec<String>>,
}

/// Names only: a secret is nobody's to print.
impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Arguments {
    /// Where the host gives `name`.
    pub fn given(&self, name: &str) -> Option<&Span> {
        self.given.get(name)
    }

    /// Whether any of `names` is a secret.
    fn is_secret<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.any(|name| self.secrets.contains(name))
    }

    /// A fault that only the values can be blamed for, told as theirs: `names` are what the text at fault uses.
    pub fn blame(&self, fault: Fault, names: &[String], shows_role: bool) -> Fault {
        let Fault::Render { at, problem, name: None, known } = fault else { return fault };
        let mut given = Vec::new();
        names.iter().for_each(|name| self.trace(name, &mut given));
        if given.is_empty() {
            return Fault::Render { at, problem, name: None, known };
        }
        let is_made = |name: &&String| self.made_of.contains_key(*name);
        let used = names.iter().filter(is_made).cloned().collect();
        Fault::Refused { at: shows_role.then_some(at), problem, given, used }
    }

    /// The given params that `name` is, or comes from.
    fn trace(&self, name: &str, given: &mut Vec<(String, Span)>) {
        match self.given.get(name) {
            Some(span) if !given.iter().any(|(known, _)| known == name) => given.push((name.to_owned(), span.clone())),
            Some(_) => {}
            // A default takes params before it alone: this ends.
            None => self.made_of.get(name).into_iter().flatten().for_each(|used| self.trace(used, given)),
        }
    }
}

/// Finds the params of roles, and remembers what it has complained about, for roles share params.
pub struct Binder<'a> {
    pub engine: &'a Engine,
    pub variables: &'a dyn VariableSource,
    pub faults: Vec<Fault>,
    pub hidden: Hidden,
    missing: IndexMap<String, Fault>,
    complained: BTreeSet<(String, String)>,
}

impl<'a> Binder<'a> {
    pub fn new(engine: &'a Engine, variables: &'a dyn VariableSource) -> Binder<'a> {
        let (faults, missing, complained) = (Vec::new(), IndexMap::new(), BTreeSet::new());
        Binder { engine, variables, faults, hidden: Hidden::default(), missing, complained }
    }

    /// All that was wrong.
    pub fn finish(mut self) -> Vec<Fault> {
        self.faults.extend(self.missing.into_values());
        self.hidden.mask(self.faults)
    }

    pub fn arguments(&mut self, selected: &Selected, chain: &[Arc<Role>]) -> Arguments {
        let mut arguments = Arguments::default();
        let params: Vec<&Param> = chain.iter().flat_map(|role| &role.params).collect();
        for (key, _) in &selected.arguments {
            if !params.iter().any(|param| param.name == key.text()) {
                let known = params.iter().map(|param| param.name.clone()).collect();
                let (at, role, name) = (key.span.clone(), selected.role.clone(), key.text());
                self.faults.push(Fault::UnknownArgument { at, role, name, known });
            }
        }
        for param in params {
            match self.argument(selected, param, &mut arguments) {
                Ok(Some(value)) => {
                    let made_of_secret = match &param.default {
                        Some(Fallback::Template(text)) => arguments.is_secret(self.engine.names(text)),
                        _ => false,
                    };
                    if param.secret || made_of_secret {
                        arguments.secrets.insert(param.name.clone());
                    }
                    arguments.values.insert(param.name.clone(), value);
                }
                Ok(None) => {}
                Err(()) => {
                    arguments.faulty.insert(param.name.clone());
                }
            }
        }
        arguments
    }

    /// The value of one param; `Err`: there is none, and that is said already.
    fn argument(&mut self, selected: &Selected, param: &Param, before: &mut Arguments) -> Result<Option<Value>, ()> {
        let of_entry = selected.arguments.iter().find(|(key, _)| key.text() == param.name);
        if param.secret {
            let written = self.variables.span(&param.name);
            of_entry.map(|(_, node)| &node.span).into_iter().chain(&written).for_each(|span| self.hidden.add(span));
        }
        let given = match of_entry {
            Some((_, node)) => Some(Given { node: node.clone(), origin: "zdt_roles".to_owned() }),
            None => self.variable(&param.name)?,
        };
        if let Some(Given { node, .. }) = &given
            && !matches!(node.data, Data::Null)
        {
            before.given.insert(param.name.clone(), node.span.clone());
            if param.secret {
                self.hidden.add(&node.span);
            }
        }
        match given {
            // Ansible's way to say "as if it were not set".
            Some(Given { node: Node { data: Data::Null, .. }, .. }) | None => self.default(selected, param, before),
            Some(given) => param.kind.read(&given.node, param.secret).map(Some).map_err(|problem| {
                let at = (!param.secret).then(|| given.node.span.clone());
                let place = given.node.span.place();
                if self.complain(&param.name, &place) {
                    let origin = if param.secret { format!("{}, {place}", given.origin) } else { given.origin };
                    let (role, name) = (param.role.clone(), param.name.clone());
                    self.faults.push(Fault::WrongType { at, origin, role, name, problem });
                }
            }),
        }
    }

    fn variable(&mut self, name: &str) -> Result<Option<Given>, ()> {
        self.variables.resolve(name).map_err(|fault| {
            if self.complain(name, "variable") {
                self.faults.push(fault);
            }
        })
    }

    fn default(&mut self, selected: &Selected, param: &Param, before: &mut Arguments) -> Result<Option<Value>, ()> {
        match &param.default {
            Some(Fallback::Fixed(value)) => Ok(Some(value.clone())),
            Some(Fallback::Template(text)) => {
                let used = self.engine.names(text).map(str::to_owned).collect();
                before.made_of.insert(param.name.clone(), used);
                self.template(param, text, before).map(Some)
            }
            None if param.required => {
                self.miss(selected, param);
                Err(())
            }
            None => Ok(None),
        }
    }

    fn template(&mut self, param: &Param, text: &Text, before: &Arguments) -> Result<Value, ()> {
        if self.engine.names(text).any(|name| before.faulty.contains(name)) {
            return Err(());
        }
        let word = self.engine.word(text, &engine::context(&before.values)).map_err(|fault| {
            if self.complain(&param.name, "default") {
                let secret = before.is_secret(self.engine.names(text));
                let names: Vec<String> = self.engine.names(text).map(str::to_owned).collect();
                let fault = before.blame(fault, &names, true);
                self.faults.push(if secret { fault.masked() } else { fault });
            }
        })?;
        let node = Node { data: Data::String(Arc::from(word.as_str())), span: text.span.clone(), tag: None };
        let secret = param.secret || before.is_secret(self.engine.names(text));
        param.kind.read(&node, secret).map_err(|problem| {
            if self.complain(&param.name, &word) {
                let (role, name) = (param.role.clone(), param.name.clone());
                let (at, origin) = (Some(text.span.clone()), "the default".to_owned());
                self.faults.push(Fault::WrongType { at, origin, role, name, problem });
            }
        })
    }

    fn miss(&mut self, selected: &Selected, param: &Param) {
        if let Some(Fault::MissingParam { roles, .. }) = self.missing.get_mut(&param.name) {
            if !roles.contains(&selected.role) {
                roles.push(selected.role.clone());
            }
            return;
        }
        // Not Ansible's own, like `group_names`: nobody wrote them, so nobody mistyped them.
        let names: Vec<String> =
            self.variables.names().into_iter().filter(|name| self.variables.is_written(name)).collect();
        let near = words::did_you_mean(&param.name, names.iter().map(String::as_str));
        let near = near.map(|near| Box::new((near.to_owned(), self.variables.place(near).unwrap_or_default())));
        let fault = Fault::MissingParam {
            at: selected.span.clone(),
            name: param.name.clone(),
            description: param.description.clone(),
            roles: vec![selected.role.clone()],
            near,
        };
        self.missing.insert(param.name.clone(), fault);
    }

    /// Whether this has not been said yet.
    pub fn complain(&mut self, name: &str, about: &str) -> bool {
        self.complained.insert((name.to_owned(), about.to_owned()))
    }

    /// A rendered and checked word of stage 1; `None`: a fault, or it depends on one.
    pub fn word(&mut self, text: &Text, arguments: &Arguments) -> Option<String> {
        self.early(text, arguments, Engine::word)
    }

    /// Whether a condition holds that is known before the host is asked.
    pub fn holds(&mut self, when: Option<&Text>, arguments: &Arguments) -> Option<bool> {
        when.map_or(Some(true), |text| self.early(text, arguments, Engine::condition))
    }

    fn early<T>(
        &mut self,
        text: &Text,
        arguments: &Arguments,
        made: impl FnOnce(&Engine, &Text, &tera::Context) -> Result<T, Fault>,
    ) -> Option<T> {
        if self.engine.names(text).any(|name| arguments.faulty.contains(name)) {
            return None;
        }
        match made(self.engine, text, &engine::context(&arguments.values)) {
            Ok(made) => Some(made),
            Err(fault) => {
                let secret = arguments.is_secret(self.engine.names(text));
                let names: Vec<String> = self.engine.names(text).map(str::to_owned).collect();
                let fault = arguments.blame(fault, &names, true);
                self.say(&text.span, if secret { fault.masked() } else { fault });
                None
            }
        }
    }

    pub fn say(&mut self, span: &Span, fault: Fault) {
        if self.complain(&span.place(), &format!("{}", span.range.start)) {
            self.faults.push(fault);
        }
    }
}
