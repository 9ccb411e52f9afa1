use crate::plan::{Action, Change};

/// Parents before what they hold; removals last, what is held before its parent; effects after all writing.
pub(super) fn sort(changes: &mut [Change]) {
    changes.sort_by(|a, b| {
        let rank = |change: &Change| match change.action {
            Action::Create | Action::Update => 0,
            Action::Remove => 1,
            Action::Effect => 2,
        };
        rank(a).cmp(&rank(b)).then_with(|| match a.action {
            Action::Remove => b.id.cmp(&a.id),
            _ => a.id.cmp(&b.id),
        })
    });
}

/// systemd must know a unit's files before anything restarts through them, and nginx a new socket before Puma moves to it. A
/// socket that systemd holds listens before nginx goes there, and ends when nginx and Puma have both left it.
const HANDLER_ORDER: [&str; 6] =
    ["daemon_reload", "puma_listen", "nginx_reload", "puma_phased", "puma_restart", "puma_activate"];

/// Handlers that are not in the table run after those that are.
pub(super) fn handler_rank(kind: &str) -> usize {
    HANDLER_ORDER.iter().position(|known| *known == kind).unwrap_or(HANDLER_ORDER.len())
}
