use tera::{Context, Tera};

use super::report::{HostState, Report};
use crate::plan::Cause;
use crate::words::utc;

/// A page for people: one file that needs no other, reads on a phone, in the dark and on paper.
pub fn html(report: &Report) -> String {
    // The template is ours and the context is all that it asks for: a test renders it with everything that can occur.
    rendered(report).unwrap_or_else(|error| format!("<!doctype html><title>zdt drift</title><pre>{error}</pre>\n"))
}

fn rendered(report: &Report) -> tera::TeraResult<String> {
    let mut tera = Tera::default();
    // Only names that end in `.html` are escaped.
    tera.add_raw_template("drift.html", include_str!("drift.html.tera"))?;
    tera.add_raw_template("style", include_str!("drift.css"))?;
    let mut context = Context::new();
    context.insert("report", &report);
    context.insert("began", &utc(u64::try_from(report.began).unwrap_or_default()));
    context.insert("took", &format!("{:.1}", std::time::Duration::from_millis(report.took_ms).as_secs_f64()));
    context.insert("recap", &super::text::recap(report));
    let hosts: Vec<_> = report.hosts.iter().map(host).collect();
    context.insert("hosts", &hosts);
    context.insert("style", &tera.render("style", &Context::new())?);
    tera.render("drift.html", &context)
}

/// What the page says of a host beside what stands in the report.
fn host(host: &super::report::Host) -> serde_json::Value {
    let changed = |at: Option<i64>| at.and_then(|at| u64::try_from(at).ok()).map(utc);
    let findings: Vec<_> = host
        .findings
        .iter()
        .map(|finding| {
            serde_json::json!({
                "finding": finding,
                "is_drift": finding.cause.is_drift(),
                "cause": finding.cause.name(),
                "class": if finding.cause == Cause::Runtime { "runtime" } else if finding.cause.is_drift() { "moved" } else { "ours" },
                "changed": changed(finding.since.changed_at),
                "first_seen": changed(finding.since.first_seen),
            })
        })
        .collect();
    let is_calm = matches!(host.state, HostState::InSync | HostState::Pending);
    serde_json::json!({"host": host, "state": host.state.name(), "is_calm": is_calm, "findings": findings})
}
