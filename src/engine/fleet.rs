use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use crate::engine::visit::{Purpose, Visit};
use crate::engine::{Applied, AtWork, Event, Goal, Job, OnFailure, Planned, Ready, Terms, Trouble, WitnessLog};
use crate::host;
use crate::transaction::Outcome;

/// How the fleet is worked on.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many hosts at once.
    pub forks: usize,
    pub connect: host::Options,
    pub terms: Terms,
}

/// The selected hosts, many at once.
pub struct Fleet {
    jobs: Arc<Vec<Job>>,
    options: Arc<Options>,
    events: UnboundedSender<Event>,
    /// Set by Ctrl-C or by a host that failed: no further host begins.
    stop: Arc<AtomicBool>,
    at_work: AtWork,
    witnessed: WitnessLog,
}

impl Fleet {
    pub fn new(jobs: Vec<Job>, options: Options, events: UnboundedSender<Event>) -> Fleet {
        let (jobs, options) = (Arc::new(jobs), Arc::new(options));
        Fleet {
            jobs,
            options,
            events,
            stop: Arc::default(),
            at_work: AtWork::default(),
            witnessed: WitnessLog::default(),
        }
    }

    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.jobs.iter().map(|job| job.host.as_str())
    }

    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// From the next host on, none begins; those at work settle.
    pub fn stopper(&self) -> impl Fn() + Send + use<> {
        let stop = Arc::clone(&self.stop);
        move || stop.store(true, Ordering::Relaxed)
    }

    /// The hosts that change at this moment.
    pub fn at_work(&self) -> AtWork {
        self.at_work.clone()
    }

    /// What was counted of the requests to each host.
    pub fn witnessed(&self) -> WitnessLog {
        self.witnessed.clone()
    }

    /// Plans every host, in the order of the jobs.
    pub async fn plan(&self, purpose: Purpose) -> Vec<Planned> {
        let Terms { prune, only, .. } = self.options.terms;
        self.plan_for(Goal::Roles { prune, only }, purpose).await
    }

    /// Plans for every host that what runs takes up the current release.
    pub async fn plan_reload(&self) -> Vec<Planned> {
        self.plan_for(Goal::Reload, Purpose::Apply).await
    }

    async fn plan_for(&self, goal: Goal, purpose: Purpose) -> Vec<Planned> {
        let each = (0..self.jobs.len()).map(|index| (index, goal.clone()));
        let planned = self
            .each(each, move |base, goal: Goal| async move {
                let planned = base.visit().plan(purpose, &goal).await;
                base.tell(Event::Planned { host: base.host() });
                planned
            })
            .await;
        planned.into_iter().map(|result| result.unwrap_or_else(|why| Planned::Unknown(Trouble::Panic(why)))).collect()
    }

    /// Applies the plans given by job index; once a host fails it goes on as the terms say. Answers in the same order.
    pub async fn apply(&self, ready: Vec<(usize, Arc<Ready>)>, transaction: &str) -> Vec<(usize, Applied)> {
        let indices: Vec<usize> = ready.iter().map(|(index, _)| *index).collect();
        let transaction: Arc<str> = Arc::from(transaction);
        let (stop, id) = (Arc::clone(&self.stop), Arc::clone(&transaction));
        let goes_on = self.options.terms.on_failure == OnFailure::Continue;
        let applied = self
            .each(ready.into_iter(), move |base, ready| {
                let (stop, transaction) = (Arc::clone(&stop), Arc::clone(&id));
                async move {
                    if stop.load(Ordering::Relaxed) {
                        return Applied::NotStarted;
                    }
                    // A panic is a failure too, and comes past no `if`.
                    let mut guard = StopUnless { harmless: goes_on, stop };
                    let applied = base.visit().apply(&ready, &transaction).await;
                    guard.harmless |= !applied.is_failure();
                    drop(guard);
                    base.tell(Event::Applied { host: base.host() });
                    applied
                }
            })
            .await;
        let applied = applied.into_iter().map(|result| result.unwrap_or_else(Applied::panicked));
        let applied = indices.into_iter().zip(applied).collect();
        match self.options.terms.on_failure {
            OnFailure::Undo => self.take_back(applied, transaction).await,
            OnFailure::Stop | OnFailure::Continue => applied,
        }
    }

    /// Where a host failed, those that have committed go back to what they were before.
    async fn take_back(&self, mut applied: Vec<(usize, Applied)>, transaction: Arc<str>) -> Vec<(usize, Applied)> {
        if !applied.iter().any(|(_, applied)| applied.is_failure()) {
            return applied;
        }
        let changed = |(_, (_, applied)): &(usize, &(usize, Applied))| applied.has_changed();
        let committed: Vec<(usize, usize)> =
            applied.iter().enumerate().filter(changed).map(|(position, (index, _))| (*index, position)).collect();
        let positions: Vec<usize> = committed.iter().map(|(_, position)| *position).collect();
        let taken = self
            .each(committed.into_iter(), move |base, _| {
                let transaction = Arc::clone(&transaction);
                async move { base.visit().take_back(&transaction).await }
            })
            .await;
        for (position, result) in positions.into_iter().zip(taken) {
            applied[position].1 = match result.unwrap_or_else(Applied::panicked) {
                Applied::Ended(Outcome::Committed) => Applied::TakenBack,
                other => Applied::NotTakenBack(Box::new(other)),
            };
        }
        applied
    }

    /// Runs `work` for each item, `forks` at once; a panic of one host is that host's result, not the end of the others.
    pub(super) async fn each<I, W, F, T>(
        &self,
        items: impl Iterator<Item = (usize, I)>,
        work: W,
    ) -> Vec<Result<T, String>>
    where
        I: Send + 'static,
        W: Fn(Base, I) -> F,
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let places = Arc::new(Semaphore::new(self.options.forks.max(1)));
        let mut running = JoinSet::new();
        let mut order = Vec::new();
        for (position, (index, item)) in items.enumerate() {
            let places = Arc::clone(&places);
            let base = Base {
                jobs: Arc::clone(&self.jobs),
                index,
                options: Arc::clone(&self.options),
                events: self.events.clone(),
                at_work: self.at_work.clone(),
                witnessed: self.witnessed.clone(),
            };
            let task = work(base, item);
            // Places are given out in the order of the inventory: with one at a time, a failure stops all that stand behind.
            // The semaphore is never closed; were it, the work would still be done, only not limited.
            let place = places.acquire_owned().await;
            let handle = running.spawn(async move {
                let _place = place;
                (position, task.await)
            });
            order.push(handle.id());
        }
        let mut results: Vec<Option<Result<T, String>>> = order.iter().map(|_| None).collect();
        while let Some(joined) = running.join_next().await {
            match joined {
                Ok((position, result)) => results[position] = Some(Ok(result)),
                Err(error) => {
                    if let Some(position) = order.iter().position(|id| *id == error.id()) {
                        results[position] = Some(Err(error.to_string()));
                    }
                }
            }
        }
        results.into_iter().map(|result| result.unwrap_or_else(|| Err("its task vanished".to_owned()))).collect()
    }
}

