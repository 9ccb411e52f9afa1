use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write;

use crate::engine::Ready;
use crate::plan::{
    Action, AttributeChange, Change, HostPlan, Obstacle, PlannedHandler, Refusal, Sense, Setting, SettingChange,
};
use crate::report::style::{ADDED, CHANGED, EFFECT, FAINT, REMOVED, STRONG, paint};
use crate::report::{causes, content, orphans, printable, unmade, versions};
use crate::resource::{Attribute, Disruption, Level, State, Value};
use crate::transaction::{Checked, Verdict};

/// How much of a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// No diffs of contents.
    Brief,
    Full,
    /// Also what every role chose and why, where nothing changes.
    Verbose,
}

/// The diffs that were shown already, and for which host: a fleet's plan shows each once.
#[derive(Debug, Default)]
pub struct Shown {
    diffs: HashMap<String, String>,
}

/// All that a plan says of one host, without the host's name: hosts with the same block are shown together. A diff that
/// `shown` knows from an earlier host is not repeated; `None` repeats all.
pub fn host_block(ready: &Ready, detail: Detail, host: &str, mut shown: Option<&mut Shown>) -> String {
    let mut out = String::new();
    let plan = &ready.plan;
    let explained = causes::are_worth_telling(plan);
    for change in &plan.changes {
        let cause = change.cause.filter(|_| explained).map(causes::beside).unwrap_or_default();
        change_lines(&mut out, change, &cause, detail);
        if detail != Detail::Brief && change.attributes.iter().any(|a| a.attribute == Attribute::Content) {
            let diff = content::diff(change.observed.content(), change.desired.content(), "      ");
            out.push_str(&once(diff, change, host, shown.as_deref_mut()));
        }
    }
    for refusal in &plan.refusals {
        put(&mut out, 2, &format!("{} {}", paint(REMOVED, "✘"), refusal_text(refusal)));
        if let Obstacle::Changed(three) = &refusal.obstacle {
            out.push_str(&versions::lines(three, detail));
        }
    }
    check_lines(&mut out, &ready.checked, ready.sandbox);
    if !ready.is_refused() {
        handler_lines(&mut out, plan, ready.sandbox);
        comment_lines(&mut out, plan);
    }
    if let Some(fault) = &plan.renew_record {
        let what = format!("zdt's record of this host is damaged ({}): it is written anew", printable(fault));
        put(&mut out, 2, &format!("{} {what}", paint(EFFECT, "*")));
    }
    out.push_str(&causes::left_out_lines(&plan.left_out));
    out.push_str(&orphans::lines(&plan.orphans));
    notice_lines(&mut out, plan, detail);
    out
}

fn put(out: &mut String, indent: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:indent$}{text}", "");
}

/// Shorter than this, a diff is as quickly read as a hint to where it stands.
const WORTH_SAVING: usize = 4;

fn once(diff: String, change: &Change, host: &str, shown: Option<&mut Shown>) -> String {
    let Some(shown) = shown else { return diff };
    if diff.lines().count() < WORTH_SAVING {
        return diff;
    }
    // The same diff of another file is another change.
    match shown.diffs.entry(format!("{}\n{diff}", change.id)) {
        Entry::Vacant(place) => {
            place.insert(host.to_owned());
            diff
        }
        Entry::Occupied(earlier) => {
            format!("      {}\n", paint(FAINT, format!("the same diff as for {} above", earlier.get())))
        }
    }
}

fn change_lines(out: &mut String, change: &Change, cause: &str, detail: Detail) {
    let (sign, style) = match change.action {
        Action::Create => ("+", ADDED),
        Action::Update => ("~", CHANGED),
        Action::Remove => ("-", REMOVED),
        Action::Effect => ("*", EFFECT),
    };
    let what = match change.action {
        Action::Create => format!("  {}", described(&change.desired)),
        Action::Remove => format!("  remove this {}", change.observed.word(Attribute::Type).unwrap_or("path")),
        Action::Update | Action::Effect => String::new(),
    };
    let name = printable(&change.id.to_string());
    let role = paint(FAINT, &change.role);
    put(out, 2, &format!("{} {}{what}  {role}{cause}", paint(style, sign), paint(STRONG, name)));
    if let Some(evidence) = &change.evidence {
        put(out, 4, &printable(evidence));
    }
    if matches!(change.action, Action::Update | Action::Effect) {
        for attribute in &change.attributes {
            attribute_line(out, attribute, detail);
        }
    }
}

