//! What zdt writes by itself beside what the guide and others write, rolled under load: `tests/measure-defaults` runs this.

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
#[expect(dead_code, reason = "there are no steps to choose from")]
mod options;
#[path = "cli/ran.rs"]
#[expect(dead_code, reason = "the lab's own tests stop at what is wrong; this goes on and counts it")]
mod ran;
#[path = "lab/suite/running.rs"]
#[expect(dead_code, reason = "nothing is killed here")]
mod running;
#[path = "load/stage.rs"]
#[expect(dead_code, reason = "nothing fails on purpose here")]
mod stage;
#[path = "load/tally.rs"]
mod tally;
#[path = "load/variants.rs"]
mod variants;

use std::fmt::Write as _;
use std::{env, fs, thread};

use options::Options;
use stage::Repeated::Never;
use stage::Stage;

#[test]
#[ignore = "boots hosts: needs root, see tests/measure-defaults"]
fn the_defaults_lose_nothing() {
    let options = Options::from_environment();
    let (rate, only) = (options.rate, options.only.as_str());
    let rolls = env::var("ZDT_LOAD_ROLLS").map_or(1, |number| number.parse().expect("ZDT_LOAD_ROLLS is a number"));
    let mut text = format!("{}\n", machine::told(rate));
    let (mut versions, mut rows, mut faults) = (String::new(), String::new(), Vec::new());
    thread::scope(|scope| {
        let playing = options.suites.iter().map(|suite| {
            scope.spawn(move || {
                let mut stage = Stage::new(suite, rate, 0);
                let versions = stage.versions();
                stage.step("adoption", Never, |stage| stage.applies(0).map(drop));
                variants::play(&mut stage, rolls, only);
                let mut steps = stage.end();
                let adoption = steps.remove(0);
                let (text, mut faults) = variants::rows(suite, rolls, steps);
                faults.extend(adoption.fault);
                (format!("* {suite}: {versions}\n"), text, faults)
            })
        });
        for one in playing.collect::<Vec<_>>() {
            let (version, row, fault) = one.join().expect("a host's variants");
            versions.push_str(&version);
            rows.push_str(&row);
            faults.extend(fault);
        }
    });
    let _infallible = write!(text, "\n{versions}\n{}{rows}", variants::HEAD);
    println!("{text}");
    if let Some(path) = &options.table {
        fs::write(path, &text).expect("a file for the table");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
