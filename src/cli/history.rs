use serde_json::json;

use crate::cli::arguments::History;
use crate::cli::{Exit, exit, output, screen, selection};
use crate::engine;
use crate::report::{history_block, json as report_json};

pub(super) fn run(command: &History) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &History) -> Result<Exit, Exit> {
    let prepared = selection::prepare(&command.selection)?;
    let runtime = screen::runtime()?;
    let (fleet, mut events) = screen::fleet(prepared.jobs, selection::options(&command.work, engine::Terms::default()));
    let count = fleet.hosts().count();
    let told = runtime.block_on(screen::watch(fleet.history(), &mut events, "asking", count));
    let exit = exit::worst(told.iter().map(|told| told.as_ref().err().map_or(Exit::Clean, Exit::of_trouble)));
    if command.json {
        let hosts = fleet.hosts().zip(&told);
        let hosts: Vec<_> = hosts.map(|(host, told)| report_json::history(host, told, screen::trouble_words)).collect();
        screen::print_json(&json!({
            "format": report_json::FORMAT,
            "command": "history",
            "exit": exit.code(),
            "hosts": hosts,
            "without_roles": prepared.without_roles,
        }));
        return Ok(exit);
    }
    for (host, told) in fleet.hosts().zip(&told) {
        output::put(&history_block(host, told, command.verbose, screen::trouble_words));
    }
    screen::print_without_roles(&prepared.without_roles);
    Ok(exit)
}
