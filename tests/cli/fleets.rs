//! One host of several fails: what becomes of the others, by `--on-failure`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::locks::gated;
use super::place::{Place, UPSTREAM, wait};
use super::ran::Ran;

/// A `mv` that fails on its way to what is live on host `two`.
fn failing(place: &Place, command: &mut Command) {
    place.write(
        "bin/mv",
        "#!/bin/sh\ncase $PWD/$* in */two/etc/*) echo no luck >&2; exit 1 ;; esac\nexec /bin/mv \"$@\"\n",
    );
    fs::set_permissions(place.path("bin/mv"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", place.path("bin").display()));
}

fn fleet() -> Place {
    let place = Place::empty();
    place.hosts(&[("one", ""), ("two", ""), ("three", "")]);
    place
}

fn apply(place: &Place, more: &[&str]) -> Ran {
    let words = [&["apply", "inventory.yml", "--forks", "1"], more].concat();
    let mut command = place.command(&words);
    failing(place, &mut command);
    Ran::of(&command.output().expect("zdt"), format!("zdt {}", words.join(" ")))
}

fn is_applied(place: &Place, host: &str) -> bool {
    place.path(&format!("{host}/{UPSTREAM}")).exists()
}

#[test]
fn a_failure_stops_those_behind_it_or_not_as_was_asked() {
    for (how, third, code) in [("stop", "not started", 5), ("continue", "committed", 5), ("undo", "not started", 5)] {
        let place = fleet();
        let ran = apply(&place, &["--json", "--on-failure", how]);
        ran.ended_with(code);
        let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
        let outcomes: Vec<(&str, &str)> = document["applied"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| (one["host"].as_str().expect("a name"), one["outcome"].as_str().expect("a word")))
            .collect();
        let first = if how == "undo" { "taken back" } else { "committed" };
        assert_eq!(outcomes, [("one", first), ("two", "put back"), ("three", third)], "{how}");
        assert_eq!(is_applied(&place, "one"), how != "undo", "{how}");
        assert!(!is_applied(&place, "two"), "{how}");
        assert_eq!(is_applied(&place, "three"), how == "continue", "{how}");
        assert!(
            document["applied"][1]["detail"]["reason"].as_str().is_some_and(|why| why.contains("no luck")),
            "{how}"
        );
    }
}

#[test]
fn what_was_taken_back_is_named_and_as_before() {
    let place = fleet();
    place.write(&format!("one/{UPSTREAM}"), "before\n");
    let ran = apply(&place, &["--on-failure", "undo"]);
    ran.ended_with(5)
        .says("one: committed, then taken back")
        .says("1 taken back")
        .says("two: failed at swap and put back");
    assert_eq!(place.read(&format!("one/{UPSTREAM}")), "before\n");
    place.zdt(&["apply", "inventory.yml"]).ended_with(0);
}

#[test]
fn asked_to_end_twice_it_leaves_and_says_who_was_at_work() {
    let place = fleet();
    let mut command = place.command(&["apply", "inventory.yml", "--forks", "1"]);
    gated(&place, &mut command);
    let told = place.path("told");
    let stderr = fs::File::create(&told).expect("a file");
    let child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("zdt");
    wait("the first host is in mid-swap", || place.path("group").exists());
    let zdt = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    kill_process(zdt, Signal::INT).expect("a process");
    wait("zdt has heard", || fs::read_to_string(&told).is_ok_and(|text| text.contains("no further host")));
    kill_process(zdt, Signal::INT).expect("a process");
    Ran::of(&child.wait_with_output().expect("zdt"), "zdt apply".to_owned()).ended_with(4);
    let said = place.read("told");
    assert!(said.contains("one was at work: it commits or undoes itself by "), "{said}");
    assert!(!said.contains("two") && !said.contains("three"), "{said}");
    fs::remove_file(place.path("gate")).expect("the gate");
    // Nobody asks any more; it commits all the same.
    wait("the host has settled", || !place.path("one/var/lib/zdt/open").exists());
    place.zdt(&["plan", "inventory.yml", "--limit", "one"]).ended_with(0);
}
