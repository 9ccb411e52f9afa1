use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tera::Context;

use super::bind::bad_word;
use super::bound::{Bound, Instance, Placed, is_secret};
use super::definition::{CheckSpec, FieldText, HandlerSpec, ResourceSpec};
use super::engine::{self, Engine, Text};
use super::fault::{Fault, Namespace};
use super::merge::Merge;
use super::parse;
use crate::resource::{Check, Desired, Disruption, Edit, Handler, Notice};
use crate::resource::{Facts, FieldSyntax, Fields, Presence, Resource, Syntax};
use crate::source::Span;

impl Bound {
    /// What the roles want of a host that answered so.
    pub fn render(&self, facts: &Facts) -> Result<Desired, Vec<Fault>> {
        let mut merge = Merge::default();
        let mut faults = Vec::new();
        for instance in &self.instances {
            let mut rendering = Rendering::new(&self.engine, instance);
            rendering.run(facts);
            faults.extend(rendering.faults);
            faults.extend(merge.add(rendering.desired));
        }
        if faults.is_empty() { Ok(merge.finish()) } else { Err(self.hidden.mask(faults)) }
    }
}

struct Rendering<'a> {
    engine: &'a Engine,
    instance: &'a Instance,
    tainted: BTreeSet<String>,
    context: Context,
    faults: Vec<Fault>,
    desired: Desired,
}

