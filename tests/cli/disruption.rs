//! What a plan costs those who use a host, and the most that somebody allows.

use std::fs;

use serde_json::{Value, json};

use super::place::{Place, UPSTREAM};

/// Only nginx's file differs on one host, Puma's too on the other; on the third Puma does not run.
fn fleet() -> Place {
    let place = Place::new();
    place.hosts(&[("calm", ""), ("busy", ""), ("idle", "")]);
    place.zdt(&["apply", "inventory.yml"]).ended_with(0);
    let more = "nginx_upstream_servers: 1";
    let idle = format!(
        "{more}, puma_threads: [3, 3], zdt_facts: {{nginx: {{version: 1.26.3}}, puma: {{version: 6.6.0, active_state: inactive}}}}"
    );
    place.hosts(&[("calm", more), ("busy", &format!("{more}, puma_threads: [3, 3]")), ("idle", &idle)]);
    place
}

/// Of each host its state, its worst, and of each handler what it costs.
fn costs(place: &Place, words: &[&str], code: i32) -> Value {
    let ran = place.zdt(&[words, &["--json"]].concat());
    ran.ended_with(code);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    let hosts = document["hosts"].as_array().expect("hosts").iter();
    let cost = |handler: &Value| handler["disruption"].clone();
    hosts
        .map(|host| {
            let costs: Vec<Value> = host["handlers"].as_array().expect("handlers").iter().map(cost).collect();
            json!([host["host"], host["state"], host["disruption"], costs])
        })
        .collect()
}

#[test]
fn each_handler_says_what_it_costs_and_the_recap_names_the_worst() {
    let place = fleet();
    let expected = json!([
        ["calm", "to change", "reload", ["reload"]],
        ["busy", "to change", "hot", ["reload", "hot"]],
        ["idle", "to change", "reload", ["reload", "start"]],
    ]);
    assert_eq!(costs(&place, &["plan", "inventory.yml"], 2), expected);
    let ran = place.zdt(&["plan", "inventory.yml", "--no-diff"]);
    ran.ended_with(2)
        .says("→ reload nginx [reload]: ")
        .says("→ restart puma [hot restart]: ")
        .says("→ restart puma [start]: Puma is not running")
        .says("Worst disruption: hot restart on 1 host.");
}

#[test]
fn more_than_is_allowed_refuses_a_host_and_the_others_go_on() {
    let place = fleet();
    let untouched = place.read(&format!("busy/{UPSTREAM}"));
    let refused = "/srv/shop/shared/puma.rb needs `restart puma`, a hot restart, and a phased restart is the most that \
                   is allowed: apply when that may be, with `--max-disruption hot`";
    place.zdt(&["plan", "inventory.yml", "--no-diff", "--max-disruption", "phased"]).ended_with(3).says(refused);
    place
        .zdt(&["apply", "inventory.yml", "--no-diff", "--max-disruption", "phased"])
        .ended_with(3)
        .says(refused)
        .says("calm: committed, 1 change")
        .says("idle: committed, 2 changes")
        .says("Applied: 2 hosts changed and verified, 1 refused.");
    assert_eq!(place.read(&format!("busy/{UPSTREAM}")), untouched);
    place.zdt(&["apply", "inventory.yml", "--max-disruption", "hot"]).ended_with(0).says("1 host changed and verified");
}

#[test]
fn another_refusal_still_stops_all() {
    let place = fleet();
    let upstream = format!("calm/{UPSTREAM}");
    fs::remove_file(place.path(&upstream)).expect("a file");
    place.write(&format!("{upstream}/held"), "");
    place
        .zdt(&["apply", "inventory.yml", "--max-disruption", "phased"])
        .ended_with(3)
        .says("Nothing was touched on any host: 2 hosts refused.");
}

#[test]
fn none_allows_what_nobody_feels() {
    let place = fleet();
    let expected = json!([
        ["calm", "refused", "reload", ["reload"]],
        ["busy", "refused", "hot", ["reload", "hot"]],
        ["idle", "refused", "reload", ["reload", "start"]],
    ]);
    assert_eq!(costs(&place, &["plan", "inventory.yml", "--max-disruption", "none"], 3), expected);
}

