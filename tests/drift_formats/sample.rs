use zdt::plan::Cause;
use zdt::report::drift::{Attribute, Counts, Diff, Finding, Host, HostState, Line, Report, Since};

/// 2026-11-22 21:04:05 UTC.
const NOW: i64 = 1_795_381_445;

/// One report in which everything occurs.
pub fn report() -> Report {
    let mode = Attribute { desired: word("0644"), observed: word("0600"), ..attribute("mode") };
    let line = |sign, text: &str| Line { sign, text: text.to_owned() };
    let lines = vec![
        line('@', "@@ -1,2 +1,2 @@"),
        line(' ', "workers 2"),
        line('-', "threads 5, 5"),
        line('+', "threads 1, 1"),
        line('\\', " no newline at the end"),
    ];
    let drifted = Finding {
        attributes: vec![mode, Attribute { applied: word("sha256 5a"), ..attribute("content") }],
        diff: Some(Diff::Lines(lines)),
        since: Since { changed_at: Some(NOW - 200_000), first_seen: Some(NOW - 100_000) },
        hints: vec!["alice ran /usr/bin/vi with sudo at 13:02".to_owned()],
        ..finding("/srv/shop/shared/puma.rb", Cause::Drifted)
    };
    let secret = Finding {
        attributes: vec![attribute("content")],
        diff: Some(Diff::Hidden("it is secret and not shown".to_owned())),
        since: Since { changed_at: Some(NOW + 60), first_seen: None },
        ..finding("/etc/shop/key", Cause::Conflict)
    };
    let types = Attribute { desired: word("file"), observed: word("absent"), ..attribute("type") };
    let gone = Finding {
        attributes: vec![types, Attribute { desired: word("0644"), ..attribute("mode") }],
        diff: Some(Diff::Lines(vec![line('@', "@@ -1,1 +0,0 @@"), line('-', "a")])),
        since: Since { changed_at: None, first_seen: None },
        ..finding("/etc/gone.conf", Cause::New)
    };
    let runtime = finding("unit puma.service", Cause::Runtime);
    let ours = [Cause::Pending, Cause::ConvergedByHand, Cause::Orphaned].map(|cause| finding("/etc/ours", cause));
    let mut findings = vec![secret, gone, drifted.clone(), runtime];
    findings.extend(ours.clone());
    let why = |why: &str| Some(why.to_owned());
    let hosts = vec![
        Host { findings, notes: vec!["the clock was set back".to_owned()], ..host("web1", HostState::Drifted) },
        Host { findings: vec![drifted.clone()], ..host("web2", HostState::Drifted) },
        Host { findings: vec![drifted.clone()], ..host("web3", HostState::Drifted) },
        // Its clock goes wrong: another block, the same diff.
        Host { findings: vec![drifted], clock: Some(NOW + 86_400), ..host("web4", HostState::Drifted) },
        Host { findings: ours[..1].to_vec(), ..host("web5", HostState::Pending) },
        Host { in_sync: 7, ..host("web6", HostState::InSync) },
        Host { error: why("alice is at work there"), clock: None, ..host("web7", HostState::Busy) },
        Host { error: why("it does not answer\n  try ssh web8"), clock: None, ..host("web8", HostState::Unknown) },
        Host { error: why("no `puma` there"), sandbox: true, clock: None, ..host("web9", HostState::Refused) },
    ];
    Report {
        format: 1,
        command: "drift".to_owned(),
        zdt: "0.1.0".to_owned(),
        inventory: "inventory.yml".to_owned(),
        began: NOW,
        took_ms: 1234,
        exit: 4,
        changed: Some(true),
        counts: counts(&hosts),
        hosts,
        without_roles: vec!["db1".to_owned()],
    }
}

fn counts(hosts: &[Host]) -> Counts {
    let mut counts = Counts::default();
    for state in HostState::ALL {
        counts.hosts.insert(state, hosts.iter().filter(|host| host.state == state).count());
    }
    for cause in Cause::ALL {
        let found = hosts.iter().flat_map(|host| &host.findings).filter(|finding| finding.cause == cause);
        counts.resources.insert(cause, found.count());
    }
    counts
}

fn word(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn attribute(name: &str) -> Attribute {
    Attribute { name: name.to_owned(), applied: None, observed: None, desired: None }
}

fn finding(id: &str, cause: Cause) -> Finding {
    Finding {
        id: id.to_owned(),
        role: "puma_config".to_owned(),
        cause,
        says: format!("what is said of {}", cause.name()),
        attributes: Vec::new(),
        diff: None,
        since: Since::default(),
        hints: Vec::new(),
        mend: "`zdt apply` mends it".to_owned(),
    }
}

fn host(name: &str, state: HostState) -> Host {
    Host {
        host: name.to_owned(),
        state,
        error: None,
        sandbox: false,
        clock: Some(NOW),
        in_sync: 0,
        findings: Vec::new(),
        notes: Vec::new(),
    }
}
