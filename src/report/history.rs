use std::fmt::Write;

use crate::engine::Trouble;
use crate::report::printable;
use crate::report::style::{ADDED, CHANGED, FAINT, REMOVED, STRONG, paint};
use crate::transaction::{Ended, Outcome, Past};
use crate::words::{count, utc};

/// The transactions that have ended on a host, newest first. `verbose`: also their paths, and why they were put back.
/// `trouble` words a fault.
pub fn history_block(
    host: &str,
    told: &Result<Vec<Ended>, Trouble>,
    verbose: bool,
    trouble: impl Fn(&str, &Trouble) -> String,
) -> String {
    let name = paint(STRONG, host);
    let history = match told {
        Ok(history) => history,
        Err(why) => {
            let lines: String = trouble(host, why).lines().map(|line| format!("    {}\n", printable(line))).collect();
            return format!("{name}: {}\n{lines}\n", paint(REMOVED, "unknown"));
        }
    };
    let mut out = format!("{name}: {}\n", count(history.len(), "transaction"));
    for ended in history.iter().rev() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", transaction_line(ended));
        if verbose {
            out.push_str(&particulars(ended));
        }
    }
    out.push('\n');
    out
}

fn transaction_line(ended: &Ended) -> String {
    let record = &ended.record;
    let outcome = match &record.outcome {
        Outcome::Committed => paint(ADDED, "committed"),
        Outcome::PutBack { step, .. } => paint(CHANGED, format!("failed at {} and put back", printable(step))),
        Outcome::Stuck { step, .. } => paint(REMOVED, format!("failed at {}, stuck", printable(step))),
        // No ended transaction has another outcome; should one say so, it is not hidden.
        Outcome::Locked { .. } | Outcome::Unknown { .. } => paint(REMOVED, "unknown"),
    };
    let by = if record.by.is_empty() { String::new() } else { format!("  by {}", printable(&record.by)) };
    format!(
        "  {}  {}  {}{by}  {}  {outcome}",
        paint(STRONG, printable(&record.name)),
        utc(record.ended),
        printable(&record.kind),
        count(ended.entries.len(), "change")
    )
}

fn particulars(ended: &Ended) -> String {
    let mut out: String = ended.entries.iter().map(|past| format!("      {}\n", path_line(past))).collect();
    if let Outcome::PutBack { reason, .. } | Outcome::Stuck { reason, .. } = &ended.record.outcome {
        out.extend(reason.lines().map(|line| format!("      {}\n", paint(FAINT, printable(line)))));
    }
    out
}

fn path_line(past: &Past) -> String {
    let (sign, style) = match (past.put.as_str(), past.seen.kind.as_str()) {
        ("remove", _) => ("-", REMOVED),
        (_, "absent") => ("+", ADDED),
        _ => ("~", CHANGED),
    };
    format!("{} {}", paint(style, sign), printable(&past.path))
}
