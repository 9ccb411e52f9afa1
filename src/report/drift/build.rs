use similar::{ChangeTag, TextDiff};

use super::report::{Attribute, Counts, Diff, Finding, Host, HostState, Line, Report, Since};
use crate::engine::{Drifted, Looked, Trouble};
use crate::plan::{self, Cause};
use crate::report::host_block::shown;
use crate::report::printable;
use crate::resource::{self, Content, Level, Mismatch, Value};

pub const FORMAT: u32 = 1;

/// When and of what a report is.
#[derive(Debug, Clone)]
pub struct Taken {
    pub inventory: String,
    pub began: i64,
    pub took_ms: u64,
    pub without_roles: Vec<String>,
}

/// The document of a run. `trouble` words a fault; `exit` and `changed` are the caller's to set.
pub fn report<'a>(
    taken: Taken,
    hosts: impl IntoIterator<Item = (&'a str, &'a Drifted)>,
    trouble: impl Fn(&str, &Trouble) -> String,
) -> Report {
    let hosts: Vec<Host> = hosts.into_iter().map(|(name, drifted)| host(name, drifted, &trouble)).collect();
    Report {
        format: FORMAT,
        command: "drift".to_owned(),
        zdt: env!("CARGO_PKG_VERSION").to_owned(),
        inventory: taken.inventory,
        began: taken.began,
        took_ms: taken.took_ms,
        exit: 0,
        changed: None,
        counts: counts(&hosts),
        hosts,
        without_roles: taken.without_roles,
    }
}

fn counts(hosts: &[Host]) -> Counts {
    let mut counts = Counts::default();
    for state in HostState::ALL {
        counts.hosts.insert(state, hosts.iter().filter(|host| host.state == state).count());
    }
    let findings = || hosts.iter().flat_map(|host| &host.findings);
    for cause in Cause::ALL {
        counts.resources.insert(cause, findings().filter(|finding| finding.cause == cause).count());
    }
    counts.resources.insert(Cause::InSync, hosts.iter().map(|host| host.in_sync).sum());
    counts
}

impl HostState {
    pub const ALL: [HostState; 6] = [
        HostState::InSync,
        HostState::Pending,
        HostState::Drifted,
        HostState::Busy,
        HostState::Unknown,
        HostState::Refused,
    ];

    pub fn name(self) -> &'static str {
        match self {
            HostState::InSync => "in sync",
            HostState::Pending => "pending",
            HostState::Drifted => "drifted",
            HostState::Busy => "busy",
            HostState::Unknown => "unknown",
            HostState::Refused => "refused",
        }
    }
}

fn host(name: &str, drifted: &Drifted, trouble: &impl Fn(&str, &Trouble) -> String) -> Host {
    let without = |state, error: String| Host {
        host: name.to_owned(),
        state,
        error: Some(error),
        sandbox: false,
        in_sync: 0,
        findings: Vec::new(),
        notes: Vec::new(),
    };
    match drifted {
        Drifted::Unknown(why) => without(HostState::Unknown, trouble(name, why)),
        Drifted::Faulty(faults) => without(HostState::Refused, trouble(name, &Trouble::Faults(faults.clone()))),
        Drifted::Open(open) => without(HostState::Busy, crate::engine::stands_open(open, None).text),
        Drifted::Looked(looked) => looked_at(name, looked),
    }
}

fn looked_at(name: &str, looked: &Looked) -> Host {
    let drift = &looked.drift;
    let mut findings: Vec<Finding> = drift.findings.iter().map(|one| finding(one, looked)).collect();
    findings.extend(drift.mismatches.iter().filter(|mismatch| !mismatch.untold).map(mismatch));
    findings.extend(drift.orphans.iter().filter(|orphan| orphan.is_there()).map(orphan));
    findings.sort_by_key(|finding| (!finding.cause.is_drift(), finding.cause == Cause::Runtime));
    let untold: Vec<&Mismatch> = drift.mismatches.iter().filter(|mismatch| mismatch.untold).collect();
    let state = if drift.record_fault.is_some() {
        HostState::Unknown
    } else if findings.iter().any(|finding| finding.cause.is_drift()) {
        HostState::Drifted
    } else if !untold.is_empty() {
        HostState::Unknown
    } else if drift.is_pending() {
        HostState::Pending
    } else {
        HostState::InSync
    };
    let record = drift.record_fault.as_ref().map(|fault| {
        format!(
            "what zdt remembers of this host cannot be read ({}): who changed what is not known. \
             `zdt apply` writes it anew.",
            printable(fault)
        )
    });
    let warned = drift.notices.iter().filter(|notice| notice.level != Level::Info);
    let mut notes: Vec<String> = untold.iter().map(|untold| printable(&untold.evidence)).collect();
    let error = record.or_else(|| (state == HostState::Unknown).then(|| notes.join("\n")));
    notes.extend(warned.map(|notice| printable(&notice.text)));
    Host { host: name.to_owned(), state, error, sandbox: looked.sandbox, in_sync: drift.in_sync, findings, notes }
}

