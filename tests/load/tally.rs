use std::collections::BTreeMap;
use std::time::Duration;

use super::client::{Asked, Failure};

/// What became of the requests of one step. Every one is kept, so the figures are exact.
#[derive(Default)]
pub struct Tally {
    micros: Vec<u32>,
    pub failed: BTreeMap<Failure, u64>,
    pub releases: BTreeMap<String, u64>,
    pub again: u64,
}

impl Tally {
    pub fn count(&mut self, asked: Asked, took: Duration) {
        self.micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        self.again += u64::from(asked.again);
        match asked.result {
            Ok(release) => *self.releases.entry(release).or_default() += 1,
            Err(failure) => *self.failed.entry(failure).or_default() += 1,
        }
    }

    pub fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.again += other.again;
        for (failure, count) in other.failed {
            *self.failed.entry(failure).or_default() += count;
        }
        for (release, count) in other.releases {
            *self.releases.entry(release).or_default() += count;
        }
    }

    pub fn requests(&self) -> u64 {
        self.micros.len() as u64
    }

    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// The smallest time that so many of a hundred did not exceed: 50, 99, and 100 for the longest.
    pub fn percentile(&mut self, percent: usize) -> Duration {
        self.micros.sort_unstable();
        let rank = (self.micros.len() * percent).div_ceil(100);
        let micros = rank.checked_sub(1).and_then(|index| self.micros.get(index));
        Duration::from_micros(micros.copied().unwrap_or_default().into())
    }
}

#[test]
fn percentiles_are_times_that_were_measured() {
    let cases = [(1, 50, 1), (2, 50, 1), (100, 50, 50), (100, 99, 99), (100, 100, 100), (10, 99, 10), (0, 99, 0)];
    for (count, percent, expected) in cases {
        let mut tally = Tally::default();
        for micros in (1..=count).rev() {
            tally.count(Asked { result: Ok("r1".to_owned()), again: false }, Duration::from_micros(micros));
        }
        assert_eq!(tally.percentile(percent), Duration::from_micros(expected), "{percent} of {count}");
    }
}

#[test]
fn what_was_counted_apart_adds_up() {
    let asked = |result, again| Asked { result, again };
    let (mut one, mut other) = (Tally::default(), Tally::default());
    one.count(asked(Ok("r1".to_owned()), true), Duration::from_millis(2));
    one.count(asked(Err(Failure::Status(502)), false), Duration::from_millis(1));
    other.count(asked(Err(Failure::Status(502)), true), Duration::from_millis(9));
    other.count(asked(Ok("r2".to_owned()), false), Duration::from_millis(3));
    one.add(other);
    assert_eq!((one.requests(), one.failures(), one.again), (4, 2, 2));
    assert_eq!(one.failed, BTreeMap::from([(Failure::Status(502), 2)]));
    assert_eq!(one.releases, BTreeMap::from([("r1".to_owned(), 1), ("r2".to_owned(), 1)]));
    assert_eq!(one.percentile(100), Duration::from_millis(9));
}
