//! The request as `stats.sh` reads it, and its answer. Fields are separated by US (037); a number that is not known is `-`;
//! words start with `=` (as they are) or `~` (base64).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Memory, MemoryKind, PumaSeen, StatsRequest, StatsSeen, WorkerSeen};

const US: char = '\u{1f}';

/// The answer is not one that the host program gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatsFault {
    #[error("{0}")]
    Line(String),
    #[error("it does not tell its time")]
    NoTime,
    #[error("nothing is told of `{0}`")]
    NotTold(String),
}

impl StatsRequest {
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// What follows the verb.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = String::new();
        for query in &self.queries {
            for word in std::iter::once(&query.kind).chain(&query.arguments) {
                text.push_str(word);
                text.push(US);
            }
            text.push('\n');
        }
        text.push_str(&format!("end{US}\n"));
        text.into_bytes()
    }

    /// Reads the lines that the verb printed.
    pub fn decode(&self, lines: &[Vec<u8>]) -> Result<StatsSeen, StatsFault> {
        let services = self.queries.iter().map(|query| query.arguments.first().cloned().unwrap_or_default());
        let mut pumas: Vec<PumaSeen> = services.map(|service| PumaSeen { service, ..PumaSeen::default() }).collect();
        let mut time = None;
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let text = String::from_utf8_lossy(line);
            let fields: Vec<&str> = text.split(US).collect();
            let known = match fields.as_slice() {
                ["t", clock, uptime, ""] => read(clock).zip(read(uptime)).map(|told| time = Some(told)),
                ["p", number, key, value, ""] => of(&mut pumas, number).and_then(|puma| set(puma, key, word(value)?)),
                ["w", number, fields @ .., ""] => {
                    of(&mut pumas, number).and_then(|puma| worker(fields).map(|worker| puma.workers.push(worker)))
                }
                _ => None,
            };
            known.ok_or_else(|| StatsFault::Line(text.into_owned()))?;
        }
        let Some((Some(clock), uptime)) = time else { return Err(StatsFault::NoTime) };
        // Nothing at all would read like a Puma that does not run.
        match pumas.iter().find(|puma| puma.state.is_none() && puma.untold.is_none()) {
            Some(puma) => Err(StatsFault::NotTold(puma.service.clone())),
            None => {
                // The order of the answer is that of the respawns before Puma 8.
                pumas.iter_mut().for_each(|puma| puma.workers.sort_by_key(|worker| (worker.index, worker.pid)));
                Ok(StatsSeen { clock, uptime, pumas })
            }
        }
    }
}

fn of<'a>(pumas: &'a mut [PumaSeen], number: &str) -> Option<&'a mut PumaSeen> {
    pumas.get_mut(number.parse::<usize>().ok()?)
}

/// `None`: not a key that the host program tells, or not a value that it can have.
fn set(puma: &mut PumaSeen, key: &str, value: String) -> Option<()> {
    match key {
        "state" => puma.state = Some(value),
        "untold" => puma.untold = Some(value),
        "puma" => puma.puma = Some(value),
        "ruby" => puma.ruby = Some(value),
        "current" => puma.current = Some(value),
        "release" => puma.release = Some(value),
        "pid" => puma.pid = read(&value)?,
        "since" => puma.since = read(&value)?,
        "phase" => puma.phase = read(&value)?,
        "wanted" => puma.wanted = read(&value)?,
        "booted" => puma.booted = read(&value)?,
        "old" => puma.old = read(&value)?,
        "pss" => puma.memory = memory("pss", &value)?,
        "rss" => puma.memory = memory("rss", &value)?,
        _ => return None,
    }
    Some(())
}

fn worker(fields: &[&str]) -> Option<WorkerSeen> {
    let [
        index,
        pid,
        phase,
        booted,
        since,
        checkin,
        spawned,
        max,
        busy,
        capacity,
        backlog,
        requests,
        release,
        kind,
        kilobytes,
    ] = fields
    else {
        return None;
    };
    Some(WorkerSeen {
        index: read(index)?,
        pid: read(pid)?,
        phase: read(phase)?,
        booted: match *booted {
            "yes" => Some(true),
            "no" => Some(false),
            "-" => None,
            _ => return None,
        },
        since: read(since)?,
        checkin: read(checkin)?,
        spawned: read(spawned)?,
        max: read(max)?,
        busy: read(busy)?,
        capacity: read(capacity)?,
        backlog: read(backlog)?,
        requests: read(requests)?,
        release: if *release == "-" { None } else { Some(word(release)?) },
        memory: memory(kind, kilobytes)?,
        rate: None,
    })
}

/// `Some(None)`: not known. `None`: not what the host program prints.
fn read<T: std::str::FromStr>(field: &str) -> Option<Option<T>> {
    if field == "-" { Some(None) } else { field.parse().ok().map(Some) }
}

fn memory(kind: &str, kilobytes: &str) -> Option<Option<Memory>> {
    let kind = match kind {
        "pss" => MemoryKind::Proportional,
        "rss" => MemoryKind::Resident,
        "-" => return Some(None),
        _ => return None,
    };
    let bytes = kilobytes.parse::<u64>().ok()?.checked_mul(1024)?;
    Some(Some(Memory { kind, bytes }))
}

