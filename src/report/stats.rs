//! What app servers tell of themselves, as tables and as JSON.

mod json;
mod table;

use crate::engine::{Counted, Trouble};
use crate::report::printable;
use crate::report::style::{CHANGED, FAINT, REMOVED, STRONG, paint};
use crate::resource::{MemoryKind, Mode, PumaSeen, StatsSeen, Sum, Total};
use crate::words::{count, utc};

pub use json::document;
use table::puma_table;

/// What was not told.
const NONE: &str = "–";

/// Whether rates can be known: only who looks again and again can tell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    Once,
    Repeated,
}

/// One host's block. `trouble` words a fault.
pub fn host_stats(host: &str, counted: &Counted, looks: Looks, trouble: impl Fn(&str, &Trouble) -> String) -> String {
    let name = paint(STRONG, host);
    match counted {
        Counted::Told(seen) => {
            let mut out: String = seen.pumas.iter().map(|puma| puma_block(&name, puma, seen, looks)).collect();
            if seen.pumas.len() > 1 {
                let total = Total::of(&seen.pumas);
                out.push_str(&format!("{name}: {}: {}\n", count(seen.pumas.len(), "Puma"), total_words(&total, looks)));
            }
            out
        }
        Counted::Sandbox => format!("{name}: a sandbox has no services: nothing runs there\n"),
        Counted::NotAsked => format!("{name}: none of its roles runs Puma\n"),
        Counted::Unknown(why) => {
            let lines: String = trouble(host, why).lines().map(|line| format!("    {}\n", printable(line))).collect();
            format!("{name}: {}\n{lines}", paint(REMOVED, "unknown"))
        }
    }
}

/// All hosts together.
pub fn fleet_stats(counted: &[Counted], looks: Looks) -> String {
    let told = || counted.iter().filter_map(told);
    let pumas = || told().flat_map(|seen| &seen.pumas);
    let mut total = Total::of(pumas());
    let unknown = counted.iter().filter(|one| matches!(one, Counted::Unknown(_))).count();
    if unknown > 0 {
        total.is_missing();
    }
    let stopped = pumas().filter(|puma| puma.is_stopped()).count();
    let untold = pumas().filter(|puma| puma.untold.is_some()).count();
    let mut who = vec![count(counted.len(), "host"), count(pumas().count(), "Puma")];
    for (number, what) in [(stopped, "stopped"), (untold, "not told")] {
        if number > 0 {
            who.push(format!("{number} {what}"));
        }
    }
    if unknown > 0 {
        who.push(format!("{} unknown", count(unknown, "host")));
    }
    let mut line = format!("{}: {}", paint(STRONG, "fleet"), who.join(", "));
    if total.workers > 0 {
        line.push_str(&format!(": {}", total_words(&total, looks)));
    }
    line.push('\n');
    line
}

fn told(counted: &Counted) -> Option<&StatsSeen> {
    match counted {
        Counted::Told(seen) => Some(seen),
        _ => None,
    }
}

fn puma_block(name: &str, puma: &PumaSeen, seen: &StatsSeen, looks: Looks) -> String {
    let mut out = format!("{name}: {}", printable(&puma.service));
    if puma.is_stopped() {
        let state = puma.state.as_deref().unwrap_or("inactive");
        let style = if state == "failed" { REMOVED } else { CHANGED };
        let why = if state == "inactive" { String::new() } else { format!(" ({})", printable(state)) };
        return format!("{out}: {}\n", paint(style, format!("stopped{why}")));
    }
    let about = about(puma);
    if !about.is_empty() {
        out.push_str(&format!("  {}", about.join(", ")));
    }
    out.push('\n');
    if let Some(why) = &puma.untold {
        out.push_str(&format!("    {}\n", paint(REMOVED, format!("its stats could not be had: {}", printable(why)))));
    }
    if let (Some(old @ 1..), Some(Mode::Cluster)) = (puma.old, puma.mode()) {
        let words = format!("a restart is under way: {} of an older phase", count(small(old), "worker"));
        out.push_str(&format!("    {}\n", paint(CHANGED, words)));
    }
    if !puma.workers.is_empty() {
        out.push_str(&puma_table(puma, seen.clock, looks));
    }
    out
}

fn about(puma: &PumaSeen) -> Vec<String> {
    let mut about = Vec::new();
    if let Some(state) = puma.state.as_deref().filter(|state| *state != "active") {
        about.push(paint(CHANGED, printable(state)));
    }
    about.extend(puma.puma.as_ref().map(|version| format!("Puma {}", printable(version))));
    about.extend(puma.ruby.as_ref().map(|version| format!("Ruby {}", printable(version))));
    match puma.mode() {
        Some(Mode::Single) => about.push("single mode".to_owned()),
        Some(Mode::Cluster) => about.push(format!("cluster of {}", puma.wanted.unwrap_or_default())),
        None => {}
    }
    about.extend(puma.phase.filter(|_| puma.mode() == Some(Mode::Cluster)).map(|phase| format!("phase {phase}")));
    about.extend(puma.since.map(|since| paint(FAINT, format!("since {}", utc(since)))));
    about.extend(puma.current.as_ref().map(|current| format!("current {}", printable(current))));
    about
}

/// `3/10 threads used, backlog 0, capacity 7, 1234 requests, 176.0 MB PSS`.
fn total_words(total: &Total, looks: Looks) -> String {
    let mut words = vec![
        format!("{} ({} booted)", count(total.workers, "worker"), sum(total.booted)),
        format!("{}/{} threads used", sum(total.used), sum(total.max)),
        format!("{} spawned", sum(total.spawned)),
        format!("backlog {}", sum(total.backlog)),
        format!("capacity {}", sum(total.capacity)),
        format!("{} requests", sum(total.requests)),
    ];
    if looks == Looks::Repeated {
        words.push(format!("{}/s", rate_sum(total.rate)));
    }
    let memory = total.memory.known.map_or_else(|| NONE.to_owned(), |bytes| at_least(total.memory, megabytes(bytes)));
    words.push(format!("{memory} {}", memory_words(total.memory_kind())));
    words.join(", ")
}

/// What the memory figures are; of several kinds no sum has a better name.
fn memory_words(kind: Option<MemoryKind>) -> &'static str {
    match kind {
        Some(MemoryKind::Proportional) => "PSS",
        Some(MemoryKind::Resident) => "RSS",
        None => "memory",
    }
}

fn sum(sum: Sum) -> String {
    sum.known.map_or_else(|| NONE.to_owned(), |figure| at_least(sum, format!("{figure:.0}")))
}

fn rate_sum(sum: Sum) -> String {
    sum.known.map_or_else(|| NONE.to_owned(), |figure| at_least(sum, format!("{figure:.1}")))
}

fn at_least(sum: Sum, figure: String) -> String {
    if sum.is_partial { format!("≥{figure}") } else { figure }
}

fn megabytes(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}

fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
