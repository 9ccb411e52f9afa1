use super::change::Changes;
use super::edited::unconditional;
use super::wanted::{One, Wanted};
use super::{Call, Literal, Why};
use crate::edit::{Fault, Place, Text};

/// The file's Unix sockets become ours. A listener of another kind is somebody's port: it goes only if it is named.
pub(super) fn change<'f>(
    whole: &[u8],
    wanted: &Wanted,
    calls: &[&Call],
    ours: &'f [One],
    changes: &mut Changes<'f>,
) -> Result<(), Fault> {
    let listeners = effective(calls);
    if ours.is_empty() {
        for call in listeners.iter().filter(|call| wanted.removes(call)) {
            unconditional(whole, &[call])?;
            changes.remove(whole, call)?;
        }
        return Ok(());
    }
    unconditional(whole, listeners)?;
    let is_ours = |call: &&Call| ours.iter().any(|one| one.canonical == call.canonical());
    let mut surplus = Vec::new();
    for call in listeners.iter().copied().filter(|call| !is_ours(call)) {
        if !(wanted.removes(call) || call.setting.name == "bind" && is_unix_socket(call)) {
            let source = call.canonical();
            let untold = call.setting.name == "bind" && call.arguments.iter().any(|argument| argument.value.is_none());
            let why = if untold { Why::ListenerUntold { source } } else { Why::Listener { source } };
            return Err(Fault { at: Some(Place::of(Text::Whole, whole, call.span.start)), why: why.into() });
        }
        surplus.push(call);
    }
    let mut surplus = surplus.into_iter();
    for one in ours.iter().filter(|one| !listeners.iter().any(|call| call.canonical() == one.canonical)) {
        match surplus.next() {
            Some(call) => changes.replace(whole, call, &one.source)?,
            None => changes.add(&one.source),
        }
    }
    surplus.try_for_each(|call| changes.remove(whole, call))
}

/// What is behind the last `clear_binds!` that always runs: Puma forgets the rest.
pub(super) fn effective<'c, 'a>(calls: &'c [&'a Call]) -> &'c [&'a Call] {
    let cleared = calls.iter().rposition(|call| call.name == "clear_binds!" && call.is_plain());
    &calls[cleared.map_or(0, |cleared| cleared + 1)..]
}

/// By its literal address, or by the beginning of one that the text tells: `"unix://#{shared}/puma.sock"`.
fn is_unix_socket(call: &Call) -> bool {
    let Some(address) = call.arguments.first() else { return false };
    match &address.value {
        Some(Literal::Text(text)) => text.starts_with(b"unix:"),
        Some(_) => false,
        None => address.source.strip_prefix('"').is_some_and(|text| text.starts_with("unix:")),
    }
}
