use std::fmt::Write;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use crate::engine::accept::{Edit, Proposal, Setting};
use crate::plan::Cause;
use crate::report::printable;
use crate::report::style::{ADDED, CHANGED, FAINT, REMOVED, STRONG, paint};
use crate::resource::Id;

/// Of the JSON document.
pub const FORMAT: u32 = 1;

pub fn in_sync(host: &str, id: &Id) -> String {
    format!("{}: {id} is as wanted: nothing to take over.", paint(STRONG, host))
}

/// What would be written, and why that is the server's version.
pub fn proposal(host: &str, id: &Id, proposal: &Proposal) -> String {
    let mut out = String::new();
    line(&mut out, &format!("{}: {id} is just what these make of it:", paint(STRONG, host)));
    for setting in &proposal.settings {
        line(&mut out, &format!("  {}", setting_text(setting)));
    }
    for edit in &proposal.edits {
        let new = if edit.before.is_none() { " (new)" } else { "" };
        line(&mut out, &format!("  {}{new}", paint(STRONG, printable(&edit.path.display().to_string()))));
        diff(&mut out, edit);
    }
    if proposal.cause == Cause::Pending {
        let text = "the server still has what zdt last left: it is your own change that this takes back";
        line(&mut out, &format!("  {} {text}", paint(CHANGED, "note:")));
    }
    for notice in &proposal.notices {
        line(&mut out, &format!("  {} {}", paint(CHANGED, "warning:"), printable(&notice.text)));
    }
    out
}

pub fn written(host: &str, id: &Id, proposal: &Proposal) -> String {
    format!("Wrote {}: {host} now wants {id} as it is.", files(proposal))
}

/// `host_vars/web1.yml`
pub fn files(proposal: &Proposal) -> String {
    let files: Vec<String> = proposal.edits.iter().map(|edit| printable(&edit.path.display().to_string())).collect();
    files.join(", ")
}

/// ``puma_workers: 2 → 4 (was the role's default)``
pub fn setting_text(setting: &Setting) -> String {
    let shown = |value: &Value| printable(&value.to_string());
    let before = setting.before.as_ref().map_or_else(|| "unset".to_owned(), shown);
    let from = setting.from.as_ref().map_or_else(|| "the role's default".to_owned(), |from| format!("from {from}"));
    let from = if setting.before.is_none() { String::new() } else { format!("  ({})", printable(&from)) };
    format!("{}: {before} → {}{}", setting.name, shown(&setting.after), paint(FAINT, from))
}

pub fn json(proposal: &Proposal) -> Value {
    let setting = |setting: &Setting| json!({"variable": setting.name, "before": setting.before, "after": setting.after, "from": setting.from});
    json!({
        "result": "expressed",
        "role": proposal.role,
        "cause": proposal.cause,
        "variables": proposal.settings.iter().map(setting).collect::<Vec<_>>(),
        "files": proposal.edits.iter().map(|edit| {
            json!({"path": edit.path.display().to_string(), "new": edit.before.is_none()})
        }).collect::<Vec<_>>(),
        "warnings": proposal.notices.iter().map(|notice| &notice.text).collect::<Vec<_>>(),
    })
}

/// The changed lines alone: around them may stand what is not for every eye.
fn diff(out: &mut String, edit: &Edit) {
    let [before, after] = edit.shown();
    let diff = TextDiff::from_lines(&before, &after);
    for hunk in diff.unified_diff().context_radius(0).iter_hunks() {
        line(out, &format!("    {}", paint(FAINT, hunk.header())));
        for change in hunk.iter_changes() {
            let text = printable(change.value().trim_end_matches('\n'));
            match change.tag() {
                ChangeTag::Delete => line(out, &format!("    {}", paint(REMOVED, format!("-{text}")))),
                ChangeTag::Insert => line(out, &format!("    {}", paint(ADDED, format!("+{text}")))),
                ChangeTag::Equal => {}
            }
        }
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}
