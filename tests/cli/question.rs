//! The question before an apply, on a terminal: what is asked, and what each answer does.

use std::fs;
use std::path::Path;

use super::place::{Place, UPSTREAM};

#[test]
fn anything_but_yes_touches_nothing() {
    // The end of input is Ctrl-D.
    for answer in ["n\n", "\n", "", "yesterday\n", "nyes\n"] {
        let place = Place::new();
        let Some(mut terminal) = place.terminal("zdt apply inventory.yml") else { return };
        terminal.waits_for("Apply 7 changes to 1 host? [y/N]");
        let before = place.tree("");
        terminal.types(answer);
        let (code, shown) = terminal.ends();
        assert_eq!(code, Some(2), "{answer:?}: {shown}");
        assert!(shown.contains("Nothing was touched."), "{answer:?}: {shown}");
        assert_eq!(place.tree(""), before, "{answer:?}");
        assert!(!place.path("box").exists(), "{answer:?}");
    }
}

#[test]
fn yes_applies() {
    for answer in ["y\n", "Yes\n"] {
        let place = Place::new();
        let Some(mut terminal) = place.terminal("zdt apply inventory.yml") else { return };
        terminal.waits_for("[y/N]");
        terminal.types(answer);
        let (code, shown) = terminal.ends();
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains("1 host changed and verified"), "{shown}");
        place.plan().ended_with(0);
    }
}

#[test]
fn a_pipe_behind_zdt_hides_the_question_from_nobody() {
    let place = Place::new();
    let Some(mut terminal) = place.terminal("zdt apply inventory.yml >plan.txt") else { return };
    terminal.waits_for("[y/N]");
    terminal.types("n\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(2), "{shown}");
    assert!(place.read("plan.txt").contains(UPSTREAM));
    assert!(!place.path("box").exists());
}

#[test]
fn who_says_yes_or_has_nothing_to_do_is_not_asked() {
    let place = Place::new();
    for words in ["--yes", "", "--json --yes"] {
        let Some(terminal) = place.terminal(&format!("zdt apply inventory.yml {words}")) else { return };
        let (code, shown) = terminal.ends();
        assert_eq!(code, Some(0), "{words}: {shown}");
        assert!(!shown.contains("[y/N]"), "{words}: {shown}");
    }
}

#[test]
fn json_cannot_ask() {
    let place = Place::new();
    let Some(terminal) = place.terminal("zdt apply inventory.yml --json") else { return };
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(64), "{shown}");
    assert!(shown.contains("--yes"), "{shown}");
    assert!(!place.path("box").exists());
}

#[test]
fn what_changed_while_somebody_thought_is_not_overwritten() {
    let place = Place::new();
    place.apply().ended_with(0);
    place.write(&format!("box/{UPSTREAM}"), "seen by the plan\n");
    fs::remove_file(place.path("box/srv/shop/shared/puma.rb")).expect("a file");
    let Some(mut terminal) = place.terminal("zdt apply inventory.yml") else { return };
    terminal.waits_for("[y/N]");
    place.write(&format!("box/{UPSTREAM}"), "by somebody else, meanwhile\n");
    let mut before = place.tree("box");
    terminal.types("y\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(5), "{shown}");
    assert!(shown.contains(UPSTREAM), "what differs is not named:\n{shown}");
    let mut after = place.tree("box");
    let state = place.path("box/var/lib/zdt");
    let told = |path: &Path, text: &String| path.ends_with("ended") && text.contains("put-back");
    assert!(after.iter().any(|(path, text)| told(path, text)), "the host keeps no word of it");
    before.retain(|path, _| !path.starts_with(&state));
    after.retain(|path, _| !path.starts_with(&state));
    assert_eq!(after, before);
}
