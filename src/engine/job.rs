use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::engine::rolling::{self, Wishes};
use crate::engine::{Wanted, sandbox, witness};
use crate::host;
use crate::inventory::{self, Connection, ConnectionKind, Inventory, UnusedFile, Variables};
use crate::plan::{self, HostPlan};
use crate::project::{self, Project};
use crate::resource::{Desired, Disruption, Facts, Mismatch, Observation, ObserveRequest, Ruling, StatsRequest};
use crate::role::{self, Bound, Library};
use crate::source::Span;
use crate::transaction::Witness;
use crate::yaml::Node;

/// One host's work: where it is and what its roles want.
#[derive(Debug)]
pub struct Job {
    pub host: String,
    pub target: host::Target,
    /// A sandbox's root directory, absolute.
    pub root: Option<String>,
    /// What a sandbox pretends to run (`zdt_facts`).
    pub pretended: Facts,
    /// The most that a handler may cost here (`zdt_max_disruption`).
    pub most: Option<Disruption>,
    pub bound: Wanted,
    /// How requests are watched while something is activated; `None`: not at all.
    pub witness: Option<Witness>,
    /// What its variables say of how a run goes.
    pub rolling: Wishes,
}

impl Job {
    /// What is wanted of a host that answered so.
    pub(super) fn wanted(&self, observation: &Observation) -> Result<Desired, Vec<role::Fault>> {
        self.rendered(&observation.facts).map(|desired| desired.settle(observation))
    }

    /// What its roles say, by what was found out about the host.
    pub(super) fn rendered(&self, facts: &Facts) -> Result<Desired, Vec<role::Fault>> {
        match self.root {
            Some(_) => self.bound.render(&self.pretended).map(sandbox::adapt),
            None => self.bound.render(facts),
        }
    }

    /// As `request`, and what runs, where anything can.
    pub(super) fn request_running(&self) -> ObserveRequest {
        let request = match self.alive() {
            Some(bound) => bound.request_running(),
            None => self.bound.request(),
        };
        ObserveRequest { root: self.root.clone(), ..request }
    }

    /// All that rules must know of the host.
    pub(super) fn request_rules(&self) -> ObserveRequest {
        let request = match self.alive() {
            Some(bound) => bound.request_rules(),
            None => self.bound.request(),
        };
        ObserveRequest { root: self.root.clone(), ..request }
    }

    /// What the rules say of a host that answered `request_rules` so. A saved plan knows none.
    pub(super) fn rulings(&self, facts: &Facts) -> Result<Vec<Ruling>, Vec<role::Fault>> {
        match &self.bound {
            Wanted::Roles(bound) if self.root.is_some() => bound.rulings(&self.pretended),
            Wanted::Roles(bound) => bound.rulings(facts),
            Wanted::Saved(_) => Ok(Vec::new()),
        }
    }

    /// The names of the rules that are asked of it.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        match &self.bound {
            Wanted::Roles(bound) => Some(bound),
            Wanted::Saved(_) => None,
        }
        .into_iter()
        .flat_map(Bound::rules)
    }

    /// What runs on a host that answered `request_running` so, and is not what its files say.
    pub(super) fn mismatches(
        &self,
        wanted: &Desired,
        observation: &Observation,
    ) -> Result<Vec<Mismatch>, Vec<role::Fault>> {
        let Some(bound) = self.alive() else { return Ok(Vec::new()) };
        Ok(plan::mismatches(&bound.running(&observation.facts)?, wanted, observation))
    }

    /// The plan of a reload of a host that answered so.
    pub(super) fn reload(&self, facts: &Facts) -> Result<HostPlan, Vec<role::Fault>> {
        let handlers = match self.alive() {
            Some(bound) => bound.reloads(facts)?,
            None => Vec::new(),
        };
        Ok(HostPlan::of_handlers(handlers))
    }

    /// What `zdt stats` asks it; `None` where none of its roles knows of anything that tells stats.
    pub fn stats_request(&self) -> Option<&StatsRequest> {
        match &self.bound {
            Wanted::Roles(bound) => Some(bound.stats_request()).filter(|request| !request.is_empty()),
            Wanted::Saved(_) => None,
        }
    }

    /// The roles, where what they are about can run: not in a folder, and a saved plan knows only files.
    fn alive(&self) -> Option<&Bound> {
        match &self.bound {
            Wanted::Roles(bound) if self.root.is_none() => Some(bound),
            _ => None,
        }
    }

    pub(super) fn request(&self) -> ObserveRequest {
        ObserveRequest { root: self.root.clone(), ..self.bound.request() }
    }
}

