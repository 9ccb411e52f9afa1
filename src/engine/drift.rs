use std::time::{Duration, Instant};

use crate::engine::visit::Visit;
use crate::engine::{Event, Fleet, Stage, Trouble, remote};
use crate::host::{self, Session};
use crate::plan::{self, HostDrift};
use crate::resource::{Hint, HintsRequest, Observation, OpenSeen, OpenState, Subject};
use crate::role;

/// How long a look may take.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// How long to wait for a transaction that is at work on a host: what is half done is no drift.
    pub wait: Duration,
    /// After this nothing more is waited for; hosts that have not answered are unknown.
    pub until: Option<Instant>,
}

/// What looking for drift on one host came to.
#[derive(Debug)]
pub enum Drifted {
    Looked(Box<Looked>),
    /// Somebody is at work there, or left something half done: what was seen is neither clean nor drift.
    Open(OpenSeen),
    /// It could not be reached or read: its state is unknown.
    Unknown(Trouble),
    /// A role cannot be rendered for what this host is.
    Faulty(Vec<role::Fault>),
}

#[derive(Debug)]
pub struct Looked {
    pub drift: HostDrift,
    /// A folder instead of a host: nothing runs there.
    pub sandbox: bool,
    /// The host's clock when it was looked at, seconds since 1970.
    pub clock: i64,
    /// Who may have done what was found; only asked where something was.
    pub hints: Vec<Hint>,
}

/// How often a host is looked at again while somebody is at work there.
const PAUSE: Duration = Duration::from_secs(2);

impl Fleet {
    /// Looks for drift on every host, in the order of the jobs; changes nothing.
    pub async fn drift(&self, look: Look) -> Vec<Drifted> {
        let each = (0..self.jobs().len()).map(|index| (index, ()));
        let drifted = self
            .each(each, move |base, ()| async move {
                let drifted = base.visit().drift(look).await;
                base.tell(Event::Planned { host: base.host() });
                drifted
            })
            .await;
        drifted.into_iter().map(|result| result.unwrap_or_else(|why| Drifted::Unknown(Trouble::Panic(why)))).collect()
    }
}

impl Visit<'_> {
    async fn drift(&self, look: Look) -> Drifted {
        let looking = self.look_for_drift(look);
        let looked = match look.until {
            None => looking.await,
            // Not even a first step: of a long queue each host would still start an ssh.
            Some(until) if until <= Instant::now() => return Drifted::Unknown(Trouble::Late),
            Some(until) => match tokio::time::timeout_at(until.into(), looking).await {
                Ok(looked) => looked,
                Err(_) => return Drifted::Unknown(Trouble::Late),
            },
        };
        let (mut session, observation) = match looked {
            Ok(looked) => looked,
            Err(fault) => return Drifted::Unknown(Trouble::Host(fault)),
        };
        if let Some(open) = observation.open {
            return Drifted::Open(open);
        }
        let drift = match self.compare(&observation) {
            Ok(drift) => drift,
            Err(Trouble::Faults(faults)) => return Drifted::Faulty(faults),
            Err(trouble) => return Drifted::Unknown(trouble),
        };
        let (sandbox, clock) = (self.job.root.is_some(), observation.session.clock);
        let request = hints_request(&drift, &observation);
        // What was found is known without them: who cannot tell who did it has still looked.
        let hints = match request.paths.is_empty() || sandbox {
            true => Vec::new(),
            false => within(look.until, remote::hints(&mut session, &request)).await.unwrap_or_default(),
        };
        Drifted::Looked(Box::new(Looked { drift, sandbox, clock, hints }))
    }

    /// What there is to see, at the latest once whoever is at work has been waited for.
    async fn look_for_drift(&self, look: Look) -> Result<(Session, Observation), host::Fault> {
        self.stage(Stage::Connect);
        let mut session = host::connect(&self.job.target, &connect_until(&self.options.connect, look.until)).await?;
        if self.job.root.is_none() {
            remote::looks_at_what_runs(&mut session);
        }
        let begun = Instant::now();
        loop {
            self.stage(Stage::Observe);
            let observation = remote::observe(&mut session, &self.job.request_running()).await?;
            let is_held = observation.open.as_ref().is_some_and(|open| open.state == OpenState::Held);
            if !is_held || begun.elapsed() + PAUSE > look.wait {
                return Ok((session, observation));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn compare(&self, observation: &Observation) -> Result<HostDrift, Trouble> {
        let wanted = self.job.wanted(observation).map_err(Trouble::Faults)?;
        let mismatches = self.job.mismatches(&wanted, observation).map_err(Trouble::Faults)?;
        plan::drift(&wanted, mismatches, observation).map_err(Trouble::Unseen)
    }
}

/// What `work` comes to, if there is time for it.
async fn within<T>(until: Option<Instant>, work: impl Future<Output = Result<T, host::Fault>>) -> Option<T> {
    let done = match until {
        None => Ok(work.await),
        Some(until) => tokio::time::timeout_at(until.into(), work).await,
    };
    done.ok()?.ok()
}

/// ssh is not ours to end while it connects; so it is told to give up by itself when nobody waits for it any more.
fn connect_until(options: &host::Options, until: Option<Instant>) -> host::Options {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    // It counts whole seconds.
    let left = left.map(|left| Duration::from_secs(left.as_secs() + 1));
    let connect_timeout = left.map_or(options.connect_timeout, |left| left.min(options.connect_timeout));
    host::Options { connect_timeout, ..options.clone() }
}

/// The paths that somebody else has changed, and those that changed after they were read.
fn hints_request(drift: &HostDrift, observation: &Observation) -> HintsRequest {
    let found = drift.findings.iter().filter(|finding| finding.cause.is_drift()).map(|finding| &finding.id);
    let ids = found.chain(drift.mismatches.iter().map(|mismatch| &mismatch.about));
    let changed = |path: &str| {
        let seen = observation.paths.get(path).filter(|seen| !matches!(seen.kind.as_str(), "absent" | "unreadable"))?;
        Some(seen.mtime.max(seen.ctime))
    };
    let paths = ids.filter(|id| id.subject == Subject::Path).map(|id| (id.name.clone(), changed(&id.name))).collect();
    HintsRequest { paths, clock: observation.session.clock }
}
