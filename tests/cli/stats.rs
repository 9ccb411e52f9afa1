//! `zdt stats` where nothing runs: who is asked, and how looks follow each other.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::place::Place;

const FAR: &str =
    "ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, ansible_ssh_common_args: -F /dev/null";
const SANDBOX: &str = "a sandbox has no services: nothing runs there\n";

#[test]
fn each_host_is_told_and_one_that_cannot_be_asked() {
    let place = Place::empty();
    place.hosts(&[("box", ""), ("front", "zdt_roles: [nginx_upstream], zdt_facts: {}")]);
    let ran = place.zdt(&["stats", "inventory.yml"]);
    ran.ended_with(0);
    let expected = format!("box: {SANDBOX}\nfront: none of its roles runs Puma\n\nfleet: 2 hosts, 0 Pumas\n");
    assert_eq!(ran.stdout, expected);

    place.hosts(&[("box", ""), ("far", FAR)]);
    let ran = place.zdt(&["stats", "inventory.yml"]);
    ran.ended_with(4).says("far: unknown").says("fleet: 2 hosts, 0 Pumas, 1 host unknown");
    assert!(ran.stdout.starts_with(&format!("box: {SANDBOX}")), "{}", ran.stdout);
    let ran = place.zdt(&["stats", "inventory.yml", "--json"]);
    let document: Value = serde_json::from_str(&ran.ended_with(4).stdout).expect("a document");
    assert_eq!((&document["command"], &document["exit"], &document["format"]), (&json!("stats"), &json!(4), &json!(1)));
    assert_eq!(document["hosts"][0], json!({"host": "box", "state": "sandbox", "pumas": []}));
    let far = &document["hosts"][1];
    assert_eq!((&far["host"], &far["state"], &far["pumas"]), (&json!("far"), &json!("unknown"), &json!([])));
    assert!(far["error"].is_string(), "{far}");
    assert_eq!(document["total"]["requests"], Value::Null);
}

#[test]
fn hosts_that_run_no_puma_are_no_answer() {
    let place = Place::empty();
    place.hosts(&[("front", "zdt_roles: [nginx_upstream], zdt_facts: {}")]);
    let ran = place.zdt(&["stats", "inventory.yml"]);
    ran.ended_with(3).says("none of the selected hosts has a role that runs Puma");
    assert_eq!(ran.stdout, "");
    place.zdt(&["stats", "inventory.yml", "--watch", "0"]).ended_with(64);
}

#[test]
fn looks_follow_each_other_until_a_signal() {
    let place = Place::new();
    let mut child =
        place.command(&["stats", "inventory.yml", "--watch", "1"]).stdout(Stdio::piped()).spawn().expect("zdt");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map(|line| line.expect("a line"));
    for apart in [false, true] {
        if apart {
            assert_eq!(lines.next().as_deref(), Some(""));
        }
        let first = lines.next().expect("a first line");
        assert!(first.ends_with(" UTC, every 1 s; Ctrl-C ends it"), "{first}");
        let block: Vec<String> = lines.by_ref().take(4).collect();
        assert_eq!(block, ["", &format!("box: {}", SANDBOX.trim_end()), "", "fleet: 1 host, 0 Pumas"]);
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill").success());
    assert_eq!(child.wait().expect("a child").code(), Some(0));
}

#[test]
fn looks_are_lines_of_json_and_end_with_their_reader() {
    let place = Place::new();
    let mut child = place
        .command(&["stats", "inventory.yml", "--watch", "1", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("zdt");
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    for _ in 0..2 {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        let document: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(document["hosts"][0]["state"], "sandbox");
        assert_eq!(document["total"]["requests_per_second"], Value::Null);
    }
    drop(reader);
    assert_eq!(child.wait().expect("a child").code(), Some(0));
}

#[test]
fn a_terminal_is_drawn_over_and_given_back() {
    let place = Place::new();
    let Some(mut terminal) = place.terminal("trap : INT; zdt stats inventory.yml --watch 1; echo \"code $?\"") else {
        return;
    };
    // The second look stands where the first did.
    terminal.waits_for("\u{1b}[J\u{1b}[H\u{1b}[?7l");
    terminal.types("\u{3}");
    terminal.waits_for("code 0");
    let (_, screen) = terminal.ends();
    assert_eq!(screen.matches("\u{1b}[2J").count(), 1, "{screen:?}");
    assert_eq!(screen.matches("\u{1b}[?7l").count(), screen.matches("\u{1b}[?7h").count(), "{screen:?}");
}
