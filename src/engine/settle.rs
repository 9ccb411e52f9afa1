//! From the moment a host begins to change until it is known how that ended, over as many connections as it takes.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use crate::engine::visit::Visit;
use crate::engine::{Applied, Deadline, Doubt, End, Event, Goal, Stage, Trouble, remote};
use crate::host::{self, Session};
use crate::transaction::{Checking, Confirm, HandlerResult, Manifest, Outcome, Progress};

/// Between two attempts to get through.
const PAUSE: Duration = Duration::from_millis(500);
/// After a host has begun to undo itself, it may take so long until it tells; we ask for so long.
const GRACE: Duration = Duration::from_secs(5);
/// From the last handler to the moment at which a host waits to be confirmed.
const LAST_STEPS: Duration = Duration::from_secs(5);
/// After a verdict was answered, the first connection has the end of the journal to tell, if it still lives.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// One host's transaction, from `run` to its end.
pub(super) struct Settling<'a> {
    visit: &'a Visit<'a>,
    manifest: &'a Manifest,
    /// What the host is judged by.
    goal: &'a Goal,
    /// Until when somebody must confirm, once the host waits for it.
    awaited: watch::Sender<Option<Instant>>,
    /// How many handlers have done their work.
    handled: AtomicUsize,
    /// Why the latest attempt to judge did not get through.
    trouble: Mutex<Option<Trouble>>,
}

/// What was said of a host over a fresh connection, and how its transaction ended.
struct Judged {
    doubt: Option<Doubt>,
    outcome: Outcome,
}

