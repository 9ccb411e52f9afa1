use super::wanted::Wanted;
use super::{Call, Repeated, Settings, Why, listeners};
use crate::edit::{self, Fault, Text};

/// What `whole` says of all that the fragment and `remove` name, a line each, the same however it is written.
pub(super) fn part(whole: &[u8], fragment: &[u8], remove: &[&str]) -> Result<Vec<u8>, Fault> {
    let wanted = Wanted::read(fragment, remove)?;
    let settings = Settings::read(Text::Whole, whole)?;
    let mut lines = Vec::new();
    for (key, repeated) in wanted.keys() {
        let calls: Vec<&Call> = settings.calls.iter().filter(|call| call.setting.key == key).collect();
        let removes = calls.iter().any(|call| wanted.removes(call));
        let ours = |call: &Call| wanted.calls(key).iter().any(|one| one.canonical == call.canonical());
        let last = calls.iter().rposition(|call| call.is_plain()).unwrap_or(0);
        let mut told: Vec<String> = match repeated {
            Repeated::Last if !removes => calls[last.min(calls.len())..].iter().map(|call| call.marked()).collect(),
            Repeated::More if !removes => calls.iter().filter(|call| ours(call)).map(|call| call.marked()).collect(),
            Repeated::Listener => {
                let all = !wanted.calls(key).is_empty();
                let effective = listeners::effective(&calls).iter();
                effective.filter(|call| all || wanted.removes(call)).map(|call| call.marked()).collect()
            }
            Repeated::Last | Repeated::First | Repeated::More => calls.iter().map(|call| call.marked()).collect(),
        };
        // These add up, in whatever order.
        if matches!(repeated, Repeated::More | Repeated::Listener) {
            told.sort();
            told.dedup();
        }
        lines.extend(told);
    }
    if !wanted.is_empty() {
        lines.extend(settings.unseen.iter().map(unseen));
    }
    Ok(lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect())
}

fn unseen(fault: &Fault) -> String {
    match &fault.why {
        edit::Why::Puma(Why::Unseen { what }) => format!("[unseen] {what}"),
        edit::Why::Puma(Why::Redefined { name }) => format!("[redefined] {name}"),
        other => format!("[unseen] {other:?}"),
    }
}
