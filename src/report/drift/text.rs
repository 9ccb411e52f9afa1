use std::fmt::Write;

use super::report::{Attribute, Diff, Finding, Host, HostState, Report};
use crate::plan::Cause;
use crate::report::content::painted;
use crate::report::style::{ADDED, CHANGED, EFFECT, FAINT, REMOVED, STRONG, paint};
use crate::words::{count, utc};

/// How much is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Leave the diffs of contents out.
    pub no_diff: bool,
    /// Also what is no drift, and hosts in sync.
    pub verbose: bool,
}

/// What is said of the hosts, each under its name.
pub fn text(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for host in &report.hosts {
        host_block(&mut out, host, report.began, style);
    }
    out
}

fn host_block(out: &mut String, host: &Host, now: i64, style: Style) {
    let shown: Vec<&Finding> =
        host.findings.iter().filter(|finding| style.verbose || finding.cause.is_drift()).collect();
    let is_calm = matches!(host.state, HostState::InSync | HostState::Pending);
    if is_calm && shown.is_empty() && !style.verbose {
        return;
    }
    let colour = match host.state {
        HostState::InSync => ADDED,
        HostState::Pending | HostState::Drifted => CHANGED,
        HostState::Busy | HostState::Unknown | HostState::Refused => REMOVED,
    };
    put(out, 0, &format!("{}: {}", paint(STRONG, &host.host), paint(colour, host.state.name())));
    for line in host.error.iter().flat_map(|error| error.lines()) {
        put(out, 2, line);
    }
    for finding in shown {
        finding_lines(out, finding, now, style);
    }
    let quiet = host.findings.iter().filter(|finding| !style.verbose && !finding.cause.is_drift()).count();
    if quiet > 0 {
        put(
            out,
            2,
            &paint(
                FAINT,
                format!("and {} that came from ourselves; `--verbose` shows them", count(quiet, "difference")),
            ),
        );
    }
    for note in host.notes.iter().filter(|_| style.verbose || !is_calm) {
        put(out, 2, &format!("{} {note}", paint(CHANGED, "warning:")));
    }
}

fn finding_lines(out: &mut String, finding: &Finding, now: i64, style: Style) {
    let (sign, colour) = match finding.cause {
        Cause::Runtime => ("*", EFFECT),
        Cause::Orphaned => ("?", CHANGED),
        _ => ("~", CHANGED),
    };
    let Finding { id, role, cause, says, .. } = finding;
    let cause = paint(if cause.is_drift() { colour } else { FAINT }, cause.name());
    put(out, 2, &format!("{} {}  {}  {cause}: {says}", paint(colour, sign), paint(STRONG, id), paint(FAINT, role)));
    for attribute in finding.attributes.iter().filter(|attribute| attribute.name != "content") {
        put(out, 6, &moved(attribute));
    }
    match &finding.diff {
        Some(Diff::Hidden(why)) => put(out, 6, &paint(FAINT, why)),
        Some(Diff::Lines(lines)) if !style.no_diff => {
            lines.iter().for_each(|line| put(out, 6, &painted(line.sign, &line.text)));
        }
        Some(Diff::Lines(_)) => put(out, 6, "content: differs"),
        None => {}
    }
    if let Some(since) = since(finding, now) {
        put(out, 6, &paint(FAINT, since));
    }
    for (index, hint) in finding.hints.iter().enumerate() {
        put(out, 6, &paint(FAINT, format!("{}{hint}", if index == 0 { "who: " } else { "     " })));
    }
    put(out, 6, &paint(FAINT, format!("→ {}", finding.mend)));
}

/// `mode: 0644 → 0604`: from what is wanted to what is there, and what zdt had left where that is a third thing.
fn moved(attribute: &Attribute) -> String {
    let Attribute { name, applied, observed, desired } = attribute;
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let left = match applied {
        Some(applied) if Some(applied) != desired.as_ref() => format!(" (zdt had left {applied})"),
        _ => String::new(),
    };
    format!("{name}: {} → {}{left}", word(desired), word(observed))
}

fn since(finding: &Finding, now: i64) -> Option<String> {
    let at = |seconds: i64| u64::try_from(seconds).ok().map(utc);
    let changed = finding.since.changed_at.and_then(at).map(|at| format!("changed {at}"));
    let first = finding.since.first_seen.filter(|first| *first < now).and_then(at).map(|at| format!("first seen {at}"));
    let parts: Vec<String> = changed.into_iter().chain(first).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn put(out: &mut String, indent: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:indent$}{text}", "");
}

/// `Drift: 3 hosts: 1 drifted, 2 in sync.`
pub fn recap(report: &Report) -> String {
    const WORST_FIRST: [HostState; 6] = [
        HostState::Unknown,
        HostState::Refused,
        HostState::Busy,
        HostState::Drifted,
        HostState::Pending,
        HostState::InSync,
    ];
    let number = |state| report.counts.hosts.get(&state).copied().unwrap_or_default();
    let states: Vec<String> = WORST_FIRST
        .into_iter()
        .filter(|state| number(*state) > 0)
        .map(|state| format!("{} {}", number(state), state.name()))
        .collect();
    format!("Drift: {}: {}.", count(report.hosts.len(), "host"), states.join(", "))
}
