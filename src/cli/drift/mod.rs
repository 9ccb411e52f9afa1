//! `zdt drift`: looks, tells, and remembers what it told.

mod memory;
mod outlets;
mod schedule;
mod units;

use std::io::IsTerminal;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::cli::arguments::Drift;
use crate::cli::{Exit, exit, output, screen, selection};
use crate::engine::{self, Look};
use crate::report::drift::{self, HostState, Report};

use memory::{Memory, Told};
pub use units::Every;

pub(super) fn run(command: &Drift) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Drift) -> Result<Exit, Exit> {
    if command.schedule.is_asked() {
        return schedule::run(command);
    }
    outlets::share_stdout(command)?;
    let prepared = selection::prepare(&command.selection)?;
    // Before the place of these looks is taken: nobody has to wait for one that has not begun.
    wait_a_little(command)?;
    let mut memory = Memory::of(command)?;
    let runtime = screen::runtime()?;
    let until = command.deadline.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let look = Look { wait: Duration::from_secs(command.wait), until };
    let (fleet, mut events) = screen::fleet(prepared.jobs, selection::options(&command.work, engine::Terms::default()));
    let (began, begun) = (SystemTime::now(), Instant::now());
    let hosts: Vec<&str> = fleet.hosts().collect();
    let drifted = runtime.block_on(screen::watch(fleet.drift(look), &mut events, "looking", hosts.len()));
    let taken = drift::Taken {
        inventory: command.selection.inventory.display().to_string(),
        began: began.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed()),
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        without_roles: prepared.without_roles,
    };
    let mut report = drift::report(taken, hosts.iter().copied().zip(&drifted), screen::trouble_words);
    let mut exit = exit::worst(drifted.iter().map(Exit::of_drift));
    report.exit = exit.code();
    let again = memory.compare(&mut report);
    let written = outlets::write(command, &report, memory.last_success());
    exit = exit.max(written);
    if !command.only_changes || report.changed != Some(false) {
        tell(command, &report, &again)?;
    }
    let is_lost = written != Exit::Clean || output::failure().is_some();
    exit = exit.max(memory.keep(if is_lost { Told::Lost } else { Told::Well }));
    Ok(exit)
}

/// So that a thousand machines with the same crontab do not all call at the same second.
fn wait_a_little(command: &Drift) -> Result<(), Exit> {
    if command.splay == 0 {
        return Ok(());
    }
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|why| {
        output::complain(&format!("the system gives no random bytes: {why}\n"));
        Exit::Bug
    })?;
    let pause = Duration::from_millis(u64::from_le_bytes(bytes) % (command.splay * 1000));
    if command.output.verbose {
        output::complain(&format!("looking in {} s\n", pause.as_secs()));
    }
    std::thread::sleep(pause);
    Ok(())
}

/// Prints what was found. Where all is in sync there is nothing to say to a log or to cron; whoever watches wants a word.
fn tell(command: &Drift, report: &Report, again: &[String]) -> Result<(), Exit> {
    if command.output.json {
        let document = serde_json::to_value(report).map_err(|_| Exit::Bug)?;
        screen::print_json(&document);
        return Ok(());
    }
    if command.github {
        output::put(&drift::github(report));
        return Ok(());
    }
    if outlets::has_stdout(command) {
        return Ok(());
    }
    let style = drift::Style { no_diff: command.output.no_diff, verbose: command.output.verbose };
    let calm = report.hosts.iter().all(|host| matches!(host.state, HostState::InSync | HostState::Pending));
    if calm && again.is_empty() && !command.output.verbose && !std::io::stdout().is_terminal() {
        return Ok(());
    }
    output::put(&drift::text(report, style));
    for host in again {
        output::line(&format!("{host}: no drift any more"));
    }
    screen::print_without_roles(&report.without_roles);
    output::line(&format!("{}{}", drift::recap(report), screen::duration(Duration::from_millis(report.took_ms))));
    Ok(())
}
