use super::report::{Attribute, Diff, Finding, Line, Since};
use crate::engine::Looked;
use crate::plan::{self, Cause, Change, OrphanState};
use crate::report::content::{self, Shown};
use crate::report::host_block::shown;
use crate::report::{orphans, printable};
use crate::resource::{self, Mismatch, Value};

/// A resource that differs from what was left, or from what is wanted.
pub(super) fn of_resource(found: &plan::Finding, looked: &Looked) -> Finding {
    let changed = found.change.as_ref();
    let differs = changed.map(|change| change.attributes.as_slice()).unwrap_or_default();
    let change = changed.filter(|_| differs.iter().any(|one| one.attribute == resource::Attribute::Content));
    let there = change.and_then(|change| change.observed.content());
    let is_secret = change.is_some_and(|change| change.desired.content().is_some_and(|content| content.secret));
    Finding {
        says: says(found.cause).to_owned(),
        attributes: differs.iter().map(|one| attribute(one, found)).collect(),
        diff: change.map(diff),
        sha256: there.filter(|content| !content.secret && !is_secret).map(|content| content.sha256.clone()),
        since: Since { changed_at: found.changed_at, first_seen: None },
        hints: hints(&found.id, looked),
        mend: mend(found.cause).to_owned(),
        ..bare(&found.id.to_string(), &found.role, found.cause)
    }
}

/// What runs and is not what the files say.
pub(super) fn of_what_runs(mismatch: &Mismatch, looked: &Looked) -> Finding {
    let mend = match &mismatch.mends {
        Some(handler) => format!("`zdt apply --only drifted` does it: {}", printable(handler)),
        None => "no handler of zdt's mends it: look at what was seen".to_owned(),
    };
    Finding {
        says: printable(&mismatch.evidence),
        hints: hints(&mismatch.about, looked),
        mend,
        ..bare(&mismatch.about.to_string(), &mismatch.role, Cause::Runtime)
    }
}

/// What an earlier transaction left, and nobody wants any more.
pub(super) fn of_orphan(orphan: &plan::Orphan) -> Finding {
    let mend = match orphan.state {
        OrphanState::AsLeft => "`zdt apply --prune` removes it",
        OrphanState::Gone => "nothing is to be done",
        _ => "keep it, or remove it by hand",
    };
    Finding {
        says: format!("no role wants it any more: {}", orphans::state(&orphan.state)),
        mend: mend.to_owned(),
        ..bare(&orphan.left.path, &orphan.left.role, Cause::Orphaned)
    }
}

fn bare(id: &str, role: &str, cause: Cause) -> Finding {
    Finding {
        id: printable(id),
        role: printable(role),
        cause,
        says: String::new(),
        attributes: Vec::new(),
        diff: None,
        sha256: None,
        since: Since::default(),
        hints: Vec::new(),
        mend: String::new(),
    }
}

fn attribute(one: &plan::AttributeChange, found: &plan::Finding) -> Attribute {
    let word = |value: &Value| match value {
        Value::Content(_) => None,
        value => Some(shown(value)),
    };
    Attribute {
        name: one.attribute.name().to_owned(),
        applied: found.applied.as_ref().and_then(|state| state.get(one.attribute)).and_then(word),
        observed: one.before.as_ref().and_then(word),
        desired: word(&one.after),
    }
}

fn hints(id: &resource::Id, looked: &Looked) -> Vec<String> {
    looked.hints.iter().filter(|hint| hint.path == id.name).map(|hint| printable(&hint.text)).collect()
}

fn diff(change: &Change) -> Diff {
    match content::shown(change.desired.content(), change.observed.content()) {
        Shown::Nothing(why) => Diff::Hidden(why),
        Shown::Lines(lines) => Diff::Lines(lines.into_iter().map(|(sign, text)| Line { sign, text }).collect()),
    }
}

fn says(cause: Cause) -> &'static str {
    match cause {
        Cause::Drifted => "changed on the server",
        Cause::Conflict => "changed on the server, and our own files have changed too",
        Cause::New => "not as wanted, and the host remembers nothing of it: who changed it cannot be told",
        Cause::Pending => "our own files have changed and are not applied yet",
        Cause::ConvergedByHand => "somebody did by hand what is wanted now",
        Cause::InSync | Cause::Orphaned | Cause::Runtime => "",
    }
}

fn mend(cause: Cause) -> &'static str {
    match cause {
        Cause::Drifted => "`zdt apply --only drifted` puts it back; `zdt accept` takes it over",
        Cause::Conflict => "look at it: `zdt apply` overwrites it, `zdt accept` takes it over",
        Cause::New | Cause::Pending => "`zdt apply` brings about what is wanted",
        Cause::ConvergedByHand | Cause::InSync | Cause::Orphaned | Cause::Runtime => "nothing is to be done",
    }
}
