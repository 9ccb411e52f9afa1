use crate::engine::visit::Visit;
use crate::engine::{Applied, Goal, Planned, Ready, Stage, Trouble};

impl Visit<'_> {
    /// Takes the transaction `id`, which this host has committed, back: the host is then as before it. Only where it is
    /// still the latest: what somebody did since is not ours to undo.
    pub async fn take_back(&self, id: &str) -> Applied {
        self.stage(Stage::TakeBack);
        let ready = match self.plan_rollback(Some(id)).await {
            Planned::Ready(ready) => ready,
            Planned::Unknown(trouble) => return Applied::NotReached(trouble),
            Planned::Faulty(faults) => return Applied::NotReached(Trouble::Faults(faults)),
        };
        match in_the_way(&ready) {
            Some(why) => Applied::NotReached(Trouble::NotTakenBack(why)),
            None => self.apply(&ready, &format!("undo-{id}")).await,
        }
    }
}

fn in_the_way(ready: &Ready) -> Option<String> {
    let Goal::Rollback(rollback) = &ready.goal else {
        return Some("it is not in the host's history".to_owned());
    };
    if ready.open.is_some() {
        return Some("another transaction stands open there".to_owned());
    }
    if rollback.undone().len() != 1 {
        return Some("somebody has changed the host with zdt since".to_owned());
    }
    let paths: Vec<String> = ready.plan.refusals.iter().map(|refusal| format!("`{}`", refusal.id)).collect();
    if !paths.is_empty() {
        return Some(format!("{} cannot be put back", paths.join(", ")));
    }
    ready.is_refused().then(|| "a check of what was there before says no".to_owned())
}
