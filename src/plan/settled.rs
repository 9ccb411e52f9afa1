use std::collections::BTreeSet;

use crate::plan::order;
use crate::resource::{
    AppliedPath, Check, Desired, Handler, Id, Level, Notice, Observation, Resource, State, Subject, remember_checks,
    remember_handlers,
};

/// What the host is to remember of a resource that is as wanted already.
pub(super) fn settled(
    resource: &Resource,
    observed: &State,
    desired: &Desired,
    observation: &Observation,
) -> AppliedPath {
    let left =
        AppliedPath { role: resource.role.clone(), ..AppliedPath::of(&resource.id, &resource.desired, observed) };
    if resource.id.subject == Subject::Unit || left.kind == "absent" {
        return left;
    }
    // Of a part that is another by now nobody knows whether it was read; a file tells that itself.
    let known = observation.applied.left(&resource.id).filter(|known| !left.is_part() || known.detail == left.detail);
    let asked = |handler: &&Handler| handler.role == resource.role && resource.notify.contains(&handler.name);
    let mut handlers: Vec<&Handler> = desired.handlers.iter().filter(asked).collect();
    handlers.sort_by_key(|handler| order::handler_rank(&handler.kind));
    let concerns = |check: &&Check| {
        if check.paths.is_empty() { check.role == resource.role } else { check.paths.contains(&resource.id.name) }
    };
    AppliedPath {
        handlers: remember_handlers(handlers),
        checks: remember_checks(desired.checks.iter().filter(concerns)),
        made: known.is_some_and(|known| known.made),
        // Nothing has it read anew: what vouched for it before does so still, if it is what it was.
        signature: known.map(|known| known.signature.clone()).unwrap_or_default(),
        ..left
    }
}

/// What the host need not remember any more: no role wants it, and it was never zdt's to take away.
pub(super) fn forgotten(desired: &Desired, observation: &Observation) -> Vec<AppliedPath> {
    no_ones(desired, observation).map(|left| AppliedPath::gone(&left.path)).collect()
}

/// Says of each part of a file that is forgotten so that it stays: once it is, nobody speaks of it again.
pub(super) fn stays(desired: &Desired, observation: &Observation) -> Vec<Notice> {
    let is_there = |left: &&AppliedPath| observation.paths.get(&left.path).is_none_or(|seen| seen.kind != "absent");
    let parts = no_ones(desired, observation).filter(|left| left.is_part()).filter(is_there);
    let notice = |left: &AppliedPath| Notice {
        role: left.role.clone(),
        level: Level::Info,
        text: format!(
            "`{}` keeps what role `{}` has set in it: no role wants it any more, and zdt forgets it with the next change. Take it \
             out by hand if it shall not stay.",
            left.path, left.role
        ),
    };
    parts.map(notice).collect()
}

fn no_ones<'a>(desired: &Desired, observation: &'a Observation) -> impl Iterator<Item = &'a AppliedPath> {
    let wanted: BTreeSet<Id> = desired.ids().cloned().collect();
    let known = observation.applied.paths.values().filter(|left| !left.made).chain(observation.applied.units.values());
    known.filter(move |left| !wanted.contains(&left.id()))
}
