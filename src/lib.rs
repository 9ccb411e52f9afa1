//! zdt converges nginx, systemd and Puma hosts to zero-downtime restarts.
//!
//! The modules read as a sentence: inventory → role → resource → plan → transaction → host → report. `engine` composes
//! them, `cli` is the only one that knows the command line. `docs/architecture.md` holds the table of who may know whom,
//! `tests/architecture.rs` holds the code to it.

pub mod adopt;
pub mod cli;
pub mod edit;
pub mod engine;
pub mod host;
pub mod inventory;
pub mod last_look;
pub mod plan;
pub mod project;
pub mod report;
pub mod resource;
pub mod role;
pub mod secret;
pub mod source;
pub mod transaction;
pub mod words;
pub mod yaml;
