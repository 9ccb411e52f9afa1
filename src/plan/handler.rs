use crate::plan::{Change, Sense, Setting, order};
use crate::resource::{Handler, Id};

/// A handler that will run, and the changes that ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedHandler {
    pub handler: Handler,
    pub because: Vec<Id>,
    /// What those changes mean to whoever reads them, where that is told.
    pub settings: Vec<Setting>,
}

impl PlannedHandler {
    /// Whether running it does what `other` would.
    pub(super) fn does(&self, other: &Handler) -> bool {
        self.handler.kind == other.kind && done(&self.handler) == done(other)
    }
}

/// The words that say what a handler does. Those behind them say only whom it concerns, and then one for several apps will do.
fn done(handler: &Handler) -> &[String] {
    let count = if handler.kind == "nginx_reload" { 1 } else { handler.arguments.len() };
    handler.arguments.get(..count).unwrap_or(&handler.arguments)
}

/// Adds whom `other`, which does the same, concerns.
fn concern(handler: &mut Handler, other: &Handler) {
    let whom = &other.arguments[done(other).len()..];
    // One after the other, as many words each: a word of one may be that of another, at another place.
    let known = handler.arguments[done(handler).len()..].chunks_exact(whom.len().max(1)).any(|words| words == whom);
    if !known {
        handler.arguments.extend_from_slice(whom);
    }
}

/// The handlers that `changes` need: each action once, however many roles ask for it, in the order in which they must run.
pub(super) fn needed(changes: &[Change], handlers: &[Handler]) -> Vec<PlannedHandler> {
    let mut planned: Vec<PlannedHandler> = Vec::new();
    for change in changes.iter().filter(|change| !change.sense.is_without_effect()) {
        for name in &change.notify {
            let Some(handler) = handlers.iter().find(|h| &h.name == name && h.role == change.role) else {
                // Library::parse refuses a notify that names no handler.
                continue;
            };
            ask(&mut planned, handler, &change.id);
            if let Sense::Settings(settings) = &change.sense {
                tell(&mut planned, handler, settings);
            }
        }
    }
    sort(&mut planned);
    planned
}

fn tell(planned: &mut [PlannedHandler], handler: &Handler, settings: &[Setting]) {
    let Some(planned) = planned.iter_mut().find(|planned| planned.does(handler)) else { return };
    for setting in settings {
        if !planned.settings.contains(setting) {
            planned.settings.push(setting.clone());
        }
    }
}

/// Has `handler` run because of `id`, once however many ask for it.
pub(super) fn ask(planned: &mut Vec<PlannedHandler>, handler: &Handler, id: &Id) {
    match planned.iter_mut().find(|planned| planned.does(handler)) {
        Some(known) => {
            concern(&mut known.handler, handler);
            if !known.because.contains(id) {
                known.because.push(id.clone());
            }
        }
        None => {
            planned.push(PlannedHandler { handler: handler.clone(), because: vec![id.clone()], settings: Vec::new() })
        }
    }
}

/// Brings handlers into the order in which they must run.
pub(super) fn sort(planned: &mut [PlannedHandler]) {
    planned.sort_by_key(|p| order::handler_rank(&p.handler.kind));
}
