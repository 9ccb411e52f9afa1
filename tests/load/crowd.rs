//! Those who ask, at a steady rate, for as long as a host is worked on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::client::{Client, Connections};
use super::tally::Tally;

/// Connections that are kept, each with one request at a time.
pub const LOOPS: u32 = 8;
/// Besides, a request on a connection of its own is sent so often, whether or not the last was answered: no stall is
/// longer by more than this than what it shows.
pub const BETWEEN: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Shared {
    ends: AtomicBool,
    /// The step at which a request begins is the one that it counts for.
    step: AtomicUsize,
    answered: AtomicU64,
    failed: AtomicU64,
}

pub struct Crowd {
    shared: Arc<Shared>,
    askers: Vec<JoinHandle<Vec<Tally>>>,
}

impl Crowd {
    /// `rate` is how many a second the kept connections send together.
    pub fn start(address: SocketAddr, rate: u32) -> Self {
        let shared = Arc::new(Shared::default());
        let every = Duration::from_secs(1) * LOOPS / rate.max(1);
        let mut askers = Vec::new();
        for number in 0..LOOPS {
            let shared = Arc::clone(&shared);
            askers.push(thread::spawn(move || {
                thread::sleep(every * number / LOOPS);
                keep_asking(&shared, address, every)
            }));
        }
        let shared_too = Arc::clone(&shared);
        askers.push(thread::spawn(move || ask_each_anew(&shared_too, address)));
        Self { shared, askers }
    }

    pub fn next_step(&self) {
        self.shared.step.fetch_add(1, Ordering::Relaxed);
    }

    pub fn answered(&self) -> u64 {
        self.shared.answered.load(Ordering::Relaxed)
    }

    pub fn failed(&self) -> u64 {
        self.shared.failed.load(Ordering::Relaxed)
    }

    /// One tally a step.
    pub fn end(self) -> Vec<Tally> {
        self.shared.ends.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for asker in self.askers {
            merge(&mut all, asker.join().expect("one who asks"));
        }
        all
    }
}

impl Shared {
    fn ask(&self, client: &mut Client, tallies: &mut Vec<Tally>) {
        let step = self.step.load(Ordering::Relaxed);
        let begun = Instant::now();
        let asked = client.get();
        let took = begun.elapsed();
        tallies.resize_with(tallies.len().max(step + 1), Tally::default);
        self.failed.fetch_add(u64::from(asked.result.is_err()), Ordering::Relaxed);
        tallies[step].count(asked, took);
        self.answered.fetch_add(1, Ordering::Relaxed);
    }
}

fn keep_asking(shared: &Shared, address: SocketAddr, every: Duration) -> Vec<Tally> {
    let (mut client, mut tallies) = (Client::new(address, Connections::Kept), Vec::new());
    let mut due = Instant::now();
    while !shared.ends.load(Ordering::Relaxed) {
        shared.ask(&mut client, &mut tallies);
        // After a stall it goes on at its rate: the crowd does not become a flood.
        due = (due + every).max(Instant::now());
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    tallies
}

fn ask_each_anew(shared: &Arc<Shared>, address: SocketAddr) -> Vec<Tally> {
    let (mut asking, mut all) = (Vec::<JoinHandle<Vec<Tally>>>::new(), Vec::new());
    let mut due = Instant::now();
    while !shared.ends.load(Ordering::Relaxed) {
        let shared = Arc::clone(shared);
        asking.push(thread::spawn(move || {
            let mut tallies = Vec::new();
            shared.ask(&mut Client::new(address, Connections::OneEach), &mut tallies);
            tallies
        }));
        let (done, still) = asking.into_iter().partition(|one| one.is_finished());
        asking = still;
        done.into_iter().for_each(|one: JoinHandle<_>| merge(&mut all, one.join().expect("a request")));
        due += BETWEEN;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    asking.into_iter().for_each(|one| merge(&mut all, one.join().expect("a request")));
    all
}

fn merge(all: &mut Vec<Tally>, more: Vec<Tally>) {
    all.resize_with(all.len().max(more.len()), Tally::default);
    all.iter_mut().zip(more).for_each(|(sum, one)| sum.add(one));
}
