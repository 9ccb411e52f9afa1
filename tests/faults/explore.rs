//! Kills a transaction at every step, and its recovery at every step, and that one's recovery, until nothing new comes.

use std::collections::{HashSet, VecDeque};

use crate::judge::{End, judge, promised};
use crate::rig::{Answer, Call, Rig, When};
use crate::scenario::{STATE, Scenario, verb};
use crate::services;
use crate::world::{Content, What, World};

/// What happens to a host whose transaction has just died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// The guard comes, or, where there is none, the next zdt.
    Recovery,
    /// The next zdt comes first.
    Zdt,
    /// The host restarts, and recovers before its services start.
    Boot,
    /// The host restarts, its services start, and only then somebody recovers.
    LateBoot,
    /// Somebody says yes, or no, to what waits for it.
    Confirm,
    Revert,
}

#[derive(Debug, Default)]
pub struct Tally {
    /// Recoveries that were run to their end and judged.
    pub cases: usize,
    /// Of them, those of a second kill or a later one.
    pub again: usize,
    /// Those with a command that failed.
    pub failed: usize,
    /// Pairs of a step killed and a step of its recovery killed that they stand for.
    pub pairs: usize,
    pub ends: [usize; 2],
    pub torn: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.cases += other.cases;
        self.again += other.again;
        self.failed += other.failed;
        self.pairs += other.pairs;
        for (sum, more) in self.ends.iter_mut().zip(other.ends) {
            *sum += more;
        }
        self.torn.extend(other.torn);
    }
}

struct Dead {
    world: World,
    next: Next,
    /// How it came to this.
    trail: String,
    kills: usize,
}

/// A world without what no recovery looks at: a journal is read aloud, and of its steps only the last is named in a
/// message.
pub fn essence(world: &World) -> World {
    let mut world = world.clone();
    for (path, node) in &mut world.0 {
        if path.ends_with("/journal") {
            node.what = What::File(Content::of(b""));
        }
    }
    world
}

/// Plays `call` and hands over each world that it passes, with the name of the step.
pub fn record(rig: &Rig, call: &Call, mut new: impl FnMut(World, &str)) -> usize {
    let mut steps = 0;
    rig.play(call, |when, words| {
        steps += 1;
        if when != When::Reading {
            new(rig.world(), &format!("{when:?} `{words}`"));
        }
        Answer::Go
    });
    steps
}

impl Next {
    /// Makes of a dead host's world what recovery finds, and says how recovery is called.
    pub fn prepare(self, rig: &Rig, world: &mut World) -> Call {
        let program = world.has(&format!("{STATE}/program"));
        match self {
            Next::Recovery if program => Call::Guard("recover"),
            Next::Boot if program => {
                services::boot(world);
                Call::Guard("boot")
            }
            Next::Boot | Next::LateBoot => {
                services::boot(world);
                services::booted(world);
                if program { Call::Guard("recover") } else { verb(rig, "recover") }
            }
            Next::Recovery | Next::Zdt => verb(rig, "recover"),
            Next::Confirm => verb(rig, "confirm"),
            Next::Revert => verb(rig, "revert"),
        }
    }
}

/// From the first kill on in each way of `nexts`, and as deep as `deepest` kills.
pub fn explore(rig: &Rig, scenario: &Scenario, nexts: &[Next], deepest: usize, tally: &mut Tally) {
    let mut known = HashSet::new();
    let mut queue = VecDeque::new();
    scenario.before.lay(&rig.folder);
    let mut first = |world: World, trail: &str, next: Next, kills: usize, queue: &mut VecDeque<Dead>| {
        if known.insert((essence(&world), next)) {
            queue.push_back(Dead { world, next, trail: trail.to_owned(), kills });
        }
    };
    record(rig, &scenario.run(rig), |world, step| {
        let waits = world.has(&format!("{STATE}/open/awaiting"));
        for next in nexts {
            if waits || !matches!(next, Next::Confirm | Next::Revert) {
                first(world.clone(), &format!("killed {step}"), *next, 1, &mut queue);
            }
        }
    });
    finish(rig, scenario, "undisturbed", Some(scenario.end()), tally);
    while let Some(mut dead) = queue.pop_front() {
        let promise = promised(&dead.world);
        let call = dead.next.prepare(rig, &mut dead.world);
        dead.world.lay(&rig.folder);
        let steps = record(rig, &call, |world, step| {
            let trail = format!("{}, {:?} killed {step}", dead.trail, dead.next);
            let next = if call == Call::Guard("boot") { Next::Boot } else { Next::Recovery };
            if dead.kills < deepest {
                first(world, &trail, next, dead.kills + 1, &mut queue);
            }
        });
        if call == Call::Guard("boot") {
            let mut world = rig.world();
            services::booted(&mut world);
            world.lay(&rig.folder);
        }
        tally.cases += 1;
        if dead.kills == 1 {
            tally.pairs += steps;
        } else {
            tally.again += 1;
        }
        finish(rig, scenario, &format!("{}, then {:?}", dead.trail, dead.next), promise, tally);
    }
}

