//! What has been done to hosts before, and taking it back.

use std::sync::Arc;

use crate::engine::visit::Visit;
use crate::engine::{Applied, Event, Fleet, Goal, Planned, Ready, Stage, Trouble, remote};
use crate::host;
use crate::plan::HostPlan;
use crate::resource::{Level, Notice, Observation, ObserveRequest};
use crate::transaction::{Ended, NoRollback, Rollback, Saved};

impl Fleet {
    /// The transactions that have ended on each host, oldest first.
    pub async fn history(&self) -> Vec<Result<Vec<Ended>, Trouble>> {
        let each = (0..self.hosts().count()).map(|index| (index, ()));
        let told = self
            .each(each, |jobs, index, options, events, ()| async move {
                let told = Visit::of(&jobs[index], &options, &events).history().await;
                // Nobody listening any more is no reason to stop.
                let _ = events.send(Event::Planned { host: jobs[index].host.clone() });
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
            .each(each, |jobs, index, options, events, to| async move {
                let planned = Visit::of(&jobs[index], &options, &events).plan_rollback(to.as_deref()).await;
                // As above.
                let _ = events.send(Event::Planned { host: jobs[index].host.clone() });
                planned
            })
            .await;
        planned.into_iter().map(|result| result.unwrap_or_else(|why| Planned::Unknown(Trouble::Panic(why)))).collect()
    }

    /// Takes transaction `record` back on the hosts of these jobs, as transaction `id`; where it cannot be, the plan says
    /// why, and nothing was touched there.
    pub async fn take_back(&self, jobs: &[usize], record: &str, id: &str) -> Vec<(usize, Result<Applied, Planned>)> {
        let names: (Arc<str>, Arc<str>) = (Arc::from(record), Arc::from(id));
        let each: Vec<_> = jobs.iter().map(|index| (*index, names.clone())).collect();
        let ended = self
            .each(each.into_iter(), |jobs, index, options, events, (record, id)| async move {
                Visit::of(&jobs[index], &options, &events).take_back(&record, &id).await
            })
            .await;
        let ended = ended.into_iter().map(|result| result.unwrap_or_else(|why| Ok(Applied::Lost(Trouble::Panic(why)))));
        jobs.iter().copied().zip(ended).collect()
    }
}

impl Visit<'_> {
    async fn history(&self) -> Result<Vec<Ended>, host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, self.connect).await?;
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

    /// Takes back transaction `record`, if it is the latest: what somebody did since is not ours to undo.
    async fn take_back(&self, record: &str, id: &str) -> Result<Applied, Planned> {
        let planned = self.plan_rollback(Some(record)).await;
        match &planned {
            Planned::Ready(ready) if ready.is_refused() || ready.open.is_some() => Err(planned),
            Planned::Ready(ready) => match &ready.goal {
                Goal::Rollback(rollback) if rollback.undone().len() == 1 => Ok(self.apply(ready, id).await),
                Goal::Rollback(_) | Goal::Roles { .. } => Err(planned),
            },
            Planned::Unknown(_) | Planned::Faulty(_) => Err(planned),
        }
    }

    async fn look_back(&self, to: Option<&str>) -> Result<Planned, host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, self.connect).await?;
        self.stage(Stage::Observe);
        let root = self.job.root.as_deref();
        let history = remote::history(&mut session, root).await?;
        let request = ObserveRequest { root: self.job.root.clone(), ..self.job.bound.request() };
        let rollback = match Rollback::of(&history, to, &request) {
            Ok(rollback) => rollback,
            Err(why) => return Ok(self.nothing_to_take_back(&why)),
        };
        let mut saved = Saved::new();
        for record in rollback.records() {
            saved.insert(record.to_owned(), remote::saved(&mut session, record, root).await?);
        }
        self.look_through(&mut session, &Goal::Rollback(Arc::new(rollback.with_saved(saved)))).await
    }

    /// A host on which nothing is to be done, and why. One whose state is not known is refused.
    fn nothing_to_take_back(&self, why: &NoRollback) -> Planned {
        let level = match why {
            NoRollback::Nothing | NoRollback::NotKnown { .. } => Level::Warning,
            NoRollback::Stuck { .. } => Level::Refusal,
        };
        let notices = vec![Notice { role: String::new(), level, text: format!("nothing to take back: {why}") }];
        Planned::Ready(Arc::new(Ready {
            plan: HostPlan { notices, ..HostPlan::default() },
            checked: Vec::new(),
            observation: Observation::default(),
            sandbox: self.job.root.is_some(),
            open: None,
            goal: Goal::Roles { prune: false },
        }))
    }
}