/// `file root:root 0644`, `link to …`: a thing that does not exist yet.
pub(super) fn described(state: &State) -> String {
    let word = |attribute| state.word(attribute);
    let mut words = vec![word(Attribute::Type).unwrap_or("path").to_owned()];
    if let Some(target) = word(Attribute::Target) {
        words.push(format!("to {}", printable(target)));
    }
    match (word(Attribute::Owner), word(Attribute::Group)) {
        (Some(owner), Some(group)) => words.push(format!("{owner}:{group}")),
        (Some(owner), None) => words.push(owner.to_owned()),
        (None, Some(group)) => words.push(format!(":{group}")),
        (None, None) => {}
    }
    words.extend(word(Attribute::Mode).map(str::to_owned));
    words.join(" ")
}

fn attribute_line(out: &mut String, change: &AttributeChange, detail: Detail) {
    if change.attribute == Attribute::Content {
        if detail == Detail::Brief {
            put(out, 4, "content: changes");
        }
        return;
    }
    let before = change.before.as_ref().map_or_else(|| "none".to_owned(), shown);
    put(out, 4, &format!("{}: {before} → {}", change.attribute.name(), shown(&change.after)));
}

pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Word(word) => printable(word),
        Value::Words(words) if words.is_empty() => "none".to_owned(),
        Value::Words(words) => words.iter().map(|word| format!("`{}`", printable(word))).collect::<Vec<_>>().join(", "),
        Value::Content(content) => format!("sha256 {}", content.sha256),
    }
}

pub(super) fn refusal_text(refusal: &Refusal) -> String {
    let id = paint(STRONG, printable(&refusal.id.to_string()));
    match &refusal.obstacle {
        Obstacle::OtherType { seen, wanted, target: Some(target) } if seen == "link" => format!(
            "{id} is a link to `{}`, not a {wanted}: name the path that it leads to, or remove the link",
            printable(target)
        ),
        Obstacle::OtherType { seen, wanted, .. } => {
            format!("{id} is a {seen}, and a {wanted} is wanted: move it away, zdt does not replace one by the other")
        }
        Obstacle::NoParent { parent } => {
            format!(
                "{id} cannot be made: `{}` does not exist; is the path right, and the application deployed?",
                printable(parent)
            )
        }
        Obstacle::NoUser { name } => format!("{id} shall belong to the user `{name}`, whom this host does not know"),
        Obstacle::NoGroup { name } => format!("{id} shall belong to the group `{name}`, which this host does not know"),
        Obstacle::OutsideSandbox { parent } => {
            format!("{id} would lie in `{}`, outside the sandbox: a link leads there", printable(parent))
        }
        Obstacle::ChangedSince { what } => format!(
            "{id} was changed since (its {}): a rollback would lose that. Look at it; put it back to what zdt left, or move it away",
            what.join(" and its ")
        ),
        Obstacle::NotSaved { record } => {
            format!("{id}: its old content is not in the host's history (transaction {}) any more", printable(record))
        }
        Obstacle::NoEffect => format!("{id} differs, and role `{}` names no handler that would mend it", refusal.role),
        Obstacle::NeedsLeftOut { needed, cause } => format!(
            "{id} needs {}, which `--only` leaves out ({}): apply both, without `--only`",
            printable(&needed.to_string()),
            cause.name()
        ),
        Obstacle::TooDisruptive { handler, needs, most } => format!(
            "{id} needs `{handler}`, a {}, and {} is the most that is allowed: apply when that may be, with \
             `--max-disruption {}`",
            needs.name(),
            match most {
                Disruption::None => "none".to_owned(),
                most => format!("a {}", most.name()),
            },
            needs.word()
        ),
        Obstacle::Unmade(why) => unmade::unmade(&id.to_string(), &refusal.role, why),
        Obstacle::Changed(_) => format!("{id} has changed since the plan was made"),
    }
}

