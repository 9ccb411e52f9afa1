use crate::engine::{Applied, Planned};
use crate::transaction::Outcome;
use crate::words::count;

/// How many hosts came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub in_sync: usize,
    pub to_change: usize,
    pub changes: usize,
    pub refused: usize,
    pub unknown: usize,
    /// Paths that no role wants any more.
    pub orphans: usize,
}

impl Tally {
    pub fn of<'a>(planned: impl IntoIterator<Item = &'a Planned>) -> Tally {
        let mut tally = Tally::default();
        for planned in planned {
            if let Planned::Ready(ready) = planned {
                tally.orphans += ready.plan.orphans.iter().filter(|orphan| orphan.is_there()).count();
            }
            match planned {
                Planned::Unknown(_) => tally.unknown += 1,
                Planned::Faulty(_) => tally.refused += 1,
                Planned::Ready(ready) if ready.open.is_some() => tally.unknown += 1,
                Planned::Ready(ready) if ready.is_refused() => tally.refused += 1,
                Planned::Ready(ready) if !ready.plan.has_work() => tally.in_sync += 1,
                Planned::Ready(ready) => {
                    tally.to_change += 1;
                    tally.changes += ready.plan.changes.len();
                }
            }
        }
        tally
    }

    pub fn hosts(&self) -> usize {
        self.in_sync + self.to_change + self.refused + self.unknown
    }
}

/// `Plan: 3 hosts: 1 to change (4 changes), 1 in sync, 1 unknown.`
pub fn plan_recap(tally: &Tally) -> String {
    let mut parts = Vec::new();
    if tally.to_change > 0 {
        parts.push(format!("{} to change ({})", tally.to_change, count(tally.changes, "change")));
    }
    if tally.refused > 0 {
        parts.push(format!("{} refused", tally.refused));
    }
    if tally.in_sync > 0 {
        parts.push(format!("{} in sync", tally.in_sync));
    }
    if tally.unknown > 0 {
        parts.push(format!("{} unknown", tally.unknown));
    }
    let orphans = match tally.orphans {
        0 => String::new(),
        number => format!(" No longer wanted: {}.", count(number, "path")),
    };
    format!("Plan: {}: {}.{orphans}", count(tally.hosts(), "host"), parts.join(", "))
}

/// `Applied: 2 hosts changed, 1 already in sync.`
pub fn apply_recap<'a>(applied: impl IntoIterator<Item = &'a Applied>, plan: &Tally) -> String {
    let (mut committed, mut put_back, mut taken_back, mut lost) = (0, 0, 0, 0);
    let (mut untouched, mut not_started, mut trouble) = (0, 0, 0);
    for one in applied {
        match one {
            Applied::Ended(Outcome::Committed) => committed += 1,
            Applied::Ended(Outcome::PutBack { .. }) | Applied::Reverted(_) => put_back += 1,
            Applied::TakenBack => taken_back += 1,
            Applied::Lost { .. } => lost += 1,
            Applied::NotReached(_) | Applied::Ended(Outcome::Locked { .. } | Outcome::Unknown { .. }) => untouched += 1,
            Applied::NotStarted => not_started += 1,
            _ => trouble += 1,
        }
    }
    let mut parts = vec![format!("{} changed and verified", count(committed, "host"))];
    for (number, what) in [
        (plan.in_sync, "already in sync"),
        (put_back, "put back"),
        (taken_back, "taken back"),
        (lost, "lost, see above"),
        (trouble, "in trouble, see above"),
        (untouched, "not touched"),
        (not_started, "not started"),
        (plan.refused, "refused"),
        (plan.unknown, "unknown"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    format!("Applied: {}.", parts.join(", "))
}
