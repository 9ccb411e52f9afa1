use super::*;
use crate::engine::Trouble;
use crate::resource::{Memory, PumaSeen, StatsSeen, WorkerSeen};

fn worker(index: u64) -> WorkerSeen {
    WorkerSeen {
        index: Some(index),
        pid: u32::try_from(80 + index).ok(),
        phase: Some(1),
        booted: Some(true),
        checkin: Some(1_789_999_997 + index),
        spawned: Some(5),
        max: Some(5),
        busy: Some(2),
        capacity: Some(3),
        backlog: Some(index),
        requests: Some(1200),
        release: Some("20261122175508".to_owned()),
        memory: Some(Memory { kind: MemoryKind::Proportional, bytes: 44_000_000 }),
        rate: Some(12.34),
        ..WorkerSeen::default()
    }
}

fn cluster() -> PumaSeen {
    PumaSeen {
        service: "puma.service".to_owned(),
        state: Some("active".to_owned()),
        pid: Some(77),
        puma: Some("8.0.2".to_owned()),
        ruby: Some("3.3.8".to_owned()),
        since: Some(1_789_990_000),
        phase: Some(1),
        wanted: Some(2),
        booted: Some(2),
        old: Some(0),
        current: Some("20261122175508".to_owned()),
        release: Some("20261122175508".to_owned()),
        memory: Some(Memory { kind: MemoryKind::Proportional, bytes: 30_000_000 }),
        workers: vec![worker(0), worker(1)],
        ..PumaSeen::default()
    }
}

fn host(pumas: Vec<PumaSeen>) -> Counted {
    Counted::Told(StatsSeen { clock: 1_790_000_000, uptime: Some(1), pumas })
}

fn shown(counted: &Counted, looks: Looks) -> String {
    let words = |_: &str, _: &Trouble| "no answer\nRun it again.".to_owned();
    anstream::adapter::strip_str(&host_stats("web1", counted, looks, words)).to_string()
}

#[test]
fn a_cluster_is_a_table() {
    let expected = "\
web1: puma.service  Puma 8.0.2, Ruby 3.3.8, cluster of 2, phase 1, since 2026-09-21 11:26:40 UTC, current 20261122175508
  worker  pid  used/max  spawned  backlog  capacity  requests  oldest  phase  booted  release              PSS  check-in
  master   77                                                                         20261122175508   30.0 MB
  0        80       2/5        5        0         3      1200       –      1  yes     20261122175508   44.0 MB   3 s ago
  1        81       2/5        5        1         3      1200       –      1  yes     20261122175508   44.0 MB   2 s ago
  total            4/10       10        1         6      2400                                         118.0 MB
";
    assert_eq!(shown(&host(vec![cluster()]), Looks::Once), expected);
}

#[test]
fn a_roll_and_what_is_not_known() {
    let mut puma = cluster();
    puma.old = Some(1);
    puma.workers[0].release = Some("an-old-release-with-a-very-long-name".to_owned());
    let memory = Some(Memory { kind: MemoryKind::Resident, bytes: 50_000_000 });
    puma.workers[1] = WorkerSeen { index: Some(1), pid: None, booted: Some(false), memory, ..WorkerSeen::default() };
    let expected = "\
web1: puma.service  Puma 8.0.2, Ruby 3.3.8, cluster of 2, phase 1, since 2026-09-21 11:26:40 UTC, current 20261122175508
    a restart is under way: 1 worker of an older phase
  worker  pid  used/max  spawned  backlog  capacity  requests  req/s  oldest  phase  booted  release                        memory  check-in
  master   77                                                                                20261122175508            30.0 MB PSS
  0        80       2/5        5        0         3      1200   12.3       –      1  yes     an-old-release-with-a-v…  44.0 MB PSS   3 s ago
  1         –       –/–        –        –         –         –      –       –      –  no      –                         50.0 MB RSS         –
  total           ≥2/≥5       ≥5       ≥0        ≥3     ≥1200  ≥12.3                                                      124.0 MB
";
    assert_eq!(shown(&host(vec![puma]), Looks::Repeated), expected);
}

