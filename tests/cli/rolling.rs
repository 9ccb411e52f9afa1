//! Hosts follow each other in batches; what failed, was not reached or must stay in service keeps others from beginning.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::place::{Place, UPSTREAM, wait};
use super::ran::Ran;

const NAMES: [&str; 6] = ["one", "two", "three", "four", "five", "six"];
/// Nobody listens there.
const FAR: &str =
    "ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, ansible_ssh_common_args: -F /dev/null";

/// Six sandboxes in the group `web`; `vars` are lines of its variables.
fn six(vars: &[&str], far: &[&str]) -> Place {
    let place = Place::empty();
    place.hosts(&NAMES.map(|name| (name, if far.contains(&name) { FAR } else { "" })));
    let vars: String = vars.iter().map(|line| format!("    {line}\n")).collect();
    place.write("inventory.yml", place.read("inventory.yml").replacen("  vars:\n", &format!("  vars:\n{vars}"), 1));
    place
}

/// Swaps fail on the way to what is live on `bad` hosts.
fn command(place: &Place, words: &[&str], bad: &[&str]) -> Command {
    let paths: Vec<String> = ["none"].iter().chain(bad).map(|name| format!("*/{name}/etc/*")).collect();
    let script = format!(
        "#!/bin/sh\ncase $PWD/$* in {}) echo no luck >&2; exit 1 ;; esac\nexec /bin/mv \"$@\"\n",
        paths.join(" | ")
    );
    place.write("bin/mv", script);
    fs::set_permissions(place.path("bin/mv"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let mut command = place.command(words);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", place.path("bin").display()));
    command
}

fn run(place: &Place, more: &[&str], bad: &[&str]) -> Ran {
    let words = [&["apply", "inventory.yml"], more].concat();
    Ran::of(&command(place, &words, bad).output().expect("zdt"), format!("zdt {}", words.join(" ")))
}

struct Case {
    name: &'static str,
    vars: &'static [&'static str],
    words: &'static [&'static str],
    far: &'static [&'static str],
    bad: &'static [&'static str],
    code: i32,
    /// `+` changed, `!` put back, `<` taken back, `.` not started, `?` unknown.
    became: &'static str,
    /// What is said on standard error.
    batches: &'static [&'static str],
    detail: Value,
}

