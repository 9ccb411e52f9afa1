use std::collections::BTreeMap;

use crate::plan::{Action, Cause, Change, HostPlan, Obstacle, Refusal, Sense, handler};
use crate::resource::{Attribute, Desired, Handler, Id, Level, Mismatch, Notice, Observation, State, Subject};

/// Which of its changes a plan is to keep. A conflict is in neither: somebody has to look at it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// What the server moved goes back to what zdt left, and what runs is brought to what the files say.
    Drifted,
    /// What we changed, or never brought about, is rolled out.
    Pending,
}

/// A difference that stays, for `Only` does not ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    pub id: Id,
    pub cause: Cause,
    /// What was seen, where what runs is not what the files say and no handler mends it.
    pub evidence: Option<String>,
}

impl Only {
    pub fn name(self) -> &'static str {
        match self {
            Only::Drifted => "drifted",
            Only::Pending => "pending",
        }
    }

    fn keeps(self, change: &Change) -> bool {
        match self {
            Only::Drifted => change.cause == Some(Cause::Drifted),
            Only::Pending => matches!(change.cause, Some(Cause::Pending | Cause::New)),
        }
    }
}

impl HostPlan {
    /// Leaves out what `only` does not ask for, with the handlers and checks of that; `mismatches` are of what runs. What
    /// is kept and cannot be without something that is left out refuses the host.
    pub fn keep(&mut self, only: Only, mismatches: &[Mismatch], desired: &Desired, observation: &Observation) {
        let (mut kept, left): (Vec<Change>, Vec<Change>) =
            std::mem::take(&mut self.changes).into_iter().partition(|change| only.keeps(change));
        if let Some(fault) = observation.applied.fault.as_deref().filter(|_| !left.is_empty() || !kept.is_empty()) {
            let text = format!(
                "who changed what cannot be told ({fault}), so nothing can be chosen by it: apply without `--only`"
            );
            self.notices.push(Notice { role: String::new(), level: Level::Refusal, text });
        }
        // Of what cannot be set nobody knows whether it would be kept.
        let is_unmade = |refusal: &Refusal| matches!(refusal.obstacle, Obstacle::Unmade(_));
        self.refusals.retain(|refusal| is_unmade(refusal) || kept.iter().any(|change| change.id == refusal.id));
        self.refusals.extend(needing(&kept, &left, observation));
        self.left_out = left.iter().filter_map(left_out).collect();
        let (mended, unmended) = runtime(mismatches, &kept, &desired.handlers);
        kept.extend(mended);
        self.left_out.extend(unmended);
        self.left_out.sort_by(|a, b| a.id.cmp(&b.id));
        let untold = mismatches.iter().filter(|mismatch| mismatch.untold);
        self.notices.extend(untold.map(|untold| warning(&untold.role, untold.evidence.clone())));
        self.handlers = handler::needed(&kept, &desired.handlers);
        let stirred = left.iter().filter(|change| self.stirs(change, &desired.handlers));
        let stirred: Vec<Notice> = stirred.map(stirred_up).collect();
        self.notices.extend(stirred);
        self.checks = super::host_plan::checks(desired, &kept);
        self.changes = kept;
        super::order::sort(&mut self.changes);
    }

    /// What is still to change where an earlier plan left `left_out` out. By what it was, not by its cause: what we brought
    /// about and somebody else moved at once would be a conflict by now, and that must not pass for left out.
    pub fn leave(&mut self, left_out: &[LeftOut], mismatches: &[Mismatch], desired: &Desired) {
        let (runtime, _) = runtime(mismatches, &[], &desired.handlers);
        self.changes.extend(runtime);
        let stays = |change: &Change| {
            let runs = |cause| cause == Some(Cause::Runtime);
            left_out.iter().any(|left| left.id == change.id && runs(Some(left.cause)) == runs(change.cause))
        };
        self.changes.retain(|change| !stays(change));
        self.left_out = left_out.to_vec();
    }

    /// Whether a handler of what is kept brings a left-out change of somebody else's into effect.
    fn stirs(&self, left: &Change, handlers: &[Handler]) -> bool {
        let theirs = matches!(left.cause, Some(Cause::Drifted | Cause::Conflict | Cause::New));
        theirs
            && left.id.subject == Subject::Path
            && handler::needed(std::slice::from_ref(left), handlers)
                .iter()
                .any(|its| self.handlers.iter().any(|planned| planned.does(&its.handler)))
    }
}

