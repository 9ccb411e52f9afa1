use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::cli::Exit;
use crate::cli::arguments::Output;
use crate::cli::error::{self, Report, render};
use crate::cli::output;
use crate::engine::{Applied, Event, Fleet, Job, Options, Planned, Purpose, Ready, Trouble};
use crate::report::{Detail, Progress, Shown, batch_line, deadline_words, host_block, pause_line, printable};
use crate::transaction::{self, Trial};
use crate::words::count;

/// A runtime with two workers: the work is waiting, not computing.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Exit> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|cause| {
        output::complain(&format!("zdt cannot start: {cause}\n"));
        Exit::Bug
    })
}

/// A fleet and the stream of what it says.
pub(super) fn fleet(jobs: Vec<Job>, options: Options) -> (Fleet, UnboundedReceiver<Event>) {
    let (sender, receiver) = unbounded_channel();
    (Fleet::new(jobs, options, sender), receiver)
}

/// Waits for `work` while a live line shows `events`.
pub(super) async fn watch<T>(
    work: impl Future<Output = T>,
    events: &mut UnboundedReceiver<Event>,
    verb: &'static str,
    hosts: usize,
) -> T {
    let progress = Progress::new(std::io::stderr().is_terminal(), verb, hosts);
    tokio::pin!(work);
    let result = loop {
        tokio::select! {
            result = &mut work => break result,
            Some(event) = events.recv() => {
                if let Some(words) = said_aloud(&event) {
                    progress.aside(|| output::complain(&words));
                }
                progress.event(&event);
            }
        }
    };
    progress.done();
    result
}

/// What whoever waits must know, also where no live line is drawn.
fn said_aloud(event: &Event) -> Option<String> {
    let (host, progress) = match event {
        Event::Progress { host, progress } => (host, progress),
        Event::Broken { host, deadline } => {
            let words = deadline_words(*deadline, SystemTime::now());
            return Some(format!(
                "{host}: the connection broke while it was at work; trying again. Left alone, {words}.\n"
            ));
        }
        Event::Batch { batch, hosts } => return Some(format!("{}\n", batch_line(*batch, hosts))),
        Event::Pause { batch, lasts } => return Some(format!("{}\n", pause_line(*batch, *lasts))),
        Event::Stage { .. } | Event::Planned { .. } | Event::Applied { .. } => return None,
    };
    match progress {
        transaction::Progress::Waiting { who } if who.is_empty() => {
            Some(format!("{host}: waiting, somebody holds it\n"))
        }
        transaction::Progress::Waiting { who } => Some(format!("{host}: waiting, held by {}\n", printable(who))),
        transaction::Progress::Recovering { who, .. } => {
            Some(format!("{host}: settling first what was left open: {}\n", printable(who)))
        }
        transaction::Progress::Repaired { stale, wanted } => Some(format!(
            "{host}: {stale} of {wanted} workers said that they were new and ran old code; they are restarted once more\n"
        )),
        transaction::Progress::Tried(Trial::Untried { reason }) => {
            Some(format!("{host}: no trial boot: {}\n", printable(reason)))
        }
        transaction::Progress::Unwitnessed { reason } => {
            Some(format!("{host}: requests are not counted: {}\n", printable(reason)))
        }
        _ => None,
    }
}

/// Plans, with its duration.
pub(super) async fn plan(
    fleet: &Fleet,
    events: &mut UnboundedReceiver<Event>,
    purpose: Purpose,
) -> (Vec<Planned>, Duration) {
    let begun = Instant::now();
    let hosts = fleet.hosts().count();
    let planned = watch(fleet.plan(purpose), events, "planning", hosts).await;
    (planned, begun.elapsed())
}

/// Plans a reload, with its duration.
pub(super) async fn plan_reload(fleet: &Fleet, events: &mut UnboundedReceiver<Event>) -> (Vec<Planned>, Duration) {
    let begun = Instant::now();
    let hosts = fleet.hosts().count();
    let planned = watch(fleet.plan_reload(), events, "looking", hosts).await;
    (planned, begun.elapsed())
}

/// Plans a rollback, with its duration.
pub(super) async fn plan_rollback(
    fleet: &Fleet,
    events: &mut UnboundedReceiver<Event>,
    to: Option<&str>,
) -> (Vec<Planned>, Duration) {
    let begun = Instant::now();
    let hosts = fleet.hosts().count();
    let planned = watch(fleet.plan_rollback(to), events, "planning", hosts).await;
    (planned, begun.elapsed())
}

pub(super) fn detail(output: &Output) -> Detail {
    match output {
        Output { no_diff: true, .. } => Detail::Brief,
        Output { verbose: true, .. } => Detail::Verbose,
        _ => Detail::Full,
    }
}

