//! The only place where the pure codecs meet the bytes of a session.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::adopt::Seen;
use crate::host::{self, Program, Session};
use crate::resource::{Hint, HintsRequest, Observation, ObserveRequest, StatsRequest, StatsSeen};
use crate::transaction::journal::{Line, decode};
use crate::transaction::{
    Checked, Checking, Confirm, Ended, Header, Manifest, Outcome, Progress, decode_history, decode_saved,
};

/// The host waits for each systemd, for nginx and for each file of an app for seconds at most.
const SURVEY_PATIENCE: Duration = Duration::from_secs(300);
/// The host asks each of its logs for seconds at most.
const HINT_PATIENCE: Duration = Duration::from_secs(60);
/// For each Puma the host waits for systemd, for the control server and for a Ruby: 22 s at most.
const STATS_PATIENCE: Duration = Duration::from_secs(30);
/// The host gives a check 30 s; beyond that nothing is at work any more.
const CHECK_PATIENCE: Duration = Duration::from_secs(40);
/// Staging, saving, swapping and putting back, without handlers.
const RUN_PATIENCE: Duration = Duration::from_secs(120);
/// A handler may wait for another restart to end (90 s), try a boot (90 s), and then restart worker after worker: as long as one
/// gets on within 120 s it is waited for. Undo may run it a second time.
const HANDLER_PATIENCE: Duration = Duration::from_secs(1800);
/// Undoing a transaction that somebody else left open, whose handlers we do not know.
const RECOVERY_PATIENCE: Duration = Duration::from_secs(600);

/// Gives the host what it needs to answer facts about what runs; before `observe`.
pub(super) fn looks_at_what_runs(session: &mut Session) {
    session.start(Program::RUNNING);
}

/// Gives the host what it needs to answer facts that only rules ask; before `observe`.
pub(super) fn looks_for_traps(session: &mut Session) {
    session.start(Program::RUNNING);
    session.start(Program::TRAPS);
}

/// Asks for all of `request` in one round trip.
pub(super) async fn observe(session: &mut Session, request: &ObserveRequest) -> Result<Observation, host::Fault> {
    session.start(Program::OBSERVE);
    let mut lines = Vec::new();
    session.call("observe", &request.encode(), |line| lines.push(line.to_vec())).await?;
    let observation = Observation::decode(request, &lines).map_err(|fault| protocol("observe", &fault.to_string()))?;
    match observation.unknown_facts.iter().next() {
        // A fact that nobody looked for would read like one that is not there.
        Some((name, kind)) => {
            Err(protocol("observe", &format!("fact `{name}` is of a kind that it does not know: {kind}")))
        }
        None => Ok(observation),
    }
}

/// Asks what an existing server runs; one round trip.
pub(super) async fn survey(session: &mut Session) -> Result<Seen, host::Fault> {
    for program in [Program::OBSERVE, Program::RUNNING, Program::TRAPS, Program::IMPORT] {
        session.start(program);
    }
    let mut lines = Vec::new();
    session.call_within(SURVEY_PATIENCE, "import", b"end\x1f\n", |line| lines.push(line.to_vec())).await?;
    Seen::decode(&lines).map_err(|fault| protocol("import", &fault.to_string()))
}

/// Asks who may have changed paths; one round trip.
pub(super) async fn hints(session: &mut Session, request: &HintsRequest) -> Result<Vec<Hint>, host::Fault> {
    session.start(Program::HINTS);
    let mut lines = Vec::new();
    session.call_within(HINT_PATIENCE, "hints", &request.encode(), |line| lines.push(line.to_vec())).await?;
    request.decode(&lines).map_err(|fault| protocol("hints", &fault.0))
}

/// Asks what app servers tell of themselves; one round trip.
pub(super) async fn stats(session: &mut Session, request: &StatsRequest) -> Result<StatsSeen, host::Fault> {
    session.start(Program::RUNNING);
    session.start(Program::STATS);
    let mut lines = Vec::new();
    let patience = STATS_PATIENCE * u32::try_from(request.queries.len()).unwrap_or(u32::MAX);
    session.call_within(patience, "stats", &request.encode(), |line| lines.push(line.to_vec())).await?;
    request.decode(&lines).map_err(|fault| protocol("stats", &fault.to_string()))
}

/// Runs the checks on the candidates; one round trip, no trace.
pub(super) async fn preflight(session: &mut Session, manifest: &Manifest) -> Result<Vec<Checked>, host::Fault> {
    session.start(Program::PREFLIGHT);
    let mut checked = Vec::new();
    let mut odd = None;
    let patience = CHECK_PATIENCE * u32::try_from(manifest.checks.len() + 1).unwrap_or(u32::MAX);
    let on_line = |line: &[u8]| match decode(line) {
        Ok(Some(Line::Progress(Progress::Checked(one)))) => checked.push(one),
        Ok(_) => {}
        Err(fault) => odd = Some(fault),
    };
    session.call_within(patience, "preflight", &manifest.encode(), on_line).await?;
    if let Some(fault) = odd {
        return Err(protocol("preflight", &fault.line));
    }
    // A check that was not answered for is not a check that passed.
    for check in &manifest.checks {
        if !checked.iter().any(|one| one.name == check.name) {
            return Err(protocol("preflight", &format!("no verdict of `{}`", check.name)));
        }
    }
    Ok(checked)
}

