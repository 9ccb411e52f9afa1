use super::{Memory, MemoryKind, PumaSeen, WorkerSeen};

/// A sum of figures of which some may not be known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    /// `None`: none of them is known.
    pub known: Option<f64>,
    /// Some are not known: the sum is at least this.
    pub is_partial: bool,
}

impl Sum {
    fn add(&mut self, figure: Option<f64>) {
        match figure {
            Some(figure) => self.known = Some(self.known.unwrap_or_default() + figure),
            None => self.is_partial = true,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "figures of a fleet are far below 2^53")]
    fn count(&mut self, figure: Option<u64>) {
        self.add(figure.map(|figure| figure as f64));
    }
}

/// The figures of several workers together: of a Puma, a host or a fleet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Total {
    pub workers: usize,
    pub booted: Sum,
    pub used: Sum,
    pub max: Sum,
    pub spawned: Sum,
    pub backlog: Sum,
    pub capacity: Sum,
    pub requests: Sum,
    pub rate: Sum,
    /// Main processes and workers, in bytes.
    pub memory: Sum,
    kinds: Vec<MemoryKind>,
}

impl Total {
    pub fn of<'a>(pumas: impl IntoIterator<Item = &'a PumaSeen>) -> Total {
        let mut total = Total::default();
        for puma in pumas {
            puma.workers.iter().for_each(|worker| total.add(worker));
            // In single mode the worker is the main process.
            if puma.pid.is_some() && !puma.workers.iter().any(|worker| worker.pid == puma.pid) {
                total.remember(puma.memory);
            }
            if puma.untold.is_some() {
                total.is_missing();
            }
        }
        total
    }

    /// Somebody whose figures are not known belongs to it.
    pub fn is_missing(&mut self) {
        for sum in [
            &mut self.booted,
            &mut self.used,
            &mut self.max,
            &mut self.spawned,
            &mut self.backlog,
            &mut self.capacity,
            &mut self.requests,
            &mut self.rate,
            &mut self.memory,
        ] {
            sum.is_partial = true;
        }
    }

    /// Of which kind its memory is, where it is of one.
    pub fn memory_kind(&self) -> Option<MemoryKind> {
        let first = self.kinds.first()?;
        self.kinds.iter().all(|kind| kind == first).then_some(*first)
    }

    fn add(&mut self, worker: &WorkerSeen) {
        self.workers += 1;
        self.booted.count(worker.booted.map(u64::from));
        self.used.count(worker.used());
        self.max.count(worker.max);
        self.spawned.count(worker.spawned);
        self.backlog.count(worker.backlog);
        self.capacity.count(worker.capacity);
        self.requests.count(worker.requests);
        self.rate.add(worker.rate);
        self.remember(worker.memory);
    }

    fn remember(&mut self, memory: Option<Memory>) {
        self.memory.count(memory.map(|memory| memory.bytes));
        self.kinds.extend(memory.map(|memory| memory.kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_makes_a_sum_a_bound_and_never_a_nought() {
        let worker = |pid, max, backlog, kind| WorkerSeen {
            pid: Some(pid),
            max,
            capacity: max,
            backlog,
            booted: Some(true),
            memory: Some(Memory { kind, bytes: 10 }),
            ..WorkerSeen::default()
        };
        use MemoryKind::{Proportional, Resident};
        let cluster = PumaSeen {
            pid: Some(1),
            memory: Some(Memory { kind: Proportional, bytes: 5 }),
            workers: vec![worker(2, Some(5), Some(1), Proportional), worker(3, Some(5), None, Proportional)],
            ..PumaSeen::default()
        };
        let sum = |known, is_partial| Sum { known, is_partial };
        let total = Total::of([&cluster]);
        assert_eq!((total.workers, total.booted, total.used), (2, sum(Some(2.0), false), sum(Some(0.0), false)));
        assert_eq!((total.max, total.backlog), (sum(Some(10.0), false), sum(Some(1.0), true)));
        assert_eq!((total.requests, total.memory), (sum(None, true), sum(Some(25.0), false)));
        assert_eq!(total.memory_kind(), Some(Proportional));
        // Single mode: its one process is not counted twice.
        let single = PumaSeen {
            pid: Some(9),
            memory: Some(Memory { kind: Resident, bytes: 10 }),
            workers: vec![worker(9, Some(5), Some(0), Resident)],
            ..PumaSeen::default()
        };
        assert_eq!(Total::of([&single]).memory, sum(Some(10.0), false));
        assert_eq!(Total::of([&single, &cluster]).memory_kind(), None);
        let untold = PumaSeen { untold: Some("why".to_owned()), ..PumaSeen::default() };
        assert_eq!(Total::of([&single, &untold]).max, sum(Some(5.0), true));
        assert_eq!(Total::of([]), Total::default());
    }
}
