use std::collections::BTreeSet;
use std::sync::Arc;

use super::argument::{Arguments, Binder};
use super::bound::{Bound, Instance, Placed};
use super::definition::{FactSpec, ResourceSpec, StatsSpec};
use super::engine::Text;
use super::fault::Fault;
use super::library::Library;
use super::param::Type;
use super::{glob, selection};
use crate::inventory::{Origin, Variables};
use crate::resource::{FactQuery, FieldSyntax, Id, StatsQuery, Subject, Syntax, WordFault};
use crate::source::Span;
use crate::yaml::Node;

/// The variables of one host, as roles see them. An inventory's host, and a role's example.
pub trait VariableSource {
    fn names(&self) -> Vec<String>;
    /// The value as it comes out after the inventory's own templates.
    fn resolve(&self, name: &str) -> Result<Option<Given>, Fault>;
    /// Where the value is written.
    fn span(&self, name: &str) -> Option<Span>;
    /// Which layer of the inventory it comes from.
    fn origin(&self, name: &str) -> Option<String>;

    /// Whether somebody wrote it, and it is not Ansible's own.
    fn is_written(&self, _: &str) -> bool {
        true
    }

    fn place(&self, name: &str) -> Option<String> {
        self.span(name).map(|span| span.place())
    }
}

impl VariableSource for Variables {
    fn names(&self) -> Vec<String> {
        Variables::names(self).map(str::to_owned).collect()
    }

    fn resolve(&self, name: &str) -> Result<Option<Given>, Fault> {
        let variable = Variables::resolve(self, name).map_err(Fault::Variable)?;
        Ok(variable.map(|variable| Given { node: variable.node, origin: variable.origin.to_string() }))
    }

    fn span(&self, name: &str) -> Option<Span> {
        self.get(name).map(|variable| variable.node.span.clone())
    }

    fn origin(&self, name: &str) -> Option<String> {
        self.get(name).map(|variable| variable.origin.to_string())
    }

    fn is_written(&self, name: &str) -> bool {
        self.get(name).is_some_and(|variable| variable.origin != Origin::Magic)
    }
}

/// A variable's value and where it comes from.
#[derive(Debug, Clone)]
pub struct Given {
    pub node: Node,
    pub origin: String,
}

impl Library {
    /// The roles that `zdt_roles` names, with their params: all that can be known before the host is asked.
    pub fn bind(&self, variables: &dyn VariableSource) -> Result<Bound, Vec<Fault>> {
        let mut binder = Binder::new(self.engine(), variables);
        let selected = match variables.resolve("zdt_roles") {
            Ok(Some(given)) => selection::read(&given.node, self, &mut binder.faults),
            Ok(None) => Vec::new(),
            Err(fault) => return Err(vec![fault]),
        };
        let mut bound = Bound::new(Arc::clone(self.engine()));
        for entry in &selected {
            let chain = self.chain(&entry.role);
            let Some(role) = chain.last().cloned() else { continue };
            let arguments = binder.arguments(entry, &chain);
            let facts = chain
                .iter()
                .flat_map(|role| &role.facts)
                .filter_map(|fact| {
                    let query = match binder.holds(fact.when.as_ref(), &arguments)? {
                        true => Some(bound.ask(binder.fact(fact, &arguments)?, fact.asked)),
                        false => None,
                    };
                    Some((fact.name.clone(), query))
                })
                .collect();
            if let Some(query) = role.stats.as_ref().and_then(|stats| binder.stats(stats, &arguments)) {
                bound.ask_stats(query);
            }
            let resources = role.resources.iter().map(|spec| binder.place(spec, &arguments)).collect();
            let label = bound.label(&role.name);
            bound.instances.push(Instance { label, role, chain, arguments, facts, resources });
        }
        self.check_owned(&bound, &mut binder);
        bound.hidden = binder.hidden.clone();
        let faults = binder.finish();
        if faults.is_empty() { Ok(bound) } else { Err(faults) }
    }