fn left_out(change: &Change) -> Option<LeftOut> {
    Some(LeftOut { id: change.id.clone(), cause: change.cause?, evidence: None })
}

fn warning(role: &str, text: String) -> Notice {
    Notice { role: role.to_owned(), level: Level::Warning, text }
}

fn stirred_up(left: &Change) -> Notice {
    let cause = left.cause.map_or("", Cause::name);
    let text = format!("`{}` ({cause}) is left out, and takes effect as it is on the server now", left.id);
    warning(&left.role, text)
}

/// What is kept and needs something that is left out: the folder that shall hold it, or the file from which a unit has it.
fn needing(kept: &[Change], left: &[Change], observation: &Observation) -> Vec<Refusal> {
    let made: BTreeMap<&str, &Change> = left
        .iter()
        .filter(|change| change.desired.word(Attribute::Type) == Some("directory"))
        .map(|change| (change.id.name.as_str(), change))
        .collect();
    let mut refusals = Vec::new();
    for change in kept {
        let needed = match change.id.subject {
            Subject::Unit => left.iter().find(|left| brings_about(left, change)),
            Subject::Path => {
                let there = observation.paths.get(&change.id.name).is_some_and(|seen| seen.parent.is_some());
                let parent = change.id.name.rsplit_once('/').map_or("", |(parent, _)| parent);
                made.get(parent).copied().filter(|_| change.action == Action::Create && !there)
            }
        };
        if let Some((needed, cause)) = needed.and_then(|needed| Some((&needed.id, needed.cause?))) {
            let (id, role) = (change.id.clone(), change.role.clone());
            refusals.push(Refusal { id, role, obstacle: Obstacle::NeedsLeftOut { needed: needed.clone(), cause } });
        }
    }
    refusals
}

/// Whether `unit` may be what it shall be only with `left`. A file that is as it was left when the unit was right is none
/// such.
fn brings_about(left: &Change, unit: &Change) -> bool {
    left.id.subject == Subject::Path
        && left.role == unit.role
        && left.notify.iter().any(|name| unit.notify.contains(name))
        && (unit.cause == Some(Cause::New) || matches!(left.cause, Some(Cause::Conflict | Cause::New)))
}

/// The changes that have handlers run for what runs, and what no handler mends. What `kept` mends anyway is in neither.
fn runtime(mismatches: &[Mismatch], kept: &[Change], handlers: &[Handler]) -> (Vec<Change>, Vec<LeftOut>) {
    let (mut mended, mut unmended) = (Vec::<Change>::new(), Vec::new());
    for Mismatch { about, role, evidence, mends, .. } in mismatches.iter().filter(|mismatch| !mismatch.untold) {
        let known = |name: &&String| handlers.iter().any(|handler| handler.name == **name && handler.role == *role);
        let Some(mends) = mends.as_ref().filter(known) else {
            unmended.push(LeftOut { id: about.clone(), cause: Cause::Runtime, evidence: Some(evidence.clone()) });
            continue;
        };
        let mine = |change: &&mut Change| change.id == *about && change.role == *role;
        match mended.iter_mut().find(mine) {
            Some(change) => add(change, mends, evidence),
            None => mended.push(brought_into_effect(about, role, mends, evidence)),
        }
    }
    let asked = |runtime: &Change, name: &String| {
        let has_it_run = |change: &&Change| change.notify.contains(name) && !change.sense.is_without_effect();
        kept.iter().filter(has_it_run).any(|change| change.id == runtime.id && change.role == runtime.role)
    };
    mended.retain(|runtime| !runtime.notify.iter().all(|name| asked(runtime, name)));
    (mended, unmended)
}

fn brought_into_effect(about: &Id, role: &str, mends: &str, evidence: &str) -> Change {
    Change {
        id: about.clone(),
        action: Action::Effect,
        attributes: Vec::new(),
        observed: State::default(),
        desired: State::default(),
        notify: vec![mends.to_owned()],
        role: role.to_owned(),
        cause: Some(Cause::Runtime),
        evidence: Some(evidence.to_owned()),
        sense: Sense::Untold,
    }
}

/// One more sign of the same.
fn add(change: &mut Change, mends: &String, evidence: &str) {
    if !change.notify.contains(mends) {
        change.notify.push(mends.clone());
    }
    let seen = change.evidence.get_or_insert_default();
    if !seen.contains(evidence) {
        seen.push_str("; ");
        seen.push_str(evidence);
    }
}

#[cfg(test)]
mod tests;
