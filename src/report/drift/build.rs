use super::report::{Attribute, Counts, Diff, Finding, Host, HostState, Line, Report, Since};
use super::wording;
use crate::engine::{Drifted, Looked, Trouble};
use crate::plan::{self, Cause};
use crate::report::content::{Compared, compare};
use crate::report::host_block::shown;
use crate::report::{orphans, printable, unmade_words};
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
    let record = drift.record_fault.iter().map(|fault| printable(fault));
    let untold = drift.mismatches.iter().filter(|one| one.untold);
    let untold = untold.map(|one| format!("{}: {}", printable(&one.about.to_string()), printable(&one.evidence)));
    let unmade = drift.unmade.iter().map(unmade_words);
    let errors: Vec<String> = record.chain(unmade).chain(untold).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{AppliedPath, Id, Resource};

    fn file(content: &[u8], secret: bool) -> State {
        let content = Content { secret, ..Content::new(content) };
        let state = State::default().with_word(resource::Attribute::Type, "file");
        state.with(resource::Attribute::Content, Value::Content(content))
    }

    fn found(cause: Cause, observed: &State, desired: State) -> plan::Finding {
        let wanted =
            Resource { id: Id::path("/f"), desired, notify: vec![], role: "r".to_owned(), settings: false, edit: None };
        let change = plan::diff(&wanted, observed);
        let applied = Some(file(b"last\n", false));
        plan::Finding { id: Id::path("/f"), role: "r".to_owned(), cause, applied, change, changed_at: Some(7) }
    }

    fn host_of(drift: plan::HostDrift) -> Host {
        looked_at("web1", &Looked { drift, sandbox: false, clock: 9, hints: Vec::new() })
    }

    fn one(finding: plan::Finding) -> Finding {
        let mut host = host_of(plan::HostDrift { findings: vec![finding], ..plan::HostDrift::default() });
        host.findings.remove(0)
    }

    #[test]
    fn a_secret_shows_no_version_and_no_hash_whichever_side_it_is_on() {
        for (observed, desired) in [(true, false), (false, true), (true, true)] {
            let finding = one(found(Cause::Conflict, &file(b"hunter2\n", observed), file(b"hunter3\n", desired)));
            assert_eq!(finding.diff, Some(Diff::Hidden("it is secret and not shown".to_owned())));
            let nothing = Attribute { name: "content".to_owned(), applied: None, observed: None, desired: None };
            assert_eq!(finding.attributes, [nothing]);
        }
    }

    #[test]
    fn a_content_goes_from_what_is_wanted_to_what_is_there() {
        let finding = one(found(Cause::Drifted, &file(b"there\n", false), file(b"wanted\n", false)));
        let Some(Diff::Lines(lines)) = finding.diff else { panic!("{:?}", finding.diff) };
        let lines: Vec<(char, &str)> = lines.iter().map(|line| (line.sign, line.text.trim_end())).collect();
        assert_eq!(lines, [('@', "@@ -1 +1 @@"), ('-', "wanted"), ('+', "there")]);
        assert!(finding.attributes[0].applied.as_ref().is_some_and(|word| word.starts_with("sha256 ")));
        assert_eq!(finding.says, "somebody changed it on the server");
    }

    #[test]
    fn what_is_gone_was_removed() {
        let absent = State::default().with_word(resource::Attribute::Type, "absent");
        let finding = one(found(Cause::Drifted, &absent, file(b"wanted\n", false)));
        assert_eq!(finding.says, "somebody removed it from the server");
    }

    #[test]
    fn a_host_is_as_its_worst_finding_and_never_clean_where_something_is_untold() {
        let mismatch = |untold| Mismatch {
            about: Id::path("/f"),
            role: "r".to_owned(),
            evidence: "seen".to_owned(),
            mends: Some("restart puma".to_owned()),
            untold,
        };
        let of = |mismatches: Vec<Mismatch>, fault: Option<&str>| {
            let record_fault = fault.map(str::to_owned);
            host_of(plan::HostDrift { mismatches, record_fault, ..plan::HostDrift::default() })
        };
        assert_eq!(of(vec![], None).state, HostState::InSync);
        let untold = of(vec![mismatch(true)], None);
        assert_eq!(
            (untold.state, untold.error.as_deref(), untold.notes.len()),
            (HostState::Unknown, Some("/f: seen"), 0)
        );
        let both = of(vec![mismatch(true), mismatch(false)], None);
        assert_eq!((both.state, both.error.as_deref()), (HostState::Unknown, Some("/f: seen")));
        assert_eq!(both.findings[0].mend, "`zdt apply --only drifted` mends it: restart puma");
        assert_eq!(of(vec![mismatch(false)], None).state, HostState::Drifted);
        assert_eq!(of(vec![mismatch(false)], Some("torn")).state, HostState::Unknown);
    }

    #[test]
    fn only_an_orphan_that_is_as_it_was_left_can_be_pruned() {
        for (state, pruned) in [(plan::OrphanState::AsLeft, true), (plan::OrphanState::Changed(vec!["mode"]), false)] {
            let orphans = vec![plan::Orphan { left: AppliedPath::default(), state }];
            let host = host_of(plan::HostDrift { orphans, ..plan::HostDrift::default() });
            assert_eq!((host.state, host.findings[0].mend.contains("--prune")), (HostState::InSync, pruned));
        }
    }
}