/// Every command of the run made to fail, once each.
pub fn fail(rig: &Rig, scenario: &Scenario, tally: &mut Tally) {
    fail_each(rig, scenario, &scenario.before, &scenario.run(rig), "", tally);
}

/// Every command of recoveries made to fail, once each.
pub fn fail_recovery(rig: &Rig, scenario: &Scenario, tally: &mut Tally) {
    let run = scenario.run(rig);
    // One dead host for each step that leaves another kind of trace in the record.
    let mut traces = HashSet::new();
    let mut deads = Vec::new();
    scenario.before.lay(&rig.folder);
    record(rig, &run, |world, step| {
        let prefix = format!("{STATE}/open/");
        let trace: Vec<String> = world.0.keys().filter(|path| path.starts_with(&prefix)).cloned().collect();
        if !trace.is_empty() && traces.insert(trace) {
            deads.push((world, format!("killed {step}, ")));
        }
    });
    for (mut world, trail) in deads {
        let call = Next::Recovery.prepare(rig, &mut world);
        fail_each(rig, scenario, &world, &call, &trail, tally);
    }
}

fn fail_each(rig: &Rig, scenario: &Scenario, from: &World, call: &Call, trail: &str, tally: &mut Tally) {
    let promise = promised(from);
    for wanted in 1.. {
        from.lay(&rig.folder);
        let (mut number, mut failed) = (0, String::new());
        rig.play(call, |when, words| {
            if when != When::After {
                number += 1;
                if number == wanted {
                    failed = words.to_owned();
                    return Answer::Fail;
                }
            }
            Answer::Go
        });
        if failed.is_empty() {
            return;
        }
        // What could not be finished is finished by whoever comes next, at the latest the second.
        let mut trail = format!("{trail}`{failed}` failed");
        for _ in 0..2 {
            let mut world = rig.world();
            let left = ["open", "new", "program"].iter().any(|name| world.has(&format!("{STATE}/{name}")));
            if left {
                let again = Next::Recovery.prepare(rig, &mut world);
                rig.play(&again, |_, _| Answer::Go);
                trail.push_str(", recovery");
            }
        }
        tally.cases += 1;
        tally.failed += 1;
        finish(rig, scenario, &trail, promise, tally);
    }
}

/// In what words the transactions of `world` have ended.
fn ended(world: &World) -> Vec<String> {
    world.0.keys().filter(|path| path.ends_with("/ended")).filter_map(|path| world.text(path)).collect()
}

pub fn finish(rig: &Rig, scenario: &Scenario, trail: &str, promise: Option<End>, tally: &mut Tally) {
    let world = rig.world();
    let mut verdict = judge(scenario, &world);
    if !rig.is_free() {
        verdict = Err("the lock is held".to_owned());
    }
    match verdict {
        Ok(end) if promise.is_none_or(|promise| promise == end) => {
            tally.ends[usize::from(end == End::After)] += 1;
        }
        verdict => tally.torn.push(format!(
            "{:?} {:?} {:?}: {trail}: {verdict:?}, promised was {promise:?}; it says {:?}",
            rig.shell,
            scenario.kind,
            scenario.ending,
            ended(&world)
        )),
    }
}
