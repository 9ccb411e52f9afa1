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
}

/// Names only: a secret is nobody's to print.
impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Arguments {
    /// Whether any of `names` is a secret.
    fn is_secret<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.any(|name| self.secrets.contains(name))
    }
}

/// Finds the params of roles, and remembers what it has complained about, for roles share params.
pub struct Binder<'a> {
    pub engine: &'a Engine,
    pub variables: &'a dyn VariableSource,
    pub faults: Vec<Fault>,
    missing: IndexMap<String, Fault>,
    complained: BTreeSet<(String, String)>,
}

impl<'a> Binder<'a> {
    pub fn new(engine: &'a Engine, variables: &'a dyn VariableSource) -> Binder<'a> {
        let (faults, missing, complained) = (Vec::new(), IndexMap::new(), BTreeSet::new());
        Binder { engine, variables, faults, missing, complained }
    }

    /// All that was wrong.
    pub fn finish(mut self) -> Vec<Fault> {
        self.faults.extend(self.missing.into_values());
        self.faults
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
            match self.argument(selected, param, &arguments) {
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
    fn argument(&mut self, selected: &Selected, param: &Param, before: &Arguments) -> Result<Option<Value>, ()> {
        let of_entry = selected.arguments.iter().find(|(key, _)| key.text() == param.name);
        let given = match of_entry {
            Some((_, node)) => Some(Given { node: node.clone(), origin: "zdt_roles".to_owned() }),
            None => self.variable(&param.name)?,
        };
        match given {
            // Ansible's way to say "as if it were not set".
            Some(Given { node: Node { data: Data::Null, .. }, .. }) | None => self.default(selected, param, before),
            Some(given) => param.kind.read(&given.node, param.secret).map(Some).map_err(|problem| {
                let at = (!param.secret).then(|| given.node.span.clone());
                let place = given.node.span.place();
                if self.complain(&param.name, &place) {
                    let origin = if param.secret { format!("{}, {place}", given.origin) } else { given.origin };
                    let (role, name) = (selected.role.clone(), param.name.clone());
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

    fn default(&mut self, selected: &Selected, param: &Param, before: &Arguments) -> Result<Option<Value>, ()> {
        match &param.default {
            Some(Fallback::Fixed(value)) => Ok(Some(value.clone())),
            Some(Fallback::Template(text)) => self.template(selected, param, text, before).map(Some),
            None if param.required => {
                self.miss(selected, param);
                Err(())
            }
            None => Ok(None),
        }
    }

    fn template(&mut self, selected: &Selected, param: &Param, text: &Text, before: &Arguments) -> Result<Value, ()> {
        if self.engine.names(text).any(|name| before.faulty.contains(name)) {
            return Err(());
        }
        let word = self.engine.word(text, &engine::context(&before.values)).map_err(|fault| {
            if self.complain(&param.name, "default") {
                let secret = before.is_secret(self.engine.names(text));
                self.faults.push(if secret { fault.masked() } else { fault });
            }
        })?;
        let node = Node { data: Data::String(Arc::from(word.as_str())), span: text.span.clone(), tag: None };
        let secret = param.secret || before.is_secret(self.engine.names(text));
        param.kind.read(&node, secret).map_err(|problem| {
            if self.complain(&param.name, &word) {
                let (role, name) = (selected.role.clone(), param.name.clone());
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
        let names = self.variables.names();
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
        if self.engine.names(text).any(|name| arguments.faulty.contains(name)) {
            return None;
        }
        match self.engine.word(text, &engine::context(&arguments.values)) {
            Ok(word) => Some(word),
            Err(fault) => {
                let secret = arguments.is_secret(self.engine.names(text));
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