fn cases() -> Vec<Case> {
    let case = |name| Case {
        name,
        vars: &[],
        words: &[],
        far: &[],
        bad: &[],
        code: 0,
        became: "++++++",
        batches: &[],
        detail: Value::Null,
    };
    let budget = |failed: usize, unreachable: usize, allowed: usize| json!({"reason": "failures", "failed": failed, "unreachable": unreachable, "allowed": allowed});
    let minimum =
        |keep: usize, out: usize| json!({"reason": "in service", "group": "web", "size": 6, "keep": keep, "out": out});
    vec![
        Case {
            batches: &["Batch 1 of 2: one", "Batch 2 of 2: two, three, four, five, six"],
            ..case("without a word one host proves it")
        },
        Case {
            bad: &["one"],
            code: 5,
            became: "!.....",
            batches: &["Batch 1 of 2: one"],
            detail: budget(1, 0, 0),
            ..case("it proves nothing")
        },
        Case { words: &["--batch", "100%"], ..case("without a proof there is nothing to announce") },
        Case {
            vars: &["zdt_batch: [1, 2, 50%]"],
            batches: &["Batch 1 of 3: one", "Batch 2 of 3: two, three", "Batch 3 of 3: four, five, six"],
            ..case("a ramp of a variable")
        },
        Case {
            vars: &["zdt_batch: 1"],
            words: &["--batch", "2, 100%"],
            batches: &["Batch 1 of 2: one, two", "Batch 2 of 2: three, four, five, six"],
            ..case("the command line is over the variable")
        },
        Case {
            words: &["--batch", "1, 2", "--forks", "1"],
            bad: &["three"],
            code: 5,
            became: "++!...",
            batches: &["Batch 1 of 4: one", "Batch 2 of 4: two, three"],
            detail: budget(1, 0, 0),
            ..case("a bad third stops")
        },
        Case {
            words: &["--batch", "1, 2", "--on-failure", "undo"],
            bad: &["three"],
            code: 5,
            became: "<<!...",
            batches: &["Batch 1 of 4: one", "Batch 2 of 4: two, three"],
            detail: budget(1, 0, 0),
            ..case("a bad third undoes")
        },
        Case {
            words: &["--batch", "1, 2", "--on-failure", "undo", "--max-failures", "20%"],
            bad: &["three"],
            code: 5,
            became: "++!+++",
            batches: &[
                "Batch 1 of 4: one",
                "Batch 2 of 4: two, three",
                "Batch 3 of 4: four, five",
                "Batch 4 of 4: six",
            ],
            ..case("a bad third may be")
        },
        Case {
            vars: &["zdt_max_failures: 1"],
            far: &["two"],
            words: &["--batch", "1"],
            bad: &["three"],
            code: 5,
            became: "+?!...",
            batches: &["Batch 1 of 5: one", "Batch 2 of 5: three"],
            detail: budget(1, 1, 1),
            ..case("who cannot be reached counts")
        },
        Case {
            far: &["six"],
            code: 4,
            became: ".....?",
            detail: budget(0, 1, 0),
            ..case("who cannot be reached counts from the start")
        },
        Case {
            words: &["--on-failure", "continue", "--batch", "3"],
            far: &["six"],
            bad: &["one", "two", "three"],
            code: 5,
            became: "!!!++?",
            batches: &["Batch 1 of 2: one, two, three", "Batch 2 of 2: four, five"],
            ..case("all may fail")
        },
        Case {
            vars: &["zdt_min_in_service: 60%"],
            batches: &[
                "Batch 1 of 4: one",
                "Batch 2 of 4: two, three",
                "Batch 3 of 4: four, five",
                "Batch 4 of 4: six",
            ],
            ..case("a minimum cuts the batches")
        },
        Case {
            vars: &["zdt_min_in_service: 5"],
            words: &["--on-failure", "continue"],
            bad: &["three"],
            code: 5,
            became: "++!...",
            batches: &["Batch 1 of 6: one", "Batch 2 of 6: two", "Batch 3 of 6: three"],
            detail: minimum(5, 1),
            ..case("a minimum that cannot be held any more")
        },
        Case {
            vars: &["zdt_min_in_service: 100%"],
            code: 2,
            became: "......",
            detail: minimum(6, 0),
            ..case("a minimum that can never be held")
        },
        Case {
            vars: &["zdt_min_in_service: 100%"],
            words: &["-e", "zdt_min_in_service=0", "--batch", "6"],
            ..case("nor need it be")
        },
    ]
}

#[test]
fn a_run_goes_as_its_settings_say() {
    for Case { name, vars, words, far, bad, code, became, batches, detail } in cases() {
        let place = six(vars, far);
        let ran = run(&place, &[&["--json"], words].concat(), bad);
        let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{name}: {error}"));
        let outcome = |host: &str| {
            let one = document["applied"].as_array()?.iter().find(|one| one["host"] == host)?;
            if one["outcome"] == "not started" {
                assert_eq!(one["detail"], detail, "{name}: {host}");
            }
            Some(match one["outcome"].as_str()? {
                "committed" => '+',
                "put back" => '!',
                "taken back" => '<',
                "not started" => '.',
                other => panic!("{name}: {host}: {other}"),
            })
        };
        let outcomes: String = NAMES.iter().map(|host| outcome(host).unwrap_or('?')).collect();
        assert_eq!(outcomes, became, "{name}");
        for (host, became) in NAMES.iter().zip(became.chars()) {
            assert_eq!(place.path(&format!("{host}/{UPSTREAM}")).exists(), became == '+', "{name}: {host}");
        }
        let said: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("Batch ")).collect();
        assert_eq!(said, batches, "{name}");
        ran.ended_with(code);
    }
}

#[test]
fn the_plan_shows_what_will_be() {
    let place = six(&["zdt_batch: 1, 2", "zdt_min_in_service: 4"], &["two"]);
    place
        .zdt(&["plan", "inventory.yml", "--max-failures", "1"])
        .says("Batches: one; then three; then four; then five; then six.");
    let ran = place.zdt(&["plan", "inventory.yml", "--max-failures", "1", "--batch", "5", "--json"]);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    let batches = json!([["one"], ["three"], ["four"], ["five"], ["six"]]);
    assert_eq!(document["schedule"], json!({"batches": batches, "not_started": []}));
    place.plan().ended_with(4).says(
        "Would not be started: one, three, four, five, six: 1 host could not be reached or read, and none may \
         (`--max-failures`).",
    );
}

