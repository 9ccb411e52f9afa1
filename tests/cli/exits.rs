//! The exit codes, one situation after the other, as `src/cli/exit.rs` and README list them.

use super::place::{Place, UPSTREAM};

#[test]
fn a_sandbox_goes_from_pending_to_clean_and_back() {
    let place = Place::new();
    let before = place.tree("");
    place.plan().ended_with(2).says("to change");
    assert_eq!(place.tree(""), before, "a plan has touched something");
    // No terminal: nobody is asked.
    place.apply().ended_with(0).says("1 host changed and verified");
    place.plan().ended_with(0).says("in sync");
    let applied = place.tree("box");
    place.apply().ended_with(0);
    assert_eq!(place.tree("box"), applied, "a second apply has changed something");
    place.write(&format!("box/{UPSTREAM}"), "upstream shop {}\n");
    place.plan().ended_with(2).says("-upstream shop {}");
    place.apply().ended_with(0);
    place.plan().ended_with(0);
    assert!(!place.path("box/var/lib/zdt/open").exists());
}

#[test]
fn a_wrong_inventory_is_3_and_touches_nothing() {
    let place = Place::new();
    for (name, text, says) in [
        ("unknown role", "{zdt_roles: [no_such_role]}", "no_such_role"),
        ("wrong type", "{puma_workers: many}", "puma_workers"),
        ("undefined", "{app_path: '{{ nobody }}'}", "nobody"),
    ] {
        place.hosts(&[("box", ""), ("bad", &text[1..text.len() - 1])]);
        let before = place.tree("");
        for verb in ["plan", "apply"] {
            let ran = place.zdt(&[verb, "inventory.yml"]);
            ran.ended_with(3).refused().says(says);
        }
        assert_eq!(place.tree(""), before, "{name}: something was touched");
    }
    place.zdt(&["plan", "nowhere.yml"]).ended_with(3);
    place.zdt(&["plan", "inventory.yml", "--limit", "nobody"]).ended_with(3);
}

#[test]
fn an_unreachable_host_is_4_and_the_others_are_applied_if_that_many_may_fail() {
    let place = Place::empty();
    place.hosts(&[
        (
            "far",
            "ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, ansible_ssh_common_args: -F /dev/null",
        ),
        ("box", ""),
    ]);
    place.plan().ended_with(4).says("far").says(UPSTREAM);
    let words = "Would not be started: box: 1 host could not be reached or read, and none may (`--max-failures`).";
    place.plan().says(words);
    place.apply().ended_with(4).says(words).says("1 host not started");
    place.zdt(&["plan", "inventory.yml", "--limit", "box"]).ended_with(2);
    place.zdt(&["apply", "inventory.yml", "--max-failures", "1"]).ended_with(4).says("1 host changed and verified");
    place.zdt(&["plan", "inventory.yml", "--limit", "box"]).ended_with(0);
}

#[test]
fn wrong_use_is_64_and_help_is_0() {
    let place = Place::new();
    let before = place.tree("");
    for words in [
        &["plan"][..],
        &["aply", "inventory.yml"],
        &["plan", "inventory.yml", "--frobnicate"],
        &["plan", "inventory.yml", "--forks", "0"],
        &["apply", "inventory.yml", "--host-keys", "whatever"],
        &[],
    ] {
        place.zdt(words).ended_with(64);
    }
    place.zdt(&["--help"]).ended_with(0).says("usage");
    place.zdt(&["--version"]).ended_with(0).says(env!("CARGO_PKG_VERSION"));
    assert_eq!(place.tree(""), before);
}
