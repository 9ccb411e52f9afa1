use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::report::{Attribute, Diff, Finding, Host, HostState, Report};
use crate::plan::Cause;
use crate::report::content;
use crate::report::style::{ADDED, CHANGED, EFFECT, FAINT, REMOVED, STRONG, paint};
use crate::words::{count, utc};

/// How much is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// No diffs of contents.
    pub no_diff: bool,
    /// Also what is in sync, what is ours, and every host by its name.
    pub verbose: bool,
}

/// What was found, host by host in the inventory's order; hosts of which all is the same are told together. Hosts where
/// nothing drifted are told only with `verbose`.
pub fn text(report: &Report, style: Style) -> String {
    let is_told = |host: &&Host| style.verbose || !matches!(host.state, HostState::InSync | HostState::Pending);
    let mut groups: Vec<(Vec<&Host>, String)> = Vec::new();
    let mut known: HashMap<(HostState, String), usize> = HashMap::new();
    for host in report.hosts.iter().filter(is_told) {
        let block = block(host, style, report.began, None);
        match known.entry((host.state, block)) {
            Entry::Occupied(place) => groups[*place.get()].0.push(host),
            Entry::Vacant(place) => {
                groups.push((vec![host], place.key().1.clone()));
                place.insert(groups.len() - 1);
            }
        }
    }
    let mut out = String::new();
    let mut shown = HashMap::new();
    for (hosts, _) in groups {
        let [first, ..] = hosts.as_slice() else { continue };
        out.push_str(&heading(&hosts, first.state, style));
        out.push_str(&block(first, style, report.began, Some(&mut shown)));
        out.push('\n');
    }
    out
}

/// More hosts than this are counted, not named.
const NAMED: usize = 12;

fn heading(hosts: &[&Host], state: HostState, style: Style) -> String {
    let names: Vec<&str> = hosts.iter().map(|host| host.host.as_str()).collect();
    let names = if names.len() <= NAMED || style.verbose {
        names.join(", ")
    } else {
        let (first, rest) = names.split_at(NAMED / 2);
        format!("{} and {}", first.join(", "), count(rest.len(), "more host"))
    };
    let colour = match state {
        HostState::InSync => ADDED,
        HostState::Pending | HostState::Busy => CHANGED,
        HostState::Drifted | HostState::Unknown | HostState::Refused => REMOVED,
    };
    format!("{}: {}\n", paint(STRONG, names), paint(colour, state.name()))
}

/// The diffs that were shown already, and of which host.
type Shown<'a> = HashMap<(&'a str, &'a Diff), &'a str>;

fn block<'a>(host: &'a Host, style: Style, began: i64, mut shown: Option<&mut Shown<'a>>) -> String {
    let mut out = String::new();
    for line in host.error.iter().flat_map(|error| error.lines()) {
        out.push_str(&format!("  {line}\n"));
    }
    let is_told = |finding: &&Finding| style.verbose || finding.cause.is_drift();
    for finding in host.findings.iter().filter(is_told) {
        out.push_str(&head(finding));
        out.push_str(&differences(finding, style, host, shown.as_deref_mut()));
        out.push_str(&tail(finding, host.clock.unwrap_or(began)));
    }
    // A role says them of every host at every look; they are no drift.
    for note in host.notes.iter().filter(|_| style.verbose) {
        out.push_str(&format!("  {} {note}\n", paint(CHANGED, "warning:")));
    }
    if style.verbose && host.in_sync > 0 {
        out.push_str(&faint(2, &format!("{} as wanted", count(host.in_sync, "resource"))));
    }
    let untold: Vec<String> = UNTOLD
        .iter()
        .map(|cause| (cause, host.findings.iter().filter(|finding| finding.cause == *cause).count()))
        .filter(|(_, number)| *number > 0 && !style.verbose)
        .map(|(cause, number)| format!("{number} {}", cause.name()))
        .collect();
    if !untold.is_empty() {
        out.push_str(&faint(2, &format!("also {}: `--verbose` tells", untold.join(", "))));
    }
    out
}

/// What is ours, and no drift.
const UNTOLD: [Cause; 3] = [Cause::Pending, Cause::ConvergedByHand, Cause::Orphaned];

fn faint(indent: usize, text: &str) -> String {
    format!("{:indent$}{}\n", "", paint(FAINT, text))
}

