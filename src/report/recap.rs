use std::collections::BTreeMap;

use crate::engine::{Applied, Planned};
use crate::plan::Cause;
use crate::report::causes;
use crate::resource::Disruption;
use crate::transaction::Outcome;
use crate::words::count;

/// How many hosts came to what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub in_sync: usize,
    pub to_change: usize,
    pub changes: usize,
    /// Hosts on which all that differs is left out.
    pub left_as_is: usize,
    pub refused: usize,
    pub unknown: usize,
    /// Paths that no role wants any more.
    pub orphans: usize,
    /// What differs and is left out, by its cause.
    pub left_out: BTreeMap<Cause, usize>,
    /// The worst that the handlers cost, and on how many of the hosts to change.
    pub worst: Option<(Disruption, usize)>,
}

impl Tally {
    pub fn of<'a>(planned: impl IntoIterator<Item = &'a Planned>) -> Tally {
        let mut tally = Tally::default();
        for planned in planned {
            if let Planned::Ready(ready) = planned {
                tally.orphans += ready.plan.orphans.iter().filter(|orphan| orphan.is_there()).count();
                for left in &ready.plan.left_out {
                    *tally.left_out.entry(left.cause).or_default() += 1;
                }
            }
            match planned {
                Planned::Unknown(_) => tally.unknown += 1,
                Planned::Faulty(_) => tally.refused += 1,
                Planned::Ready(ready) if ready.open.is_some() => tally.unknown += 1,
                Planned::Ready(ready) if ready.is_refused() => tally.refused += 1,
                Planned::Ready(ready) if !ready.plan.has_work() && !ready.plan.left_out.is_empty() => {
                    tally.left_as_is += 1;
                }
                Planned::Ready(ready) if !ready.plan.has_work() => tally.in_sync += 1,
                Planned::Ready(ready) => {
                    tally.to_change += 1;
                    tally.changes += ready.plan.changes.len();
                    if let Some(cost) = ready.plan.disruption() {
                        tally.count_disruption(cost);
                    }
                }
            }
        }
        tally
    }

    fn count_disruption(&mut self, cost: Disruption) {
        self.worst = match self.worst {
            Some((worst, hosts)) if worst == cost => Some((worst, hosts + 1)),
            Some(worse) if worse.0 > cost => Some(worse),
            _ => Some((cost, 1)),
        };
    }

    pub fn hosts(&self) -> usize {
        self.in_sync + self.left_as_is + self.to_change + self.refused + self.unknown
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
    if tally.left_as_is > 0 {
        parts.push(format!("{} left as it is", tally.left_as_is));
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
    let (hosts, parts) = (count(tally.hosts(), "host"), parts.join(", "));
    format!("Plan: {hosts}: {parts}.{}{orphans}{}", left_out(tally), worst(tally))
}

/// ` Worst disruption: hot restart on 2 hosts.`
fn worst(tally: &Tally) -> String {
    match tally.worst {
        None => String::new(),
        Some((Disruption::None, _)) => " Worst disruption: none.".to_owned(),
        Some((worst, hosts)) => format!(" Worst disruption: {} on {}.", worst.name(), count(hosts, "host")),
    }
}

/// ` Left out by --only: 2 pending, 1 conflict.`
fn left_out(tally: &Tally) -> String {
    match causes::counted(&tally.left_out) {
        nothing if nothing.is_empty() => nothing,
        counted => format!(" Left out by --only: {counted}."),
    }
}

/// `Applied: 2 hosts changed and verified, 1 already in sync.`
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
            Applied::NotStarted(_) => not_started += 1,
            _ => trouble += 1,
        }
    }
    let mut parts: Vec<String> = Vec::new();
    for (number, what) in [
        (committed, "changed and verified"),
        (plan.in_sync, "already in sync"),
        (plan.left_as_is, "left as it is"),
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
            // What is counted stands once, with the first number.
            let number = if parts.is_empty() { count(number, "host") } else { number.to_string() };
            parts.push(format!("{number} {what}"));
        }
    }
    format!("Applied: {}.{}", parts.join(", "), left_out(plan))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Applied, WhyNot};

    #[test]
    fn what_did_not_happen_is_not_counted() {
        let committed = || Applied::Ended(Outcome::Committed);
        let put_back = || Applied::Ended(Outcome::PutBack { step: "swap".to_owned(), reason: String::new() });
        let left_out = || BTreeMap::from([(Cause::Pending, 2), (Cause::Conflict, 1)]);
        for (applied, plan, text) in [
            (vec![committed()], Tally::default(), "Applied: 1 host changed and verified."),
            (vec![put_back()], Tally::default(), "Applied: 1 host put back."),
            (
                vec![put_back(), committed(), committed()],
                Tally { in_sync: 1, ..Tally::default() },
                "Applied: 2 hosts changed and verified, 1 already in sync, 1 put back.",
            ),
            (
                vec![put_back(), Applied::NotStarted(WhyNot::Asked)],
                Tally { left_as_is: 1, left_out: left_out(), ..Tally::default() },
                "Applied: 1 host left as it is, 1 put back, 1 not started. Left out by --only: 2 pending, 1 conflict.",
            ),
        ] {
            assert_eq!(apply_recap(&applied, &plan), text);
        }
    }

    #[test]
    fn the_worst_is_named_with_the_hosts_that_it_meets() {
        use Disruption::{Hot, None, Reload, Start};
        let cases: [(&[Disruption], &str); 5] = [
            (&[], ""),
            (&[None, None], " Worst disruption: none."),
            (&[None, Start], " Worst disruption: start on 1 host."),
            (&[Reload, Hot, Reload, Hot, None], " Worst disruption: hot restart on 2 hosts."),
            (&[Hot, Reload], " Worst disruption: hot restart on 1 host."),
        ];
        for (costs, text) in cases {
            let mut tally = Tally::default();
            costs.iter().for_each(|cost| tally.count_disruption(*cost));
            assert_eq!(worst(&tally), text);
        }
    }

    #[test]
    fn what_is_left_out_is_no_sync() {
        let left_out = BTreeMap::from([(Cause::Drifted, 1)]);
        let tally = Tally { left_as_is: 1, left_out, ..Tally::default() };
        assert_eq!(plan_recap(&tally), "Plan: 1 host: 1 left as it is. Left out by --only: 1 drifted.");
    }
}
