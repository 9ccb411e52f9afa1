//! Who follows a transaction that has not begun: what they are told stays true.

use std::fs;
use std::time::Duration;

use zdt::host::Program;
use zdt::transaction::journal::{self, Line};
use zdt::transaction::{Checking, Outcome};

use super::harness::{Shell, ask, show};
use super::run::everything;

fn followed(shell: &Shell, input: &[u8]) -> Outcome {
    let answer = ask(shell, &[], &[Program::PREFLIGHT, Program::RUN], "follow", input);
    let outcomes = answer.lines.iter().filter_map(|line| match journal::decode(line) {
        Ok(Some(Line::Outcome(outcome))) => Some(outcome),
        _ => None,
    });
    outcomes.last().unwrap_or_else(|| panic!("{shell:?}: no outcome\n{}", show(&answer.lines)))
}

#[test]
fn what_was_said_not_to_have_begun_never_begins() {
    for shell in Shell::all() {
        let host = everything();
        let before = host.picture();
        fs::create_dir(host.at("state")).unwrap();
        let lock = fs::File::create(host.at("state/lock")).unwrap();
        lock.lock().unwrap();
        let input = host.manifest.header.encode();
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| followed(&shell, &input));
            std::thread::sleep(Duration::from_millis(500));
            // Whoever holds the lock may be the session that is about to begin it.
            assert!(!asking.is_finished(), "{shell:?}: it answered though somebody may begin");
            lock.unlock().unwrap();
            let outcome = asking.join().unwrap();
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{shell:?}: {outcome:?}");
        });
        // A session that had waited for the lock gets it only now.
        let (_, outcome) = host.run(&shell, Checking::Done);
        let refused =
            matches!(&outcome, Outcome::PutBack { step, reason } if step == "begin" && reason.contains("told"));
        assert!(refused, "{shell:?}: {outcome:?}");
        assert_eq!(host.picture(), before, "{shell:?}");
        assert!(!host.at("state/open").exists() && !host.at("state/never-t1").exists(), "{shell:?}");
    }
}