fn head(finding: &Finding) -> String {
    let (sign, colour) = match finding.cause {
        Cause::Drifted => ("~", CHANGED),
        Cause::Conflict => ("!", REMOVED),
        Cause::New => ("+", ADDED),
        Cause::Runtime => ("*", EFFECT),
        Cause::Orphaned => ("?", CHANGED),
        Cause::Pending => ("○", FAINT),
        Cause::ConvergedByHand | Cause::InSync => ("=", FAINT),
    };
    let (id, role) = (paint(STRONG, &finding.id), paint(FAINT, &finding.role));
    let cause = paint(colour, finding.cause.name());
    format!("  {} {id}  {role}\n    {cause}: {}\n", paint(colour, sign), finding.says)
}

fn differences<'a>(finding: &'a Finding, style: Style, host: &'a Host, shown: Option<&mut Shown<'a>>) -> String {
    let gone = finding.attributes.iter().find(|one| one.name == "type" && one.observed.as_deref() == Some("absent"));
    if let Some(Attribute { desired, .. }) = gone {
        // All of its attributes and lines are missing with it.
        return format!("    not there; a {} is wanted\n", desired.as_deref().unwrap_or("path"));
    }
    let mut out = String::new();
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    for one in finding.attributes.iter().filter(|one| one.name != "content") {
        out.push_str(&format!("    {}: {} → {}\n", one.name, word(&one.desired), word(&one.observed)));
    }
    match &finding.diff {
        None => {}
        Some(Diff::Hidden(why)) => out.push_str(&format!("    content: differs; {why}\n")),
        Some(Diff::Lines(_)) if style.no_diff => out.push_str("    content: differs\n"),
        Some(diff @ Diff::Lines(lines)) => {
            let earlier = shown.and_then(|shown| match shown.entry((&finding.id, diff)) {
                Entry::Occupied(earlier) => Some(*earlier.get()),
                Entry::Vacant(place) => {
                    place.insert(&host.host);
                    None
                }
            });
            match earlier {
                Some(earlier) => out.push_str(&faint(6, &format!("the same diff as for {earlier} above"))),
                None => out.extend(lines.iter().map(|line| content::line(line.sign, &line.text, "      "))),
            }
        }
    }
    out
}

fn tail(finding: &Finding, now: i64) -> String {
    let mut out = String::new();
    let since = &finding.since;
    let changed = since.changed_at.map(|at| format!("since {} ({})", time(at), ago(now.saturating_sub(at))));
    let seen = since.first_seen.map(|at| format!("first seen {}", time(at)));
    let times: Vec<String> = changed.into_iter().chain(seen).collect();
    if !times.is_empty() {
        out.push_str(&format!("    {}\n", times.join(", ")));
    }
    for hint in &finding.hints {
        out.push_str(&format!("    hint: {hint}\n"));
    }
    out.push_str(&format!("    {} {}\n", paint(EFFECT, "→"), finding.mend));
    out
}

fn time(at: i64) -> String {
    u64::try_from(at).map_or_else(|_| format!("second {at}"), utc)
}

/// `2 days ago`; a file may bear any date.
fn ago(seconds: i64) -> String {
    let Ok(seconds) = usize::try_from(seconds) else {
        return "later than the host's clock".to_owned();
    };
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let unit = units.iter().find(|(length, _)| seconds >= *length);
    unit.map_or_else(|| "just now".to_owned(), |(length, unit)| format!("{} ago", count(seconds / length, unit)))
}

/// `Drift: 3 hosts: 1 drifted (2 resources), 2 in sync. Not drift: 1 pending.`
pub fn recap(report: &Report) -> String {
    let number = |causes: &[Cause]| causes.iter().filter_map(|cause| report.counts.resources.get(cause)).sum::<usize>();
    let moved: Vec<Cause> = Cause::ALL.into_iter().filter(|cause| cause.is_drift()).collect();
    let states = WORST_FIRST.iter().filter_map(|state| {
        let hosts = report.counts.hosts.get(state).copied().filter(|hosts| *hosts > 0)?;
        let name = state.name();
        Some(match state {
            HostState::Drifted => format!("{hosts} {name} ({})", count(number(&moved), "resource")),
            _ => format!("{hosts} {name}"),
        })
    });
    let states: Vec<String> = states.collect();
    let ours: Vec<String> = UNTOLD
        .iter()
        .map(|cause| (number(&[*cause]), cause.name()))
        .filter(|(number, _)| *number > 0)
        .map(|(number, name)| format!("{number} {name}"))
        .collect();
    let ours = if ours.is_empty() { String::new() } else { format!(" Not drift: {}.", ours.join(", ")) };
    format!("Drift: {}: {}.{ours}", count(report.hosts.len(), "host"), states.join(", "))
}

const WORST_FIRST: [HostState; 6] = [
    HostState::Drifted,
    HostState::Unknown,
    HostState::Refused,
    HostState::Busy,
    HostState::Pending,
    HostState::InSync,
];
