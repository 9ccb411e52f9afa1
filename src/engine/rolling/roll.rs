use std::collections::{BTreeMap, VecDeque};

use crate::engine::rolling::{Forecast, InService, Ramp, WhyNot};

/// What one run holds to.
#[derive(Debug, Clone)]
pub struct Rules {
    /// At each step the smallest counts.
    pub ramps: Vec<Ramp>,
    /// How many hosts may fail or be out of reach; `None`: all.
    pub allowed: Option<usize>,
}

/// How one host ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Well,
    Failed,
    Unreachable,
}

/// The hosts still to come, and what those before them came to. Time and hosts are whoever's who drives it.
#[derive(Debug, Clone)]
pub struct Roll {
    rules: Rules,
    waiting: VecDeque<Host>,
    /// By host.
    begun: BTreeMap<usize, Vec<String>>,
    groups: BTreeMap<String, Group>,
    /// How many hosts have work: of these a batch's percent is.
    of: usize,
    step: usize,
    /// Whether a host of the last batch ended well; a batch that proves nothing is no step.
    proved: bool,
    widest: usize,
    failed: usize,
    unreachable: usize,
    held: Vec<(usize, WhyNot)>,
    /// What may be out of a group at once even where too many are out already.
    at_least: usize,
}

#[derive(Debug, Clone)]
struct Host {
    index: usize,
    groups: Vec<String>,
}

#[derive(Debug, Clone)]
struct Group {
    size: usize,
    keep: usize,
    /// Failed, or not to be reached.
    out: usize,
}

impl Roll {
    /// `work`: the hosts to change, in order; `unknown`: those of the run whose state is not known.
    pub fn new<'a>(
        rules: Rules,
        work: impl Iterator<Item = (usize, &'a [InService])>,
        unknown: impl Iterator<Item = &'a [InService]>,
    ) -> Roll {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        let mut names = |of: &[InService], out: usize| -> Vec<String> {
            for InService { group, size, keep } in of {
                let known = groups.entry(group.clone()).or_insert(Group { size: *size, keep: *keep, out: 0 });
                known.keep = known.keep.max(*keep);
                known.out += out;
            }
            of.iter().map(|one| one.group.clone()).collect()
        };
        let unreachable = unknown.map(|of| names(of, 1)).count();
        let waiting: VecDeque<Host> = work.map(|(index, of)| Host { index, groups: names(of, 0) }).collect();
        Roll {
            rules,
            of: waiting.len(),
            waiting,
            begun: BTreeMap::new(),
            groups,
            step: 0,
            proved: false,
            widest: 0,
            failed: 0,
            unreachable,
            held: Vec::new(),
            at_least: 0,
        }
    }

    /// The next batch, once all of the last one have ended; `None`: no further host begins.
    pub fn next(&mut self) -> Option<Vec<usize>> {
        self.step += usize::from(std::mem::take(&mut self.proved));
        if self.over_budget().is_some() {
            return None;
        }
        let most = self.rules.ramps.iter().map(|ramp| ramp.at(self.step, self.of)).min().unwrap_or(self.of);
        let mut batch: Vec<Host> = Vec::new();
        while batch.len() < most
            && let Some(host) = self.waiting.pop_front()
        {
            if let Some(why) = self.never_fits(&host) {
                self.held.push((host.index, why));
            } else if self.fits(&host, &batch) {
                batch.push(host);
            } else {
                // Those behind it wait too: the order is the inventory's.
                self.waiting.push_front(host);
                break;
            }
        }
        self.widest = self.widest.max(batch.len());
        let indices: Vec<usize> = batch.iter().map(|host| host.index).collect();
        self.begun.extend(batch.into_iter().map(|host| (host.index, host.groups)));
        (!indices.is_empty()).then_some(indices)
    }

    pub fn ended(&mut self, index: usize, end: End) {
        match end {
            End::Well => {
                self.proved = true;
                return;
            }
            End::Failed => self.failed += 1,
            End::Unreachable => self.unreachable += 1,
        }
        for name in self.begun.get(&index).into_iter().flatten() {
            if let Some(group) = self.groups.get_mut(name) {
                group.out += 1;
            }
        }
    }

    /// Why no further host may begin, if it is for the failures.
    pub fn over_budget(&self) -> Option<WhyNot> {
        let Roll { failed, unreachable, .. } = *self;
        let allowed = self.rules.allowed.filter(|allowed| failed + unreachable > *allowed)?;
        Some(WhyNot::Budget { failed, unreachable, allowed })
    }

    /// Why `index`, which has not begun, was not started; `None`: nothing here stood in its way.
    pub fn why_not(&self, index: usize) -> Option<WhyNot> {
        let held = self.held.iter().find(|(held, _)| *held == index).map(|(_, why)| why.clone());
        held.or_else(|| self.over_budget())
    }

    /// What comes if all goes well.
    pub fn forecast(&self) -> Forecast {
        let mut roll = self.clone();
        let mut batches = Vec::new();
        while let Some(batch) = roll.next() {
            batch.iter().for_each(|index| roll.ended(*index, End::Well));
            batches.push(batch);
        }
        let over = roll.over_budget();
        let waiting = roll.waiting.iter().filter_map(|host| Some((host.index, over.clone()?)));
        let mut held: Vec<(usize, WhyNot)> = roll.held.into_iter().chain(waiting).collect();
        held.sort_by_key(|(index, _)| *index);
        Forecast { batches, held }
    }

    /// The way back of `changed`: no more at once than on the way here, nothing stops it, and the groups keep what they
    /// can. Where that is nothing any more, one at a time: what is being taken back is worse.
    pub fn back(&self, changed: impl Iterator<Item = usize>) -> Roll {
        let host = |index: usize| Some(Host { index, groups: self.begun.get(&index)?.clone() });
        let waiting: VecDeque<Host> = changed.filter_map(host).collect();
        Roll {
            rules: Rules { ramps: Ramp::constant(self.widest).into_iter().collect(), allowed: None },
            of: waiting.len(),
            waiting,
            begun: BTreeMap::new(),
            groups: self.groups.clone(),
            step: 0,
            proved: false,
            widest: 0,
            failed: 0,
            unreachable: 0,
            held: Vec::new(),
            at_least: 1,
        }
    }

    fn room(&self, group: &Group) -> usize {
        group.size.saturating_sub(group.keep + group.out).max(self.at_least)
    }

    fn groups_of<'a>(&'a self, host: &'a Host) -> impl Iterator<Item = (&'a String, &'a Group)> {
        host.groups.iter().filter_map(|name| self.groups.get_key_value(name))
    }

    /// Nothing comes back into service later on.
    fn never_fits(&self, host: &Host) -> Option<WhyNot> {
        let (name, group) = self.groups_of(host).find(|(_, group)| self.room(group) == 0)?;
        let Group { size, keep, out } = *group;
        Some(WhyNot::Minimum { group: name.clone(), size, keep, out })
    }

    fn fits(&self, host: &Host, batch: &[Host]) -> bool {
        let with = |name: &String| batch.iter().filter(|other| other.groups.contains(name)).count();
        self.groups_of(host).all(|(name, group)| with(name) < self.room(group))
    }
}
