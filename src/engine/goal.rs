use std::sync::Arc;

use crate::engine::{Job, Trouble};
use crate::plan::{self, HostPlan, LeftOut, Only};
use crate::resource::{Level, Notice, Observation, ObserveRequest};
use crate::transaction::{Ended, Kind, Manifest, Record, Rollback};
use crate::words::utc;

/// What a host is to be brought to. Planning, verifying and confirming all ask it, so that they cannot disagree.
#[derive(Debug, Clone)]
pub enum Goal {
    /// What its roles want; with `prune` also nothing that they once wanted and do not want any more; or with
    /// `only` a part of it. Never both.
    Roles { prune: bool, only: Option<Only> },
    /// What its roles want, but for what a plan of this part of it has left out.
    Part { only: Only, left_out: Arc<[LeftOut]> },
    /// As it is, but that what runs takes up the current release.
    Reload,
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
            Goal::Rollback(rollback) => rollback.request(),
            _ if self.asks_what_runs() => job.request_running(),
            Goal::Roles { .. } | Goal::Part { .. } | Goal::Reload => job.request(),
        }
    }

    /// What is to change on a host that answered this.
    pub(super) fn plan(&self, job: &Job, observation: &Observation) -> Result<HostPlan, Trouble> {
        if let Goal::Rollback(rollback) = self {
            let mut plan = rollback.plan(observation).map_err(Trouble::Unseen)?;
            plan.notices.extend(rollback.undone().iter().rev().map(undone));
            // The way back is the way in, backwards: nginx forgives a worker that ends until Puma has restarted. But a
            // socket that is given up must have been left before.
            if !plan.handlers.iter().any(|planned| planned.handler.kind == "puma_activate") {
                plan.handlers.sort_by_key(|planned| planned.handler.kind == "nginx_reload");
            }
            return Ok(plan);
        }
        if let Goal::Reload = self {
            return job.reload(&observation.facts).map_err(Trouble::Faults);
        }
        let wanted = job.wanted(observation).map_err(Trouble::Faults)?;
        let mut plan = plan::plan(&wanted, observation).map_err(Trouble::Unseen)?;
        let mismatches = || match self.only() {
            Some(Only::Drifted) => job.mismatches(&wanted, observation).map_err(Trouble::Faults),
            Some(Only::Pending) | None => Ok(Vec::new()),
        };
        match self {
            Goal::Roles { prune: true, .. } => plan.prune(observation),
            Goal::Roles { only: Some(only), .. } => plan.keep(*only, &mismatches()?, &wanted, observation),
            Goal::Part { left_out, .. } => plan.leave(left_out, &mismatches()?, &wanted),
            Goal::Roles { .. } | Goal::Reload | Goal::Rollback(_) => {}
        }
        Ok(plan)
    }

    /// Whether what runs belongs to it, beside what the files say.
    pub(super) fn asks_what_runs(&self) -> bool {
        self.only() == Some(Only::Drifted)
    }

    fn only(&self) -> Option<Only> {
        match self {
            Goal::Roles { only, .. } => *only,
            Goal::Part { only, .. } => Some(*only),
            Goal::Reload | Goal::Rollback(_) => None,
        }
    }

    /// What a host is held to after `plan`, which was made for this goal: what it left out may stay, and nothing else.
    pub(super) fn after(&self, plan: &HostPlan) -> Goal {
        match self.only() {
            Some(only) => Goal::Part { only, left_out: plan.left_out.as_slice().into() },
            None => self.clone(),
        }
    }

    /// The plan that was just made, unless it is of a saved one that has been overtaken. Only before an apply: afterwards
    /// the world is another one on purpose.
    pub(super) fn hold(&self, job: &Job, plan: HostPlan, observation: &Observation) -> HostPlan {
        match self {
            Goal::Roles { .. } => job.bound.hold(plan, observation),
            Goal::Part { .. } | Goal::Reload | Goal::Rollback(_) => plan,
        }
    }

    /// Makes the manifest of a run what only this goal knows.
    pub(super) fn settle(&self, manifest: &mut Manifest) {
        match self {
            Goal::Rollback(rollback) => {
                manifest.header.kind = Kind::Rollback;
                rollback.settle(manifest);
            }
            Goal::Reload => manifest.header.kind = Kind::Reload,
            Goal::Roles { .. } | Goal::Part { .. } => {}
        }
    }
}
