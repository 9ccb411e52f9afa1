//! Two at once, one that died, one that is told to stop.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::place::{Place, UPSTREAM, wait};
use super::ran::Ran;

/// A `mv` that waits, on its way to what is live, while there is a file `gate`: holds transactions in mid-swap for as
/// long as a test wants. It leaves its process group in a file `group`.
pub fn gated(place: &Place, command: &mut Command) {
    place.write("gate", "");
    let (gate, group) = (place.path("gate"), place.path("group"));
    place.write(
        "bin/mv",
        format!(
            "#!/bin/sh\ncase $PWD/$* in */etc/*) ps -o pgid= -p $$ >{group}.new && /bin/mv {group}.new {group}\n\
             while [ -e {gate} ]; do sleep 0.02; done ;; esac\nexec /bin/mv \"$@\"\n",
            gate = gate.display(),
            group = group.display()
        ),
    );
    fs::set_permissions(place.path("bin/mv"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", place.path("bin").display()));
}

fn started(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("zdt")
}

fn ended(child: Child, what: &str) -> Ran {
    Ran::of(&child.wait_with_output().expect("zdt"), what.to_owned())
}

/// Kills a worker in mid-swap, with all that it started and the zdt that waits for it.
fn killed_in_mid_swap(place: &Place) {
    let mut command = place.command(&["apply", "inventory.yml"]);
    gated(place, &mut command);
    let mut zdt = started(command);
    wait("the worker is in mid-swap", || place.path("group").exists());
    zdt.kill().expect("a process");
    zdt.wait().expect("zdt");
    let group = place.read("group").trim().parse().ok().and_then(Pid::from_raw).expect("a process group");
    kill_process_group(group, Signal::KILL).expect("a group");
    fs::remove_file(place.path("gate")).expect("the gate");
    let lock = fs::File::open(place.path("box/var/lib/zdt/lock")).expect("a lock");
    wait("the lock is free", || lock.try_lock_shared().is_ok());
}

#[test]
fn of_two_applies_at_once_the_second_waits() {
    let place = Place::new();
    let mut first = place.command(&["apply", "inventory.yml"]);
    gated(&place, &mut first);
    let first = started(first);
    wait("the first is in mid-swap", || place.path("group").exists());
    place.plan().ended_with(4).says("is at work there");
    let impatient = place.zdt(&["apply", "inventory.yml", "--lock-timeout", "0"]);
    impatient.ended_with(4).says("box: waiting, held by transaction ").says("is at work there");
    let second = started(place.command(&["apply", "inventory.yml"]));
    fs::remove_file(place.path("gate")).expect("the gate");
    ended(first, "the first").ended_with(0).says("1 host changed and verified");
    ended(second, "the second").ended_with(0).says("in sync");
    place.plan().ended_with(0);
}

#[test]
fn what_a_killed_worker_left_open_is_settled_by_the_next_apply_and_not_by_a_plan() {
    let place = Place::new();
    killed_in_mid_swap(&place);
    let torn = place.tree("box");
    place.plan().ended_with(4).says("stands open, and nobody works on it");
    assert_eq!(place.tree("box"), torn, "a plan has touched something");
    place.apply().ended_with(0).says("had been left open, and was put back first").says("1 host changed and verified");
    place.plan().ended_with(0);
    assert!(!place.path("box/var/lib/zdt/open").exists());
}

#[test]
fn a_lock_taken_while_somebody_thought_is_respected() {
    let place = Place::new();
    let Some(mut terminal) = place.terminal("zdt apply inventory.yml --lock-timeout 1") else { return };
    terminal.waits_for("[y/N]");
    place.write("box/var/lib/zdt/lock", "");
    let lock = fs::File::open(place.path("box/var/lib/zdt/lock")).expect("a lock");
    lock.lock().expect("the lock");
    terminal.types("y\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(4), "{shown}");
    assert!(shown.contains("not touched, another zdt holds it"), "{shown}");
    assert!(!place.path(&format!("box/{UPSTREAM}")).exists());
}

#[test]
fn ctrl_c_lets_those_settle_that_have_begun() {
    let place = Place::empty();
    let names: Vec<String> = (0..8).map(|number| format!("box{number}")).collect();
    place.hosts(&names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>());
    let mut command = place.command(&["apply", "inventory.yml", "--json", "--forks", "2", "--batch", "100%"]);
    gated(&place, &mut command);
    let told = place.path("told");
    let stderr = fs::File::create(&told).expect("a file");
    // A group of its own: Ctrl-C reaches zdt and all that it started.
    let child = command.process_group(0).stdout(Stdio::piped()).stderr(stderr).spawn().expect("zdt");
    let begun = |name: &String| place.path(&format!("{name}/var/lib/zdt/open/swapping")).exists();
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
        assert!(!place.path(&format!("{name}/var/lib/zdt/open")).exists(), "{name}: a transaction is left open");
        let plan = place.zdt(&["plan", "inventory.yml", "--limit", name]);
        plan.ended_with(if done { 0 } else { 2 });
    }
    assert_eq!(outcomes.iter().filter(|one| one["outcome"] == "committed").count(), 2, "{}", ran.stdout);
}
