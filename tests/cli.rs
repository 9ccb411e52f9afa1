//! zdt as its user meets it: the built program, sandboxes in a folder, terminals, pipes, signals, files that are not
//! what they should be. Needs neither root nor a lab.

#[path = "cli/place.rs"]
mod place;
#[path = "cli/ran.rs"]
mod ran;
#[path = "cli/terminal.rs"]
mod terminal;

#[path = "cli/accept.rs"]
mod accept;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/disruption.rs"]
mod disruption;
#[path = "cli/drift.rs"]
mod drift;
#[path = "cli/edits.rs"]
mod edits;
#[path = "cli/exits.rs"]
mod exits;
#[path = "cli/fleets.rs"]
mod fleets;
#[path = "cli/history.rs"]
mod history;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/inputs.rs"]
mod inputs;
#[path = "cli/json.rs"]
mod json;
#[path = "cli/locks.rs"]
mod locks;
#[path = "cli/only.rs"]
mod only;
#[path = "cli/orphans.rs"]
mod orphans;
#[path = "cli/paths.rs"]
mod paths;
#[path = "cli/question.rs"]
mod question;
#[path = "cli/rolling.rs"]
mod rolling;
#[path = "cli/saved.rs"]
mod saved;
#[path = "cli/stats.rs"]
mod stats;
#[path = "cli/streams.rs"]
mod streams;
#[path = "cli/values.rs"]
mod values;
