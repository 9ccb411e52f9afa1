use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::argument::Arguments;
use super::definition::{Asked, FieldText, ResourceSpec, Role};
use super::engine::Engine;
use super::secrecy::Hidden;
use crate::resource::{FactQuery, Id, ObserveRequest, PathQuery, StatsQuery, StatsRequest, Subject};

/// The roles of one host with their params: it knows what to ask of the host, and with the answer what to want.
#[derive(Debug)]
pub struct Bound {
    pub(super) engine: Arc<Engine>,
    pub(super) instances: Vec<Instance>,
    pub(super) hidden: Hidden,
    queries: Vec<(FactQuery, Asked)>,
    stats: StatsRequest,
}

/// One role as one entry of `zdt_roles` asks for it.
#[derive(Debug)]
pub(super) struct Instance {
    /// The role's name; with a number from the second time on that a host has it.
    pub label: String,
    pub role: Arc<Role>,
    pub chain: Vec<Arc<Role>>,
    pub arguments: Arguments,
    /// The role's own name of each fact, and the name of the question; `None` where it is not asked.
    pub facts: Vec<(String, Option<String>)>,
    /// As the role's resources; `None` after a fault.
    pub resources: Vec<Option<Placed>>,
}

/// Which thing a resource is, and whose it shall be.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub id: Id,
    pub owner: Option<String>,
    pub group: Option<String>,
}

impl Bound {
    pub(super) fn new(engine: Arc<Engine>) -> Bound {
        Bound {
            engine,
            instances: Vec::new(),
            hidden: Hidden::default(),
            queries: Vec::new(),
            stats: StatsRequest::default(),
        }
    }

    /// Whether the host has no roles at all.
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }

    /// The roles, in the order of `zdt_roles`; one that occurs again has a number.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.instances.iter().map(|instance| instance.label.as_str())
    }

    /// The name under which a question is asked: roles that ask the same share one.
    pub(super) fn ask(&mut self, query: FactQuery, asked: Asked) -> String {
        let mut known = self.queries.iter().map(|(known, _)| known);
        if let Some(same) = known.find(|other| other.kind == query.kind && other.arguments == query.arguments) {
            return same.name.clone();
        }
        let taken = |name: &str| self.queries.iter().any(|(other, _)| other.name == name);
        let numbered = (2..).map(|number| format!("{}_{number}", query.name));
        let name = std::iter::once(query.name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or_default();
        self.queries.push((FactQuery { name: name.clone(), ..query }, asked));
        name
    }

    /// The value of a param in the first role that has it; of a secret nobody is told.
    pub fn param(&self, name: &str) -> Option<&Value> {
        let holds = |instance: &&Instance| instance.arguments.values.contains_key(name);
        let arguments = &self.instances.iter().find(holds)?.arguments;
        arguments.values.get(name).filter(|_| !arguments.secrets.contains(name))
    }

    /// Roles that ask the same share the answer.
    pub(super) fn ask_stats(&mut self, query: StatsQuery) {
        if !self.stats.queries.contains(&query) {
            self.stats.queries.push(query);
        }
    }

    /// What `zdt stats` asks the host; nothing where no role tells of anything that serves.
    pub fn stats_request(&self) -> &StatsRequest {
        &self.stats
    }

    pub(super) fn label(&self, role: &str) -> String {
        match self.instances.iter().filter(|instance| instance.role.name == role).count() {
            0 => role.to_owned(),
            others => format!("{role} ({})", others + 1),
        }
    }

    /// As `request`, and also what is asked only when one looks for drift: what runs.
    pub fn request_running(&self) -> ObserveRequest {
        ObserveRequest { facts: self.facts(Asked::Running), ..self.request() }
    }

    /// As `request_running`, and also what only rules ask.
    pub fn request_rules(&self) -> ObserveRequest {
        ObserveRequest { facts: self.facts(Asked::Rules), ..self.request() }
    }

    fn facts(&self, most: Asked) -> Vec<FactQuery> {
        self.queries.iter().filter(|(_, asked)| *asked <= most).map(|(query, _)| query.clone()).collect()
    }

    /// All that the roles must know of the host, for one round trip.
    pub fn request(&self) -> ObserveRequest {
        let mut request = ObserveRequest { facts: self.facts(Asked::Always), ..ObserveRequest::default() };
        let (mut users, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for instance in &self.instances {
            let tainted = instance.tainted(&self.engine);
            for (spec, placed) in instance.role.resources.iter().zip(&instance.resources) {
                let Some(placed) = placed else { continue };
                users.extend(placed.owner.clone());
                groups.extend(placed.group.clone());
                let name = &placed.id.name;
                match placed.id.subject {
                    Subject::Unit if request.units.contains(name) => {}
                    Subject::Unit => request.units.push(name.clone()),
                    Subject::Path => {
                        let content = !is_secret(spec, &tainted, &self.engine);
                        match request.paths.iter_mut().find(|query| query.path == *name) {
                            Some(query) => query.content &= content,
                            None => request.paths.push(PathQuery { path: name.clone(), content }),
                        }
                    }
                }
            }
        }
        request.users = users.into_iter().collect();
        request.groups = groups.into_iter().collect();
        request
    }
}

impl Instance {
    /// The names whose values hold a secret or are made from one.
    pub fn tainted(&self, engine: &Engine) -> BTreeSet<String> {
        let mut tainted = self.arguments.secrets.clone();
        if tainted.is_empty() {
            return tainted;
        }
        for role in &self.chain {
            let templated = role.params.iter().filter_map(|param| match &param.default {
                Some(super::param::Fallback::Template(text)) => Some((&param.name, text)),
                _ => None,
            });
            for (name, text) in templated.chain(role.values.iter().map(|(name, text)| (name, text))) {
                if engine.names(text).any(|used| tainted.contains(used)) {
                    tainted.insert(name.clone());
                }
            }
        }
        tainted
    }
}

/// Whether the content of a resource is made from a secret.
pub(super) fn is_secret(spec: &ResourceSpec, tainted: &BTreeSet<String>, engine: &Engine) -> bool {
    spec.fields.iter().any(|(_, text)| match text {
        FieldText::Content(text) | FieldText::Template(text) => engine.names(text).any(|name| tainted.contains(name)),
        FieldText::Word(_) | FieldText::Words(_) => false,
    })
}
