use std::time::SystemTime;

use crate::engine::{Applied, Doubt, Trouble};
use crate::plan::Change;
use crate::report::style::{ADDED, CHANGED, FAINT, REMOVED, STRONG, paint};
use crate::report::{deadline_words, printable, why_not_words};
use crate::resource::Value;
use crate::transaction::Outcome;
use crate::words::count;

/// What applying to one host came to, in one line and what belongs to it. `trouble` words a fault.
pub fn applied_lines(
    host: &str,
    applied: &Applied,
    changes: usize,
    trouble: &dyn Fn(&str, &Trouble) -> String,
) -> String {
    let name = paint(STRONG, host);
    match applied {
        Applied::Ended(Outcome::Committed) => {
            let changes = if changes > 0 { format!(", {}", count(changes, "change")) } else { String::new() };
            format!("{} {name}: committed{changes}\n", paint(ADDED, "✔"))
        }
        Applied::Ended(Outcome::PutBack { step, reason }) => format!(
            "{} {name}: failed at {} and put back, its files are as before\n{}",
            paint(REMOVED, "✘"),
            printable(step),
            indented(reason)
        ),
        Applied::Ended(Outcome::Stuck { step, reason }) => format!(
            "{} {name}: failed at {} and could NOT be put back wholly: a person is needed\n{}    Mend what is in the way, \
             then type `zdt apply INVENTORY --limit {host}`: it tries again to put back before anything else.\n",
            paint(REMOVED, "✘"),
            printable(step),
            indented(reason)
        ),
        Applied::Ended(Outcome::Locked { who }) => {
            format!("{} {name}: not touched, another zdt holds it\n{}", paint(CHANGED, "?"), indented(who))
        }
        Applied::Ended(Outcome::Unknown { reason }) => format!(
            "{} {name}: not touched, the host knows nothing of this transaction\n{}",
            paint(CHANGED, "?"),
            indented(reason)
        ),
        Applied::NotConverged(left) => format!(
            "{} {name}: committed, but a second look still finds {}: {}\n    {} {}\n",
            paint(REMOVED, "✘"),
            count(left.len(), "difference"),
            left.iter().map(|change| printable(&change.id.to_string())).collect::<Vec<_>>().join(", "),
            blame(left),
            if is_of_what_runs(left) { "`zdt drift` shows what." } else { "`zdt plan` shows what." }
        ),
        Applied::NotVerified(why) => format!(
            "{} {name}: committed, but it could not be looked at again\n{}",
            paint(CHANGED, "?"),
            indented(&trouble(host, why))
        ),
        Applied::NotReached(why) => {
            format!("{} {name}: not touched\n{}", paint(CHANGED, "?"), indented(&trouble(host, why)))
        }
        Applied::Reverted(doubt) => format!(
            "{} {name}: all was in place, but {} and put back, its files are as before\n{}",
            paint(REMOVED, "✘"),
            match doubt {
                Doubt::Differs(_) => "not as planned when looked at over a fresh connection,",
                Doubt::Unseen(_) => "could not be looked at over a fresh connection,",
                Doubt::NoConnection(_) => "no fresh connection could be had,",
            },
            indented(&doubt_words(host, doubt, trouble))
        ),
        Applied::Lost { why, deadline } => format!(
            "{} {name}: the connection broke while the host was at work, and no other was to be had; {}\n{}    `zdt plan` \
             shows how it ended.\n",
            paint(REMOVED, "?"),
            deadline_words(*deadline, SystemTime::now()),
            indented(&trouble(host, why))
        ),
        Applied::TakenBack => format!(
            "{} {name}: committed, then taken back because a host failed; its files are as before\n",
            paint(CHANGED, "↶")
        ),
        Applied::NotTakenBack(became) => format!(
            "{} {name}: committed, and could NOT be taken back: a person is needed\n{}",
            paint(REMOVED, "✘"),
            indented(&applied_lines(host, became, changes, trouble))
        ),
        Applied::NotStarted(why) => {
            format!("{} {name}: not started: {}\n", paint(FAINT, "-"), printable(&why_not_words(why)))
        }
    }
}

/// Why a change that was in place was not to stay.
pub fn doubt_words(host: &str, doubt: &Doubt, trouble: &dyn Fn(&str, &Trouble) -> String) -> String {
    match doubt {
        Doubt::Differs(changes) => {
            let differences: String = changes.iter().map(|change| format!("{}\n", difference(change))).collect();
            format!("{differences}{}", blame(changes))
        }
        Doubt::Unseen(why) | Doubt::NoConnection(why) => trouble(host, why),
    }
}

/// Whether all files are as planned, and only what runs is not.
fn is_of_what_runs(left: &[Change]) -> bool {
    left.iter().all(|change| change.evidence.is_some())
}

fn blame(left: &[Change]) -> &'static str {
    if is_of_what_runs(left) {
        "The handlers have run, and what runs is still not what the files say."
    } else {
        "Something else decides over it: a later drop-in (`systemctl cat UNIT`), another tool."
    }
}

/// `unit puma.service: ExecReload: none → …`, without contents: those may be long, or secret.
fn difference(change: &Change) -> String {
    let word = |value: &Value| match value {
        Value::Word(word) => Some(word.clone()),
        Value::Words(words) if words.is_empty() => Some("none".to_owned()),
        Value::Words(words) => Some(words.join("; ")),
        Value::Content(_) => None,
    };
    if let Some(evidence) = &change.evidence {
        return format!("{}: {evidence}", change.id);
    }
    let attributes = change.attributes.iter().map(|attribute| {
        let name = attribute.attribute.name();
        let before = attribute.before.as_ref().map_or_else(|| Some("none".to_owned()), word);
        match (before, word(&attribute.after)) {
            (Some(before), Some(after)) => format!("{name} is {before}, not {after}"),
            _ => format!("{name} differs"),
        }
    });
    let attributes: Vec<String> = attributes.collect();
    if attributes.is_empty() { change.id.to_string() } else { format!("{}: {}", change.id, attributes.join(", ")) }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {}\n", printable(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Action, AttributeChange, Sense};
    use crate::resource::{Attribute, Id, State};

    fn change(evidence: Option<&str>, attributes: Vec<AttributeChange>) -> Change {
        Change {
            id: Id::unit("puma.service"),
            action: Action::Effect,
            attributes,
            observed: State::default(),
            desired: State::default(),
            notify: vec![],
            role: "r".to_owned(),
            cause: None,
            evidence: evidence.map(str::to_owned),
            sense: Sense::Untold,
        }
    }

    #[test]
    fn a_doubt_names_what_differs_and_who_may_be_to_blame() {
        let words = |text: &str| Value::Words(vec![text.to_owned()]);
        let reload = AttributeChange { attribute: Attribute::ExecReload, before: None, after: words("kill") };
        for (change, text) in [
            (
                change(None, vec![reload]),
                "unit puma.service: ExecReload is none, not kill\n\
                 Something else decides over it: a later drop-in (`systemctl cat UNIT`), another tool.",
            ),
            (
                change(Some("it started before its settings were written"), vec![]),
                "unit puma.service: it started before its settings were written\n\
                 The handlers have run, and what runs is still not what the files say.",
            ),
        ] {
            let doubt = Doubt::Differs(vec![change]);
            assert_eq!(doubt_words("web1", &doubt, &|_, _| String::new()), text);
        }
    }
}
