//! Results become words for a terminal, or JSON.
//! In: the engine's events, `Planned`, `Applied`. Out: text.
//! Must not know: hosts, roles, the command line. How a fault is worded is handed in, for `cli/error` alone does that.

pub mod accept;
mod applied;
mod causes;
pub mod check;
mod content;
mod deadline;
pub mod drift;
mod history;
mod host_block;
pub mod import;
pub mod json;
mod orphans;
mod printable;
mod progress;
mod recap;
mod rolling;
pub mod stats;
pub(crate) mod style;
mod unmade;
mod versions;
mod why;
mod witnessed;

pub use applied::{applied_lines, doubt_words};
pub use deadline::deadline_words;
pub use history::history_block;
pub use host_block::{Detail, Shown, host_block};
pub use printable::printable;
pub use progress::Progress;
pub use recap::{Tally, apply_recap, plan_recap};
pub use rolling::{batch_line, pause_line, schedule_lines, why_not_words};
pub use unmade::{unmade_apart, unmade_words};
pub use why::{refusal_words, refused_because};
pub use witnessed::{witness_json, witness_line, witness_recap};