/// Gives the host the programs that change it, and hears that they are there. Nothing has begun before.
pub(super) async fn prepare(session: &mut Session) -> Result<(), host::Fault> {
    session.start(Program::PREFLIGHT);
    session.start(Program::RUN);
    session.hello().await
}

/// How long a transaction may take on the host, from the moment it has the lock until somebody must confirm.
pub(super) fn patience(manifest: &Manifest) -> Duration {
    let times = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    RUN_PATIENCE
        + CHECK_PATIENCE.saturating_mul(times(manifest.checks.len()))
        + HANDLER_PATIENCE.saturating_mul(times(manifest.handlers.len()))
}

/// Changes the host, or puts it back, after `prepare`; `on_progress` hears what it is at.
pub(super) async fn run(
    session: &mut Session,
    manifest: &Manifest,
    checking: Checking,
    on_progress: impl FnMut(Progress),
) -> Result<Outcome, host::Fault> {
    let Header { wait, confirm, .. } = &manifest.header;
    let confirm = match confirm {
        Confirm::ByItself => Duration::ZERO,
        Confirm::Within(limit) => *limit,
    };
    // Before it begins it may have to wait, and to deal with what somebody else left open.
    let patience = patience(manifest) + *wait + confirm + RECOVERY_PATIENCE;
    let request = manifest.encode_for_run(checking);
    let outcome = transact(session, "run", &request, patience, on_progress).await?;
    outcome.ok_or_else(|| protocol("run", "it ended without an outcome"))
}

/// Asks how a transaction ended, once it has: `follow`, or after a verdict on it: `confirm`, `revert`.
pub(super) async fn ask(
    session: &mut Session,
    verb: &str,
    header: &Header,
    patience: Duration,
    on_progress: impl FnMut(Progress),
) -> Result<Outcome, host::Fault> {
    session.start(Program::PREFLIGHT);
    session.start(Program::RUN);
    let outcome = transact(session, verb, &header.encode(), patience + RECOVERY_PATIENCE, on_progress).await?;
    outcome.ok_or_else(|| protocol(verb, "it ended without an outcome"))
}

/// Finishes or undoes what somebody left open, after waiting for whoever is at work. `None`: nothing is in the way now.
pub(super) async fn recover(
    session: &mut Session,
    header: &Header,
    on_progress: impl FnMut(Progress),
) -> Result<Option<Outcome>, host::Fault> {
    session.start(Program::PREFLIGHT);
    session.start(Program::RUN);
    transact(session, "recover", &header.encode(), header.wait + RECOVERY_PATIENCE, on_progress).await
}

async fn transact(
    session: &mut Session,
    verb: &str,
    request: &[u8],
    patience: Duration,
    mut on_progress: impl FnMut(Progress),
) -> Result<Option<Outcome>, host::Fault> {
    let mut outcome = None;
    let mut odd = None;
    let on_line = |line: &[u8]| match decode(line) {
        Ok(Some(Line::Progress(progress))) => on_progress(progress),
        Ok(Some(Line::Outcome(end))) => outcome = Some(end),
        // Records are what `history` prints.
        Ok(Some(Line::Record(_)) | None) => {}
        Err(fault) => odd = Some(fault),
    };
    let called = session.call_within(patience, verb, request, on_line).await;
    // Once it has ended, a connection that breaks takes nothing away.
    match (outcome, called, odd) {
        (Some(outcome), _, _) => Ok(Some(outcome)),
        (None, Err(fault), _) => Err(fault),
        (None, Ok(()), Some(fault)) => Err(protocol(verb, &fault.line)),
        (None, Ok(()), None) => Ok(None),
    }
}

/// The transactions that have ended on the host, oldest first.
pub(super) async fn history(session: &mut Session, root: Option<&str>) -> Result<Vec<Ended>, host::Fault> {
    let lines = told(session, "history", &Header::of("history", root)).await?;
    decode_history(&lines, root).map_err(|fault| protocol("history", &fault.line))
}

/// The old files that transaction `record` saved, by the number of its entry.
pub(super) async fn saved(
    session: &mut Session,
    record: &str,
    root: Option<&str>,
) -> Result<BTreeMap<usize, Arc<[u8]>>, host::Fault> {
    let lines = told(session, "saved", &Header::of(record, root)).await?;
    decode_saved(&lines).map_err(|fault| protocol("saved", &fault.line))
}

async fn told(session: &mut Session, verb: &str, header: &Header) -> Result<Vec<Vec<u8>>, host::Fault> {
    session.start(Program::PREFLIGHT);
    session.start(Program::RUN);
    let mut lines = Vec::new();
    session.call(verb, &header.encode(), |line| lines.push(line.to_vec())).await?;
    Ok(lines)
}

fn protocol(verb: &str, text: &str) -> host::Fault {
    host::Fault::protocol(verb, text)
}
