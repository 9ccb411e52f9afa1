use std::collections::BTreeSet;

use crate::plan::{
    Action, Change, LeftOut, Obstacle, Orphan, PlannedHandler, Refusal, Sense, cause, diff, handler, order, orphan,
    running, settled,
};
use crate::resource::{
    AppliedPath, Attribute, Check, Desired, Handler, Id, Notice, Observation, State, Subject, Unmade, Unseen,
};

/// What apply would do to one host, whole.
#[derive(Debug, Clone, Default)]
pub struct HostPlan {
    pub changes: Vec<Change>,
    pub refusals: Vec<Refusal>,
    pub checks: Vec<Check>,
    pub handlers: Vec<PlannedHandler>,
    pub notices: Vec<Notice>,
    /// How many resources are as desired.
    pub in_sync: usize,
    /// The host is no longer what it was when the saved plan was made: refused, which says nothing about other hosts.
    pub moved: bool,
    /// What earlier transactions left and nobody wants any more; nothing is done about it unless `prune` is asked for.
    pub orphans: Vec<Orphan>,
    /// What differs and stays so, for only a part of the changes was asked for; in the order of ids.
    pub left_out: Vec<LeftOut>,
    /// What the host is to remember of the resources that are as desired, and what it is to forget.
    pub settled: Vec<AppliedPath>,
    pub forgotten: Vec<AppliedPath>,
    /// Why the host's memory is of no use and must be written anew.
    pub renew_record: Option<String>,
}

/// A thing whose state could not be learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub id: Id,
    pub why: Unseen,
}

impl HostPlan {
    /// Nothing changes but what runs.
    pub fn of_handlers(handlers: Vec<Handler>) -> HostPlan {
        let mut plan = HostPlan::default();
        let planned =
            handlers.into_iter().map(|handler| PlannedHandler { handler, because: Vec::new(), settings: Vec::new() });
        plan.handlers = planned.collect();
        handler::sort(&mut plan.handlers);
        plan
    }

    pub fn is_empty(&self) -> bool {
        !self.has_work() && self.refusals.is_empty()
    }

    /// Whether an apply has anything to do.
    pub fn has_work(&self) -> bool {
        !self.changes.is_empty() || !self.handlers.is_empty() || self.renew_record.is_some()
    }
}

/// Compares what is wanted with what was seen. `Err` when anything wanted could not be looked at: such a host has no plan.
pub fn plan(desired: &Desired, observation: &Observation) -> Result<HostPlan, Vec<Unknown>> {
    let mut unknown = Vec::new();
    let mut host_plan = HostPlan { notices: desired.notices.clone(), ..HostPlan::default() };
    let made: BTreeSet<&str> =
        desired.resources.iter().filter(|r| is_directory(&r.desired)).map(|r| r.id.name.as_str()).collect();
    for resource in &desired.resources {
        match resource.observed(observation) {
            Err(why) => unknown.push(Unknown { id: resource.id.clone(), why }),
            Ok(observed) => match diff(resource, &observed) {
                None => {
                    host_plan.in_sync += 1;
                    host_plan.settled.push(settled::settled(resource, &observed, desired, observation));
                }
                Some(mut change) => {
                    let applied = observation.applied.state(&resource.id);
                    change.cause = Some(cause(applied.as_ref(), &observed, &resource.desired));
                    if let Sense::Comments { in_effect } = &mut change.sense {
                        *in_effect = running::is_in_effect(&change.id, observation);
                    }
                    host_plan.refusals.extend(refusals(&change, observation, &made));
                    host_plan.changes.push(change);
                }
            },
        }
    }
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let unmade = desired.unmade.iter().cloned();
    host_plan.refusals.extend(unmade.map(|Unmade { id, role, why }| Refusal {
        id,
        role,
        obstacle: Obstacle::Unmade(why),
    }));
    order::sort(&mut host_plan.changes);
    host_plan.notices.extend(orphan::blindness(observation));
    host_plan.orphans = orphan::orphans(desired, observation);
    host_plan.forgotten = settled::forgotten(desired, observation);
    host_plan.notices.extend(settled::stays(desired, observation));
    host_plan.renew_record = observation.applied.to_renew();
    host_plan.handlers = handler::needed(&host_plan.changes, &desired.handlers);
    host_plan.checks = checks(desired, &host_plan.changes);
    Ok(host_plan)
}

fn is_directory(state: &State) -> bool {
    state.word(Attribute::Type) == Some("directory")
}

/// The checks of `desired` that `changes` ask for.
pub(super) fn checks(desired: &Desired, changes: &[Change]) -> Vec<Check> {
    desired.checks.iter().filter(|check| changes.iter().any(|change| concerns(check, change))).cloned().collect()
}

fn concerns(check: &Check, change: &Change) -> bool {
    if change.evidence.is_some() {
        // What runs is to read all that its role has written.
        return change.role == check.role;
    }
    let concerned =
        if check.paths.is_empty() { change.role == check.role } else { check.paths.contains(&change.id.name) };
    change.action != Action::Effect && concerned
}

fn refusals(change: &Change, observation: &Observation, made: &BTreeSet<&str>) -> Vec<Refusal> {
    let refusal = |obstacle| Refusal { id: change.id.clone(), role: change.role.clone(), obstacle };
    let mut found = Vec::new();
    if change.id.subject == Subject::Unit {
        if change.notify.is_empty() {
            found.push(refusal(Obstacle::NoEffect));
        }
        return found;
    }
    let seen = change.observed.word(Attribute::Type).unwrap_or("absent");
    let wanted = change.desired.word(Attribute::Type).unwrap_or(seen);
    let replaceable = match wanted {
        "absent" => matches!(seen, "file" | "link" | "absent"),
        _ => seen == "absent" || seen == wanted,
    };
    if !replaceable {
        let target = change.observed.word(Attribute::Target).map(str::to_owned);
        found.push(refusal(Obstacle::OtherType { seen: seen.to_owned(), wanted: wanted.to_owned(), target }));
    }
    if change.action == Action::Create
        && let Some(parent) = parent_of(&change.id.name)
        && observation.paths.get(&change.id.name).is_none_or(|path| path.parent.is_none())
        && !made.contains(parent)
    {
        found.push(refusal(Obstacle::NoParent { parent: parent.to_owned() }));
    }
    if let Some(owner) = change.desired.word(Attribute::Owner)
        && observation.missing_users.iter().any(|user| user == owner)
    {
        found.push(refusal(Obstacle::NoUser { name: owner.to_owned() }));
    }
    if let Some(group) = change.desired.word(Attribute::Group)
        && observation.missing_groups.iter().any(|name| name == group)
    {
        found.push(refusal(Obstacle::NoGroup { name: group.to_owned() }));
    }
    found
}

fn parent_of(path: &str) -> Option<&str> {
    let (parent, name) = path.rsplit_once('/')?;
    if name.is_empty() {
        return None;
    }
    Some(if parent.is_empty() { "/" } else { parent })
}
