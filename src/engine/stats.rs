use crate::engine::visit::Visit;
use crate::engine::{Event, Fleet, Stage, Trouble, remote};
use crate::host;
use crate::resource::{StatsRequest, StatsSeen};

/// What asking one host for its stats came to.
#[derive(Debug)]
pub enum Counted {
    Told(StatsSeen),
    /// A folder instead of a host: nothing runs there.
    Sandbox,
    /// None of its roles knows of anything that tells stats.
    NotAsked,
    /// It could not be reached or read: its state is unknown.
    Unknown(Trouble),
}

impl Fleet {
    /// Asks every host for its stats, in the order of the jobs; changes nothing.
    pub async fn stats(&self) -> Vec<Counted> {
        let each = (0..self.jobs().len()).map(|index| (index, ()));
        let counted = self
            .each(each, |base, ()| async move {
                let counted = base.visit().stats().await;
                base.tell(Event::Planned { host: base.host() });
                counted
            })
            .await;
        counted.into_iter().map(|result| result.unwrap_or_else(|why| Counted::Unknown(Trouble::Panic(why)))).collect()
    }
}

impl Visit<'_> {
    async fn stats(&self) -> Counted {
        let Some(request) = self.job.stats_request() else { return Counted::NotAsked };
        if self.job.root.is_some() {
            return Counted::Sandbox;
        }
        match self.count(request).await {
            Ok(seen) => Counted::Told(seen),
            Err(fault) => Counted::Unknown(Trouble::Host(fault)),
        }
    }

    async fn count(&self, request: &StatsRequest) -> Result<StatsSeen, host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, &self.options.connect).await?;
        self.stage(Stage::Observe);
        remote::stats(&mut session, request).await
    }
}
