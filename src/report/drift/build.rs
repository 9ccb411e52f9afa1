use super::finding;
use super::report::{Counts, Finding, Host, HostState, Report};
use crate::engine::{Drifted, Looked, Trouble};
use crate::plan::Cause;
use crate::report::printable;
use crate::resource::{Level, Mismatch};

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
    let mut findings: Vec<Finding> = drift.findings.iter().map(|one| finding::of_resource(one, looked)).collect();
    let (untold, mismatches): (Vec<&Mismatch>, Vec<&Mismatch>) = drift.mismatches.iter().partition(|one| one.untold);
    findings.extend(mismatches.iter().map(|mismatch| finding::of_what_runs(mismatch, looked)));
    findings.extend(drift.orphans.iter().filter(|orphan| orphan.is_there()).map(finding::of_orphan));
    let rank = |one: &Finding| (!one.cause.is_drift(), one.cause == Cause::Runtime, one.id.clone());
    findings.sort_by_key(rank);
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
    let untold =
        untold.iter().map(|one| format!("{}: {}", printable(&one.about.to_string()), printable(&one.evidence)));
    let errors: Vec<String> = record.chain(untold).collect();
    let warned = drift.notices.iter().filter(|notice| notice.level != Level::Info);
    Host {
        host: name.to_owned(),
        state,
        error: (!errors.is_empty()).then(|| errors.join("\n")),
        sandbox: looked.sandbox,
        in_sync: drift.in_sync,
        findings,
        notes: warned.map(|notice| printable(&notice.text)).collect(),
    }
}
