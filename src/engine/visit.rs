use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use crate::engine::{Applied, Event, Goal, Job, Options, Planned, Ready, Stage, Trouble, remote, sandbox};
use crate::host::{self, Session};
use crate::plan;
use crate::resource::{Level, Notice, Observation, OpenSeen, OpenState};
use crate::transaction::{Checking, Header, Manifest, Outcome, STATE_DIR};

/// One host, from connecting to the end.
pub(super) struct Visit<'a> {
    pub job: &'a Job,
    pub connect: &'a host::Options,
    pub events: &'a UnboundedSender<Event>,
    /// Whether what no role wants any more is to go.
    pub prune: bool,
}

impl<'a> Visit<'a> {
    pub fn of(job: &'a Job, options: &'a Options, events: &'a UnboundedSender<Event>) -> Visit<'a> {
        Visit { job, connect: &options.connect, events, prune: options.prune }
    }
    pub(super) fn stage(&self, stage: Stage) {
        // Nobody listening any more is no reason to stop half-way.
        let _ = self.events.send(Event::Stage { host: self.job.host.clone(), stage });
    }

    /// Observe, diff and, where something changes, preflight: one round trip, or two. Changes nothing on the host.
    pub async fn plan(&self) -> Planned {
        if let Some(planned) = self.job.bound.settled(self.job.root.is_some()) {
            return planned;
        }
        match self.look(&Goal::Roles { prune: self.prune }).await {
            Ok(planned) => planned,
            Err(fault) => Planned::Unknown(Trouble::Host(fault)),
        }
    }

    async fn look(&self, goal: &Goal) -> Result<Planned, host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, self.connect).await?;
        self.look_through(&mut session, goal).await
    }

    pub(super) async fn look_through(&self, session: &mut Session, goal: &Goal) -> Result<Planned, host::Fault> {
        self.stage(Stage::Observe);
        let observation = remote::observe(session, &goal.request(self.job)).await?;
        let mut plan = match goal.plan(self.job, &observation) {
            Ok(plan) => goal.hold(self.job, plan, &observation),
            Err(Trouble::Faults(faults)) => return Ok(Planned::Faulty(faults)),
            Err(trouble) => return Ok(Planned::Unknown(trouble)),
        };
        let open = observation.open.clone();
        if let Some(open) = &open {
            plan.notices.insert(0, self.stands_open(open));
        }
        if let Some(root) = &self.job.root {
            // `apply` makes the directories that every real host has.
            plan.refusals.retain(|refusal| !matches!(refusal.cause, plan::Cause::NoParent { .. }));
            plan.refusals.extend(sandbox::escapes(root, &plan, &observation));
        }
        let checked = if plan.changes.is_empty() || !plan.refusals.is_empty() {
            Vec::new()
        } else if self.job.root.is_some() {
            sandbox::checked(&plan.checks)
        } else if plan.checks.is_empty() {
            Vec::new()
        } else {
            self.stage(Stage::Preflight);
            let manifest = self.manifest("preflight", &plan, &observation);
            remote::preflight(session, &manifest).await?
        };
        let (sandbox, goal) = (self.job.root.is_some(), goal.clone());
        Ok(Planned::Ready(Arc::new(Ready { plan, checked, observation, sandbox, open, goal })))
    }

    fn manifest(&self, id: &str, plan: &plan::HostPlan, observation: &Observation) -> Manifest {
        let root = self.job.root.as_deref();
        let mut manifest = Manifest::of(plan, observation, Header::of(id, root), root);
        if self.job.root.is_some() {
            manifest.entries.iter_mut().for_each(|entry| sandbox::disown(&mut entry.put));
        }
        manifest
    }

    /// Does what `ready` says, nothing else, and looks again.
    pub async fn apply(&self, ready: &Ready, id: &str) -> Applied {
        self.stage(Stage::Connect);
        let mut session = match host::connect(&self.job.target, self.connect).await {
            Ok(session) => session,
            Err(fault) => return Applied::NotReached(Trouble::Host(fault)),
        };
        self.apply_through(&mut session, ready, id).await
    }

    async fn apply_through(&self, session: &mut Session, ready: &Ready, id: &str) -> Applied {
        let mut manifest = match self.prepare_sandbox(session, ready, id).await {
            Ok(manifest) => manifest,
            Err(trouble) => return Applied::NotReached(trouble),
        };
        ready.goal.settle(&mut manifest);
        self.stage(Stage::Run);
        if let Err(fault) = remote::prepare(session).await {
            return Applied::NotReached(Trouble::Host(fault));
        }
        let host = &self.job.host;
        let outcome = remote::run(session, &manifest, Checking::Again, |progress| {
            // As above: a closed report stops nothing.
            let _ = self.events.send(Event::Progress { host: host.clone(), progress });
        })
        .await;
        match outcome {
            Err(fault) => Applied::Lost(Trouble::Host(fault)),
            Ok(outcome) if !matches!(outcome, Outcome::Committed) => Applied::Ended(outcome),
            Ok(outcome) => match self.verify(session, &ready.goal).await {
                Ok(changes) if changes.is_empty() => Applied::Ended(outcome),
                Ok(changes) => Applied::NotConverged(changes),
                Err(trouble) => Applied::NotVerified(trouble),
            },
        }
    }

    /// In a sandbox the parents are made first, and what was seen of them is brought up to date.
    async fn prepare_sandbox(&self, session: &mut Session, ready: &Ready, id: &str) -> Result<Manifest, Trouble> {
        let Some(root) = &self.job.root else {
            return Ok(self.manifest(id, &ready.plan, &ready.observation));
        };
        sandbox::make_parents(root, &ready.plan)?;
        let now = remote::observe(session, &ready.goal.request(self.job)).await.map_err(Trouble::Host)?;
        // What the plan was made from stays what the host compares with; only the folders that were just made are new.
        let mut observation = ready.observation.clone();
        for (path, seen) in &mut observation.paths {
            let Some(now) = now.paths.get(path) else { continue };
            if seen.parent.is_none() {
                seen.parent = now.parent.clone();
            }
            // A managed folder above others that are not: making theirs has made it.
            if seen.kind == "absent" && now.kind == "directory" {
                *seen = now.clone();
            }
        }
        Ok(self.manifest(id, &ready.plan, &observation))
    }

    async fn verify(&self, session: &mut Session, goal: &Goal) -> Result<Vec<plan::Change>, Trouble> {
        self.stage(Stage::Verify);
        let observation = remote::observe(session, &goal.request(self.job)).await.map_err(Trouble::Host)?;
        goal.plan(self.job, &observation).map(|plan| plan.changes)
    }

    /// Why the state of a host with something open on it is not known, and what an apply would do.
    fn stands_open(&self, open: &OpenSeen) -> Notice {
        let OpenSeen { id, state, who, reason } = open;
        let who = if who.is_empty() { "somebody who did not say so" } else { who };
        let text = match state {
            OpenState::Held => {
                format!("held by {who}. What is shown may be half of a change. An apply waits until it ends.")
            }
            OpenState::Left => format!(
                "transaction {id} of {who} stands open, and nobody works on it. What is shown may be half of a change. The \
                 host settles it by itself before long; an apply settles it first."
            ),
            OpenState::Stuck => format!(
                "transaction {id} of {who} could not be put back wholly: {reason}. What is shown may be half of a change. Its \
                 record is `{}{STATE_DIR}/open`; mend what is in the way, then apply: it tries again first.",
                self.job.root.as_deref().unwrap_or_default()
            ),
        };
        Notice { role: String::new(), level: Level::Warning, text }
    }
}
