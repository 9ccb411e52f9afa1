use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{Action, HostPlan, Unknown, plan, running};
use crate::resource::{Attribute, Desired, Facts, Id, Observation, ObserveRequest, PathSeen, UnitSeen};

/// What one host was asked, what it answered, what is wanted of it, and the steps that follow from that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    pub request: ObserveRequest,
    pub desired: Desired,
    pub world: World,
    pub(super) steps: Steps,
}

/// The part of an observation that must be the same when the plan is applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    pub paths: BTreeMap<String, PathSeen>,
    /// The effective `ExecReload` of each unit.
    pub units: BTreeMap<String, Vec<String>>,
    pub facts: Facts,
    pub missing_users: Vec<String>,
    pub missing_groups: Vec<String>,
    /// Paths that stood as zdt left them and had them read.
    pub in_effect: Vec<String>,
}

/// What a plan does, by name and in order: a zdt that would make something else of the same world must not apply it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Steps {
    pub changes: Vec<Step>,
    pub checks: Vec<String>,
    pub handlers: Vec<Call>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub id: Id,
    pub action: Action,
    pub attributes: Vec<Attribute>,
    /// Of a file in which only a part is ours the hash of what it becomes: nothing else in the plan says what that is.
    pub becomes: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub kind: String,
    pub arguments: Vec<String>,
}

/// Facts that change with every start of a service and decide nothing.
const PASSING_FACTS: [&str; 2] = ["main_pid", "last_boot"];

impl Work {
    /// `Err` where something could not be seen: there is nothing to save then.
    pub fn of(request: ObserveRequest, desired: Desired, observation: &Observation) -> Result<Work, Vec<Unknown>> {
        let world = World::of(observation, &request);
        let mut work = Work { request, desired, world, steps: Steps::default() };
        work.steps = Steps::of(&work.plan()?);
        Ok(work)
    }

    /// What is to be done if the world is as it was.
    pub fn plan(&self) -> Result<HostPlan, Vec<Unknown>> {
        let world = self.world.observation();
        plan(&self.desired.clone().settle(&world), &world)
    }

    /// Paths whose contents are nobody's to see.
    pub(super) fn secret_paths(&self) -> BTreeSet<&str> {
        let asked = self.request.paths.iter().filter(|query| !query.content).map(|query| query.path.as_str());
        let wanted =
            self.desired.resources.iter().filter(|resource| resource.desired.content().is_some_and(|c| c.secret));
        asked.chain(wanted.map(|resource| resource.id.name.as_str())).collect()
    }
}

impl World {
    /// What of `observation` was asked for and lasts.
    pub fn of(observation: &Observation, request: &ObserveRequest) -> World {
        let asked = |query: &crate::resource::PathQuery| {
            let seen = observation.paths.get(&query.path)?;
            // Nothing else: size and time of what has the same content are not what a plan is made from.
            let lasting = PathSeen {
                kind: seen.kind.clone(),
                error: seen.error.clone(),
                mode: seen.mode.clone(),
                owner: seen.owner.clone(),
                group: seen.group.clone(),
                target: seen.target.clone(),
                sha256: seen.sha256.clone(),
                content: seen.content.clone().filter(|_| query.content),
                parent: seen.parent.clone(),
                ..PathSeen::default()
            };
            Some((query.path.clone(), lasting))
        };
        let unit = |name: &String| Some((name.clone(), observation.units.get(name)?.exec_reload.clone()));
        let mut facts = observation.facts.clone();
        for keys in facts.values_mut() {
            keys.retain(|key, _| !PASSING_FACTS.contains(&key.as_str()));
        }
        let is_in_effect = |path: &&String| running::is_in_effect(&Id::path(path.as_str()), observation);
        let asked_paths = request.paths.iter().map(|query| &query.path);
        World {
            in_effect: asked_paths.filter(is_in_effect).cloned().collect(),
            paths: request.paths.iter().filter_map(asked).collect(),
            units: request.units.iter().filter_map(unit).collect(),
            facts,
            missing_users: observation.missing_users.clone(),
            missing_groups: observation.missing_groups.clone(),
        }
    }

    pub fn observation(&self) -> Observation {
        let unit = |(name, exec_reload): (&String, &Vec<String>)| {
            (name.clone(), UnitSeen { exec_reload: exec_reload.clone(), ..UnitSeen::default() })
        };
        Observation {
            paths: self.paths.clone(),
            units: self.units.iter().map(unit).collect(),
            facts: self.facts.clone(),
            missing_users: self.missing_users.clone(),
            missing_groups: self.missing_groups.clone(),
            in_effect: self.in_effect.clone(),
            ..Observation::default()
        }
    }
}

impl Steps {
    pub fn of(plan: &HostPlan) -> Steps {
        let step = |change: &crate::plan::Change| Step {
            id: change.id.clone(),
            action: change.action,
            attributes: change.attributes.iter().map(|changed| changed.attribute).collect(),
            becomes: change.desired.part().and(change.desired.content()).map(|content| content.sha256.clone()),
        };
        let call = |planned: &crate::plan::PlannedHandler| Call {
            kind: planned.handler.kind.clone(),
            arguments: planned.handler.arguments.clone(),
        };
        Steps {
            changes: plan.changes.iter().map(step).collect(),
            checks: plan.checks.iter().map(|check| check.name.clone()).collect(),
            handlers: plan.handlers.iter().map(call).collect(),
        }
    }
}
