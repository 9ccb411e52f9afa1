use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::host;
use crate::inventory::{self, Connection, ConnectionKind, Inventory, Variables};
use crate::project::{self, Project};
use crate::resource::Facts;
use crate::role::{self, Bound, Library};

/// One host's work: where it is and what its roles want.
#[derive(Debug)]
pub struct Job {
    pub host: String,
    pub target: host::Target,
    /// A sandbox's root directory, absolute.
    pub root: Option<String>,
    /// What a sandbox pretends to run (`zdt_facts`).
    pub pretended: Facts,
    pub bound: Bound,
}

/// The work, and the hosts for which there is none.
#[derive(Debug)]
pub struct Prepared {
    pub jobs: Vec<Job>,
    /// Selected, but `zdt_roles` is not set for them.
    pub without_roles: Vec<String>,
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
        inventory: PathBuf,
    },
    BadRoot {
        host: String,
        root: String,
    },
}

/// From texts to jobs, with every fault of every host at once.
pub fn prepare(project: &Project, limit: Option<&str>) -> Result<Prepared, Vec<Problem>> {
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
    let (Some(library), Some(inventory)) = (library, inventory) else { return Err(problems) };
    let hosts = match inventory.select(limit) {
        Ok(hosts) => hosts,
        Err(faults) => {
            problems.extend(faults.into_iter().map(Problem::Inventory));
            return Err(problems);
        }
    };
    let selected = hosts.len();
    let mut prepared = Prepared { jobs: Vec::new(), without_roles: Vec::new() };
    for host in hosts {
        match job(&inventory, &library, host, &project.directory) {
            Ok(Some(job)) => prepared.jobs.push(job),
            Ok(None) => prepared.without_roles.push(host.to_owned()),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() && prepared.jobs.is_empty() {
        problems.push(Problem::NothingToDo { hosts: selected, inventory: project.directory.clone() });
    }
    if problems.is_empty() { Ok(prepared) } else { Err(distinct(problems)) }
}

fn job(inventory: &Inventory, library: &Library, host: &str, directory: &Path) -> Result<Option<Job>, Vec<Problem>> {
    let variables = inventory.variables(host);
    if variables.get("zdt_roles").is_none() {
        return Ok(None);
    }
    let mut problems = Vec::new();
    let connection = Connection::of(host, &variables)
        .map_err(|faults| problems.extend(faults.into_iter().map(Problem::Inventory)))
        .ok();
    let bound = library.bind(&variables).map_err(|faults| problems.extend(faults.into_iter().map(Problem::Role))).ok();
    let pretended = pretended(&variables).map_err(|fault| problems.push(Problem::Inventory(fault))).ok();
    let (Some(connection), Some(bound), Some(pretended)) = (connection, bound, pretended) else {
        return Err(problems);
    };
    let root = match &connection.root {
        None => None,
        Some(root) => Some(
            absolute(directory, root)
                .ok_or_else(|| vec![Problem::BadRoot { host: host.to_owned(), root: root.clone() }])?,
        ),
    };
    Ok(Some(Job { host: host.to_owned(), target: target(connection), root, pretended, bound }))
}

fn target(connection: Connection) -> host::Target {
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

/// A sandbox has no services to ask; what it pretends to run is the variable `zdt_facts`: fact → key → value.
fn pretended(variables: &Variables) -> Result<Facts, inventory::Fault> {
    let mut facts = Facts::new();
    let Some(variable) = variables.resolve("zdt_facts")? else { return Ok(facts) };
    for (name, keys) in variable.node.as_map().unwrap_or_default() {
        let Some(name) = name.as_str() else { continue };
        let known = facts.entry(name.to_owned()).or_default();
        for (key, value) in keys.as_map().unwrap_or_default() {
            if let (Some(key), Some(value)) = (key.as_str(), value.as_str()) {
                known.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    Ok(facts)
}

fn absolute(directory: &Path, root: &str) -> Option<String> {
    let path = std::path::absolute(directory.join(root)).ok()?;
    path.to_str().filter(|path| !path.chars().any(char::is_control)).map(|path| path.trim_end_matches('/').to_owned())
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