/// The work, and the hosts for which there is none.
#[derive(Debug)]
pub struct Prepared {
    pub jobs: Vec<Job>,
    /// Selected, but `zdt_roles` is not set for them.
    pub without_roles: Vec<String>,
    /// Files of variables that no host reads.
    pub unused_files: Vec<UnusedFile>,
}

/// Something wrong with what the user wrote: no host is touched.
#[derive(Debug)]
pub enum Problem {
    Project(project::Fault),
    Inventory(inventory::Fault),
    Role(role::Fault),
    /// No selected host has `zdt_roles`.
    NothingToDo {
        hosts: usize,
        inventory: String,
    },
    BadRoot {
        host: String,
        root: String,
    },
    /// `zdt_witness` is not as it can be.
    BadWitness {
        span: Span,
        key: String,
        found: String,
        wanted: &'static str,
    },
    /// `zdt_min_in_service` is set on one host; it speaks of a group.
    NotOfGroup {
        span: Span,
    },
    /// `zdt_facts` is not fact → key → text.
    BadFacts {
        span: Span,
        found: String,
        wanted: &'static str,
    },
    /// `zdt_max_disruption` is no cost.
    BadLimit {
        span: Span,
        found: String,
    },
}

/// The roles and the inventory, with every fault of both at once; those that do not keep them from being read come along.
pub(super) fn ground(project: &Project) -> Result<(Library, Inventory, Vec<Problem>), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut files = role::built_in();
    files.extend(project.role_files.iter().cloned());
    let library = match Library::parse(&files) {
        Ok(library) => Some(library),
        Err(faults) => {
            problems.extend(faults.into_iter().map(Problem::Role));
            None
        }
    };
    let (inventory, faults) = inventory::read(&project.texts);
    problems.extend(faults.into_iter().map(Problem::Inventory));
    match (library, inventory) {
        (Some(library), Some(inventory)) => Ok((library, inventory, problems)),
        _ => Err(problems),
    }
}

