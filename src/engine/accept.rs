//! Taking the server's version of one resource over as the wanted one: which values of which params express it, and
//! what to write where so that this host, and no other, has them.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::engine::visit::Visit;
use crate::engine::{Event, Fleet, Job, Problem, Stage, Trouble, Wanted, job, remote, sandbox};
use crate::host;
use crate::inventory::{Inventory, Origin, Variable, Variables};
use crate::plan::{self, Cause, Unknown};
use crate::project::Project;
use crate::resource::{Attribute, Desired, Id, Level, Notice, Observation, Resource, State};
use crate::role::{self, Bound, Knobs, Library, Puzzle, Solution, Trial, Values};
use crate::source::Span;
use crate::yaml;

mod accepted;
mod vars;

#[cfg(test)]
mod tests;

pub use accepted::{Accepted, Beyond, Line, Proposal, Refused, Setting};
pub use vars::{Edit, WriteFault, write};

/// How much is tried before it is given up.
const TRIALS: usize = 2_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// One resource of one host, and all that its roles are made of.
#[derive(Debug)]
pub struct Asked {
    project: Project,
    library: Library,
    inventory: Inventory,
    variables: Variables,
    pub host: String,
    pub id: Id,
}

/// Why nothing can be asked of a host.
#[derive(Debug)]
pub enum Unasked {
    Problems(Vec<Problem>),
    NoHost { host: String, known: Vec<String> },
    NoRoles { host: String },
    NoResource { host: String, resource: String, known: Vec<String> },
}

impl Asked {
    /// Finds host and resource; `resource` is a path, or `unit NAME`.
    pub fn new(project: Project, host: &str, resource: &str) -> Result<(Asked, Job), Unasked> {
        let (library, inventory, problems) = job::ground(&project).map_err(Unasked::Problems)?;
        if !problems.is_empty() {
            return Err(Unasked::Problems(problems));
        }
        if !inventory.contains(host) {
            let known = inventory.hosts().map(str::to_owned).collect();
            return Err(Unasked::NoHost { host: host.to_owned(), known });
        }
        let job = job::job(&inventory, &library, host, &project.directory).map_err(Unasked::Problems)?;
        let Some(job) = job else { return Err(Unasked::NoRoles { host: host.to_owned() }) };
        let known = ids(&job);
        let Some(id) = known.iter().find(|id| id.to_string() == resource).cloned() else {
            let (host, resource) = (host.to_owned(), resource.to_owned());
            return Err(Unasked::NoResource { host, resource, known: known.iter().map(Id::to_string).collect() });
        };
        let variables = inventory.variables(host);
        Ok((Asked { project, library, inventory, variables, host: host.to_owned(), id }, job))
    }

    /// What to write so that `job` wants the resource as it was seen.
    pub fn answer(&self, job: &Job, observation: &Observation) -> Result<Accepted, Trouble> {
        let wanted = job.wanted(observation).map_err(Trouble::Faults)?;
        let unseen = |why| Trouble::Unseen(vec![Unknown { id: self.id.clone(), why }]);
        if let Some(unmade) = wanted.unmade.iter().find(|unmade| unmade.id == self.id) {
            return Ok(Accepted::Refused(Box::new(Refused::Unmade(Box::new(unmade.clone())))));
        }
        let Some(resource) = resource(&wanted, &self.id) else { return Ok(Accepted::InSync) };
        let observed = resource.observed(observation).map_err(unseen)?;
        if plan::diff(resource, &observed).is_none() {
            return Ok(Accepted::InSync);
        }
        let applied = observation.applied.state(&self.id);
        let cause = plan::cause(applied.as_ref(), &observed, &resource.desired);
        let look = Look { asked: self, job, observation, observed: &observed, resource, wanted: &wanted };
        Ok(match look.answer(cause) {
            Ok(proposal) => Accepted::Proposed(Box::new(proposal)),
            Err(refused) => Accepted::Refused(Box::new(refused)),
        })
    }
}