/// What the work on one host stands on.
pub(super) struct Base {
    jobs: Arc<Vec<Job>>,
    index: usize,
    options: Arc<Options>,
    events: UnboundedSender<Event>,
    at_work: AtWork,
    witnessed: WitnessLog,
}

impl Base {
    pub fn visit(&self) -> Visit<'_> {
        let Base { jobs, index, options, events, at_work, witnessed } = self;
        Visit { job: &jobs[*index], options, events, at_work, witnessed }
    }

    pub fn host(&self) -> String {
        self.jobs[self.index].host.clone()
    }

    pub fn tell(&self, event: Event) {
        // Nobody listening any more is no reason to stop half-way.
        let _ = self.events.send(event);
    }
}

/// Keeps further hosts from beginning unless this one was harmless.
struct StopUnless {
    harmless: bool,
    stop: Arc<AtomicBool>,
}

impl Drop for StopUnless {
    fn drop(&mut self) {
        if !self.harmless {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_stops_the_fleet_and_a_commit_does_not() {
        for harmless in [true, false] {
            let stop = Arc::new(AtomicBool::new(false));
            let guard = StopUnless { harmless, stop: Arc::clone(&stop) };
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
                let _guard = guard;
                std::panic::resume_unwind(Box::new(()));
            }));
            assert!(ended.is_err());
            assert_eq!(stop.load(Ordering::Relaxed), !harmless);
        }
    }
}
