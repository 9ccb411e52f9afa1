use std::collections::BTreeSet;

use crate::plan::order;
use crate::resource::{
    AppliedPath, Check, Desired, Handler, Id, Observation, Resource, State, Subject, remember_checks, remember_handlers,
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
    let wanted: BTreeSet<&Id> = desired.ids().collect();
    let known = observation.applied.paths.values().filter(|left| !left.made).chain(observation.applied.units.values());
    known.filter(|left| !wanted.contains(&left.id())).map(|left| AppliedPath::gone(&left.path)).collect()
}
