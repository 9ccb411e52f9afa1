//! What a plan says that a change costs, on hosts of three generations: by what really runs there.

use serde_json::{Value, json};

use super::fixture::{Host, Site, Variables};

const SUITES: [&str; 3] = ["bookworm", "trixie", "sid"];
const THREADS: Variables<'_> = &[("puma_threads", "[3, 3]")];

/// Of the one host its worst, and of each handler its name, cost and settings.
fn plan(site: &Site, host: &Host, variables: Variables<'_>) -> (Value, Vec<String>) {
    let ran = site.zdt(&["plan", "--json"], &site.inventory(&[(host, variables)]));
    ran.ended_with(2);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    let found = &document["hosts"][0];
    let handler = |one: &Value| json!([one["name"], one["disruption"], one["settings"]]);
    let says = |one: &Value| one["says"].as_str().unwrap_or_default().to_owned();
    let handlers = found["handlers"].as_array().expect("handlers");
    let known: Value = handlers.iter().map(handler).collect();
    (json!([found["disruption"], known]), handlers.iter().map(says).collect())
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn each_change_costs_what_it_takes() {
    for suite in SUITES {
        let (host, site) = (Host::naive(suite), Site::new());
        let inventory = |variables| site.inventory(&[(&host, variables)]);
        let workers = || host.sh("cat /proc/$(systemctl show -P MainPID puma.service)/task/*/children");
        site.apply(&inventory(&[])).ended_with(0);

        let (costs, says) = plan(&site, &host, THREADS);
        let threads = json!([{"name": "threads", "change": "changed"}]);
        assert_eq!(costs, json!(["hot", [["restart puma", "hot", threads]]]), "{suite}");
        let last = says[0].split_once("about one boot, ").expect("how long it took").1;
        let seconds = last.split_once(" s when it last booted, and up to 4 s more").expect("seconds").0;
        assert!(seconds.parse::<f64>().expect("a number") < 60.0, "{suite}: {says:?}");

        // The limit: nothing is touched, and a rollback obeys it too.
        let (before, phased) = (workers(), ["apply", "--yes", "--max-disruption", "phased"]);
        site.zdt(&phased, &inventory(THREADS)).ended_with(3).says("a phased restart is the most that is allowed");
        assert_eq!(workers(), before, "{suite}");
        site.apply(&inventory(THREADS)).ended_with(0);
        let back = ["rollback", "--yes", "--max-disruption", "phased"];
        site.zdt(&back, &inventory(THREADS)).ended_with(3).says("a phased restart is the most that is allowed");

        let servers: Variables<'_> = &[("puma_threads", "[3, 3]"), ("nginx_upstream_servers", "1")];
        assert_eq!(plan(&site, &host, servers).0, json!(["reload", [["reload nginx", "reload", []]]]), "{suite}");
        let before = workers();
        site.zdt(&["apply", "--yes", "--max-disruption", "reload"], &inventory(servers)).ended_with(0);
        assert_eq!(workers(), before, "{suite}: Puma was restarted");

        // Comments alone: nothing restarts, and nothing is said to be unread afterwards.
        let comment: Variables<'_> = &[
            ("puma_threads", "[3, 3]"),
            ("nginx_upstream_servers", "1"),
            ("puma_extra_lines", "['# for the auditor']"),
        ];
        assert_eq!(plan(&site, &host, comment).0, json!([null, []]), "{suite}");
        site.zdt(&["apply", "--yes", "--max-disruption", "none"], &inventory(comment)).ended_with(0);
        assert_eq!(workers(), before, "{suite}: Puma was restarted for a comment");
        site.zdt(&["drift"], &inventory(comment)).ended_with(0);
        site.plan(&inventory(comment)).ended_with(0);

        host.sh("systemctl stop puma.service");
        let (costs, says) = plan(&site, &host, servers);
        assert_eq!((&costs[0], &costs[1][0][1]), (&json!(null), &json!(null)), "{suite}: {costs}");
        assert_eq!(says, [""; 0]);
        let (costs, says) = plan(&site, &host, &[("nginx_upstream_servers", "1")]);
        assert_eq!(costs, json!(["start", [["restart puma", "start", threads]]]), "{suite}");
        assert_eq!(says, ["Puma is not running"], "{suite}");
        let none = ["apply", "--yes", "--max-disruption", "none"];
        site.zdt(&none, &inventory(&[("nginx_upstream_servers", "1")])).ended_with(0);
        host.sh("systemctl is-active puma.service");
    }
}