/// Prints the plans in the order of the inventory; hosts for which all is the same are printed together.
pub(super) fn print_plans<'a>(hosts: &[&str], planned: impl Iterator<Item = &'a Planned>, detail: Detail) {
    let mut groups: Vec<(Vec<&str>, &Planned, (Heading, String))> = Vec::new();
    let mut known: HashMap<(Heading, String), usize> = HashMap::new();
    for (host, planned) in hosts.iter().zip(planned) {
        let block = block(host, planned, detail, None);
        match known.get(&block) {
            Some(&index) => groups[index].0.push(host),
            None => {
                known.insert(block.clone(), groups.len());
                groups.push((vec![host], planned, block));
            }
        }
    }
    let mut shown = Shown::default();
    for (hosts, planned, (heading, _)) in groups {
        output::line(&heading.line(&hosts));
        let (_, body) = block(hosts[0], planned, detail, Some(&mut shown));
        output::put(&body);
        if !body.is_empty() {
            output::line("");
        }
    }
}

/// More hosts than this are counted, not named.
const NAMED: usize = 12;

/// `web1, web2`; of very many the first few, and how many more.
fn named(hosts: &[&str]) -> String {
    if hosts.len() <= NAMED {
        return hosts.join(", ");
    }
    let (first, rest) = hosts.split_at(NAMED / 2);
    format!("{} and {}", first.join(", "), count(rest.len(), "more host"))
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Heading {
    InSync,
    LeftOut,
    Changes,
    Refused,
    Unknown,
}

impl Heading {
    fn line(self, hosts: &[&str]) -> String {
        use crate::report::style::{ADDED, CHANGED, REMOVED, STRONG, paint};
        let hosts = paint(STRONG, named(hosts));
        match self {
            Heading::InSync => format!("{hosts}: {}", paint(ADDED, "in sync")),
            Heading::LeftOut => format!("{hosts}: {}", paint(CHANGED, "left as it is")),
            Heading::Changes => format!("{hosts}: {}", paint(CHANGED, "to change")),
            Heading::Refused => format!("{hosts}: {}", paint(REMOVED, "refused, would not be touched")),
            Heading::Unknown => format!("{hosts}: {}", paint(REMOVED, "unknown")),
        }
    }
}

fn block(host: &str, planned: &Planned, detail: Detail, shown: Option<&mut Shown>) -> (Heading, String) {
    match planned {
        Planned::Unknown(trouble) => (Heading::Unknown, render(&error::trouble(host, trouble))),
        Planned::Faulty(faults) => (Heading::Refused, render(&faults.iter().map(Report::from).collect::<Vec<_>>())),
        Planned::Ready(ready) => (heading(ready), host_block(ready, detail, host, shown)),
    }
}

fn heading(ready: &Ready) -> Heading {
    if ready.open.is_some() {
        Heading::Unknown
    } else if ready.is_refused() {
        Heading::Refused
    } else if !ready.plan.has_work() && !ready.plan.left_out.is_empty() {
        Heading::LeftOut
    } else if !ready.plan.has_work() {
        Heading::InSync
    } else {
        Heading::Changes
    }
}

/// A trouble as plain lines, for recaps and JSON.
pub(super) fn trouble_words(host: &str, trouble: &Trouble) -> String {
    let words = |report: Report| match report.help {
        Some(help) => format!("{}\n{help}", report.message),
        None => report.message,
    };
    error::trouble(host, trouble).into_iter().map(words).collect::<Vec<_>>().join("\n")
}

/// How to word the troubles of `applied`: what to do about a host whose state is unknown is no advice on one that was put
/// back.
pub(super) fn words_for(applied: &Applied) -> fn(&str, &Trouble) -> String {
    match applied {
        Applied::Reverted(_) => |host, trouble| {
            let messages = error::trouble(host, trouble).into_iter().map(|report| report.message);
            messages.collect::<Vec<_>>().join("\n")
        },
        _ => trouble_words,
    }
}

pub(super) fn print_without_roles(hosts: &[String]) {
    if let Some(words) = without_roles(hosts) {
        output::put(&words);
    }
}

pub(super) fn without_roles(hosts: &[String]) -> Option<String> {
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    (!hosts.is_empty()).then(|| format!("Not looked at, for `zdt_roles` is not set: {}.\n", named(&names)))
}

pub(super) fn print_json(document: &serde_json::Value) {
    output::line(&format!("{document:#}"));
}

/// How long it took, for whoever watches; a log has its own clock, and cron wants the same text for the same state.
pub(super) fn duration(took: Duration) -> String {
    if std::io::stdout().is_terminal() { format!(" {:.1} s", took.as_secs_f64()) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Doubt;
    use crate::host::Fault;

    #[test]
    fn of_a_host_that_was_put_back_nobody_says_that_its_state_is_unknown() {
        let late = || Trouble::Host(Fault::Deadline { verb: "observe".to_owned(), after: Duration::from_secs(9) });
        let said = |applied: Applied| words_for(&applied)("web1", &late());
        let fact = "host `web1`: no answer to `observe` within 9 s";
        assert_eq!(said(Applied::Reverted(Doubt::NoConnection(late()))), fact);
        let advice = "Its state is unknown. Run `zdt plan` to see where it stands.";
        assert_eq!(said(Applied::NotVerified(late())), format!("{fact}\n{advice}"));
    }
}
