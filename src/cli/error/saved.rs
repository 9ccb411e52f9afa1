//! Faults of saved plans and of the key that seals them.

use std::path::Path;

use super::{Report, escape};
use crate::engine::plan_file::Fault;
use crate::plan::saved::{FORMAT, Undecodable, Unreadable};
use crate::secret;

const AGAIN: &str = "Make it again: `zdt plan INVENTORY --out FILE`.";

impl From<&Fault> for Report {
    fn from(fault: &Fault) -> Report {
        match fault {
            Fault::Key(fault) => key(fault),
            Fault::Unreadable { path, why } => unreadable(path, why),
            Fault::OtherKey { path, key } => {
                Report::new(format!("{} is sealed with another key than {}", whole(path), whole(key))).help(
                    "Only the user who made a plan can apply it. Apply it as that user on that machine, or plan again here.",
                )
            }
            Fault::Altered { path } => {
                Report::new(format!("{} has been altered since it was made; nothing of it is done", whole(path)))
                    .help(format!("A plan is applied as it was shown, or not at all. {AGAIN}"))
            }
            Fault::Undecodable { path, why } => undecodable(path, why),
            Fault::Occupied { path } => {
                Report::new(format!("{} is there already and is no saved plan: it is not overwritten", whole(path)))
                    .help("Name another file, or move this one away.")
            }
            Fault::TooLarge { path } => Report::new(format!("{} is far larger than any plan", whole(path))),
            Fault::Read { path, cause } => Report::new(format!("{} cannot be read: {cause}", whole(path)))
                .help("A saved plan can be read by the user who made it, and by nobody else."),
            Fault::Write { path, cause } => Report::new(format!("{} cannot be written: {cause}", whole(path)))
                .help("Name a file in a folder that is there and that you can write to."),
        }
    }
}

fn unreadable(path: &Path, why: &Unreadable) -> Report {
    match why {
        Unreadable::NotAPlan => Report::new(format!("{} is no saved plan", whole(path))).help(AGAIN),
        Unreadable::Truncated => {
            Report::new(format!("the saved plan {} ends too early: a part of it is missing", whole(path)))
                .help(format!("Was it copied whole? Copy it again. {AGAIN}"))
        }
        Unreadable::Newer { format } => Report::new(format!(
            "the saved plan {} has format {format}; this zdt ({}) reads format {FORMAT} alone",
            whole(path),
            env!("CARGO_PKG_VERSION")
        ))
        .help("Apply it with the zdt that made it, or plan again with this one."),
        Unreadable::Older { format } => Report::new(format!(
            "the saved plan {} has format {format}; this zdt ({}) reads format {FORMAT} alone",
            whole(path),
            env!("CARGO_PKG_VERSION")
        ))
        .help(format!(
            "It does not say what its handlers cost. Apply it with the zdt that made it, or plan again. {AGAIN}"
        )),
        Unreadable::Malformed { why } => {
            Report::new(format!("the saved plan {} cannot be understood: {}", whole(path), escape(why)))
                .help(format!("It is not as zdt wrote it. {AGAIN}"))
        }
    }
}

fn undecodable(path: &Path, why: &Undecodable) -> Report {
    let why = match why {
        Undecodable::Malformed { why } => escape(why),
        Undecodable::NoSuchSecret { number } => format!("there is no secret number {number}"),
        Undecodable::OtherSteps { host } => {
            format!("for host `{}` this zdt would do something else than the plan says", escape(host))
        }
    };
    Report::new(format!("the saved plan {} is not this zdt's: {why}", whole(path)))
        .help("Apply it with the zdt that made it, or plan again with this one.")
}

fn key(fault: &secret::Fault) -> Report {
    use secret::Fault;
    match fault {
        Fault::NoPlace => Report::new("there is no place for the key that seals saved plans")
            .help("Set `HOME`, or `XDG_STATE_HOME` to an absolute folder of yours."),
        Fault::Missing { path } => Report::new(format!("the key that seals saved plans is not there: {}", whole(path)))
            .help("Without it nobody can open a saved plan. Plan again with `--out`: that makes a key."),
        Fault::Exposed { path } => Report::new(format!("the key {} is not yours alone", whole(path))).help(format!(
            "If nobody has read it: `chmod 600 {0}`, and it must belong to you. Else remove it, and plan again.",
            escape(&path.to_string_lossy())
        )),
        Fault::NoKey { path } => Report::new(format!("{} holds no key", whole(path)))
            .help("Put the right file back; or remove it and plan again with `--out`: that makes a new key."),
        Fault::Disk { path, cause } => {
            Report::new(format!("the key {} cannot be read or written: {cause}", whole(path)))
                .help("Look at that folder, or set `XDG_STATE_HOME` to another one.")
        }
        Fault::NoRandomness(why) => Report::new(format!("the system gives no random bytes: {why}")),
        Fault::TooLarge => Report::new("the plan is too large to be sealed").help("Plan fewer hosts with `--limit`."),
    }
}

/// `-e` beside a saved plan.
pub fn extra_vars(path: &Path) -> Report {
    Report::new(format!("`-e` does not go with the saved plan {}: its values are settled", whole(path)))
        .help("Give `-e` to `zdt plan INVENTORY --out FILE`.")
}

/// `apply FILE --only …`.
pub fn only(path: &Path) -> Report {
    Report::new(format!("`--only` does not go with the saved plan {}: it is done whole, or not at all", whole(path)))
        .help("Choose with an inventory: `zdt apply INVENTORY --only drifted`.")
}

/// `apply FILE --prune`.
pub fn prune(path: &Path) -> Report {
    Report::new(format!("`--prune` does not go with the saved plan {}: it does what it says, and no more", whole(path)))
        .help("Prune with an inventory: `zdt apply INVENTORY --prune`.")
}

/// A saved plan where only an inventory will do.
pub fn no_inventory(path: &Path) -> Report {
    Report::new(format!("{} is a saved plan, but an inventory is needed here", whole(path)))
        .help("Only `zdt plan` and `zdt apply` take a saved plan.")
}

/// `plan FILE --out OTHER`.
pub fn out_of_saved(path: &Path) -> Report {
    Report::new(format!("{} is a saved plan already: `--out` goes with an inventory", whole(path)))
        .help("To keep it under another name, copy the file.")
}

/// A path in backticks, uncut: its end matters most.
fn whole(path: &Path) -> String {
    format!("`{}`", escape(&path.to_string_lossy()))
}
