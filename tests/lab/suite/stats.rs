//! `zdt stats` against Pumas of three generations: what it says is what the host itself shows.

use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::fixture::{Host, Site};

/// A worker tells its figures every 5 s.
const TOLD: Duration = Duration::from_secs(7);

struct Looked {
    code: i32,
    puma: Value,
    total: Value,
}

fn look(site: &Site, inventory: &std::path::Path) -> Looked {
    let ran = site.zdt(&["stats", "--json"], inventory);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout));
    let host = &document["hosts"][0];
    assert_eq!(document["exit"], ran.code.unwrap_or(-1), "{document}");
    Looked { code: ran.code.unwrap_or(-1), puma: host["pumas"][0].clone(), total: host["total"].clone() }
}

fn pids(puma: &Value) -> Vec<String> {
    let workers = puma["workers"].as_array().into_iter().flatten();
    let mut pids: Vec<String> = workers.map(|worker| worker["pid"].to_string()).collect();
    pids.sort_unstable();
    pids
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_is_told_is_what_runs() {
    for (suite, puma_version, ruby) in
        [("bookworm", "5.6.5", "3.1.2"), ("trixie", "6.6.0", "3.3.8"), ("sid", "8.0.2", "3.3.8")]
    {
        let (host, site) = (Host::naive(suite), Site::new());
        let inventory = site.inventory(&[(&host, &[])]);
        let before = look(&site, &inventory);
        // No control server yet: what the kernel knows is shown, and the rest is not guessed.
        assert_eq!((before.code, &before.puma["state"]), (4, &"not told".into()), "{suite}: {}", before.puma);
        assert_eq!((pids(&before.puma).len(), &before.total["requests"]), (2, &Value::Null), "{suite}");

        site.apply(&inventory).ended_with(0);
        thread::sleep(TOLD);
        let first = look(&site, &inventory);
        let told = |key: &str| first.puma[key].clone();
        assert_eq!(first.code, 0, "{suite}: {}", first.puma);
        assert_eq!((told("puma"), told("ruby")), (puma_version.into(), ruby.into()), "{suite}");
        assert_eq!((told("mode"), told("state"), told("phase")), ("cluster".into(), "running".into(), 0.into()));
        let main = host.sh("systemctl show -p MainPID --value puma.service");
        assert_eq!(told("pid").to_string(), main.trim(), "{suite}");
        let children = host.sh(&format!("pgrep -P {} | sort", main.trim()));
        let mut children: Vec<&str> = children.lines().collect();
        children.sort_unstable();
        assert_eq!(pids(&first.puma), children, "{suite}");
        for worker in first.puma["workers"].as_array().into_iter().flatten() {
            assert_eq!((&worker["max_threads"], &worker["used_threads"]), (&3.into(), &0.into()), "{suite}: {worker}");
            assert_eq!((&worker["release"], &worker["booted"]), (&"r1".into(), &true.into()), "{suite}: {worker}");
            let pss = host.sh(&format!("sed -n 's/^Pss: *\\([0-9]*\\) kB/\\1/p' /proc/{}/smaps_rollup", worker["pid"]));
            let [pss, shown] =
                [pss.trim().parse::<u64>().expect("a number") * 1024, worker["memory"]["bytes"].as_u64().unwrap_or(0)];
            assert_eq!(worker["memory"]["kind"], "pss", "{suite}: {worker}");
            assert!(shown.abs_diff(pss) < pss / 4, "{suite}: {shown} is told, and the kernel says {pss}");
        }

        host.sh("for i in $(seq 40); do curl -sf -o /dev/null http://127.0.0.1/ || exit 1; done");
        thread::sleep(TOLD);
        let second = look(&site, &inventory);
        let requests = |looked: &Looked| looked.total["requests"].as_u64().expect("a count");
        assert_eq!(requests(&second) - requests(&first), 40, "{suite}: {}", second.puma);

        // Without workers the one line is the main process, which tells what it counts at once.
        host.sh("sed -i 's/^workers 2/workers 0/' /srv/shop/shared/puma.rb; systemctl kill -s USR2 --kill-whom=main puma.service");
        thread::sleep(TOLD);
        let single = look(&site, &inventory);
        assert_eq!((single.code, &single.puma["mode"]), (0, &"single".into()), "{suite}: {}", single.puma);
        assert_eq!(pids(&single.puma), [main.trim()], "{suite}: {}", single.puma);
        host.sh("for i in 1 2 3; do curl -sf -o /dev/null http://127.0.0.1/ || exit 1; done");
        assert_eq!(requests(&look(&site, &inventory)) - requests(&single), 3, "{suite}");

        host.sh("systemctl stop puma.service");
        let stopped = look(&site, &inventory);
        assert_eq!((stopped.code, &stopped.puma["state"]), (0, &"stopped".into()), "{suite}: {}", stopped.puma);
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn looks_go_on_and_tell_how_fast_requests_come() {
    let (host, site) = (Host::naive("trixie"), Site::new());
    let inventory = site.inventory(&[(&host, &[])]);
    site.apply(&inventory).ended_with(0);
    let running = site.start(&["stats", "--json", "--watch", "1"], &inventory);
    host.sh("for i in $(seq 240); do curl -sf -o /dev/null http://127.0.0.1/ || exit 1; sleep 0.05; done");
    running.signal("INT");
    let ran = running.ends(Duration::from_secs(5));
    ran.ended_with(0);
    let looks: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(looks.len() > 8, "{} looks", looks.len());
    assert_eq!(looks[0]["total"]["requests_per_second"], Value::Null, "{}", looks[0]);
    let rates: Vec<f64> = looks.iter().filter_map(|look| look["total"]["requests_per_second"].as_f64()).collect();
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    assert!((5.0..=30.0).contains(&fastest), "{rates:?}");
}
