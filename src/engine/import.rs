//! What existing servers run, as an inventory that describes them.

mod assembly;
mod fit;
mod sketch;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::adopt::{self, Adopted, App, HostEntry, Keep, RoleEntry, RoleUse, Seen};
use crate::engine::job::{self, Prepared};
use crate::engine::visit::Visit;
use crate::engine::{Event, Fleet, Goal, Job, Problem, Stage, Trouble, Wanted, remote};
use crate::host::{self, Session};
use crate::inventory::Connection;
use crate::plan::{HostPlan, Refusal};
use crate::project::Project;
use crate::resource::{Facts, Level};
use crate::role::Library;

use assembly::Assembly;
use sketch::Sketch;

/// What importing one host came to.
#[derive(Debug)]
pub enum Imported {
    Read(Box<HostEntry>),
    /// A folder instead of a host: nothing runs there.
    Sandbox,
    /// It could not be reached or read.
    Unknown(Trouble),
}

/// How an import is done.
#[derive(Debug, Clone)]
pub struct Manner {
    pub library: Arc<Library>,
    pub keep: Keep,
    /// Says of a plan that is refused why.
    pub words: fn(&Refusal) -> String,
}

/// The hosts that `limit` selects, whatever roles they have, and the roles that there are.
pub fn visits(project: &Project, limit: Option<&str>) -> Result<(Prepared, Arc<Library>), Vec<Problem>> {
    let (library, inventory, mut problems) = job::ground(project)?;
    let hosts = match inventory.select(limit) {
        Ok(hosts) => hosts,
        Err(faults) => {
            problems.extend(faults.into_iter().map(Problem::Inventory));
            return Err(problems);
        }
    };
    let mut jobs = Vec::new();
    for host in hosts {
        match Connection::of(host, &inventory.variables(host)) {
            Ok(connection) => match Sketch::new(&[], &[]).bind(&library) {
                Ok(bound) => jobs.push(Job::visit(host, connection, bound)),
                Err(faults) => problems.extend(faults.into_iter().map(Problem::Role)),
            },
            Err(faults) => problems.extend(faults.into_iter().map(Problem::Inventory)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok((Prepared { jobs, without_roles: Vec::new(), unused_files: Vec::new() }, Arc::new(library)))
}

impl Fleet {
    /// Reads every host, in the order of the jobs; changes nothing.
    pub async fn import(&self, manner: &Manner) -> Vec<Imported> {
        let each = (0..self.jobs().len()).map(|index| (index, manner.clone()));
        let imported = self
            .each(each, move |base, manner: Manner| async move {
                let imported = base.visit().import(&manner).await;
                base.tell(Event::Planned { host: base.host() });
                imported
            })
            .await;
        imported.into_iter().map(|result| result.unwrap_or_else(|why| Imported::Unknown(Trouble::Panic(why)))).collect()
    }
}

impl Visit<'_> {
    async fn import(&self, manner: &Manner) -> Imported {
        if self.job.root.is_some() {
            return Imported::Sandbox;
        }
        match self.read(manner).await {
            Ok(entry) => Imported::Read(Box::new(entry)),
            Err(fault) => Imported::Unknown(Trouble::Host(fault)),
        }
    }

    async fn read(&self, manner: &Manner) -> Result<HostEntry, host::Fault> {
        let (library, keep) = (&*manner.library, manner.keep);
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, &self.options.connect).await?;
        self.stage(Stage::Observe);
        let seen: Seen = remote::survey(&mut session).await?;
        let adopted = adopt::adopt(&seen, keep);
        let host = &self.job.host;
        if keep == Keep::Guide {
            return Ok(fitted(library, host, adopted));
        }
        let mut entry = Assembly::new(library, adopted.notes);
        for app in adopted.apps {
            let app = entry.begin(app);
            for wanted in &app.roles {
                let found = self.unchanging(&mut session, manner, &app, wanted).await?;
                entry.put(&app, wanted, found);
            }
            entry.end(&app);
        }
        Ok(entry.finish(host))
    }

    /// The first way in which the role would change nothing on this host, by the very plan that would be made of it.
    async fn unchanging(
        &self,
        session: &mut Session,
        manner: &Manner,
        app: &App,
        wanted: &RoleUse,
    ) -> Result<Result<RoleEntry, String>, host::Fault> {
        let library = &*manner.library;
        let mut why = String::new();
        for way in &wanted.ways {
            let Some(entry) = fit::entry(library, app, &wanted.role, way) else { continue };
            let Ok(bound) = Sketch::new(&[], std::slice::from_ref(&entry)).bind(library) else { continue };
            let job = self.job.with(Wanted::Roles(bound));
            let goal = Goal::Roles { prune: false, only: None };
            let observation = remote::observe(session, &goal.request(&job)).await?;
            match goal.plan(&job, &observation) {
                Ok(plan) => match would_do(&plan, manner.words) {
                    None => return Ok(Ok(entry)),
                    Some(work) if why.is_empty() => why = format!("as it is here it cannot be said: {work}"),
                    Some(_) => {}
                },
                Err(Trouble::Unseen(unknown)) => {
                    let names: Vec<String> = unknown.iter().map(|one| one.id.to_string()).collect();
                    why = format!("could not look at {}", names.join(", "));
                }
                Err(_) => why = "it cannot be rendered for what this host is".to_owned(),
            }
        }
        if why.is_empty() {
            why = NOT_TAKEN.to_owned();
        }
        Ok(Err(why))
    }
}

/// What an inventory says of a host that is to be brought to the guide.
pub fn fitted(library: &Library, host: &str, adopted: Adopted) -> HostEntry {
    let mut entry = Assembly::new(library, adopted.notes);
    for app in adopted.apps {
        let app = entry.begin(app);
        for wanted in &app.roles {
            let found = wanted.ways.first().and_then(|way| fit::entry(library, &app, &wanted.role, way));
            entry.put(&app, wanted, found.ok_or_else(|| NOT_TAKEN.to_owned()));
        }
        entry.end(&app);
    }
    entry.finish(host)
}

const NOT_TAKEN: &str = "it does not take the values that were read";

/// What a plan would change, or why it is refused, in a few words; `None`: it would do nothing.
fn would_do(plan: &HostPlan, words: fn(&Refusal) -> String) -> Option<String> {
    let mut refused: BTreeSet<String> = plan.refusals.iter().map(words).collect();
    let notices = plan.notices.iter().filter(|notice| notice.level == Level::Refusal);
    refused.extend(notices.map(|notice| notice.text.clone()));
    let changes: BTreeSet<String> = plan.changes.iter().map(|change| change.id.to_string()).collect();
    let handlers: BTreeSet<String> = plan.handlers.iter().map(|planned| planned.handler.name.clone()).collect();
    let mut found = Vec::new();
    for (what, names) in [("its plan is refused:", refused), ("it would change", changes), ("it would run", handlers)] {
        // What runs follows from what changes.
        if !names.is_empty() && (what != "it would run" || found.is_empty()) {
            found.push(format!("{what} {}", names.into_iter().collect::<Vec<_>>().join(", ")));
        }
    }
    if found.is_empty() && plan.has_work() {
        found.push("it would write zdt's record of the host anew".to_owned());
    }
    (!found.is_empty()).then(|| found.join("; "))
}

impl Job {
    /// A host that is looked at and nothing else.
    fn visit(host: &str, connection: Connection, bound: crate::role::Bound) -> Job {
        let root = connection.root.clone();
        Job {
            host: host.to_owned(),
            target: job::target(connection),
            root,
            pretended: Facts::new(),
            most: None,
            bound: Wanted::Roles(bound),
            witness: None,
            rolling: crate::engine::rolling::Wishes::default(),
        }
    }

    /// The same host, for something else.
    fn with(&self, bound: Wanted) -> Job {
        Job {
            host: self.host.clone(),
            target: self.target.clone(),
            root: self.root.clone(),
            pretended: Facts::new(),
            most: None,
            bound,
            witness: None,
            rolling: crate::engine::rolling::Wishes::default(),
        }
    }
}
