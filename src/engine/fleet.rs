use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use crate::engine::{Applied, Event, Job, Planned, Ready, Trouble, visit::Visit};
use crate::host;

/// How the fleet is worked on.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many hosts at once.
    pub forks: usize,
    pub connect: host::Options,
    /// Whether what no role wants any more is to go.
    pub prune: bool,
}

/// The selected hosts, many at once.
pub struct Fleet {
    jobs: Arc<Vec<Job>>,
    options: Arc<Options>,
    events: UnboundedSender<Event>,
    /// Set by Ctrl-C or by a host that failed: no further host begins.
    stop: Arc<AtomicBool>,
}

impl Fleet {
    pub fn new(jobs: Vec<Job>, options: Options, events: UnboundedSender<Event>) -> Fleet {
        Fleet { jobs: Arc::new(jobs), options: Arc::new(options), events, stop: Arc::default() }
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

    /// Plans every host, in the order of the jobs.
    pub async fn plan(&self) -> Vec<Planned> {
        let each = (0..self.jobs.len()).map(|index| (index, ()));
        let planned = self
            .each(each, |jobs, index, options, events, ()| async move {
                let visit = Visit::of(&jobs[index], &options, &events);
                let planned = visit.plan().await;
                let _ = events.send(Event::Planned { host: jobs[index].host.clone() });
                planned
            })
            .await;
        planned.into_iter().map(|result| result.unwrap_or_else(|why| Planned::Unknown(Trouble::Panic(why)))).collect()
    }

    /// Applies the plans given by job index; once a host fails no further one begins. Answers in the same order.
    pub async fn apply(&self, ready: Vec<(usize, Arc<Ready>)>, transaction: &str) -> Vec<(usize, Applied)> {
        let indices: Vec<usize> = ready.iter().map(|(index, _)| *index).collect();
        let transaction: Arc<str> = Arc::from(transaction);
        let stop = Arc::clone(&self.stop);
        let applied = self
            .each(ready.into_iter(), move |jobs, index, options, events, ready| {
                let (stop, transaction) = (Arc::clone(&stop), Arc::clone(&transaction));
                async move {
                    if stop.load(Ordering::Relaxed) {
                        return Applied::NotStarted;
                    }
                    let visit = Visit::of(&jobs[index], &options, &events);
                    // A panic is a failure too, and comes past no `if`.
                    let mut guard = StopUnless { harmless: false, stop };
                    let applied = visit.apply(&ready, &transaction).await;
                    guard.harmless = !applied.is_failure();
                    drop(guard);
                    let _ = events.send(Event::Applied { host: jobs[index].host.clone() });
                    applied
                }
            })
            .await;
        let applied = applied.into_iter().map(|result| result.unwrap_or_else(|why| Applied::Lost(Trouble::Panic(why))));
        indices.into_iter().zip(applied).collect()
    }

    /// Runs `work` for each item, `forks` at once; a panic of one host is that host's result, not the end of the others.
    pub(super) async fn each<I, W, F, T>(
        &self,
        items: impl Iterator<Item = (usize, I)>,
        work: W,
    ) -> Vec<Result<T, String>>
    where
        I: Send + 'static,
        W: Fn(Arc<Vec<Job>>, usize, Arc<Options>, UnboundedSender<Event>, I) -> F,
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let places = Arc::new(Semaphore::new(self.options.forks.max(1)));
        let mut running = JoinSet::new();
        let mut order = Vec::new();
        for (position, (index, item)) in items.enumerate() {
            let places = Arc::clone(&places);
            let task = work(Arc::clone(&self.jobs), index, Arc::clone(&self.options), self.events.clone(), item);
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