fn ids(job: &Job) -> Vec<Id> {
    let request = job.request();
    let paths = request.paths.into_iter().map(|query| Id::path(query.path));
    // A sandbox has no units.
    let units = request.units.into_iter().filter(|_| job.root.is_none()).map(Id::unit);
    paths.chain(units).collect()
}

fn resource<'a>(desired: &'a Desired, id: &Id) -> Option<&'a Resource> {
    desired.resources.iter().find(|resource| resource.id == *id)
}

/// One look at the host, and what was made of it.
struct Look<'a> {
    asked: &'a Asked,
    job: &'a Job,
    observation: &'a Observation,
    observed: &'a State,
    resource: &'a Resource,
    wanted: &'a Desired,
}

impl Look<'_> {
    fn answer(&self, cause: Cause) -> Result<Proposal, Refused> {
        if self.resource.desired.content().is_some_and(|content| content.secret) {
            return Err(Refused::Secret);
        }
        let absent = |state: &State| state.word(Attribute::Type) == Some("absent");
        if absent(self.observed) && !absent(&self.resource.desired) {
            return Err(Refused::Gone);
        }
        let Wanted::Roles(bound) = &self.job.bound else { return Err(Refused::NoText) };
        let knobs = bound.knobs(&self.asked.id).ok_or(Refused::NoText)?;
        let solution = self.solve(bound, &knobs).ok_or(Refused::NoText)?;
        let settings = self.settings(&knobs, &solution.values);
        if !solution.exact {
            return Err(Refused::Beyond(Box::new(self.beyond(knobs, settings, &solution))));
        }
        if !solution.others.is_empty() {
            return Err(Refused::Others { settings, others: solution.others });
        }
        let notices = self.new_notices(&solution.desired);
        if notices.iter().any(|notice| notice.level == Level::Refusal) {
            return Err(Refused::Notices { settings, notices });
        }
        let of_extra = |setting: &&Setting| {
            self.asked.variables.get(&setting.name).is_some_and(|variable| variable.origin == Origin::Extra)
        };
        if let Some(setting) = settings.iter().find(of_extra) {
            return Err(Refused::Extra { name: setting.name.clone() });
        }
        let edits = vars::edits(&self.asked.project, &self.asked.host, &self.asked.variables, &settings)?;
        self.check(&edits, &settings)?;
        Ok(Proposal { role: knobs.role, settings, edits, cause, notices })
    }

    fn solve(&self, bound: &Bound, knobs: &Knobs) -> Option<Solution> {
        let asks = bound.request().facts;
        let (begun, mut tried) = (Instant::now(), 0);
        let mut trial = |values: &Values| {
            tried += 1;
            if tried > TRIALS || begun.elapsed() > PATIENCE {
                return Trial::Spent;
            }
            let Some(variables) = self.variables(values) else { return Trial::Faulty };
            match self.asked.library.bind(&variables) {
                // The answers to other questions are not known.
                Ok(bound) if bound.request().facts == asks => self.render(&bound).map_or(Trial::Faulty, Trial::Wanted),
                _ => Trial::Faulty,
            }
        };
        let Asked { id, .. } = self.asked;
        role::solve(Puzzle { id, observed: self.observed, wanted: self.wanted, knobs: &knobs.all }, &mut trial)
    }

    fn variables(&self, values: &Values) -> Option<Variables> {
        let origin = Origin::HostVars(self.asked.host.clone());
        values.iter().try_fold(self.asked.variables.clone(), |variables, (name, value)| {
            let node = yaml::edit::node("a trial", value)?;
            Some(variables.with(name, Variable { node, origin: origin.clone() }))
        })
    }

    fn render(&self, bound: &Bound) -> Option<Desired> {
        let desired = match self.job.root {
            Some(_) => bound.render(&self.job.pretended).map(sandbox::adapt),
            None => bound.render(&self.observation.facts),
        };
        desired.ok().map(|desired| desired.settle(self.observation))
    }

    fn settings(&self, knobs: &Knobs, values: &Values) -> Vec<Setting> {
        let setting = |(name, after): (&String, &Value)| {
            let knob = knobs.all.iter().find(|knob| knob.name == *name);
            Setting {
                name: name.clone(),
                before: knob.and_then(|knob| knob.value.clone()),
                after: after.clone(),
                from: knob.and_then(|knob| knob.given.as_ref()).map(Span::place),
            }
        };
        values.iter().map(setting).collect()
    }

    fn beyond(&self, knobs: Knobs, nearest: Vec<Setting>, solution: &Solution) -> Beyond {
        let resource = resource(&solution.desired, &self.asked.id).unwrap_or(self.resource);
        let rest = plan::diff(resource, self.observed).map(|change| change.attributes).unwrap_or_default();
        let line = Line::first(resource.desired.content(), self.observed.content());
        let entry = self.asked.variables.get("zdt_roles").map(|variable| variable.node.span.clone());
        let inside = |span: &Span| {
            entry.as_ref().is_some_and(|entry| {
                entry.source == span.source
                    && entry.range.start <= span.range.start
                    && span.range.end <= entry.range.end
            })
        };
        let given = knobs.all.iter().filter_map(|knob| Some((knob.name.clone(), knob.given.clone()?)));
        let given = given.filter(|(_, span)| inside(span)).collect();
        Beyond { knobs, nearest, rest, line, given, spent: solution.spent }
    }

    /// What the roles say of the new values and did not say before.
    fn new_notices(&self, desired: &Desired) -> Vec<Notice> {
        let grave = |notice: &&Notice| notice.level != Level::Info && !self.wanted.notices.contains(notice);
        desired.notices.iter().filter(grave).cloned().collect()
    }

    /// Reads the whole inventory as it would be, and holds it to what was meant: this resource is wanted as it is, and
    /// nothing else is another than before, on this host and on all others.
    fn check(&self, edits: &[Edit], settings: &[Setting]) -> Result<(), Refused> {
        let unsound =
            || Refused::Unsound { path: edits.first().map(|edit| edit.path.display().to_string()).unwrap_or_default() };
        let asked = self.asked;
        let texts = vars::texts(&asked.project, &asked.host, edits);
        let inventory = crate::inventory::parse(&texts).map_err(|_| unsound())?;
        let mut names = asked.inventory.hosts().zip(inventory.hosts());
        let same = |host: &str| {
            let (old, new) = (asked.inventory.variables(host), inventory.variables(host));
            let meant = |name: &str| host == asked.host && settings.iter().any(|setting| setting.name == name);
            vars::same(&old, &new, meant)
        };
        if !names.all(|(old, new)| old == new && same(old)) {
            return Err(unsound());
        }
        let bound = asked.library.bind(&inventory.variables(&asked.host)).map_err(|_| unsound())?;
        let desired = self.render(&bound).ok_or_else(unsound)?;
        let as_seen = resource(&desired, &asked.id).is_some_and(|one| plan::diff(one, self.observed).is_none());
        let alone = role::changed_others(&asked.id, self.wanted, &desired).is_empty();
        if as_seen && alone { Ok(()) } else { Err(unsound()) }
    }
}

impl Fleet {
    /// Looks at every host, in the order of the jobs; changes nothing.
    pub async fn look(&self) -> Vec<Result<Observation, Trouble>> {
        let each = (0..self.jobs().len()).map(|index| (index, ()));
        let seen = self
            .each(each, move |base, ()| async move {
                let seen = base.visit().see().await;
                base.tell(Event::Planned { host: base.host() });
                seen.map_err(Trouble::Host)
            })
            .await;
        seen.into_iter().map(|result| result.unwrap_or_else(|why| Err(Trouble::Panic(why)))).collect()
    }
}

impl Visit<'_> {
    async fn see(&self) -> Result<Observation, host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, &self.options.connect).await?;
        self.stage(Stage::Observe);
        remote::observe(&mut session, &self.job.request()).await
    }
}