#[test]
fn a_variable_sets_the_limit_and_the_option_wins() {
    let place = fleet();
    place.hosts(&[("busy", "puma_threads: [3, 3], zdt_max_disruption: phased")]);
    place.zdt(&["plan", "inventory.yml"]).ended_with(3).says("a phased restart is the most that is allowed");
    place.zdt(&["plan", "inventory.yml", "--max-disruption", "hot"]).ended_with(2);
    place.hosts(&[("busy", "zdt_max_disruption: little")]);
    place.zdt(&["plan", "inventory.yml"]).ended_with(3).says("`zdt_max_disruption`").says("one of `none`, `reload`");
}

#[test]
fn of_a_saved_plan_the_option_of_its_apply_counts() {
    let place = fleet();
    place.zdt(&["plan", "inventory.yml", "--limit", "busy", "--out", "plan.json"]).ended_with(2);
    for verb in ["plan", "apply"] {
        let words = [verb, "plan.json", "--max-disruption", "reload"];
        place.zdt(&words).ended_with(3).says("a reload is the most that is allowed");
    }
    place.zdt(&["apply", "plan.json", "--max-disruption", "hot"]).ended_with(0);
}

/// What the plan of one host with these variables says.
fn plan_of(place: &Place, more: &str) -> super::ran::Ran {
    place.hosts(&[("box", more)]);
    place.zdt(&["plan", "inventory.yml", "--no-diff"])
}

#[test]
fn the_settings_that_differ_are_named() {
    let place = Place::new();
    place.apply().ended_with(0);
    for (more, says) in [
        (
            "puma_threads: [3, 3], puma_workers: 4",
            "because of /srv/shop/shared/puma.rb: `threads` and `workers` changed",
        ),
        ("puma_boot_hook: false, puma_fork_worker: true", "puma.rb: `fork_worker` added, `on_worker_boot` removed"),
    ] {
        plan_of(&place, more).ended_with(2).says(says);
    }
    let ran = place.zdt(&["plan", "inventory.yml", "-e", "puma_workers=4", "--json"]);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    let expected = json!([
        {"name": "workers", "change": "changed"},
        {"name": "fork_worker", "change": "added"},
        {"name": "on_worker_boot", "change": "removed"},
    ]);
    assert_eq!(document["hosts"][0]["handlers"][0]["settings"], expected);
}

#[test]
fn comments_of_what_was_read_restart_nothing() {
    let place = Place::new();
    place.apply().ended_with(0);
    const COMMENT: &str = "puma_extra_lines: ['# for the auditor']";
    const NOTHING: &str = "only comments of /srv/shop/shared/puma.rb differ: nothing restarts";
    let ran = plan_of(&place, COMMENT);
    ran.ended_with(2).says(NOTHING);
    assert!(!ran.stdout.contains("→ restart puma") && !ran.stdout.contains("Worst"), "{}", ran.stdout);
    place.zdt(&["plan", "inventory.yml", "--max-disruption", "none", "--out", "plan.json"]).ended_with(2);
    place.zdt(&["plan", "plan.json", "--no-diff"]).ended_with(2).says(NOTHING);
    place.zdt(&["apply", "plan.json", "--max-disruption", "none"]).ended_with(0);
    place.zdt(&["drift", "inventory.yml"]).ended_with(0);
    // What would have it read anew is not forgotten: taken away, it is.
    plan_of(&place, "zdt_roles: [nginx_upstream], zdt_facts: {nginx: {version: 1.26.3}}").ended_with(0);
    place.zdt(&["plan", "inventory.yml", "--prune", "--no-diff"]).ended_with(2).says("→ restart puma [hot restart]");
}

#[test]
fn comments_of_what_somebody_touched_restart_as_ever() {
    let place = Place::new();
    place.apply().ended_with(0);
    let puma = "box/srv/shop/shared/puma.rb";
    place.write(puma, format!("{}# by hand\n", place.read(puma)));
    let ran = place.zdt(&["plan", "inventory.yml", "--no-diff"]);
    ran.ended_with(2)
        .says("→ restart puma [hot restart]")
        .says("only comments of /srv/shop/shared/puma.rb differ, but whether the rest was ever read is not known");
}