/// From texts to jobs, with every fault of every host at once.
pub fn prepare(project: &Project, limit: Option<&str>) -> Result<Prepared, Vec<Problem>> {
    let (library, inventory, mut problems) = ground(project)?;
    let hosts = match inventory.select(limit) {
        Ok(hosts) => hosts,
        Err(faults) => {
            problems.extend(faults.into_iter().map(Problem::Inventory));
            return Err(problems);
        }
    };
    let selected = hosts.len();
    let unused_files = inventory.unused_files().to_vec();
    let mut prepared = Prepared { jobs: Vec::new(), without_roles: Vec::new(), unused_files };
    for host in hosts {
        match job(&inventory, &library, host, &project.directory) {
            Ok(Some(job)) => prepared.jobs.push(job),
            Ok(None) => prepared.without_roles.push(host.to_owned()),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() && prepared.jobs.is_empty() {
        let inventory = project.texts.main.first().map(|source| source.name.clone()).unwrap_or_default();
        problems.push(Problem::NothingToDo { hosts: selected, inventory });
    }
    if problems.is_empty() { Ok(prepared) } else { Err(distinct(problems)) }
}

pub(super) fn job(
    inventory: &Inventory,
    library: &Library,
    host: &str,
    directory: &Path,
) -> Result<Option<Job>, Vec<Problem>> {
    let variables = inventory.variables(host);
    if variables.get("zdt_roles").is_none() {
        return Ok(None);
    }
    let mut problems = Vec::new();
    let connection = Connection::of(host, &variables)
        .map_err(|faults| problems.extend(faults.into_iter().map(Problem::Inventory)))
        .ok();
    let bound = library.bind(&variables).map_err(|faults| problems.extend(faults.into_iter().map(Problem::Role))).ok();
    let rolling = rolling::read(inventory, host, &variables).map_err(|found| problems.extend(found)).ok();
    let (Some(connection), Some(bound), Some(rolling)) = (connection, bound, rolling) else { return Err(problems) };
    let pretended = pretended(&variables, &bound)?;
    let witness = witness::of(&variables)?;
    let most = most(&variables)?;
    let root = match &connection.root {
        None => None,
        Some(root) => Some(
            absolute(directory, root)
                .ok_or_else(|| vec![Problem::BadRoot { host: host.to_owned(), root: root.clone() }])?,
        ),
    };
    Ok(Some(Job {
        host: host.to_owned(),
        target: target(connection),
        root,
        pretended,
        most,
        bound: Wanted::Roles(bound),
        witness,
        rolling,
    }))
}

pub(super) fn target(connection: Connection) -> host::Target {
    host::Target {
        kind: match connection.kind {
            ConnectionKind::Ssh => host::Kind::Ssh,
            ConnectionKind::Local => host::Kind::Local,
        },
        host: connection.host,
        port: connection.port,
        user: connection.user,
        private_key: connection.private_key.map(home),
        common_args: connection.common_args,
        r#become: connection.become_root,
    }
}

/// A sandbox has no services to ask; what it pretends to run is the variable `zdt_facts`: fact → key → text.
fn pretended(variables: &Variables, bound: &Bound) -> Result<Facts, Vec<Problem>> {
    let variable = match variables.resolve("zdt_facts") {
        Ok(Some(variable)) => variable,
        Ok(None) => return Ok(Facts::new()),
        Err(fault) => return Err(vec![Problem::Inventory(fault)]),
    };
    let known: Vec<String> = bound.request_rules().facts.into_iter().map(|fact| fact.name).collect();
    let (mut facts, mut problems) = (Facts::new(), Vec::new());
    let mut wrong = |node: &Node, wanted| {
        problems.push(Problem::BadFacts { span: node.span.clone(), found: node.describe(), wanted });
    };
    let Some(entries) = variable.node.as_map() else {
        wrong(&variable.node, "a mapping of facts");
        return Err(problems);
    };
    for (name, keys) in entries {
        if !known.contains(&name.text()) {
            wrong(name, "the name of a fact that one of the host's roles asks for");
            continue;
        }
        let Some(keys) = keys.as_map() else {
            wrong(keys, "a mapping of keys");
            continue;
        };
        for (key, value) in keys {
            match value.as_str() {
                Some(text) => {
                    facts.entry(name.text()).or_default().insert(key.text(), text.to_owned());
                }
                None => wrong(value, "a text, in quotes"),
            }
        }
    }
    if problems.is_empty() { Ok(facts) } else { Err(problems) }
}

/// The most that a handler may cost on a host: the variable `zdt_max_disruption`.
fn most(variables: &Variables) -> Result<Option<Disruption>, Vec<Problem>> {
    let variable = match variables.resolve("zdt_max_disruption") {
        Ok(Some(variable)) => variable,
        Ok(None) => return Ok(None),
        Err(fault) => return Err(vec![Problem::Inventory(fault)]),
    };
    let word = variable.node.text();
    // A start is allowed in any case, and so it is no limit.
    match Disruption::of_word(&word).filter(|one| *one != Disruption::Start) {
        Some(most) => Ok(Some(most)),
        None => Err(vec![Problem::BadLimit { span: variable.node.span.clone(), found: variable.node.describe() }]),
    }
}

fn absolute(directory: &Path, root: &str) -> Option<String> {
    let path = std::path::absolute(directory.join(root)).ok()?;
    let path = path.to_str().filter(|path| !path.chars().any(char::is_control))?;
    // Neither the machine itself nor a way round it: a sandbox has no checks, no handlers and no owners.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    let plain = real.components().all(|part| !matches!(part, Component::ParentDir));
    (plain && real.parent().is_some()).then(|| path.trim_end_matches('/').to_owned())
}

/// The same fault of a group's variable shows once, not once a host.
fn distinct(problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    problems.into_iter().filter(|problem| seen.insert(format!("{problem:?}"))).collect()
}

/// A leading `~` is the home of whoever runs zdt.
fn home(path: String) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
