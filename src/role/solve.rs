//! Which values of a role's params make a resource just what it is on a host.

use std::collections::BTreeMap;

use serde_json::Value;

use super::knob::Knob;
use crate::resource::{Desired, Id, State};

mod guess;
mod picture;

use guess::{Guess, guesses};
use picture::{distance, picture};

/// Params and what they shall be.
pub type Values = BTreeMap<String, Value>;

/// What is to be expressed, and by what.
#[derive(Debug, Clone, Copy)]
pub struct Puzzle<'a> {
    pub id: &'a Id,
    pub observed: &'a State,
    /// As everything is wanted now.
    pub wanted: &'a Desired,
    pub knobs: &'a [Knob],
}

/// What the roles make of some values.
#[derive(Debug)]
pub enum Trial {
    Wanted(Desired),
    /// They do not take them.
    Faulty,
    /// Enough was tried.
    Spent,
}

/// The nearest that was found.
#[derive(Debug, Clone)]
pub struct Solution {
    pub values: Values,
    pub desired: Desired,
    /// What else these values would change.
    pub others: Vec<Id>,
    /// Whether the resource is then wanted just as it is.
    pub exact: bool,
    /// Whether it was given up for having tried enough.
    pub spent: bool,
}

/// Guesses beyond these are not tried two at a time.
const PAIRED: usize = 40;

/// Looks for the fewest values, first among those that change nothing else. `None` where the states are not texts.
pub fn solve(puzzle: Puzzle<'_>, trial: &mut dyn FnMut(&Values) -> Trial) -> Option<Solution> {
    let mut search = Search::new(puzzle, trial)?;
    let apart = search.descend(Others::Stay);
    if apart.distance == 0 || search.spent {
        return Some(search.solution(apart));
    }
    let along = search.descend(Others::May);
    let better = if along.distance == 0 { along } else { apart };
    Some(search.solution(better))
}

/// What is wanted otherwise in `new` than in `old`, but for `id`.
pub fn changed_others(id: &Id, old: &Desired, new: &Desired) -> Vec<Id> {
    let state =
        |desired: &Desired, id: &Id| desired.resources.iter().find(|one| one.id == *id).map(|one| one.desired.clone());
    let mut ids: Vec<&Id> = old.resources.iter().chain(&new.resources).map(|resource| &resource.id).collect();
    ids.sort();
    ids.dedup();
    ids.into_iter().filter(|other| *other != id && state(old, other) != state(new, other)).cloned().collect()
}

/// What may become of the host's other resources.
#[derive(Clone, Copy, PartialEq)]
enum Others {
    Stay,
    May,
}

#[derive(Clone)]
struct Step {
    values: Values,
    desired: Desired,
    picture: String,
    distance: usize,
    others: Vec<Id>,
}

struct Search<'a> {
    puzzle: Puzzle<'a>,
    observed: String,
    trial: &'a mut dyn FnMut(&Values) -> Trial,
    start: Step,
    spent: bool,
}

impl<'a> Search<'a> {
    fn new(puzzle: Puzzle<'a>, trial: &'a mut dyn FnMut(&Values) -> Trial) -> Option<Search<'a>> {
        let wanted = puzzle.wanted.resources.iter().find(|resource| resource.id == *puzzle.id)?;
        let (now, observed) = (picture(&wanted.desired, &wanted.desired)?, picture(puzzle.observed, &wanted.desired)?);
        let start = Step {
            values: Values::new(),
            desired: puzzle.wanted.clone(),
            distance: distance(&now, &observed),
            picture: now,
            others: Vec::new(),
        };
        Some(Search { puzzle, observed, trial, start, spent: false })
    }

    /// From step to step the value that lessens the difference most; where none does, two at once.
    fn descend(&mut self, others: Others) -> Step {
        let mut best = self.start.clone();
        while best.distance > 0 && !self.spent {
            let found = guesses(self.puzzle.knobs, &best.values, &best.picture, &self.observed);
            let single = self.best_of(&best, others, found.iter().map(|guess| vec![guess]));
            let next = single.or_else(|| {
                let few = &found[..found.len().min(PAIRED)];
                let second = |one: usize| few[one + 1..].iter().filter(move |other| other.name != few[one].name);
                let pairs = (0..few.len()).flat_map(|one| second(one).map(move |other| vec![&few[one], other]));
                self.best_of(&best, others, pairs)
            });
            match next {
                Some(step) => best = step,
                None => break,
            }
        }
        self.fewest(best, others)
    }

    /// The nearest of the steps that are nearer than `from`; of equally near ones that which changes least besides, and
    /// the first of those.
    fn best_of<'g>(
        &mut self,
        from: &Step,
        others: Others,
        choices: impl Iterator<Item = Vec<&'g Guess>>,
    ) -> Option<Step> {
        let mut best: Option<Step> = None;
        for choice in choices {
            let mut values = from.values.clone();
            values.extend(choice.iter().map(|guess| (guess.name.clone(), guess.value.clone())));
            let Some(step) = self.step(values, others) else {
                if self.spent {
                    break;
                }
                continue;
            };
            let nearer = |best: &Step| (step.distance, step.others.len()) < (best.distance, best.others.len());
            if step.distance < from.distance && best.as_ref().is_none_or(nearer) {
                let done = step.distance == 0 && step.others.is_empty();
                best = Some(step);
                if done {
                    break;
                }
            }
        }
        best
    }

    /// Without the values that turned out not to be needed.
    fn fewest(&mut self, mut best: Step, others: Others) -> Step {
        for name in best.values.keys().cloned().collect::<Vec<_>>() {
            let mut values = best.values.clone();
            values.remove(&name);
            if values.is_empty() {
                break;
            }
            best = self.step(values, others).filter(|step| step.distance <= best.distance).unwrap_or(best);
        }
        best
    }

    fn step(&mut self, values: Values, others: Others) -> Option<Step> {
        let desired = match (self.trial)(&values) {
            Trial::Wanted(desired) => desired,
            Trial::Faulty => return None,
            Trial::Spent => {
                self.spent = true;
                return None;
            }
        };
        let this = |desired: &Desired| desired.resources.iter().position(|one| one.id == *self.puzzle.id);
        let resource = &desired.resources[this(&desired)?];
        let wanted = this(self.puzzle.wanted).map(|at| &self.puzzle.wanted.resources[at]);
        // Whose file it is, is not for a difference to decide.
        if wanted.is_some_and(|wanted| wanted.edit.is_some() != resource.edit.is_some()) {
            return None;
        }
        let now = picture(&resource.desired, &resource.desired)?;
        let changed = changed_others(self.puzzle.id, self.puzzle.wanted, &desired);
        if others == Others::Stay && !changed.is_empty() {
            return None;
        }
        let distance = distance(&now, &picture(self.puzzle.observed, &resource.desired)?);
        Some(Step { values, desired, picture: now, distance, others: changed })
    }

    fn solution(&self, step: Step) -> Solution {
        let Step { values, desired, distance, others, .. } = step;
        Solution { values, desired, others, exact: distance == 0, spent: self.spent }
    }
}
