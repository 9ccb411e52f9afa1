//! What the app servers of a host tell of themselves just now.

mod codec;
mod rates;
mod total;

pub use codec::StatsFault;
pub use rates::Rates;
pub use total::{Sum, Total};

/// What one round trip asks of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatsRequest {
    pub queries: Vec<StatsQuery>,
}

/// A question that a role asks by `kind` (a function of the host program) with words; the first names the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatsQuery {
    pub kind: String,
    pub arguments: Vec<String>,
}

/// What a host answered: one Puma for each question, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct StatsSeen {
    /// The host's clock, seconds since 1970.
    pub clock: u64,
    /// Hundredths of a second since the host was booted: nobody sets it.
    pub uptime: Option<u64>,
    pub pumas: Vec<PumaSeen>,
}

/// One Puma. What it does not tell is absent, never zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PumaSeen {
    /// The unit that runs it.
    pub service: String,
    /// systemd's word for that unit, such as `active`.
    pub state: Option<String>,
    /// Why what it should tell could not be had.
    pub untold: Option<String>,
    pub pid: Option<u32>,
    pub puma: Option<String>,
    pub ruby: Option<String>,
    /// When it read its settings, seconds since 1970.
    pub since: Option<u64>,
    pub phase: Option<u64>,
    /// How many workers it is to have; none in single mode.
    pub wanted: Option<u64>,
    pub booted: Option<u64>,
    /// How many of an older phase are left.
    pub old: Option<u64>,
    /// The release that is the current one, and not always the one that runs.
    pub current: Option<String>,
    /// Where the main process runs.
    pub release: Option<String>,
    /// Of the main process alone.
    pub memory: Option<Memory>,
    pub workers: Vec<WorkerSeen>,
}

/// One worker; in single mode the main process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkerSeen {
    pub index: Option<u64>,
    pub pid: Option<u32>,
    pub phase: Option<u64>,
    pub booted: Option<bool>,
    /// When it began, seconds since 1970.
    pub since: Option<u64>,
    /// When it last told the master its figures, by the host's clock.
    pub checkin: Option<u64>,
    /// Threads that there are, busy or not.
    pub spawned: Option<u64>,
    pub max: Option<u64>,
    /// Threads that serve a request; Puma tells it from 6.6 on.
    pub busy: Option<u64>,
    /// How many requests it could take at once.
    pub capacity: Option<u64>,
    pub backlog: Option<u64>,
    pub requests: Option<u64>,
    /// The last part of the folder in which it runs.
    pub release: Option<String>,
    pub memory: Option<Memory>,
    /// Requests per second between two looks; see `Rates`.
    pub rate: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub kind: MemoryKind,
    pub bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryKind {
    /// What is shared is divided among those that share it: sums are right.
    Proportional,
    /// What is shared is counted for each: sums are too high.
    Resident,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Single,
    Cluster,
}

impl PumaSeen {
    /// Whether systemd says that it does not run: an answer like any other.
    pub fn is_stopped(&self) -> bool {
        self.untold.is_none() && self.pid.is_none()
    }

    /// `None` where it was not told.
    pub fn mode(&self) -> Option<Mode> {
        self.wanted.map(|wanted| if wanted == 0 { Mode::Single } else { Mode::Cluster })
    }
}

impl WorkerSeen {
    /// Threads that serve a request.
    pub fn used(&self) -> Option<u64> {
        self.busy.or_else(|| self.max?.checked_sub(self.capacity?))
    }
}

#[cfg(test)]
mod tests {
    use super::WorkerSeen;

    #[test]
    fn used_threads_are_the_busy_ones_or_what_the_capacity_leaves() {
        for (busy, max, capacity, used) in [
            (Some(2), Some(5), Some(5), Some(2)),
            (None, Some(5), Some(3), Some(2)),
            (None, Some(5), Some(5), Some(0)),
            (None, Some(5), None, None),
            (None, None, Some(5), None),
            // Not a snapshot of one moment.
            (None, Some(5), Some(6), None),
        ] {
            let worker = WorkerSeen { busy, max, capacity, ..WorkerSeen::default() };
            assert_eq!(worker.used(), used, "{worker:?}");
        }
    }
}
