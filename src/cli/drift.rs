use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::cli::arguments::Drift;
use crate::cli::{Exit, exit, output, screen, selection};
use crate::engine::{self, Drifted, Look};
use crate::report::drift;

pub(super) fn run(command: &Drift) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Drift) -> Result<Exit, Exit> {
    let prepared = selection::prepare(&command.selection)?;
    let runtime = screen::runtime()?;
    let (fleet, mut events) = screen::fleet(prepared.jobs, selection::options(&command.work, engine::Terms::default()));
    let look = Look { wait: Duration::from_secs(30), until: None };
    let (began, begun) = (SystemTime::now(), Instant::now());
    let hosts: Vec<&str> = fleet.hosts().collect();
    let drifted = runtime.block_on(screen::watch(fleet.drift(look), &mut events, "looking", hosts.len()));
    let taken = drift::Taken {
        inventory: command.selection.inventory.display().to_string(),
        began: began.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed()),
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        without_roles: prepared.without_roles,
    };
    let exit = exit::worst(drifted.iter().map(Exit::of_drift));
    let mut report = drift::report(taken, hosts.iter().copied().zip(&drifted), screen::trouble_words);
    report.exit = exit.code();
    if command.json {
        let document = serde_json::to_value(&report).map_err(|_| Exit::Bug)?;
        screen::print_json(&document);
    } else {
        output::put(&drift::text(&report));
        output::line(&drift::recap(&report));
    }
    Ok(exit)
}

impl Exit {
    pub fn of_drift(drifted: &Drifted) -> Exit {
        match drifted {
            Drifted::Unknown(trouble) => Exit::of_trouble(trouble),
            Drifted::Faulty(_) => Exit::Wrong,
            Drifted::Open(_) => Exit::Unknown,
            Drifted::Looked(looked) if looked.drift.is_untold() => Exit::Unknown,
            Drifted::Looked(looked) if looked.drift.has_drift() => Exit::Pending,
            Drifted::Looked(_) => Exit::Clean,
        }
    }
}
