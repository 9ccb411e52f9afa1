//! What existing servers run, as an inventory that describes them.

mod assembly;
mod fit;
mod sketch;

use std::sync::Arc;

use crate::adopt::{self, Adopted, App, HostEntry, Keep, RoleEntry, RoleUse, Seen};
use crate::engine::job::{self, Prepared};
use crate::engine::visit::Visit;
use crate::engine::{Event, Fleet, Goal, Job, Problem, Stage, Trouble, Wanted, remote};
use crate::host::{self, Session};
use crate::inventory::Connection;
use crate::plan::HostPlan;
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
    pub async fn import(&self, library: &Arc<Library>, keep: Keep) -> Vec<Imported> {
        let each = (0..self.jobs().len()).map(|index| (index, Arc::clone(library)));
        let imported = self
            .each(each, move |base, library: Arc<Library>| async move {
                let imported = base.visit().import(&library, keep).await;
                base.tell(Event::Planned { host: base.host() });
                imported
            })
            .await;
        imported.into_iter().map(|result| result.unwrap_or_else(|why| Imported::Unknown(Trouble::Panic(why)))).collect()
    }
}

impl Visit<'_> {
    async fn import(&self, library: &Library, keep: Keep) -> Imported {
        if self.job.root.is_some() {
            return Imported::Sandbox;
        }
        match self.read(library, keep).await {
            Ok(entry) => Imported::Read(Box::new(entry)),
            Err(fault) => Imported::Unknown(Trouble::Host(fault)),
        }
    }

    async fn read(&self, library: &Library, keep: Keep) -> Result<HostEntry, host::Fault> {
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
                let found = self.unchanging(&mut session, library, &app, wanted).await?;
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
        library: &Library,
        app: &App,
        wanted: &RoleUse,
    ) -> Result<Result<RoleEntry, String>, host::Fault> {
        let mut why = String::new();
        for way in &wanted.ways {
            let Some(entry) = fit::entry(library, app, &wanted.role, way) else { continue };
            let Ok(bound) = Sketch::new(&[], std::slice::from_ref(&entry)).bind(library) else { continue };
            let job = self.job.with(Wanted::Roles(bound));
            let goal = Goal::Roles { prune: false, only: None };
            let observation = remote::observe(session, &goal.request(&job)).await?;
            match goal.plan(&job, &observation) {
                Ok(plan) => match would_change(&plan) {
                    None => return Ok(Ok(entry)),
                    Some(changes) if why.is_empty() => why = format!("as it is here it cannot be said: {changes}"),
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

/// What a plan would change or refuse, in a few words.
fn would_change(plan: &HostPlan) -> Option<String> {
    let mut found: Vec<String> = plan.changes.iter().map(|change| change.id.to_string()).collect();
    let refusals =
        plan.notices.iter().filter(|notice| notice.level == Level::Refusal).map(|notice| notice.text.clone());
    found.extend(refusals);
    if found.is_empty() && plan.refusals.is_empty() && !plan.has_work() {
        return None;
    }
    found.dedup();
    Some(format!("it would change {}", found.join(", ")))
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
