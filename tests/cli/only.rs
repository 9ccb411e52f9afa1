//! A part of the changes: what the server moved, or what we changed.

use std::fs;

use serde_json::{Value, json};

use super::place::{Place, UPSTREAM};

const DROP_IN: &str = "box/etc/systemd/system/puma.service.d/10-zdt-exec-reload.conf";
const PUMA: &str = "box/srv/shop/shared/puma.rb";
/// What our own files want since the last apply: other contents of nginx's file and of Puma's.
const WANTED: [&str; 4] = ["-e", "nginx_upstream_servers=1", "-e", "puma_workers=4"];

/// One file that somebody moved, one that we changed, and one of which both is true.
fn moved() -> Place {
    let place = Place::new();
    place.apply().ended_with(0);
    for name in [DROP_IN, PUMA] {
        place.write(name, format!("{}# by hand\n", place.read(name)));
    }
    place
}

fn words<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [words, &WANTED].concat()
}

fn host(place: &Place, command: &[&str], code: i32) -> Value {
    let ran = place.zdt(&words(&[command, &["--json"]].concat()));
    ran.ended_with(code);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    document["hosts"][0].clone()
}

fn causes(list: &Value) -> Value {
    list.as_array().expect("a list").iter().map(|one| json!([one["id"], one["cause"]])).collect()
}

#[test]
fn a_plan_tells_who_changed_what() {
    let place = moved();
    place
        .zdt(&words(&["plan", "inventory.yml", "--no-diff"]))
        .ended_with(2)
        .says("/etc/nginx/conf.d/shop_upstream.conf nginx_upstream pending: changed by us")
        .says("/10-zdt-exec-reload.conf systemd_exec_reload drifted: changed on the server")
        .says("/srv/shop/shared/puma.rb puma_config conflict: changed on both sides");
    let host = host(&place, &["plan", "inventory.yml"], 2);
    let expected = json!([
        ["/etc/nginx/conf.d/shop_upstream.conf", "pending"],
        ["/etc/systemd/system/puma.service.d/10-zdt-exec-reload.conf", "drifted"],
        ["/srv/shop/shared/puma.rb", "conflict"],
    ]);
    assert_eq!((causes(&host["changes"]), &host["left_out"]), (expected, &json!([])));
}

#[test]
fn a_first_plan_does_not_say_of_everything_that_it_is_new() {
    let place = Place::new();
    let ran = place.zdt(&["plan", "inventory.yml", "--no-diff"]);
    ran.ended_with(2);
    assert!(ran.stdout.contains("0644  nginx_upstream\n") && !ran.stdout.contains("  new"), "{}", ran.stdout);
    let host = host(&place, &["plan", "inventory.yml"], 2);
    assert!(host["changes"].as_array().is_some_and(|changes| changes.iter().all(|change| change["cause"] == "new")));
}

