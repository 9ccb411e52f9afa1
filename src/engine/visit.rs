use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use crate::engine::settle::Settling;
use crate::engine::{
    Applied, AtWork, Event, Goal, Job, Options, Planned, Ready, Stage, Trouble, WitnessLog, open, remote, sandbox,
};
use crate::host::{self, Session};
use crate::plan;
use crate::resource::{Notice, Observation, Unmade};
use crate::transaction::{Header, Manifest, Outcome, Progress};

/// One host, from connecting to the end.
pub(super) struct Visit<'a> {
    pub job: &'a Job,
    pub options: &'a Options,
    pub events: &'a UnboundedSender<Event>,
    pub at_work: &'a AtWork,
    pub witnessed: &'a WitnessLog,
}

/// What a plan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be looked at: nothing on the host changes.
    Look,
    /// To be applied: waits for whoever holds the host, and settles what was left open there.
    Apply,
}

impl Visit<'_> {
    pub fn stage(&self, stage: Stage) {
        self.tell(Event::Stage { host: self.job.host.clone(), stage });
    }

    pub fn tell(&self, event: Event) {
        // Nobody listening any more is no reason to stop half-way.
        let _ = self.events.send(event);
    }

    pub async fn connect_fresh(&self) -> Result<Session, Trouble> {
        host::connect_fresh(&self.job.target, &self.options.connect).await.map_err(Trouble::Host)
    }

    /// Observe, diff and, where something changes, preflight: one round trip, or two. Changes nothing on the host unless
    /// something was left open there.
    pub async fn plan(&self, purpose: Purpose, goal: &Goal) -> Planned {
        if let Some(planned) = self.job.bound.settled(self.job.root.is_some()) {
            return planned;
        }
        match self.look(purpose, goal).await {
            Ok(planned) => planned,
            Err(fault) => Planned::Unknown(Trouble::Host(fault)),
        }
    }

    async fn look(&self, purpose: Purpose, goal: &Goal) -> Result<Planned, host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, &self.options.connect).await?;
        self.look_through(&mut session, purpose, goal, Vec::new()).await
    }

    /// All that `goal` must know of the host.
    async fn observe(&self, session: &mut Session, goal: &Goal) -> Result<Observation, host::Fault> {
        if goal.asks_what_runs() && self.job.root.is_none() {
            remote::looks_at_what_runs(session);
        }
        remote::observe(session, &goal.request(self.job)).await
    }

    /// `settled`: what was found open and dealt with already.
    pub async fn look_through(
        &self,
        session: &mut Session,
        purpose: Purpose,
        goal: &Goal,
        mut settled: Vec<Notice>,
    ) -> Result<Planned, host::Fault> {
        self.stage(Stage::Observe);
        let mut observation = self.observe(session, goal).await?;
        if purpose == Purpose::Apply && observation.open.is_some() {
            settled.extend(self.make_way(session).await?);
            self.stage(Stage::Observe);
            observation = self.observe(session, goal).await?;
        }
        let mut plan = match goal.plan(self.job, &observation) {
            Ok(plan) => goal.hold(self.job, plan, &observation),
            Err(Trouble::Faults(faults)) => return Ok(Planned::Faulty(faults)),
            Err(trouble) => return Ok(Planned::Unknown(trouble)),
        };
        if let Some(most) = self.options.terms.most.or(self.job.most) {
            plan.allow(most);
        }
        plan.notices.splice(0..0, settled);
        let still_open = observation.open.clone();
        if let Some(seen) = &still_open {
            plan.notices.insert(0, open::stands_open(seen, self.job.root.as_deref()));
        }
        if let Some(root) = &self.job.root {
            // `apply` makes the directories that every real host has.
            plan.refusals.retain(|refusal| !matches!(refusal.obstacle, plan::Obstacle::NoParent { .. }));
            plan.refusals.extend(sandbox::escapes(root, &plan, &observation));
        }
        let checked = if !plan.has_work() || !plan.refusals.is_empty() {
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
        Ok(Planned::Ready(Arc::new(Ready {
            goal: goal.after(&plan),
            plan,
            checked,
            observation,
            sandbox: self.job.root.is_some(),
            open: still_open,
        })))
    }

    fn header(&self, id: &str) -> Header {
        self.options.terms.header(id, self.job.root.as_deref(), self.job.witness.as_ref())
    }

    fn manifest(&self, id: &str, plan: &plan::HostPlan, observation: &Observation) -> Manifest {
        let root = self.job.root.as_deref();
        let mut manifest = Manifest::of(plan, observation, self.header(id), root);
        if self.job.root.is_some() {
            manifest.entries.iter_mut().for_each(|entry| sandbox::disown(&mut entry.put));
        }
        manifest
    }

    /// Does what `ready` says, nothing else, and looks again.
    pub async fn apply(&self, ready: &Ready, id: &str) -> Applied {
        self.stage(Stage::Connect);
        let mut session = match host::connect(&self.job.target, &self.options.connect).await {
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
        Settling::new(self, &manifest, &ready.goal).run(session).await
    }

    /// What a host that has committed by itself looks like.
    pub async fn verified(&self, session: &mut Session, goal: &Goal) -> Applied {
        self.stage(Stage::Verify);
        match self.verify(session, goal).await {
            Ok(changes) if changes.is_empty() => Applied::Ended(Outcome::Committed),
            Ok(changes) => Applied::NotConverged(changes),
            Err(trouble) => Applied::NotVerified(trouble),
        }
    }

    /// In a sandbox the parents are made first, and what was seen of them is brought up to date.
    async fn prepare_sandbox(&self, session: &mut Session, ready: &Ready, id: &str) -> Result<Manifest, Trouble> {
        let Some(root) = &self.job.root else {
            return Ok(self.manifest(id, &ready.plan, &ready.observation));
        };
        sandbox::make_parents(root, &ready.plan)?;
        let now = self.observe(session, &ready.goal).await.map_err(Trouble::Host)?;
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

    /// What would still have to change.
    pub async fn verify(&self, session: &mut Session, goal: &Goal) -> Result<Vec<plan::Change>, Trouble> {
        let observation = self.observe(session, goal).await.map_err(Trouble::Host)?;
        let plan = goal.plan(self.job, &observation)?;
        let unmade: Vec<Unmade> = plan.refusals.into_iter().filter_map(plan::Refusal::unmade).collect();
        if unmade.is_empty() { Ok(plan.changes) } else { Err(Trouble::Unmade(unmade)) }
    }

    /// Waits for whoever holds the host, then finishes or undoes what nobody works on any more. What was done is worth
    /// telling; what is still in the way shows when the host is looked at again.
    pub async fn make_way(&self, session: &mut Session) -> Result<Vec<Notice>, host::Fault> {
        self.stage(Stage::Recover);
        let mut notices = Vec::new();
        let mut found = (String::new(), String::new());
        let on_progress = |progress: Progress| {
            match &progress {
                Progress::Recovering { id, who } => found = (id.clone(), who.clone()),
                Progress::Recovered(outcome) => notices.extend(open::settled(&found.0, &found.1, outcome)),
                _ => {}
            }
            self.tell(Event::Progress { host: self.job.host.clone(), progress });
        };
        // It may begin nothing: the name is only for the record.
        remote::recover(session, &self.header("recover"), on_progress).await?;
        Ok(notices)
    }
}