fn finding(found: &plan::Finding, looked: &Looked) -> Finding {
    let changed = found.change.as_ref();
    let attributes = changed.map(|change| change.attributes.as_slice()).unwrap_or_default();
    let content = attributes.iter().any(|a| a.attribute == resource::Attribute::Content);
    let word = |value: &Value| match value {
        Value::Content(_) => None,
        value => Some(shown(value)),
    };
    let attributes = attributes
        .iter()
        .map(|one| Attribute {
            name: one.attribute.name().to_owned(),
            applied: found.applied.as_ref().and_then(|state| state.get(one.attribute)).and_then(word),
            observed: one.before.as_ref().and_then(word),
            desired: word(&one.after),
        })
        .collect();
    let hints = looked.hints.iter().filter(|hint| hint.path == found.id.name);
    Finding {
        id: printable(&found.id.to_string()),
        role: found.role.clone(),
        cause: found.cause,
        says: says(found).to_owned(),
        attributes,
        diff: changed.filter(|_| content).map(|change| diff(change.desired.content(), change.observed.content())),
        since: Some(Since { changed_at: found.changed_at, first_seen: None }),
        hints: hints.map(|hint| printable(&hint.text)).collect(),
        mend: mend(found.cause).to_owned(),
    }
}

fn says(found: &plan::Finding) -> &'static str {
    match found.cause {
        Cause::Drifted => "somebody changed it on the server",
        Cause::Conflict => "somebody changed it on the server, and our own files have changed too",
        Cause::New => "it is not as wanted, and the host remembers nothing of it: who changed it cannot be told",
        Cause::Pending => "our own files have changed and are not applied yet",
        Cause::ConvergedByHand => "somebody did by hand what is wanted now",
        Cause::InSync | Cause::Orphaned | Cause::Runtime => "",
    }
}

fn mend(cause: Cause) -> &'static str {
    match cause {
        Cause::Drifted => "`zdt apply --only drifted` puts it back; `zdt accept` takes it over",
        Cause::Conflict => "look at it, then `zdt apply` overwrites it",
        Cause::New | Cause::Pending => "`zdt apply` brings it about",
        Cause::ConvergedByHand | Cause::InSync => "nothing is to be done",
        Cause::Orphaned => "`zdt apply --prune` removes it, if it is as it was left",
        Cause::Runtime => "`zdt apply --only drifted` has what runs read it",
    }
}

fn mismatch(mismatch: &Mismatch) -> Finding {
    Finding {
        id: printable(&mismatch.about.to_string()),
        role: mismatch.role.clone(),
        cause: Cause::Runtime,
        says: printable(&mismatch.evidence),
        attributes: Vec::new(),
        diff: None,
        since: None,
        hints: Vec::new(),
        mend: mend(Cause::Runtime).to_owned(),
    }
}

fn orphan(orphan: &plan::Orphan) -> Finding {
    Finding {
        id: printable(&orphan.left.path),
        role: orphan.left.role.clone(),
        cause: Cause::Orphaned,
        says: crate::report::orphans::state(&orphan.state),
        attributes: Vec::new(),
        diff: None,
        since: None,
        hints: Vec::new(),
        mend: mend(Cause::Orphaned).to_owned(),
    }
}

/// From what is wanted to what is there.
fn diff(wanted: Option<&Content>, there: Option<&Content>) -> Diff {
    if [wanted, there].into_iter().flatten().any(|content| content.secret) {
        return Diff::Hidden("it is secret and not shown".to_owned());
    }
    let text = |content: Option<&Content>| match content {
        None => Some(String::new()),
        Some(content) => String::from_utf8(content.bytes.as_deref()?.to_vec()).ok().filter(|text| !text.contains('\0')),
    };
    let (Some(old), Some(new)) = (text(wanted), text(there)) else {
        return Diff::Hidden("it is too large to show, or no text".to_owned());
    };
    let mut lines = Vec::new();
    for hunk in TextDiff::from_lines(&old, &new).unified_diff().context_radius(3).iter_hunks() {
        lines.push(Line { sign: '@', text: hunk.header().to_string() });
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(Line { sign, text: printable(change.value().trim_end_matches('\n')) });
        }
    }
    Diff::Lines(lines)
}
