//! The promise, under load: `tests/zero-downtime` runs this. Each host of the lab is adopted, changed, restarted, given
//! what cannot boot, and rolled back, while requests come at a steady rate and every one is counted.

#[path = "load/client.rs"]
mod client;
#[path = "load/crowd.rs"]
mod crowd;
#[path = "lab/suite/fixture.rs"]
#[expect(dead_code, reason = "the lab's own tests do more with a host than this")]
mod fixture;
#[path = "load/machine.rs"]
mod machine;
#[path = "load/options.rs"]
mod options;
#[path = "cli/ran.rs"]
#[expect(dead_code, reason = "the lab's own tests stop at what is wrong; this goes on and counts it")]
mod ran;
#[path = "lab/suite/running.rs"]
#[expect(dead_code, reason = "nothing is killed here")]
mod running;
#[path = "load/stage.rs"]
#[expect(dead_code, reason = "no variable is left again here")]
mod stage;
#[path = "load/steps.rs"]
mod steps;
#[path = "load/table.rs"]
mod table;
#[path = "load/tally.rs"]
mod tally;

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

use options::Options;
use stage::Stage;
use table::{Played, Table};

#[test]
#[ignore = "boots hosts: needs root, see tests/zero-downtime"]
fn no_request_fails() {
    let options = Options::from_environment();
    let steps = steps::chosen(&options.only);
    let share = options.share(steps.len());
    let machine = machine::told(options.rate);
    let played = thread::scope(|scope| {
        let playing = options
            .suites
            .iter()
            .map(|suite| scope.spawn(|| play(Stage::new(suite, options.rate, share), suite, &steps)));
        let playing = playing.collect::<Vec<_>>();
        playing.into_iter().map(|one| one.join().expect("a host's steps")).collect::<Vec<_>>()
    });
    let table = Table::of(&machine, played);
    println!("{}", table.text);
    if let Some(path) = &options.table {
        fs::write(path, &table.text).expect("a file for the table");
    }
    assert!(table.passed, "{}", table.verdict);
}

fn play(mut stage: Stage, suite: &str, steps: &[steps::Step]) -> Played {
    let versions = stage.versions();
    // What was counted until then is told in any case.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| steps::play(&mut stage, steps)));
    let lost = ended.err().map(|payload| match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(_) => "a panic".to_owned(),
    });
    Played { suite: suite.to_owned(), versions, steps: stage.end(), lost }
}