impl<'a> Rendering<'a> {
    fn new(engine: &'a Engine, instance: &'a Instance) -> Rendering<'a> {
        let tainted = instance.tainted(engine);
        Rendering { engine, instance, tainted, context: Context::new(), faults: vec![], desired: Desired::default() }
    }

    fn run(&mut self, facts: &Facts) {
        self.context = self.start(facts);
        if !self.values() {
            // Nearly everything depends on values: one fault now says more than twenty that follow from it.
            return;
        }
        let instance = self.instance;
        for handler in instance.role.handlers.iter().filter(|handler| !handler.on_reload) {
            if let Some(handler) = self.handler(handler) {
                self.desired.handlers.push(handler);
            }
        }
        for (spec, placed) in instance.role.resources.iter().zip(&instance.resources) {
            if let Some(resource) = placed.as_ref().and_then(|placed| self.resource(spec, placed)) {
                self.desired.resources.push(resource);
            }
        }
        for check in &instance.role.checks {
            if let Some(check) = self.check(check) {
                self.desired.checks.push(check);
            }
        }
        for notice in &instance.role.notices {
            if self.holds(notice.when.as_ref())
                && let Some(text) = self.prose(&notice.text)
            {
                let role = instance.label.clone();
                self.desired.notices.push(Notice { role, level: notice.level, text });
            }
        }
    }

    /// Params, and facts under the names that the role knows. A fact that could not be found out has no keys.
    fn start(&self, facts: &Facts) -> Context {
        let mut context = engine::context(&self.instance.arguments.values);
        let empty = BTreeMap::new();
        let mut all = Map::new();
        for (name, query) in &self.instance.facts {
            let keys = query.as_ref().and_then(|query| facts.get(query)).unwrap_or(&empty);
            let keys = keys.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
            all.insert(name.clone(), Value::Object(keys));
        }
        context.insert("facts", &all);
        context
    }

    fn values(&mut self) -> bool {
        let mut failed: BTreeSet<&str> = BTreeSet::new();
        for (name, text) in self.instance.chain.iter().flat_map(|role| &role.values) {
            if self.engine.names(text).any(|used| failed.contains(used)) {
                failed.insert(name);
                continue;
            }
            match self.engine.expression(name, text, &self.context) {
                Ok(value) => self.context.insert(name.clone(), &value),
                Err(fault) => {
                    failed.insert(name);
                    self.complain(text, fault);
                }
            }
        }
        failed.is_empty()
    }

    fn resource(&mut self, spec: &ResourceSpec, placed: &Placed) -> Option<Resource> {
        if !self.holds(spec.when.as_ref()) {
            return None;
        }
        let mut fields = Fields::default();
        let before = self.faults.len();
        for (field, text) in &spec.fields {
            let syntax = match field.syntax {
                FieldSyntax::Word(syntax) | FieldSyntax::Words(syntax) => syntax,
                FieldSyntax::Content | FieldSyntax::Template => Syntax::Text,
            };
            match text {
                FieldText::Word(text) => {
                    fields.put_words(field.name, self.word(text, field.name, syntax).into_iter().collect());
                }
                FieldText::Words(texts) => {
                    let words = texts.iter().filter_map(|text| self.word(text, field.name, syntax)).collect();
                    fields.put_words(field.name, words);
                }
                FieldText::Content(text) | FieldText::Template(text) => {
                    let secret = is_secret(spec, &self.tainted, self.engine);
                    match self.engine.file(text, &self.context) {
                        Ok(content) => fields.put_content(content.into_bytes(), secret),
                        Err(faults) => faults.into_iter().for_each(|fault| self.complain(text, fault)),
                    }
                }
            }
        }
        for field in spec.kind.fields {
            if let Presence::Default(word) = field.presence
                && fields.word(field.name).is_none()
            {
                fields.put_words(field.name, vec![word.to_owned()]);
            }
        }
        if self.faults.len() > before {
            return None;
        }
        let is_wanted = |name: &&String| self.desired.handlers.iter().any(|handler| handler.name == **name);
        Some(Resource {
            id: placed.id.clone(),
            desired: (spec.kind.desired)(&fields),
            notify: spec.notify.iter().filter(is_wanted).cloned().collect(),
            role: self.instance.label.clone(),
            settings: spec.settings,
            edit: spec.kind.edit.map(|editor| Edit::of(editor, &fields)),
        })
    }

    fn check(&mut self, spec: &CheckSpec) -> Option<Check> {
        if !self.holds(spec.when.as_ref()) {
            return None;
        }
        let argv: Vec<String> = spec.run.iter().filter_map(|text| self.word(text, "run", Syntax::Text)).collect();
        let paths = spec.paths.iter().filter_map(|text| self.word(text, "paths", Syntax::Path)).collect();
        let user = spec.user.as_ref().and_then(|text| self.word(text, "user", Syntax::User));
        if argv.len() != spec.run.len() || user.is_some() != spec.user.is_some() {
            return None;
        }
        Some(Check { name: spec.name.clone(), role: self.instance.label.clone(), argv, user, paths })
    }

    fn handler(&mut self, spec: &HandlerSpec) -> Option<Handler> {
        if !self.holds(spec.when.as_ref()) {
            return None;
        }
        let arguments: Vec<String> =
            spec.arguments.iter().filter_map(|text| self.word(text, "run", Syntax::Text)).collect();
        let says = self.prose(&spec.says)?;
        let cost = match &spec.cost {
            None => Disruption::at_most(&spec.kind),
            Some(text) => self.cost(text)?,
        };
        let took = match &spec.took {
            None => None,
            // A host's word: what is no number says nothing.
            Some(text) => self.prose(text).filter(|seconds| seconds.parse::<f64>().is_ok_and(f64::is_finite)),
        };
        let (name, role, kind) = (spec.name.clone(), self.instance.label.clone(), spec.kind.clone());
        (arguments.len() == spec.arguments.len()).then_some(Handler { name, role, kind, arguments, says, cost, took })
    }

    fn cost(&mut self, text: &Text) -> Option<Disruption> {
        let word = self.prose(text)?;
        let cost = Disruption::of_word(&word);
        if cost.is_none() {
            let (at, what, known) = (text.span.clone(), Namespace::Cost, parse::cost_words());
            self.complain(text, Fault::UnknownKind { at, what, name: word, known });
        }
        cost
    }

    fn holds(&mut self, when: Option<&Text>) -> bool {
        let Some(text) = when else { return true };
        match self.engine.condition(text, &self.context) {
            Ok(holds) => holds,
            Err(fault) => {
                self.complain(text, fault);
                false
            }
        }
    }

    fn word(&mut self, text: &Text, field: &str, syntax: Syntax) -> Option<String> {
        let word = self.engine.word(text, &self.context).map_err(|fault| self.complain(text, fault)).ok()?;
        match syntax.check(&word) {
            Ok(word) => Some(word),
            Err(problem) => {
                self.complain(text, bad_word(text.span.clone(), field, syntax, word, problem));
                None
            }
        }
    }

    fn complain(&mut self, text: &Text, fault: Fault) {
        let secret = self.engine.names(text).any(|name| self.tainted.contains(name));
        let fault = match fault.span() {
            Some(at) => {
                let names = self.params_at(text, at);
                // A built-in role is not the reader's to mend.
                self.instance.arguments.blame(fault, &names, !self.instance.role.built_in)
            }
            None => fault,
        };
        self.faults.push(if secret { fault.masked() } else { fault });
    }

    /// The params that `text` uses at `at`, directly and through values; of the whole text where none stands there.
    fn params_at(&self, text: &Text, at: &Span) -> Vec<String> {
        let here = engine::names_at(text, at);
        let params = |names: &mut dyn Iterator<Item = &str>| {
            let mut params = Vec::new();
            names.for_each(|name| self.trace(name, &mut params));
            params
        };
        let found = params(&mut here.iter().map(String::as_str));
        if found.is_empty() { params(&mut self.engine.names(text)) } else { found }
    }

    fn trace(&self, name: &str, params: &mut Vec<String>) {
        let chain = &self.instance.chain;
        if let Some((_, text)) = chain.iter().flat_map(|role| &role.values).find(|(value, _)| value == name) {
            // A value takes those before it, or its role would not have been rendered: this ends.
            self.engine.names(text).filter(|used| *used != name).for_each(|used| self.trace(used, params));
        } else if self.instance.arguments.values.contains_key(name) && !params.iter().any(|known| known == name) {
            params.push(name.to_owned());
        }
    }

    /// Words for people: line breaks and runs of blanks come from how the role is laid out.
    fn prose(&mut self, text: &Text) -> Option<String> {
        let prose = self.engine.word(text, &self.context).map_err(|fault| self.complain(text, fault)).ok()?;
        // A host's answers are shown on a terminal: they must not drive it.
        let is_shown = |character: &char| character.is_whitespace() || !character.is_control();
        let prose: String = prose.chars().filter(is_shown).collect();
        Some(prose.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

mod reload;
mod rules;
mod running;
