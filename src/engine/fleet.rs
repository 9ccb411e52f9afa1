use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::engine::rolling::{self, Roll, Rules, Wish, Wishes};
use crate::engine::visit::{Purpose, Visit};
use crate::engine::{
    Applied, Asked, AtWork, Batch, Differing, Event, Forecast, Goal, Job, OnFailure, Planned, Ramp, Ready, Terms,
    Trouble, WhyNot, WitnessLog, Work,
};
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
    /// Set by Ctrl-C: no further host begins.
    stop: Arc<watch::Sender<bool>>,
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
            stop: Arc::new(watch::Sender::new(false)),
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
        move || {
            stop.send_replace(true);
        }
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

    /// Which hosts would begin together.
    pub fn forecast(&self, work: &Work) -> Forecast {
        self.roll(work).forecast()
    }

    /// The settings of which the hosts have several values.
    pub fn differing(&self) -> Vec<Differing> {
        let Asked { batch, pause, max_failures } = &self.options.terms.rolling;
        [
            batch.is_none().then(|| rolling::differing("zdt_batch", &self.wishes(|it| it.batch.as_ref()))).flatten(),
            pause.is_none().then(|| rolling::differing("zdt_pause", &self.wishes(|it| it.pause.as_ref()))).flatten(),
            max_failures
                .is_none()
                .then(|| rolling::differing("zdt_max_failures", &self.wishes(|it| it.max_failures.as_ref())))
                .flatten(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn wishes<'a, T: PartialEq + 'a>(&'a self, wish: impl Fn(&'a Wishes) -> Option<&'a Wish<T>>) -> Vec<&'a Wish<T>> {
        rolling::distinct(self.jobs.iter().map(|job| wish(&job.rolling)))
    }

    fn roll(&self, work: &Work) -> Roll {
        let Terms { rolling: asked, on_failure, .. } = &self.options.terms;
        let ramps = match &asked.batch {
            Some(ramp) => vec![ramp.clone()],
            None => self.wishes(|it| it.batch.as_ref()).into_iter().map(|wish| wish.value.clone()).collect(),
        };
        let run = work.ready.len() + work.unknown.len();
        let of_variables =
            || self.wishes(|it| it.max_failures.as_ref()).iter().map(|wish| wish.value.at_most(run)).min();
        let allowed = match (on_failure, asked.max_failures) {
            (OnFailure::Continue, _) => None,
            (_, Some(size)) => Some(size.at_most(run)),
            (_, None) => Some(of_variables().unwrap_or(0)),
        };
        let in_service = |index: usize| &self.jobs[index].rolling.in_service[..];
        let ready = work.ready.iter().map(|(index, _)| (*index, in_service(*index)));
        let rules = Rules { ramps: if ramps.is_empty() { vec![Ramp::default()] } else { ramps }, allowed };
        Roll::new(rules, ready, work.unknown.iter().map(|index| in_service(*index)))
    }

    /// Carries `work` out, batch after batch, as long as no more hosts fail than may. Answers in the order of the work.
    pub async fn apply(&self, work: Work, transaction: &str) -> Vec<(usize, Applied)> {
        let transaction: Arc<str> = Arc::from(transaction);
        let roll = self.roll(&work);
        let of = roll.forecast().batches.len();
        let roll = Arc::new(Mutex::new(roll));
        let ready: BTreeMap<usize, Arc<Ready>> = work.ready.into_iter().collect();
        let mut applied = BTreeMap::new();
        let mut number = 0;
        // By a call of its own: a lock taken in the condition would be held until the end of the body.
        let next = |roll: &Mutex<Roll>| locked(roll).next();
        while !self.is_stopped()
            && let Some(hosts) = next(&roll)
        {
            number += 1;
            // What failed takes room, so that there may be more batches than were foreseen.
            let batch = Batch { number, of: of.max(number) };
            if number > 1 {
                self.pause(batch).await;
            }
            if batch.of > 1 && !self.is_stopped() {
                let hosts = hosts.iter().map(|index| self.jobs[*index].host.clone()).collect();
                self.tell(Event::Batch { batch, hosts });
            }
            let of_batch = hosts.iter().filter_map(|index| Some((*index, Arc::clone(ready.get(index)?))));
            let ended = self.apply_batch(of_batch, &roll, &transaction).await;
            applied.extend(hosts.into_iter().zip(ended).filter_map(|(index, applied)| Some((index, applied?))));
        }
        let way_back = {
            let roll = locked(&roll);
            for index in ready.keys() {
                let why_not = || roll.why_not(*index).unwrap_or(WhyNot::Asked);
                applied.entry(*index).or_insert_with(|| Applied::NotStarted(why_not()));
            }
            let undoes = self.options.terms.on_failure == OnFailure::Undo && roll.over_budget().is_some();
            let changed = applied.iter().filter(|(_, applied)| applied.has_changed()).map(|(index, _)| *index);
            undoes.then(|| roll.back(changed))
        };
        if let Some(roll) = way_back {
            self.take_back(&mut applied, roll, &transaction).await;
        }
        applied.into_iter().collect()
    }

    /// `None`: by the time of its turn no further host was to begin.
    async fn apply_batch(
        &self,
        batch: impl Iterator<Item = (usize, Arc<Ready>)>,
        roll: &Arc<Mutex<Roll>>,
        transaction: &Arc<str>,
    ) -> Vec<Option<Applied>> {
        let applied = self
            .each(batch, move |base, ready| {
                let (stop, roll, transaction) = (Arc::clone(&self.stop), Arc::clone(roll), Arc::clone(transaction));
                async move {
                    if *stop.borrow() || locked(&roll).over_budget().is_some() {
                        return None;
                    }
                    // A panic is a failure too, and comes past no `if`.
                    let mut told = TellsRoll { roll, index: base.index, end: rolling::End::Failed };
                    let applied = base.visit().apply(&ready, &transaction).await;
                    told.end = applied.end();
                    drop(told);
                    base.tell(Event::Applied { host: base.host() });
                    Some(applied)
                }
            })
            .await;
        applied.into_iter().map(|result| result.unwrap_or_else(|why| Some(Applied::panicked(why)))).collect()
    }

    /// Those that have committed go back to what they were before.
    async fn take_back(&self, applied: &mut BTreeMap<usize, Applied>, mut roll: Roll, transaction: &Arc<str>) {
        while let Some(hosts) = roll.next() {
            let taken = self
                .each(hosts.iter().map(|index| (*index, ())), |base, ()| {
                    let transaction = Arc::clone(transaction);
                    async move { base.visit().take_back(&transaction).await }
                })
                .await;
            for (index, result) in hosts.into_iter().zip(taken) {
                let became = result.unwrap_or_else(Applied::panicked);
                roll.ended(index, became.end());
                let now = match became {
                    Applied::Ended(Outcome::Committed) => Applied::TakenBack,
                    other => Applied::NotTakenBack(Box::new(other)),
                };
                applied.insert(index, now);
            }
        }
    }

    async fn pause(&self, batch: Batch) {
        let longest = || self.wishes(|it| it.pause.as_ref()).iter().map(|wish| wish.value).max();
        let seconds = self.options.terms.rolling.pause.or_else(longest).unwrap_or_default();
        let lasts = Duration::from_secs(seconds);
        if lasts.is_zero() {
            return;
        }
        self.tell(Event::Pause { batch, lasts });
        let mut stop = self.stop.subscribe();
        tokio::select! {
            () = tokio::time::sleep(lasts) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    fn tell(&self, event: Event) {
        // Nobody listening any more is no reason to stop half-way.
        let _ = self.events.send(event);
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

/// How a host ended reaches the roll in any case.
struct TellsRoll {
    roll: Arc<Mutex<Roll>>,
    index: usize,
    end: rolling::End,
}

impl Drop for TellsRoll {
    fn drop(&mut self) {
        locked(&self.roll).ended(self.index, self.end);
    }
}

/// It is never left half-way changed.
fn locked(roll: &Mutex<Roll>) -> MutexGuard<'_, Roll> {
    roll.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_counts_as_a_failure_and_a_commit_does_not() {
        for (end, next) in [(rolling::End::Failed, None), (rolling::End::Well, Some(vec![1]))] {
            let rules = Rules { ramps: vec![Ramp::default()], allowed: Some(0) };
            let mut roll = Roll::new(rules, [(0, &[][..]), (1, &[])].into_iter(), std::iter::empty());
            assert_eq!(roll.next(), Some(vec![0]));
            let roll = Arc::new(Mutex::new(roll));
            let told = TellsRoll { roll: Arc::clone(&roll), index: 0, end };
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
                let _told = told;
                std::panic::resume_unwind(Box::new(()));
            }));
            assert!(ended.is_err());
            assert_eq!(locked(&roll).next(), next);
        }
    }
}
