use std::collections::BTreeMap;

use super::StatsSeen;

/// How fast requests come, between one look and the next. A worker tells its figures every few seconds: they are as old as its
/// last check-in, whenever one looks.
#[derive(Debug, Default)]
pub struct Rates {
    /// By host, unit and process.
    last: BTreeMap<(usize, String, u32), Told>,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    requests: u64,
    /// Hundredths of a second.
    at: u64,
    rate: Option<f64>,
}

impl Rates {
    /// Fills the rates of what was seen on host number `host` in, as far as it was seen before.
    pub fn note(&mut self, host: usize, seen: &mut StatsSeen) {
        let uptime = seen.uptime;
        // Of who is gone nothing is kept.
        let mut before = std::mem::take(&mut self.last);
        before.retain(|key, told| {
            let is_here = key.0 == host;
            if !is_here {
                self.last.insert(key.clone(), *told);
            }
            is_here
        });
        for puma in &mut seen.pumas {
            for worker in &mut puma.workers {
                let (Some(pid), Some(requests)) = (worker.pid, worker.requests) else { continue };
                let Some(at) = worker.checkin.map_or(uptime, |seconds| seconds.checked_mul(100)) else { continue };
                let key = (host, puma.service.clone(), pid);
                let told = match before.get(&key) {
                    // It has told nothing new since.
                    Some(last) if last.at == at => *last,
                    Some(last) => Told { requests, at, rate: rate(*last, requests, at) },
                    None => Told { requests, at, rate: None },
                };
                worker.rate = told.rate;
                self.last.insert(key, told);
            }
        }
    }
}

/// `None` where it cannot be: counted anew by another process of that number, or by a clock that was set back.
#[expect(clippy::cast_precision_loss, reason = "neither a count of requests nor a time comes near 2^53")]
fn rate(last: Told, requests: u64, at: u64) -> Option<f64> {
    let (more, passed) = (requests.checked_sub(last.requests)?, at.checked_sub(last.at)?);
    Some(more as f64 * 100.0 / passed as f64)
}

#[cfg(test)]
mod tests {
    use super::super::{PumaSeen, WorkerSeen};
    use super::*;

    #[test]
    fn a_rate_counts_from_one_check_in_to_the_next() {
        let seen = |uptime, checkin, pid, requests| {
            let worker = WorkerSeen { pid: Some(pid), checkin, requests, ..WorkerSeen::default() };
            let pumas = vec![PumaSeen { workers: vec![worker], ..PumaSeen::default() }];
            StatsSeen { clock: 0, uptime: Some(uptime), pumas }
        };
        type Look = (usize, u64, Option<u64>, u32, Option<u64>, Option<f64>);
        let cases: &[&[Look]] = &[
            // Looked at more often than it tells.
            &[
                (0, 100, Some(10), 7, Some(50), None),
                (0, 300, Some(10), 7, Some(50), None),
                (0, 500, Some(15), 7, Some(150), Some(20.0)),
                (0, 700, Some(15), 7, Some(150), Some(20.0)),
                (0, 900, Some(20), 7, Some(150), Some(0.0)),
            ],
            // Single mode: every look tells.
            &[(0, 100, None, 7, Some(50), None), (0, 150, None, 7, Some(60), Some(20.0))],
            // Another process; another host; counted anew; a clock set back; not told.
            &[(0, 100, Some(10), 7, Some(50), None), (0, 600, Some(15), 8, Some(60), None)],
            &[(0, 100, Some(10), 7, Some(50), None), (1, 600, Some(15), 7, Some(60), None)],
            &[(0, 100, Some(10), 7, Some(50), None), (0, 600, Some(15), 7, Some(4), None)],
            &[(0, 100, Some(10), 7, Some(50), None), (0, 600, Some(5), 7, Some(60), None)],
            &[(0, 100, Some(10), 7, Some(50), None), (0, 600, Some(15), 7, None, None)],
            // Other hosts are remembered.
            &[
                (0, 100, Some(10), 7, Some(50), None),
                (1, 100, Some(10), 7, Some(0), None),
                (0, 600, Some(15), 7, Some(60), Some(2.0)),
                (1, 600, Some(15), 7, Some(5), Some(1.0)),
            ],
        ];
        for looks in cases {
            let mut rates = Rates::default();
            for (host, uptime, checkin, pid, requests, expected) in *looks {
                let mut seen = seen(*uptime, *checkin, *pid, *requests);
                rates.note(*host, &mut seen);
                assert_eq!(seen.pumas[0].workers[0].rate, *expected, "{looks:?} at {uptime}");
            }
        }
    }
}
