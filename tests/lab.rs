//! zdt against real hosts: systemd, sshd, nginx and Puma of three Debian generations, booted by `tests/lab/lab`.
//! Ignored unless asked for (`tests/run` asks where there is root): `cargo test --test lab -- --ignored`.

#[path = "lab/suite/fixture.rs"]
mod fixture;
#[path = "lab/suite/hold.rs"]
mod hold;
#[path = "cli/ran.rs"]
mod ran;
#[path = "lab/suite/running.rs"]
mod running;
#[path = "lab/suite/stream.rs"]
mod stream;
#[cfg(test)]
#[path = "lab/suite/talk.rs"]
mod talk;
#[path = "cli/terminal.rs"]
mod terminal;

#[path = "lab/suite/capistrano.rs"]
mod capistrano;
#[path = "lab/suite/checks.rs"]
mod checks;
#[path = "lab/suite/connections.rs"]
mod connections;
#[path = "lab/suite/drift.rs"]
mod drift;
#[path = "lab/suite/edits.rs"]
mod edits;
#[path = "lab/suite/fails.rs"]
mod fails;
#[path = "lab/suite/fleet.rs"]
mod fleet;
#[path = "lab/suite/import.rs"]
mod import;
#[path = "lab/suite/operator.rs"]
mod operator;
#[path = "lab/suite/paths.rs"]
mod paths;
#[path = "lab/suite/planner.rs"]
mod planner;
#[cfg(test)]
#[path = "lab/suite/programs.rs"]
mod programs;
#[path = "lab/suite/puma_settings.rs"]
mod puma_settings;
#[path = "lab/suite/refused.rs"]
mod refused;
#[path = "lab/suite/reload.rs"]
mod reload;
#[path = "lab/suite/rollback.rs"]
mod rollback;
#[path = "lab/suite/rolling.rs"]
mod rolling;
#[path = "lab/suite/running_drift.rs"]
mod running_drift;
#[path = "lab/suite/scheduled.rs"]
mod scheduled;
#[path = "lab/suite/settled.rs"]
mod settled;
#[path = "lab/suite/several_apps.rs"]
mod several_apps;
#[path = "lab/suite/socket_activation.rs"]
mod socket_activation;
#[path = "lab/suite/stats.rs"]
mod stats;
#[path = "lab/suite/story.rs"]
mod story;
#[path = "lab/suite/traces.rs"]
mod traces;
#[cfg(test)]
#[path = "lab/suite/transactions.rs"]
mod transactions;
#[path = "lab/suite/truthful_reload.rs"]
mod truthful_reload;
#[path = "lab/suite/unbootable.rs"]
mod unbootable;
#[path = "lab/suite/undone.rs"]
mod undone;
#[path = "lab/suite/user_unit.rs"]
mod user_unit;
