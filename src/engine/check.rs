use crate::engine::visit::Visit;
use crate::engine::{Event, Fleet, Stage, Trouble, remote};
use crate::host;
use crate::resource::{OpenSeen, Ruling};
use crate::role;

/// What looking for traps on one host came to.
#[derive(Debug)]
pub enum Linted {
    Looked(Vec<Ruling>),
    /// Somebody is at work there, or left something half done: what was seen is no lasting state.
    Open(OpenSeen),
    /// It could not be reached or read.
    Unknown(Trouble),
    /// A role cannot be rendered for what this host is.
    Faulty(Vec<role::Fault>),
}

impl Fleet {
    /// Holds every host against the rules of its roles, in the order of the jobs; one round trip, and nothing changes.
    pub async fn check(&self) -> Vec<Linted> {
        let each = (0..self.jobs().len()).map(|index| (index, ()));
        let linted = self
            .each(each, move |base, ()| async move {
                let linted = base.visit().check().await;
                base.tell(Event::Planned { host: base.host() });
                linted
            })
            .await;
        linted.into_iter().map(|result| result.unwrap_or_else(|why| Linted::Unknown(Trouble::Panic(why)))).collect()
    }
}

impl Visit<'_> {
    async fn check(&self) -> Linted {
        match self.look_for_traps().await {
            Ok(linted) => linted,
            Err(fault) => Linted::Unknown(Trouble::Host(fault)),
        }
    }

    async fn look_for_traps(&self) -> Result<Linted, host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, &self.options.connect).await?;
        if self.job.root.is_none() {
            remote::looks_for_traps(&mut session);
        }
        self.stage(Stage::Observe);
        let observation = remote::observe(&mut session, &self.job.request_rules()).await?;
        if let Some(open) = observation.open {
            return Ok(Linted::Open(open));
        }
        Ok(match self.job.rulings(&observation.facts) {
            Ok(rulings) => Linted::Looked(rulings),
            Err(faults) => Linted::Faulty(faults),
        })
    }
}