#[test]
fn each_part_is_brought_about_by_itself_and_a_conflict_by_neither() {
    let place = moved();
    let (drop_in, conflict) = (place.read(DROP_IN), place.read(PUMA));
    let upstream = place.read(&format!("box/{UPSTREAM}"));
    let before = place.tree("box");

    let planned = host(&place, &["plan", "inventory.yml", "--only", "drifted"], 2);
    assert_eq!(
        (causes(&planned["changes"]), causes(&planned["left_out"])),
        (
            json!([["/etc/systemd/system/puma.service.d/10-zdt-exec-reload.conf", "drifted"]]),
            json!([["/etc/nginx/conf.d/shop_upstream.conf", "pending"], ["/srv/shop/shared/puma.rb", "conflict"]]),
        )
    );
    let handlers: Vec<_> = planned["handlers"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert_eq!(handlers, ["reload systemd"]);
    let checks: Vec<_> = planned["checks"].as_array().expect("a list").iter().map(|one| &one["check"]).collect();
    assert_eq!(checks, ["systemd-analyze verify"]);
    assert_eq!(place.tree("box"), before, "a plan changes nothing");

    place
        .zdt(&words(&["apply", "inventory.yml", "--only", "drifted"]))
        .ended_with(0)
        .says("left out by --only: 1 pending, 1 conflict")
        .says("/srv/shop/shared/puma.rb conflict: changed on both sides; look at it")
        .says("committed, 1 change")
        .says("Applied: 1 host changed and verified. Left out by --only: 1 pending, 1 conflict.");
    assert_eq!(place.read(DROP_IN), drop_in.replace("# by hand\n", ""));
    assert_eq!((place.read(PUMA), place.read(&format!("box/{UPSTREAM}"))), (conflict.clone(), upstream.clone()));

    place
        .zdt(&words(&["apply", "inventory.yml", "--only", "drifted"]))
        .ended_with(0)
        .says("box: left as it is")
        .says("Plan: 1 host: 1 left as it is. Left out by --only: 1 pending, 1 conflict.");
    assert_eq!(host(&place, &["plan", "inventory.yml", "--only", "drifted"], 0)["state"], "left out");

    place.zdt(&words(&["apply", "inventory.yml", "--only", "pending"])).ended_with(0).says("committed, 1 change");
    assert_eq!(place.read(PUMA), conflict);
    assert_ne!(place.read(&format!("box/{UPSTREAM}")), upstream);
    place
        .zdt(&words(&["plan", "inventory.yml", "--only", "pending"]))
        .ended_with(0)
        .says("left out by --only: 1 conflict");

    // Only whoever does not choose overwrites what somebody else has done.
    place.zdt(&words(&["apply", "inventory.yml"])).ended_with(0).says("committed, 1 change");
    assert!(!place.read(PUMA).contains("by hand"));
    place.zdt(&words(&["apply", "inventory.yml", "--only", "drifted"])).ended_with(0).says("box: in sync");
}

#[test]
fn what_needs_something_left_out_is_refused_and_nothing_is_done() {
    let place = Place::new();
    place.apply().ended_with(0);
    let folder = place.path(DROP_IN).parent().expect("its folder").to_owned();
    fs::remove_dir_all(&folder).expect("a folder");
    let before = place.tree("box");
    let pending = ["apply", "inventory.yml", "-e", "exec_reload_dropin=20-zdt.conf", "--only", "pending"];
    place
        .zdt(&pending)
        .ended_with(3)
        .says("20-zdt.conf needs /etc/systemd/system/puma.service.d, which `--only` leaves out (drifted)")
        .says("Nothing was touched on any host");
    assert_eq!(place.tree("box"), before);
    place.zdt(&["apply", "inventory.yml", "--only", "drifted"]).ended_with(0).says("committed, 2 changes");
    place.zdt(&pending).ended_with(0).says("committed, 1 change");
}

#[test]
fn where_nobody_can_tell_who_changed_what_nothing_is_chosen() {
    let place = moved();
    place.write("box/var/lib/zdt/applied", "99\nsomething new\n");
    let before = place.tree("box");
    for only in ["drifted", "pending"] {
        place
            .zdt(&words(&["apply", "inventory.yml", "--only", only]))
            .ended_with(3)
            .says("who changed what cannot be told")
            .says("apply without `--only`");
    }
    assert_eq!(place.tree("box"), before);
}

#[test]
fn it_goes_with_nothing_that_is_done_whole() {
    let place = Place::new();
    for (command, words) in [
        (&["apply", "inventory.yml", "--only", "drifted", "--prune"][..], "cannot be used with"),
        (&["plan", "inventory.yml", "--only", "pending", "--prune"], "cannot be used with"),
        (&["plan", "inventory.yml", "--only", "pending", "--out", "plan.json"], "cannot be used with"),
        (&["apply", "inventory.yml", "--only", "conflict"], "possible values: drifted, pending"),
    ] {
        place.zdt(command).ended_with(64).says(words);
    }
    place.zdt(&["plan", "inventory.yml", "--out", "plan.json"]).ended_with(2);
    for verb in ["plan", "apply"] {
        place.zdt(&[verb, "plan.json", "--only", "pending"]).ended_with(64).says("it is done whole, or not at all");
    }
    let ran = place.zdt(&["plan", "plan.json", "--json"]);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    assert_eq!(document["hosts"][0]["changes"][0]["cause"], Value::Null, "no host was asked");
    assert!(!place.path("box").exists());
}
