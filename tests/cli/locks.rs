//! Two at once, one that died, one that is told to stop.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::place::{Place, UPSTREAM, wait};
use super::ran::Ran;

/// A `mv` that waits while there is a file `gate`: holds transactions in mid-swap for as long as a test wants.
fn gated(place: &Place, command: &mut Command) {
    place.write("gate", "");
    let gate = place.path("gate");
    place.write(
        "bin/mv",
        format!("#!/bin/sh\nwhile [ -e {} ]; do sleep 0.02; done\nexec /bin/mv \"$@\"\n", gate.display()),
    );
    fs::set_permissions(place.path("bin/mv"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", place.path("bin").display()));
}

#[test]
fn of_two_applies_at_once_one_is_told_who_holds_the_host() {
    let place = Place::new();
    let mut first = place.command(&["apply", "inventory.yml"]);
    gated(&place, &mut first);
    let first = first.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("zdt");
    wait("the first holds the lock", || place.path("box/var/lib/zdt/lock/who").exists());
    for ran in [place.plan(), place.apply()] {
        ran.ended_with(4).says("held by transaction");
    }
    fs::remove_file(place.path("gate")).expect("the gate");
    Ran::of(&first.wait_with_output().expect("zdt"), "the first".to_owned()).ended_with(0);
    place.plan().ended_with(0);
}

#[test]
fn a_lock_left_behind_keeps_others_out_until_it_is_removed() {
    let place = Place::new();
    place.write("box/var/lib/zdt/lock/who", "transaction 7-7 since yesterday, by somebody\n");
    let before = place.tree("");
    for ran in [place.plan(), place.apply()] {
        ran.ended_with(4).says("held by transaction 7-7 since yesterday, by somebody");
        assert_eq!(place.tree(""), before, "{}", ran.what);
    }
    fs::remove_dir_all(place.path("box/var/lib/zdt/lock")).expect("the lock");
    place.apply().ended_with(0);
}

#[test]
fn a_lock_taken_while_somebody_thought_is_respected() {
    let place = Place::new();
    let Some(mut terminal) = place.terminal("zdt apply inventory.yml") else { return };
    terminal.waits_for("[y/N]");
    place.write("box/var/lib/zdt/lock/who", "transaction 8-8, by somebody quicker\n");
    terminal.types("y\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(4), "{shown}");
    assert!(shown.contains("transaction 8-8, by somebody quicker"), "{shown}");
    assert!(!place.path(&format!("box/{UPSTREAM}")).exists());
    assert!(place.path("box/var/lib/zdt/lock/who").exists(), "a foreign lock was removed");
}

#[test]
fn ctrl_c_lets_those_settle_that_have_begun() {
    let place = Place::empty();
    let names: Vec<String> = (0..8).map(|number| format!("box{number}")).collect();
    place.hosts(&names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>());
    let mut command = place.command(&["apply", "inventory.yml", "--json", "--forks", "2"]);
    gated(&place, &mut command);
    let told = place.path("told");
    let stderr = fs::File::create(&told).expect("a file");
    // A group of its own: Ctrl-C reaches zdt and all that it started.
    let child = command.process_group(0).stdout(Stdio::piped()).stderr(stderr).spawn().expect("zdt");
    let begun = |name: &String| place.path(&format!("{name}/var/lib/zdt/lock")).exists();
    wait("two have begun", || names.iter().filter(|name| begun(name)).count() == 2);
    let group = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    kill_process_group(group, Signal::INT).expect("a group");
    wait("zdt has heard", || fs::read_to_string(&told).is_ok_and(|text| text.contains("no further host")));
    fs::remove_file(place.path("gate")).expect("the gate");
    let ran = Ran::of(&child.wait_with_output().expect("zdt"), "zdt apply".to_owned());
    ran.ended_with(2);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a document");
    let outcomes = document["applied"].as_array().expect("a list");
    assert_eq!(outcomes.len(), 8);
    for one in outcomes {
        let name = one["host"].as_str().expect("a name");
        let done = place.path(&format!("{name}/{UPSTREAM}")).exists();
        assert_eq!(one["outcome"], if done { "committed" } else { "not started" }, "{name}");
        assert!(!place.path(&format!("{name}/var/lib/zdt/lock")).exists(), "{name}: a lock is left");
        let plan = place.zdt(&["plan", "inventory.yml", "--limit", name]);
        plan.ended_with(if done { 0 } else { 2 });
    }
    assert_eq!(outcomes.iter().filter(|one| one["outcome"] == "committed").count(), 2, "{}", ran.stdout);
}