#[test]
fn of_several_values_the_careful_one_counts_and_it_is_said() {
    let place = Place::empty();
    place.hosts(&[
        ("one", "zdt_batch: 2, zdt_max_failures: 50%"),
        ("two", "zdt_batch: '1, 100%', zdt_max_failures: 1"),
        ("three", ""),
        ("four", "zdt_batch: 2"),
    ]);
    place.plan().ended_with(2).says("Batches: one; then two, three; then four.").says(
        "`zdt_batch` differs among the hosts: `2` (inventory.yml:8), `1, 100%` (inventory.yml:9); at each step the \
         smallest counts.",
    );
    let ran = place.zdt(&["plan", "inventory.yml", "--batch", "4"]);
    assert!(!ran.ended_with(2).stdout.contains("differs among"), "{}", ran.all());
}

#[test]
fn what_is_no_setting_is_a_fault_with_its_place() {
    for (vars, says) in [
        (
            "zdt_batch: 0",
            "`zdt_batch` is the number 0, but it must be a number of hosts, a percent, or several of them",
        ),
        ("zdt_batch: 25 %", "`zdt_batch` is `25 %`, but it must be"),
        ("zdt_max_failures: -1", "but it must be a number of hosts, or a percent"),
        ("zdt_pause: 10%", "`zdt_pause` is `10%`, but it must be a number of seconds, a day at most"),
        ("zdt_min_in_service: most", "`zdt_min_in_service` is `most`, but it must be a number of hosts, or a percent"),
        ("zdt_bach: 1", "did you mean `zdt_batch`?"),
    ] {
        let place = six(&[vars], &[]);
        place.plan().ended_with(3).says(says).says("inventory.yml:3:");
    }
    let place = Place::empty();
    place.hosts(&[("one", "zdt_min_in_service: 1")]);
    place.plan().ended_with(3).says("it speaks of a group");
    let place = six(&[], &[]);
    for words in [
        &["--batch", "0"][..],
        &["--batch", "1,"],
        &["--max-failures", "101%"],
        &["--pause", "-1"],
        &["--max-failures", "1", "--on-failure", "continue"],
    ] {
        run(&place, words, &[]).ended_with(64);
    }
}

#[test]
fn a_group_within_another_frees_no_host_of_the_outer_ones_minimum() {
    let place = Place::empty();
    let sandbox = |name: &str| format!("{{ansible_connection: local, zdt_root: {name}}}");
    let hosts: String = ["a", "b"].iter().map(|name| format!("            {name}: {}\n", sandbox(name))).collect();
    place.write(
        "inventory.yml",
        format!(
            "all:\n  vars:\n    zdt_roles: [systemd_exec_reload]\n    app_name: shop\n    app_path: /srv/shop\n  children:\n    \
             web:\n      vars: {{zdt_min_in_service: 1}}\n      children:\n        canary:\n          vars: \
             {{zdt_min_in_service: 0}}\n          hosts:\n{hosts}"
        ),
    );
    place.zdt(&["plan", "inventory.yml", "--batch", "2"]).ended_with(2).says("Batches: a; then b.");
}

#[test]
fn a_pause_is_said_and_ends_when_asked_to() {
    let place = six(&["zdt_pause: 3600"], &[]);
    let mut command = command(&place, &["apply", "inventory.yml"], &[]);
    let stderr = fs::File::create(place.path("told")).expect("a file");
    let child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("zdt");
    wait("it pauses", || place.read("told").contains("Waiting 3600 s before batch 2 of 2"));
    let zdt = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    kill_process(zdt, Signal::INT).expect("a process");
    let ran = Ran::of(&child.wait_with_output().expect("zdt"), "zdt apply".to_owned());
    ran.ended_with(2).says("two: not started: zdt was asked to end").says("1 host changed and verified, 5 not started");
    run(&place, &["--pause", "0"], &[]).ended_with(0).says("5 hosts changed and verified, 1 already in sync");
}

#[test]
fn a_saved_plan_keeps_the_settings_and_a_rollback_obeys_them() {
    let place = six(&["zdt_batch: 3", "zdt_min_in_service: 4"], &[]);
    place.zdt(&["plan", "inventory.yml", "--out", "saved.plan"]).ended_with(2);
    let batches = "Batches: one, two; then three, four; then five, six.";
    place.zdt(&["plan", "saved.plan"]).ended_with(2).says(batches);
    place.zdt(&["apply", "saved.plan"]).ended_with(0).says(batches).says("Batch 3 of 3: five, six");
    let ran = place.zdt(&["rollback", "inventory.yml", "--batch", "1"]);
    ran.ended_with(0).says("Batch 6 of 6: six").says("6 hosts changed and verified");
}