    /// Variables that look like params and are none: a slip of the pen would otherwise go unseen.
    fn check_owned(&self, bound: &Bound, binder: &mut Binder<'_>) {
        let prefixes: BTreeSet<&str> = bound
            .instances
            .iter()
            .flat_map(|instance| &instance.chain)
            .flat_map(|role| &role.prefixes)
            .map(String::as_str)
            .collect();
        let params: BTreeSet<&str> =
            self.roles().flat_map(|role| &role.params).map(|param| param.name.as_str()).collect();
        let ignored = ignored(binder);
        for name in binder.variables.names() {
            let owned = prefixes.iter().any(|prefix| name.starts_with(prefix));
            if !owned || params.contains(name.as_str()) || ignored.iter().any(|pattern| glob::matches(pattern, &name)) {
                continue;
            }
            if let Some(at) = binder.variables.span(&name) {
                let known = params.iter().map(|&param| param.to_owned()).collect();
                let origin = binder.variables.origin(&name).unwrap_or_default();
                binder.faults.push(Fault::UnknownVariable { at, origin, name, known });
            }
        }
    }
}

fn ignored(binder: &mut Binder<'_>) -> Vec<String> {
    let given = match binder.variables.resolve("zdt_ignore_variables") {
        Ok(Some(given)) => given,
        Ok(None) => return Vec::new(),
        Err(fault) => {
            binder.faults.push(fault);
            return Vec::new();
        }
    };
    match Type::Lines.read(&given.node, false) {
        Ok(_) => match given.node.as_list() {
            Some(items) => items.iter().map(Node::text).collect(),
            None => vec![given.node.text()],
        },
        Err(problem) => {
            let (at, name) = (Some(given.node.span.clone()), "zdt_ignore_variables".to_owned());
            binder.faults.push(Fault::WrongType { at, origin: given.origin, role: String::new(), name, problem });
            Vec::new()
        }
    }
}

impl Binder<'_> {
    fn fact(&mut self, fact: &FactSpec, arguments: &Arguments) -> Option<FactQuery> {
        let words = self.words(&fact.name, &fact.arguments, arguments)?;
        Some(FactQuery { name: fact.name.clone(), kind: fact.kind.clone(), arguments: words })
    }

    fn stats(&mut self, stats: &StatsSpec, arguments: &Arguments) -> Option<StatsQuery> {
        let words = self.words("stats", &stats.arguments, arguments)?;
        Some(StatsQuery { kind: stats.kind.clone(), arguments: words })
    }

    /// The words of a question, as `field` names it.
    fn words(&mut self, field: &str, texts: &[Text], arguments: &Arguments) -> Option<Vec<String>> {
        let mut words = Vec::new();
        for text in texts {
            let word = self.word(text, arguments)?;
            words.push(self.checked(text, arguments, (field, Syntax::Text), word)?);
        }
        Some(words)
    }

    /// What stage 1 knows of a resource: which thing it is, and whose it shall be.
    fn place(&mut self, spec: &ResourceSpec, arguments: &Arguments) -> Option<Placed> {
        let word = |binder: &mut Self, field: &str| {
            let text = spec.word(field)?;
            let syntax = spec.kind.fields.iter().find_map(|known| match known.syntax {
                FieldSyntax::Word(syntax) if known.name == field => Some(syntax),
                _ => None,
            })?;
            let word = binder.word(text, arguments)?;
            binder.checked(text, arguments, (field, syntax), word)
        };
        let (owner, group) = (word(self, "owner"), word(self, "group"));
        let name = word(self, spec.kind.identity)?;
        let id = match spec.kind.subject {
            Subject::Path => Id::path(name),
            Subject::Unit => Id::unit(name),
        };
        Some(Placed { id, owner, group })
    }

    fn checked(
        &mut self,
        text: &Text,
        arguments: &Arguments,
        (field, syntax): (&str, Syntax),
        word: String,
    ) -> Option<String> {
        match syntax.check(&word) {
            Ok(word) => Some(word),
            Err(problem) => {
                let fault = bad_word(text.span.clone(), field, syntax, word, problem);
                let secret = self.engine.names(text).any(|name| arguments.secrets.contains(name));
                self.say(&text.span, if secret { fault.masked() } else { fault });
                None
            }
        }
    }
}

pub(super) fn bad_word(at: Span, field: &str, syntax: Syntax, word: String, problem: WordFault) -> Fault {
    Fault::BadWord { at, field: field.to_owned(), syntax, word, problem }
}
