use std::sync::Arc;

use crate::engine::{Job, Trouble};
use crate::plan::{self, HostPlan, Only};
use crate::resource::{Level, Notice, Observation, ObserveRequest};
use crate::transaction::{Ended, Kind, Manifest, Record, Rollback};
use crate::words::utc;

/// What a host is to be brought to. Planning, verifying and confirming all ask it, so that they cannot disagree.
#[derive(Debug, Clone)]
pub enum Goal {
    /// What its roles want; with `prune` also nothing that they once wanted and do not want any more; with `only` not all
    /// of it.
    Roles { prune: bool, only: Option<Only> },
    /// What it was before some of its transactions.
    Rollback(Arc<Rollback>),
}

fn undone(ended: &Ended) -> Notice {
    let Record { name, kind, by, .. } = &ended.record;
    let by = if by.is_empty() { "somebody" } else { by };
    let text = format!("takes back {name}: {kind} by {by}, ended {}", utc(ended.record.ended));
    Notice { role: String::new(), level: Level::Info, text }
}

impl Goal {
    /// What to ask of the host.
    pub(super) fn request(&self, job: &Job) -> ObserveRequest {
        match self {
            Goal::Roles { only: Some(Only::Drifted), .. } => job.request_running(),
            Goal::Roles { .. } => job.request(),
            Goal::Rollback(rollback) => rollback.request(),
        }
    }

    /// What is to change on a host that answered this.
    pub(super) fn plan(&self, job: &Job, observation: &Observation) -> Result<HostPlan, Trouble> {
        let (prune, only) = match self {
            Goal::Roles { prune, only } => (*prune, *only),
            Goal::Rollback(rollback) => {
                let mut plan = rollback.plan(observation).map_err(Trouble::Unseen)?;
                plan.notices.extend(rollback.undone().iter().rev().map(undone));
                return Ok(plan);
            }
        };
        let wanted = job.wanted(&observation.facts).map_err(Trouble::Faults)?;
        let mut plan = plan::plan(&wanted, observation).map_err(Trouble::Unseen)?;
        if prune {
            plan.prune(observation);
        }
        if let Some(only) = only {
            let mismatches = match only {
                Only::Drifted => job.mismatches(observation).map_err(Trouble::Faults)?,
                Only::Pending => Vec::new(),
            };
            plan.keep(only, &mismatches, &wanted, observation);
        }
        Ok(plan)
    }

    /// The plan that was just made, unless it is of a saved one that has been overtaken. Only before an apply: afterwards
    /// the world is another one on purpose.
    pub(super) fn hold(&self, job: &Job, plan: HostPlan, observation: &Observation) -> HostPlan {
        match self {
            Goal::Roles { .. } => job.bound.hold(plan, observation),
            Goal::Rollback(_) => plan,
        }
    }

    /// Makes the manifest of a run what only this goal knows.
    pub(super) fn settle(&self, manifest: &mut Manifest) {
        if let Goal::Rollback(rollback) = self {
            manifest.header.kind = Kind::Rollback;
            rollback.settle(manifest);
        }
    }
}
