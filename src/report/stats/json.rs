use serde_json::{Value as Json, json};

use super::{Looks, told};
use crate::engine::{Counted, Trouble};
use crate::report::json::FORMAT;
use crate::resource::{Memory, MemoryKind, Mode, PumaSeen, StatsSeen, Sum, Total, WorkerSeen};

/// All that one look at a fleet told. `at`: when, seconds since 1970; `trouble` words a fault.
pub fn document(
    hosts: &[(&str, &Counted)],
    looks: Looks,
    at: i64,
    trouble: impl Fn(&str, &Trouble) -> String,
) -> serde_json::Map<String, Json> {
    let mut fleet = Total::of(hosts.iter().filter_map(|(_, counted)| told(counted)).flat_map(|seen| &seen.pumas));
    if hosts.iter().any(|(_, counted)| matches!(counted, Counted::Unknown(_))) {
        fleet.is_missing();
    }
    let each: Vec<Json> = hosts.iter().map(|(host, counted)| of_host(host, counted, looks, &trouble)).collect();
    let mut document = serde_json::Map::new();
    document.insert("format".to_owned(), json!(FORMAT));
    document.insert("command".to_owned(), json!("stats"));
    document.insert("at".to_owned(), json!(at));
    document.insert("hosts".to_owned(), json!(each));
    document.insert("total".to_owned(), of_total(&fleet, looks));
    document
}

fn of_host(host: &str, counted: &Counted, looks: Looks, trouble: impl Fn(&str, &Trouble) -> String) -> Json {
    match counted {
        Counted::Told(seen) => told_host(host, seen, looks),
        Counted::Sandbox => json!({"host": host, "state": "sandbox", "pumas": []}),
        Counted::NotAsked => json!({"host": host, "state": "not asked", "pumas": []}),
        Counted::Unknown(why) => json!({"host": host, "state": "unknown", "error": trouble(host, why), "pumas": []}),
    }
}

fn told_host(host: &str, seen: &StatsSeen, looks: Looks) -> Json {
    json!({
        "host": host,
        "state": "told",
        "clock": seen.clock,
        "pumas": seen.pumas.iter().map(|puma| of_puma(puma, looks)).collect::<Vec<_>>(),
        "total": of_total(&Total::of(&seen.pumas), looks),
    })
}

fn of_puma(puma: &PumaSeen, looks: Looks) -> Json {
    let state = if puma.untold.is_some() {
        "not told"
    } else if puma.is_stopped() {
        "stopped"
    } else {
        "running"
    };
    json!({
        "service": puma.service,
        "state": state,
        "unit_state": puma.state,
        "error": puma.untold,
        "pid": puma.pid,
        "puma": puma.puma,
        "ruby": puma.ruby,
        "mode": puma.mode().map(|mode| match mode {
            Mode::Single => "single",
            Mode::Cluster => "cluster",
        }),
        "since": puma.since,
        "phase": puma.phase,
        "wanted_workers": puma.wanted,
        "booted_workers": puma.booted,
        "old_workers": puma.old,
        "current_release": puma.current,
        "release": puma.release,
        "memory": puma.memory.map(of_memory),
        "workers": puma.workers.iter().map(|worker| of_worker(worker, looks)).collect::<Vec<_>>(),
    })
}

fn of_worker(worker: &WorkerSeen, looks: Looks) -> Json {
    let mut one = json!({
        "index": worker.index,
        "pid": worker.pid,
        "used_threads": worker.used(),
        "max_threads": worker.max,
        "spawned_threads": worker.spawned,
        "backlog": worker.backlog,
        "pool_capacity": worker.capacity,
        "requests": worker.requests,
        "oldest_request_start": null,
        "phase": worker.phase,
        "booted": worker.booted,
        "since": worker.since,
        "last_checkin": worker.checkin,
        "release": worker.release,
        "memory": worker.memory.map(of_memory),
    });
    if looks == Looks::Repeated {
        one["requests_per_second"] = json!(worker.rate);
    }
    one
}

fn of_memory(memory: Memory) -> Json {
    json!({"kind": kind(memory.kind), "bytes": memory.bytes})
}

fn kind(kind: MemoryKind) -> &'static str {
    match kind {
        MemoryKind::Proportional => "pss",
        MemoryKind::Resident => "rss",
    }
}

/// What is not known of all is named in `at_least`.
fn of_total(total: &Total, looks: Looks) -> Json {
    let whole = [
        ("booted", total.booted),
        ("used_threads", total.used),
        ("max_threads", total.max),
        ("spawned_threads", total.spawned),
        ("backlog", total.backlog),
        ("pool_capacity", total.capacity),
        ("requests", total.requests),
        ("memory_bytes", total.memory),
    ];
    let mut one = json!({
        "workers": total.workers,
        "memory_kind": total.memory_kind().map(kind),
    });
    for (name, sum) in whole {
        one[name] = json!(sum.known.map(count));
    }
    let is_partial = |(name, sum): (&'static str, Sum)| sum.is_partial.then_some(name);
    let mut partial: Vec<&str> = whole.into_iter().filter_map(is_partial).collect();
    if looks == Looks::Repeated {
        one["requests_per_second"] = json!(total.rate.known);
        partial.extend(is_partial(("requests_per_second", total.rate)));
    }
    one["at_least"] = json!(partial);
    one
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of whole numbers, none below zero")]
fn count(sum: f64) -> u64 {
    sum as u64
}
