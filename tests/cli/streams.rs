//! Where output goes: a full disk, a reader that leaves, a pipe, a terminal.

use std::fs::OpenOptions;
use std::process::Stdio;

use super::place::Place;
use super::ran::Ran;

#[test]
fn output_that_is_lost_is_told_and_the_change_is_made_all_the_same() {
    let place = Place::new();
    for (verb, code_then) in [("plan", 2), ("apply", 0)] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let output = place.command(&[verb, "inventory.yml"]).stdout(full).output().expect("zdt");
        let ran = Ran::of(&output, format!("zdt {verb} >/dev/full"));
        ran.ended_with(70).says("could not be written");
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        // What an apply had begun, it has done.
        place.plan().ended_with(code_then);
    }
}

#[test]
fn a_reader_that_leaves_ends_nothing() {
    let place = Place::new();
    for (verb, code) in [("plan", 2), ("apply", 0), ("plan", 0)] {
        let mut child =
            place.command(&[verb, "inventory.yml"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("zdt");
        // Before a byte is written: every write fails.
        drop(child.stdout.take());
        let ran = Ran::of(&child.wait_with_output().expect("zdt"), format!("zdt {verb} |"));
        ran.ended_with(code);
        assert_eq!(ran.stderr, "", "zdt {verb}");
    }
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let place = Place::new();
    let coloured = |words: &[&str], no_color: bool| {
        let mut command = place.command(words);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        command.output().expect("zdt").stdout.contains(&0x1b)
    };
    let plan = ["plan", "inventory.yml"];
    let always = ["--color", "always", "plan", "inventory.yml"];
    assert!(!coloured(&plan, false), "a pipe gets colours");
    assert!(coloured(&always, false), "`--color always` brings none");
    assert!(coloured(&always, true), "who asks in words is heard before the environment");
    for (words, wanted) in [
        ("zdt plan inventory.yml", true),
        ("NO_COLOR=1; export NO_COLOR; zdt plan inventory.yml", false),
        ("zdt --color never plan inventory.yml", false),
        ("NO_COLOR=1; export NO_COLOR; zdt --color always plan inventory.yml", true),
    ] {
        // The progress line, on standard error, moves the cursor; only the plan is looked at.
        let Some(terminal) = place.terminal(&format!("{words} 2>/dev/null")) else { return };
        let (code, shown) = terminal.ends();
        assert_eq!(code, Some(2), "{words}: {shown}");
        assert_eq!(shown.contains("\x1b["), wanted, "{words}: {shown:?}");
    }
}
