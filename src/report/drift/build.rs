use super::report::{Attribute, Counts, Diff, Finding, Host, HostState, Line, Report, Since};
use super::wording;
use crate::engine::{Drifted, Looked, Trouble};
use crate::plan::{self, Cause};
use crate::report::content::{Compared, compare};
use crate::report::host_block::shown;
use crate::report::{orphans, printable};
use crate::resource::{self, Content, Level, Mismatch, State, Value};

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
        clock: None,
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
    findings.extend(drift.mismatches.iter().filter(|one| !one.untold).map(|one| mismatch(one, looked)));
    findings.extend(drift.orphans.iter().filter(|orphan| orphan.is_there()).map(orphan));
    findings.sort_by_cached_key(|one| (!one.cause.is_drift(), one.cause == Cause::Runtime, one.id.clone()));
    // What could not be told outweighs what was found: the host's state is not known then.
    let state = if drift.is_untold() {
        HostState::Unknown
    } else if drift.has_drift() {
        HostState::Drifted
    } else if drift.is_pending() {
        HostState::Pending
    } else {
        HostState::InSync
    };
    let record = drift.record_fault.iter().map(|fault| {
        format!(
            "what zdt remembers of this host cannot be read ({}): who changed what is not known. \
             `zdt apply` writes it anew.",
            printable(fault)
        )
    });
    let untold = drift.mismatches.iter().filter(|one| one.untold);
    let untold = untold.map(|one| format!("{}: {}", printable(&one.about.to_string()), printable(&one.evidence)));
    let errors: Vec<String> = record.chain(untold).collect();
    let error = (!errors.is_empty()).then(|| errors.join("\n"));
    let warned = drift.notices.iter().filter(|notice| notice.level != Level::Info);
    let notes = warned.map(|notice| printable(&notice.text)).collect();
    let (sandbox, clock) = (looked.sandbox, Some(looked.clock));
    Host { host: name.to_owned(), state, error, sandbox, clock, in_sync: drift.in_sync, findings, notes }
}

fn finding(found: &plan::Finding, looked: &Looked) -> Finding {
    let change = found.change.as_ref();
    let is_gone = change.is_some_and(|change| change.observed.word(resource::Attribute::Type) == Some("absent"));
    let words = wording::of_cause(found.cause, is_gone);
    let attributes = change.map(|change| attributes(change, found.applied.as_ref())).unwrap_or_default();
    let content = |change: &&plan::Change| change.attributes.iter().any(|a| is_content(a.attribute));
    Finding {
        id: printable(&found.id.to_string()),
        role: printable(&found.role),
        cause: found.cause,
        says: words.says.to_owned(),
        // Of what is gone all else is missing with it.
        attributes: attributes.into_iter().filter(|one| !is_gone || one.name == "type").collect(),
        diff: change
            .filter(|_| !is_gone)
            .filter(content)
            .map(|change| diff(change.desired.content(), change.observed.content())),
        since: Since { changed_at: found.changed_at, first_seen: None },
        hints: hints(&found.id, looked),
        mend: words.mend.to_owned(),
    }
}

fn is_content(attribute: resource::Attribute) -> bool {
    attribute == resource::Attribute::Content
}

fn attributes(change: &plan::Change, applied: Option<&State>) -> Vec<Attribute> {
    // A hash of a short secret is as good as the secret; of a change, it hides the old one too.
    let is_secret = [change.desired.content(), change.observed.content(), applied.and_then(State::content)]
        .into_iter()
        .flatten()
        .any(|content| content.secret);
    let word = |value: &Value| match value {
        Value::Content(_) if is_secret => None,
        value => Some(shown(value)),
    };
    let attribute = |one: &plan::AttributeChange| Attribute {
        name: one.attribute.name().to_owned(),
        applied: applied.and_then(|state| state.get(one.attribute)).and_then(word),
        observed: one.before.as_ref().and_then(word),
        desired: word(&one.after),
    };
    change.attributes.iter().map(attribute).collect()
}

fn mismatch(mismatch: &Mismatch, looked: &Looked) -> Finding {
    let (id, says) = (printable(&mismatch.about.to_string()), printable(&mismatch.evidence));
    let mend = wording::runtime_mend(mismatch.mends.as_deref());
    let found = without_states(id, printable(&mismatch.role), Cause::Runtime, says, mend);
    Finding { hints: hints(&mismatch.about, looked), ..found }
}

fn hints(id: &resource::Id, looked: &Looked) -> Vec<String> {
    looked.hints.iter().filter(|hint| hint.path == id.name).map(|hint| printable(&hint.text)).collect()
}

fn orphan(orphan: &plan::Orphan) -> Finding {
    let left = &orphan.left;
    let says = format!("no role wants it any more; {}", orphans::state(&orphan.state));
    let mend = wording::orphan_mend(&orphan.state).to_owned();
    without_states(printable(&left.path), printable(&left.role), Cause::Orphaned, says, mend)
}

/// What is told in a sentence, for it has no wanted state to be compared with.
fn without_states(id: String, role: String, cause: Cause, says: String, mend: String) -> Finding {
    let (attributes, hints) = (Vec::new(), Vec::new());
    Finding { id, role, cause, says, mend, attributes, diff: None, since: Since::default(), hints }
}

/// From what is wanted to what is there.
fn diff(wanted: Option<&Content>, there: Option<&Content>) -> Diff {
    match compare(wanted, there) {
        Compared::Secret => Diff::Hidden("it is secret and not shown".to_owned()),
        Compared::Unshown(why) => Diff::Hidden(format!("it {why}")),
        Compared::Lines(lines) => Diff::Lines(lines.into_iter().map(|(sign, text)| Line { sign, text }).collect()),
    }
}