fn check_lines(out: &mut String, checked: &[Checked], sandbox: bool) {
    if checked.is_empty() {
        return;
    }
    put(out, 2, &paint(FAINT, "checks on the candidates:"));
    for Checked { name, verdict } in checked {
        let name = printable(name);
        match verdict {
            Verdict::Passed { .. } => put(out, 4, &format!("{} {name}", paint(ADDED, "✔"))),
            Verdict::Deferred { reason } => {
                let when = "will run after the files are in place, before anything is activated";
                put(out, 4, &format!("{} {name}: {when}: {}", paint(CHANGED, "○"), printable(reason)));
            }
            Verdict::NotRun { reason } if !sandbox => {
                put(out, 4, &format!("{} {name}: could not run: {}", paint(REMOVED, "✘"), printable(reason)));
            }
            Verdict::NotRun { reason } => {
                put(out, 4, &format!("{} {name}: not run: {}", paint(CHANGED, "○"), printable(reason)));
            }
            Verdict::Failed { code, output } => {
                put(out, 4, &format!("{} {name}: says no (exit {code})", paint(REMOVED, "✘")));
                for line in printable(output).lines() {
                    put(out, 8, line);
                }
            }
        }
    }
}

fn handler_lines(out: &mut String, plan: &HostPlan, sandbox: bool) {
    if plan.handlers.is_empty() {
        return;
    }
    put(
        out,
        2,
        &paint(FAINT, if sandbox { "then, on a real host (not run: a sandbox has no services):" } else { "then:" }),
    );
    for planned in &plan.handlers {
        put(out, 4, &handler_text(planned));
    }
}

/// Where only comments differ, why nothing or something reads the file anew all the same.
fn comment_lines(out: &mut String, plan: &HostPlan) {
    for change in &plan.changes {
        let Sense::Comments { in_effect } = change.sense else { continue };
        let id = printable(&change.id.to_string());
        let (handlers, is_planned) = (change.notify.join("`, `"), |name: &String| {
            plan.handlers.iter().any(|planned| planned.handler.name == *name)
        });
        let why = match in_effect {
            _ if change.notify.is_empty() => continue,
            true if change.notify.iter().any(is_planned) => continue,
            true => format!("only comments of {id} differ: nothing restarts (`{handlers}` is not needed)"),
            false => format!("only comments of {id} differ, but whether the rest was ever read is not known"),
        };
        put(out, 2, &format!("{} {why}", paint(FAINT, "note:")));
    }
}

fn handler_text(planned: &PlannedHandler) -> String {
    let because = planned.because.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let says = if planned.handler.says.is_empty() { String::new() } else { format!(": {}", planned.handler.says) };
    let settings = settings_words(&planned.settings).map(|words| format!(": {words}")).unwrap_or_default();
    // A handler that somebody asked for has no other reason.
    let because = match because.as_str() {
        "" => String::new(),
        because => format!("\n      {}", paint(FAINT, format!("because of {because}{settings}"))),
    };
    let cost = format!("[{}]", planned.handler.cost.name());
    format!("{} {} {cost}{says}{because}", paint(EFFECT, "→"), paint(STRONG, &planned.handler.name))
}

/// `` `threads` and `workers` changed, `fork_worker` added ``
fn settings_words(settings: &[Setting]) -> Option<String> {
    let of = |change: SettingChange| {
        let names = settings.iter().filter(|setting| setting.change == change);
        let names: Vec<String> = names.map(|setting| format!("`{}`", printable(&setting.name))).collect();
        let what = match change {
            SettingChange::Changed => "changed",
            SettingChange::Added => "added",
            SettingChange::Removed => "removed",
        };
        (!names.is_empty()).then(|| format!("{} {what}", and(&names)))
    };
    let words = [SettingChange::Changed, SettingChange::Added, SettingChange::Removed].into_iter().filter_map(of);
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn notice_lines(out: &mut String, plan: &HostPlan, detail: Detail) {
    for notice in &plan.notices {
        match notice.level {
            Level::Refusal => put(out, 2, &format!("{} {}", paint(REMOVED, "refused:"), printable(&notice.text))),
            Level::Warning => put(out, 2, &format!("{} {}", paint(CHANGED, "warning:"), printable(&notice.text))),
            Level::Info if plan.has_work() || detail == Detail::Verbose => {
                put(out, 2, &format!("{} {}", paint(FAINT, "note:"), printable(&notice.text)));
            }
            Level::Info => {}
        }
    }
}