impl<'a> Settling<'a> {
    pub fn new(visit: &'a Visit<'a>, manifest: &'a Manifest, goal: &'a Goal) -> Settling<'a> {
        Settling {
            visit,
            manifest,
            goal,
            awaited: watch::Sender::new(None),
            handled: AtomicUsize::new(0),
            trouble: Mutex::new(None),
        }
    }

    /// Runs the transaction through `session`, which was prepared, and stays with it.
    pub async fn run(self, session: &mut Session) -> Applied {
        let limit = remote::patience(self.manifest);
        let (limit, end) = match self.manifest.header.confirm {
            Confirm::ByItself => (limit, End::Either),
            Confirm::Within(confirm) => (limit + confirm, End::Undone),
        };
        let at = SystemTime::now() + self.manifest.header.wait + limit;
        self.visit.at_work.set(&self.visit.job.host, Deadline { at, end });
        let running = remote::run(session, self.manifest, Checking::Again, |progress| self.hear(progress));
        let applied = match self.beside_judge(running).await {
            Ok(Ended::Told(Outcome::Committed)) if self.is_committed_by_itself() => {
                self.visit.verified(session, self.goal).await
            }
            Ok(ended) => self.applied(ended),
            Err(_) => self.follow().await,
        };
        self.visit.at_work.end(&self.visit.job.host);
        applied
    }

    fn is_committed_by_itself(&self) -> bool {
        self.manifest.header.confirm == Confirm::ByItself
    }

    fn hear(&self, progress: Progress) {
        self.bring_deadline_near(&progress);
        if let Progress::Await { seconds } = progress {
            let limit = Duration::from_secs(seconds);
            let first = self.awaited.send_if_modified(|until| {
                let first = until.is_none();
                until.get_or_insert(Instant::now() + limit);
                first
            });
            if first {
                let deadline = Deadline { at: SystemTime::now() + limit, end: End::Undone };
                self.visit.at_work.set(&self.visit.job.host, deadline);
            }
        }
        if let Progress::Witnessed(witnessed) = &progress {
            self.visit.witnessed.add(&self.visit.job.host, witnessed);
        }
        self.visit.tell(Event::Progress { host: self.visit.job.host.clone(), progress });
    }

    /// What a host may take in all is mostly its handlers: once the last of them is done, its end is near.
    fn bring_deadline_near(&self, progress: &Progress) {
        let done = match progress {
            Progress::Handled { result: HandlerResult::Failed, .. } => None,
            Progress::Handled { .. } => Some(self.handled.fetch_add(1, Ordering::Relaxed) + 1),
            _ => None,
        };
        if done == Some(self.manifest.handlers.len())
            && let Confirm::Within(confirm) = self.manifest.header.confirm
        {
            let deadline = Deadline { at: SystemTime::now() + LAST_STEPS + confirm, end: End::Undone };
            self.visit.at_work.set(&self.visit.job.host, deadline);
        }
    }

    /// Waits for the end that `running` tells; as soon as the host waits to be confirmed, judges it over a connection of
    /// its own, for the first one may not live any more without knowing.
    async fn beside_judge(
        &self,
        running: impl Future<Output = Result<Outcome, host::Fault>>,
    ) -> Result<Ended, host::Fault> {
        let mut awaited = self.awaited.subscribe();
        let judging = async {
            let until = match awaited.wait_for(Option::is_some).await {
                Ok(until) => *until,
                // The sender is ours.
                Err(_) => None,
            };
            match until {
                Some(until) => self.judge(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(running, judging);
        let told = tokio::select! {
            told = &mut running => told,
            judged = &mut judging => match judged {
                Some(judged) => {
                    drop(tokio::time::timeout(LAST_WORDS, &mut running).await);
                    return Ok(Ended::Judged(judged));
                }
                // It undoes itself now, and tells whoever is still there.
                None => return running.await.map(Ended::Told),
            },
        };
        if self.awaited.borrow().is_none() {
            return told.map(Ended::Told);
        }
        // A verdict may be on its way; after the end it is soon answered, or it came too late.
        let judged = match told {
            Ok(_) => tokio::time::timeout(LAST_WORDS, judging).await.ok().flatten(),
            Err(_) => judging.await,
        };
        match judged {
            Some(judged) => Ok(Ended::Judged(judged)),
            None => told.map(Ended::Told),
        }
    }

    /// Tries until the host undoes itself. `None`: no fresh connection got through.
    async fn judge(&self, until: Instant) -> Option<Judged> {
        loop {
            self.visit.stage(Stage::Judge);
            match self.judge_once(until).await {
                Ok(judged) => return Some(judged),
                Err(trouble) => self.keep(trouble),
            }
            if Instant::now() + PAUSE >= until {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// That there was no time left tells less than what was in the way before.
    fn keep(&self, trouble: Trouble) {
        let mut kept = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() || !matches!(trouble, Trouble::Host(host::Fault::Deadline { .. })) {
            *kept = Some(trouble);
        }
    }

    async fn judge_once(&self, until: Instant) -> Result<Judged, Trouble> {
        let looking = async {
            let mut session = self.visit.connect_fresh().await?;
            let doubt = match self.visit.verify(&mut session, self.goal).await {
                Ok(changes) if changes.is_empty() => None,
                Ok(changes) => Some(Doubt::Differs(changes)),
                Err(trouble @ Trouble::Host(_)) => return Err(trouble),
                Err(trouble) => Some(Doubt::Unseen(trouble)),
            };
            Ok((session, doubt))
        };
        let limit = until.saturating_duration_since(Instant::now());
        let late = || Trouble::Host(host::Fault::Deadline { verb: "confirm".to_owned(), after: limit });
        let (mut session, doubt) = tokio::time::timeout(limit, looking).await.map_err(|_| late())??;
        let verb = if doubt.is_none() { "confirm" } else { "revert" };
        if doubt.is_none() {
            // From here on only the host knows whether the word has come.
            let at = self.deadline().at;
            self.visit.at_work.set(&self.visit.job.host, Deadline { at, end: End::Either });
        }
        let patience = remote::patience(self.manifest);
        let outcome = remote::ask(&mut session, verb, &self.manifest.header, patience, |_| {}).await;
        outcome.map(|outcome| Judged { doubt, outcome }).map_err(Trouble::Host)
    }

    /// Asks over new connections what became of the host, until it has settled by itself.
    async fn follow(&self) -> Applied {
        self.visit.tell(Event::Broken { host: self.visit.job.host.clone(), deadline: self.deadline() });
        loop {
            self.visit.stage(Stage::Follow);
            // That a new connection cannot be had says more than that the old one broke.
            let why = match self.follow_once().await {
                Ok(applied) => return applied,
                Err(trouble) => trouble,
            };
            let deadline = self.deadline();
            if SystemTime::now() >= deadline.at + GRACE {
                return Applied::Lost { why, deadline };
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn follow_once(&self) -> Result<Applied, Trouble> {
        let mut session = self.visit.connect_fresh().await?;
        let left = self.deadline().at.duration_since(SystemTime::now()).unwrap_or_default();
        let header = &self.manifest.header;
        let following = remote::ask(&mut session, "follow", header, left + GRACE, |progress| self.hear(progress));
        match self.beside_judge(following).await.map_err(Trouble::Host)? {
            Ended::Told(Outcome::Committed) if self.is_committed_by_itself() => {
                Ok(self.visit.verified(&mut session, self.goal).await)
            }
            ended => Ok(self.applied(ended)),
        }
    }

    fn deadline(&self) -> Deadline {
        let now = || Deadline { at: SystemTime::now(), end: End::Either };
        self.visit.at_work.of(&self.visit.job.host).unwrap_or_else(now)
    }

    fn applied(&self, ended: Ended) -> Applied {
        match ended {
            Ended::Judged(Judged { doubt: Some(doubt), outcome: Outcome::PutBack { .. } }) => Applied::Reverted(doubt),
            // Somebody else has confirmed it.
            Ended::Judged(Judged { doubt: Some(Doubt::Differs(changes)), outcome: Outcome::Committed }) => {
                Applied::NotConverged(changes)
            }
            Ended::Judged(Judged { doubt: Some(Doubt::Unseen(why)), outcome: Outcome::Committed }) => {
                Applied::NotVerified(why)
            }
            Ended::Told(Outcome::PutBack { step, reason }) if step == "confirm" => {
                match self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    Some(trouble) => Applied::Reverted(Doubt::NoConnection(trouble)),
                    None => Applied::Ended(Outcome::PutBack { step, reason }),
                }
            }
            Ended::Judged(Judged { outcome, .. }) | Ended::Told(outcome) => Applied::Ended(outcome),
        }
    }
}

/// Who told the end.
enum Ended {
    Told(Outcome),
    Judged(Judged),
}
