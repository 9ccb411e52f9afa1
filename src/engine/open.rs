//! Transactions of others that stand open on a host, in the words of a plan's notices.

use crate::resource::{Level, Notice, OpenSeen, OpenState};
use crate::transaction::{Outcome, STATE_DIR};

/// Why the state of a host with something open on it is not known, and what an apply would do.
pub fn stands_open(open: &OpenSeen, root: Option<&str>) -> Notice {
    let OpenSeen { state, reason, .. } = open;
    let name = name(&open.id, &open.who);
    let text = match state {
        OpenState::Held => {
            format!(
                "{name} is at work there. What is shown may be half of a change. An apply waits for its end, for as long as \
                 `--lock-timeout` says."
            )
        }
        OpenState::Left => format!(
            "{name} stands open, and nobody works on it. What is shown may be half of a change. The host settles it by itself \
             before long; an apply settles it first."
        ),
        OpenState::Stuck => format!(
            "{name} could not be put back wholly: {reason}. What is shown may be half of a change. Its record is \
             `{}{STATE_DIR}/open`; mend what is in the way, then apply: it first tries again.",
            root.unwrap_or_default()
        ),
    };
    warning(text)
}

/// What became of a transaction that somebody left open; of one that is stuck the next look tells more.
pub(super) fn settled(id: &str, who: &str, outcome: &Outcome) -> Option<Notice> {
    let name = name(id, who);
    match outcome {
        Outcome::Committed => Some(warning(format!("{name} had been left open, and was finished first."))),
        Outcome::PutBack { reason, .. } => {
            Some(warning(format!("{name} had been left open, and was put back first: {reason}")))
        }
        Outcome::Stuck { .. } | Outcome::Locked { .. } | Outcome::Unknown { .. } => None,
    }
}

/// `who` begins with the transaction's name where its record says so.
fn name(id: &str, who: &str) -> String {
    if who.is_empty() { format!("transaction {id}") } else { who.to_owned() }
}

fn warning(text: String) -> Notice {
    Notice { role: String::new(), level: Level::Warning, text }
}
