//! What has been done to hosts before, and taking it back.

use std::sync::Arc;

use crate::engine::visit::Visit;
use crate::engine::{Event, Fleet, Goal, Planned, Purpose, Ready, Stage, Trouble, remote};
use crate::host;
use crate::plan::HostPlan;
use crate::resource::{Level, Notice, Observation, ObserveRequest};
use crate::transaction::{Ended, NoRollback, Rollback, Saved};

impl Fleet {
    /// The transactions that have ended on each host, oldest first.
    pub async fn history(&self) -> Vec<Result<Vec<Ended>, Trouble>> {
        let each = (0..self.hosts().count()).map(|index| (index, ()));
        let told = self
            .each(each, |base, ()| async move {
                let told = base.visit().history().await;
                base.tell(Event::Planned { host: base.host() });
                told.map_err(Trouble::Host)
            })
            .await;
        told.into_iter().map(|told| told.unwrap_or_else(|why| Err(Trouble::Panic(why)))).collect()
    }

    /// Plans for every host to take back all from transaction `to` on; without it, the latest.
    pub async fn plan_rollback(&self, to: Option<&str>) -> Vec<Planned> {
        let to: Option<Arc<str>> = to.map(Arc::from);
        let each = (0..self.hosts().count()).map(|index| (index, to.clone()));
        let planned = self
            .each(each, |base, to: Option<Arc<str>>| async move {
                let planned = base.visit().plan_rollback(to.as_deref()).await;
                base.tell(Event::Planned { host: base.host() });
                planned
            })
            .await;
        planned.into_iter().map(|result| result.unwrap_or_else(|why| Planned::Unknown(Trouble::Panic(why)))).collect()
    }
}

impl Visit<'_> {
    async fn history(&self) -> Result<Vec<Ended>, host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, &self.options.connect).await?;
        self.stage(Stage::Observe);
        remote::history(&mut session, self.job.root.as_deref()).await
    }

    /// Takes back all from transaction `to` on; without it, the latest. Changes nothing yet.
    pub async fn plan_rollback(&self, to: Option<&str>) -> Planned {
        match self.look_back(to).await {
            Ok(planned) => planned,
            Err(fault) => Planned::Unknown(Trouble::Host(fault)),
        }
    }

    async fn look_back(&self, to: Option<&str>) -> Result<Planned, host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, &self.options.connect).await?;
        let root = self.job.root.as_deref();
        // What was left open may still become a part of the history.
        let settled = self.make_way(&mut session).await?;
        self.stage(Stage::Observe);
        let history = remote::history(&mut session, root).await?;
        let request = ObserveRequest { root: self.job.root.clone(), ..self.job.bound.request() };
        let rollback = match Rollback::of(&history, to, &request) {
            Ok(rollback) => rollback,
            Err(why) => return Ok(self.nothing_to_take_back(&why, settled)),
        };
        let mut saved = Saved::new();
        for record in rollback.records() {
            saved.insert(record.to_owned(), remote::saved(&mut session, record, root).await?);
        }
        let goal = Goal::Rollback(Arc::new(rollback.with_saved(saved)));
        self.look_through(&mut session, Purpose::Apply, &goal, settled).await
    }

    /// A host on which nothing is to be done, and why. One whose state is not known is refused.
    fn nothing_to_take_back(&self, why: &NoRollback, mut notices: Vec<Notice>) -> Planned {
        let level = match why {
            NoRollback::Nothing | NoRollback::NotKnown { .. } => Level::Warning,
            NoRollback::Stuck { .. } => Level::Refusal,
        };
        notices.push(Notice { role: String::new(), level, text: format!("nothing to take back: {why}") });
        Planned::Ready(Arc::new(Ready {
            plan: HostPlan { notices, ..HostPlan::default() },
            checked: Vec::new(),
            observation: Observation::default(),
            sandbox: self.job.root.is_some(),
            open: None,
            goal: Goal::Roles { prune: false, only: None },
        }))
    }
}
