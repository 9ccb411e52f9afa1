//! zdt against real hosts: systemd, sshd, nginx and Puma of three Debian generations, booted by `tests/lab/lab`.
//! Ignored unless asked for (`tests/run` asks where there is root): `cargo test --test lab -- --ignored`.

#[path = "lab/suite/fixture.rs"]
mod fixture;
#[path = "cli/ran.rs"]
mod ran;
#[path = "lab/suite/stream.rs"]
mod stream;

#[path = "lab/suite/connections.rs"]
mod connections;
#[path = "lab/suite/paths.rs"]
mod paths;
#[path = "lab/suite/refused.rs"]
mod refused;
#[path = "lab/suite/story.rs"]
mod story;