fn word(field: &str) -> Option<String> {
    if let Some(plain) = field.strip_prefix('=') {
        return Some(plain.to_owned());
    }
    // The last part of a folder may be any bytes.
    Some(String::from_utf8_lossy(&BASE64.decode(field.strip_prefix('~')?).ok()?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::StatsQuery;
    use super::*;

    fn request() -> StatsRequest {
        let query = |service: &str| StatsQuery {
            kind: "puma_stats".to_owned(),
            arguments: vec![service.to_owned(), "/a/puma.state".to_owned(), "/a/current".to_owned()],
        };
        StatsRequest { queries: vec![query("puma.service"), query("other.service")] }
    }

    fn decode(text: &str) -> Result<StatsSeen, StatsFault> {
        let lines: Vec<Vec<u8>> = text.replace('|', "\u{1f}").lines().map(|line| line.as_bytes().to_vec()).collect();
        request().decode(&lines)
    }

    #[test]
    fn a_request_is_words() {
        let text = String::from_utf8(request().encode()).expect("text").replace(US, "|");
        let expected = "puma_stats|puma.service|/a/puma.state|/a/current|\n\
                        puma_stats|other.service|/a/puma.state|/a/current|\nend|\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_told_is_read_and_the_rest_stays_unknown() {
        let seen = decode(
            "t|1790000000|123456|\np|0|state|=active|\np|0|current|=r2|\np|0|pid|=77|\np|0|puma|=5.6.5|\np|0|since|=1789990000|\n\
             p|0|phase|=1|\np|0|wanted|=2|\np|0|booted|=1|\np|0|old|=1|\np|0|pss|=1000|\n\
             w|0|1|81|0|yes|1789990001|1789999999|5|5|-|3|2|10|=r1|pss|2000|\n\
             w|0|0|82|1|no|1789999998|-|-|-|-|-|-|-|~cgo=|rss|3000|\n\
             p|1|state|=inactive|\n",
        );
        let memory = |kind, kilobytes: u64| Some(Memory { kind, bytes: kilobytes * 1024 });
        let told = WorkerSeen {
            index: Some(1),
            pid: Some(81),
            phase: Some(0),
            booted: Some(true),
            since: Some(1_789_990_001),
            checkin: Some(1_789_999_999),
            spawned: Some(5),
            max: Some(5),
            busy: None,
            capacity: Some(3),
            backlog: Some(2),
            requests: Some(10),
            release: Some("r1".to_owned()),
            memory: memory(MemoryKind::Proportional, 2000),
            rate: None,
        };
        let booting = WorkerSeen {
            index: Some(0),
            pid: Some(82),
            phase: Some(1),
            booted: Some(false),
            since: Some(1_789_999_998),
            release: Some("r\n".to_owned()),
            memory: memory(MemoryKind::Resident, 3000),
            ..WorkerSeen::default()
        };
        let puma = PumaSeen {
            service: "puma.service".to_owned(),
            state: Some("active".to_owned()),
            pid: Some(77),
            puma: Some("5.6.5".to_owned()),
            since: Some(1_789_990_000),
            phase: Some(1),
            wanted: Some(2),
            booted: Some(1),
            old: Some(1),
            current: Some("r2".to_owned()),
            memory: memory(MemoryKind::Proportional, 1000),
            workers: vec![booting, told],
            ..PumaSeen::default()
        };
        let state = Some("inactive".to_owned());
        let stopped = PumaSeen { service: "other.service".to_owned(), state, ..PumaSeen::default() };
        assert!(stopped.is_stopped() && !puma.is_stopped());
        assert_eq!(seen, Ok(StatsSeen { clock: 1_790_000_000, uptime: Some(123_456), pumas: vec![puma, stopped] }));
    }

    #[test]
    fn what_the_host_program_does_not_print_is_a_fault() {
        let good = "t|1|2|\np|0|state|=active|\np|1|untold|=why|\n";
        assert!(decode(good).is_ok());
        for odd in [
            "hello",
            "p|2|state|=active|",
            "p|x|state|=active|",
            "p|0|odd|=1|",
            "p|0|phase|=-1|",
            "p|0|state|active|",
            "p|0|state|=active",
            "w|0|1|",
            "w|0|1|81|0|maybe|1|1|5|5|-|3|2|10|=r1|pss|2000|",
            "w|0|1|81|0|yes|1|1|5|5|x|3|2|10|=r1|pss|2000|",
            "w|0|1|81|0|yes|1|1|5|5|-|3|2|10|=r1|uss|2000|",
            "w|0|1|81|0|yes|1|1|5|5|-|3|2|10|=r1|pss|-|",
            "t|now|2|",
        ] {
            let line = StatsFault::Line(odd.replace('|', "\u{1f}"));
            assert_eq!(decode(&format!("{good}{odd}\n")), Err(line), "{odd}");
        }
        assert_eq!(decode("p|0|state|=active|\np|1|state|=active|\n"), Err(StatsFault::NoTime));
        assert_eq!(decode("t|-|2|\np|0|state|=active|\np|1|state|=active|\n"), Err(StatsFault::NoTime));
        let of_other = StatsFault::NotTold("other.service".to_owned());
        assert_eq!(decode("t|1|2|\np|0|state|=active|\n"), Err(of_other));
    }
}
