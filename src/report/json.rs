//! The same results as JSON, for machines. `docs/json.md` describes it; `format` rises when a field changes its meaning.

use std::time::UNIX_EPOCH;

use serde_json::{Map, Value as Json, json};

use crate::engine::{Applied, Forecast, Planned, Ready, Trouble, WhyNot};
use crate::plan::{Action, Change, LeftOut, Obstacle, Orphan, OrphanState, Refusal};
use crate::report::{doubt_words, unmade};
use crate::resource::{Content, Level, OpenSeen, OpenState, State, Value};
use crate::transaction::{Checked, Ended, Outcome, Past, Verdict};

pub const FORMAT: u32 = 1;

/// One host's plan. `trouble` words a fault.
pub fn planned(host: &str, planned: &Planned, trouble: impl Fn(&str, &Trouble) -> String) -> Json {
    match planned {
        Planned::Unknown(why) => json!({"host": host, "state": "unknown", "error": trouble(host, why), "changes": []}),
        Planned::Faulty(faults) => {
            json!({"host": host, "state": "refused", "error": trouble(host, &Trouble::Faults(faults.clone())), "changes": []})
        }
        Planned::Ready(ready) => ready_host(host, ready),
    }
}

fn ready_host(host: &str, ready: &Ready) -> Json {
    let plan = &ready.plan;
    let state = if ready.open.is_some() {
        "unknown"
    } else if ready.is_refused() {
        "refused"
    } else if !plan.has_work() && !plan.left_out.is_empty() {
        "left out"
    } else if !plan.has_work() {
        "in sync"
    } else {
        "to change"
    };
    json!({
        "host": host,
        "state": state,
        "sandbox": ready.sandbox,
        "moved": plan.moved,
        "locked": ready.open.as_ref().filter(|open| open.state == OpenState::Held).map(|open| &open.who),
        "open": ready.open.as_ref().map(open),
        "renew_record": plan.renew_record,
        "in_sync": plan.in_sync,
        "disruption": plan.disruption(),
        "changes": plan.changes.iter().map(change).collect::<Vec<_>>(),
        "refusals": plan.refusals.iter().map(refusal).collect::<Vec<_>>(),
        "orphans": plan.orphans.iter().filter(|orphan| orphan.is_there()).map(orphan).collect::<Vec<_>>(),
        "left_out": plan.left_out.iter().map(left_out).collect::<Vec<_>>(),
        "checks": ready.checked.iter().map(check).collect::<Vec<_>>(),
        "handlers": plan.handlers.iter().map(|planned| json!({
            "name": planned.handler.name,
            "kind": planned.handler.kind,
            "arguments": planned.handler.arguments,
            "says": planned.handler.says,
            "disruption": planned.handler.cost,
            "settings": planned.settings,
            "last_boot_seconds": planned.handler.took.as_deref().and_then(|seconds| seconds.parse::<f64>().ok()),
            "because": planned.because.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "notices": plan.notices.iter().map(|notice| json!({
            "level": match notice.level {
                Level::Refusal => "refused",
                Level::Warning => "warning",
                Level::Info => "info",
            },
            "role": notice.role,
            "text": notice.text,
        })).collect::<Vec<_>>(),
    })
}

fn open(open: &OpenSeen) -> Json {
    let state = match open.state {
        OpenState::Held => "held",
        OpenState::Left => "left",
        OpenState::Stuck => "stuck",
    };
    json!({"id": open.id, "state": state, "who": open.who, "reason": open.reason})
}

fn left_out(left: &LeftOut) -> Json {
    json!({"id": left.id.to_string(), "cause": left.cause, "evidence": left.evidence})
}

fn orphan(orphan: &Orphan) -> Json {
    let (state, detail) = match &orphan.state {
        OrphanState::AsLeft => ("as left", Json::Null),
        OrphanState::Changed(what) => ("changed", json!(what)),
        OrphanState::Holds(name) => ("holds others", json!(name)),
        OrphanState::Unreadable(why) => ("unreadable", json!(why)),
        OrphanState::Gone => ("gone", Json::Null),
    };
    json!({"path": orphan.left.path, "role": orphan.left.role, "state": state, "detail": detail})
}

/// The transactions that have ended on a host, newest first. `trouble` words a fault.
pub fn history(host: &str, told: &Result<Vec<Ended>, Trouble>, trouble: impl Fn(&str, &Trouble) -> String) -> Json {
    match told {
        Ok(history) => json!({"host": host, "transactions": history.iter().rev().map(transaction).collect::<Vec<_>>()}),
        Err(why) => json!({"host": host, "transactions": [], "error": trouble(host, why)}),
    }
}

fn transaction(ended: &Ended) -> Json {
    let record = &ended.record;
    let (outcome, detail) = ended_as(&record.outcome);
    let change = |past: &Past| json!({"path": past.path, "put": past.put, "before": past.seen.kind});
    json!({
        "record": record.name,
        "id": ended.id(),
        "kind": record.kind,
        "by": record.by,
        "began": record.began,
        "ended": record.ended,
        "outcome": outcome,
        "detail": detail,
        "changes": ended.entries.iter().map(change).collect::<Vec<_>>(),
    })
}

fn ended_as(outcome: &Outcome) -> (&'static str, Json) {
    match outcome {
        Outcome::Committed => ("committed", Json::Null),
        Outcome::PutBack { step, reason } => ("put back", json!({"step": step, "reason": reason})),
        Outcome::Stuck { step, reason } => ("stuck", json!({"step": step, "reason": reason})),
        Outcome::Locked { who } => ("locked", json!(who)),
        Outcome::Unknown { reason } => ("unknown", json!(reason)),
    }
}

fn change(change: &Change) -> Json {
    let attributes: Map<String, Json> = change
        .attributes
        .iter()
        .map(|a| {
            let secret = [a.before.as_ref(), Some(&a.after)].into_iter().flatten().any(is_secret);
            let shown = |one: &Value| if secret { json!({"sha256": null, "text": null}) } else { value(one) };
            let before = a.before.as_ref().map_or(Json::Null, shown);
            (a.attribute.name().to_owned(), json!({"before": before, "after": shown(&a.after)}))
        })
        .collect();
    json!({
        "id": change.id.to_string(),
        "role": change.role,
        "action": match change.action {
            Action::Create => "create",
            Action::Update => "update",
            Action::Remove => "remove",
            Action::Effect => "effect",
        },
        "attributes": attributes,
        "cause": change.cause,
        "evidence": change.evidence,
    })
}

fn state(state: &State) -> Json {
    state.iter().map(|(attribute, found)| (attribute.name().to_owned(), value(found))).collect::<Map<_, _>>().into()
}

fn value(value: &Value) -> Json {
    match value {
        Value::Word(word) => json!(word),
        Value::Words(words) => json!(words),
        Value::Content(content) => {
            json!({"sha256": (!content.secret).then_some(&content.sha256), "text": shown(content)})
        }
    }
}

/// A hash of a short secret is as good as the secret; of a change, it hides the old one too.
fn is_secret(value: &Value) -> bool {
    matches!(value, Value::Content(content) if content.secret)
}

/// The text of a content that is text and may be shown.
fn shown(content: &Content) -> Option<&str> {
    let bytes = content.bytes.as_deref().filter(|_| !content.secret)?;
    std::str::from_utf8(bytes).ok()
}

fn refusal(refusal: &Refusal) -> Json {
    let cause = match &refusal.obstacle {
        Obstacle::OtherType { seen, wanted, .. } => json!({"kind": "other type", "seen": seen, "wanted": wanted}),
        Obstacle::NoParent { parent } => json!({"kind": "no parent", "parent": parent}),
        Obstacle::NoUser { name } => json!({"kind": "no user", "name": name}),
        Obstacle::NoGroup { name } => json!({"kind": "no group", "name": name}),
        Obstacle::OutsideSandbox { parent } => json!({"kind": "outside the sandbox", "parent": parent}),
        Obstacle::ChangedSince { what } => json!({"kind": "changed since", "what": what}),
        Obstacle::NotSaved { record } => json!({"kind": "not saved", "record": record}),
        Obstacle::NeedsLeftOut { needed, cause } => {
            json!({"kind": "needs what is left out", "needs": needed.to_string(), "left_out": cause})
        }
        Obstacle::TooDisruptive { handler, needs, most } => {
            json!({"kind": "too disruptive", "handler": handler, "needs": needs, "most": most})
        }
        Obstacle::Unmade(why) => unmade::json(&refusal.id.name, &refusal.role, why),
        Obstacle::NoEffect => json!({"kind": "no effect"}),
        Obstacle::Changed(three) => json!({
            "kind": "changed since the plan",
            "then": three.then.as_ref().map(state),
            "now": three.now.as_ref().map(state),
            "wanted": state(&three.wanted),
            "folders": three.folders.as_ref().map(|(then, now)| json!({"then": then, "now": now})),
        }),
    };
    json!({"id": refusal.id.to_string(), "role": refusal.role, "cause": cause})
}

fn check(checked: &Checked) -> Json {
    let name = &checked.name;
    match &checked.verdict {
        Verdict::Passed { output } => json!({"check": name, "result": "passed", "output": output}),
        Verdict::Failed { code, output } => json!({"check": name, "result": "failed", "code": code, "output": output}),
        Verdict::NotRun { reason } => json!({"check": name, "result": "not run", "reason": reason}),
        Verdict::Deferred { reason } => json!({"check": name, "result": "deferred", "reason": reason}),
    }
}

/// Which of `hosts` begin together, and which would not at all.
pub fn schedule(forecast: &Forecast, hosts: &[&str]) -> Json {
    let name = |index: &usize| hosts.get(*index).copied();
    let batch = |batch: &Vec<usize>| batch.iter().filter_map(name).collect::<Vec<_>>();
    json!({
        "batches": forecast.batches.iter().map(batch).collect::<Vec<_>>(),
        "not_started": forecast.held.iter().map(|(index, why)| {
            json!({"host": name(index), "detail": why_not(why)})
        }).collect::<Vec<_>>(),
    })
}

fn why_not(why: &WhyNot) -> Json {
    match why {
        WhyNot::Asked => json!({"reason": "asked"}),
        WhyNot::Budget { failed, unreachable, allowed } => {
            json!({"reason": "failures", "failed": failed, "unreachable": unreachable, "allowed": allowed})
        }
        WhyNot::Minimum { group, size, keep, out } => {
            json!({"reason": "in service", "group": group, "size": size, "keep": keep, "out": out})
        }
    }
}

/// What applying to one host came to.
pub fn applied(host: &str, one: &Applied, trouble: &dyn Fn(&str, &Trouble) -> String) -> Json {
    let (outcome, detail) = match one {
        Applied::Ended(outcome) => ended_as(outcome),
        Applied::NotConverged(left) => {
            ("not converged", json!(left.iter().map(|change| change.id.to_string()).collect::<Vec<_>>()))
        }
        Applied::NotVerified(why) => ("not verified", json!(trouble(host, why))),
        Applied::NotReached(why) => ("not reached", json!(trouble(host, why))),
        Applied::Reverted(doubt) => {
            let reason = doubt_words(host, doubt, trouble);
            ("put back", json!({"step": "confirm", "reason": reason}))
        }
        Applied::Lost { why, .. } => ("lost", json!(trouble(host, why))),
        Applied::TakenBack => ("taken back", Json::Null),
        Applied::NotTakenBack(became) => ("not taken back", applied(host, became, trouble)),
        Applied::NotStarted(why) => ("not started", why_not(why)),
    };
    let until = match one {
        Applied::Lost { deadline, .. } => deadline.at.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs()),
        _ => None,
    };
    json!({"host": host, "outcome": outcome, "detail": detail, "until": until})
}