#[test]
fn other_hosts_are_a_line_or_two() {
    let puma = |state: &str, untold: Option<&str>| PumaSeen {
        service: "puma.service".to_owned(),
        state: Some(state.to_owned()),
        untold: untold.map(str::to_owned),
        ..PumaSeen::default()
    };
    for (counted, expected) in [
        (host(vec![puma("inactive", None)]), "web1: puma.service: stopped\n"),
        (host(vec![puma("failed", None)]), "web1: puma.service: stopped (failed)\n"),
        (
            host(vec![puma("active", Some("no \u{1b}[2Jfile"))]),
            "web1: puma.service\n    its stats could not be had: no \u{241b}[2Jfile\n",
        ),
        (
            host(vec![puma("activating", Some("why"))]),
            "web1: puma.service  activating\n    its stats could not be had: why\n",
        ),
        (
            host(vec![puma("inactive", None), puma("inactive", None)]),
            "web1: puma.service: stopped\nweb1: puma.service: stopped\nweb1: 2 Pumas: 0 workers (– booted), –/– threads used, – spawned, \
             backlog –, capacity –, – requests, – memory\n",
        ),
        (Counted::Sandbox, "web1: a sandbox has no services: nothing runs there\n"),
        (Counted::NotAsked, "web1: none of its roles runs Puma\n"),
        (Counted::Unknown(Trouble::Late), "web1: unknown\n    no answer\n    Run it again.\n"),
    ] {
        assert_eq!(shown(&counted, Looks::Once), expected, "{counted:?}");
    }
}

#[test]
fn a_fleet_counts_those_who_did_not_answer() {
    let stopped = PumaSeen { state: Some("inactive".to_owned()), ..PumaSeen::default() };
    let untold = PumaSeen { untold: Some("why".to_owned()), ..PumaSeen::default() };
    let told = "2 workers (2 booted), 4/10 threads used, 10 spawned, backlog 1, capacity 6, 2400 requests";
    for (fleet, looks, expected) in [
        (vec![host(vec![cluster()])], Looks::Once, format!("fleet: 1 host, 1 Puma: {told}, 118.0 MB PSS\n")),
        (
            vec![host(vec![cluster()]), host(vec![stopped.clone()])],
            Looks::Repeated,
            format!("fleet: 2 hosts, 2 Pumas, 1 stopped: {told}, 24.7/s, 118.0 MB PSS\n"),
        ),
        (
            vec![host(vec![cluster()]), Counted::Unknown(Trouble::Late)],
            Looks::Once,
            "fleet: 2 hosts, 1 Puma, 1 host unknown: 2 workers (≥2 booted), ≥4/≥10 threads used, ≥10 spawned, backlog ≥1, \
             capacity ≥6, ≥2400 requests, ≥118.0 MB PSS\n"
                .to_owned(),
        ),
        (vec![host(vec![untold])], Looks::Once, "fleet: 1 host, 1 Puma, 1 not told\n".to_owned()),
        (vec![Counted::Sandbox], Looks::Once, "fleet: 1 host, 0 Pumas\n".to_owned()),
    ] {
        assert_eq!(anstream::adapter::strip_str(&fleet_stats(&fleet, looks)).to_string(), expected);
    }
}

#[test]
fn json_keeps_what_is_not_known_null() {
    let mut puma = cluster();
    puma.workers = vec![WorkerSeen { index: Some(0), ..WorkerSeen::default() }];
    let counted = [host(vec![puma]), Counted::Unknown(Trouble::Late)];
    let hosts: Vec<(&str, &Counted)> = ["web1", "web2"].into_iter().zip(&counted).collect();
    let told = serde_json::Value::from(document(&hosts, Looks::Repeated, 7, |_, _| "late".to_owned()));
    let all = [
        "booted",
        "used_threads",
        "max_threads",
        "spawned_threads",
        "backlog",
        "pool_capacity",
        "requests",
        "memory_bytes",
        "requests_per_second",
    ];
    let total = serde_json::json!({
            "workers": 1, "booted": null, "used_threads": null, "max_threads": null, "spawned_threads": null, "backlog": null,
            "pool_capacity": null, "requests": null, "memory_bytes": 30_000_000, "memory_kind": "pss",
            "requests_per_second": null, "at_least": all,
    });
    // Its one worker tells no memory: the sum is the main process alone.
    assert_eq!((&told["hosts"][0]["total"], &told["total"]), (&total, &total));
    let expected = serde_json::json!({
        "index": 0, "pid": null, "used_threads": null, "max_threads": null, "spawned_threads": null, "backlog": null,
        "pool_capacity": null, "requests": null, "requests_per_second": null, "oldest_request_start": null, "phase": null,
        "booted": null, "since": null, "last_checkin": null, "release": null, "memory": null,
    });
    assert_eq!(told["hosts"][0]["pumas"][0]["workers"][0], expected);
    assert_eq!(told["hosts"][1], serde_json::json!({"host": "web2", "state": "unknown", "error": "late", "pumas": []}));
    assert_eq!((&told["format"], &told["at"]), (&crate::report::json::FORMAT.into(), &7.into()));
}
