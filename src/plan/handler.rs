use crate::plan::{Change, order};
use crate::resource::{Handler, Id};

/// A handler that will run, and the changes that ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedHandler {
    pub handler: Handler,
    pub because: Vec<Id>,
}

/// The handlers that `changes` need: each action once, however many roles ask for it, in the order in which they must run.
pub(super) fn needed(changes: &[Change], handlers: &[Handler]) -> Vec<PlannedHandler> {
    let mut planned: Vec<PlannedHandler> = Vec::new();
    for change in changes {
        for name in &change.notify {
            let Some(handler) = handlers.iter().find(|h| &h.name == name && h.role == change.role) else {
                // Library::parse refuses a notify that names no handler.
                continue;
            };
            ask(&mut planned, handler, &change.id);
        }
    }
    sort(&mut planned);
    planned
}

/// Has `handler` run because of `id`, once however many ask for it.
pub(super) fn ask(planned: &mut Vec<PlannedHandler>, handler: &Handler, id: &Id) {
    let same = planned.iter_mut().find(|p| p.handler.kind == handler.kind && p.handler.arguments == handler.arguments);
    match same {
        Some(known) if known.because.contains(id) => {}
        Some(known) => known.because.push(id.clone()),
        None => planned.push(PlannedHandler { handler: handler.clone(), because: vec![id.clone()] }),
    }
}

/// Brings handlers into the order in which they must run.
pub(super) fn sort(planned: &mut [PlannedHandler]) {
    planned.sort_by_key(|p| order::handler_rank(&p.handler.kind));
}
