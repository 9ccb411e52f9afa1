//! What the host programs that check and change print: one line an event, each word followed by US (037).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Record, Witnessed};

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Progress(Progress),
    Outcome(Outcome),
    /// What the verb `history` says of one ended transaction.
    Record(Record),
}

/// What the host program is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// `lock`, `stage`, `compare`, `check`, `guard`, `swap`, `activate`, `confirm`, `commit`, `put-back`.
    Step(String),
    /// Another transaction holds the host; said again when another one takes it.
    Waiting {
        who: String,
    },
    /// An unfinished transaction was found, and is dealt with first.
    Recovering {
        id: String,
        who: String,
    },
    Recovered(Outcome),
    /// All is in place. Unless somebody confirms over a connection of their own within so many seconds, the host undoes it.
    Await {
        seconds: u64,
    },
    Checked(Checked),
    HandlerStarted(String),
    Handled {
        name: String,
        result: HandlerResult,
        milliseconds: u64,
        /// Why it was skipped or failed, and what was said.
        reason: String,
    },
    /// What a restart would take up was booted beside what serves, or could not be.
    Tried(Trial),
    /// So many of Puma's workers run the release by now; so many requests were sent, and failed, until then.
    Rolled {
        fresh: u64,
        wanted: u64,
        release: String,
        sent: u64,
        failed: u64,
    },
    /// Workers said that they were new and ran old code: they are restarted once more.
    Repaired {
        stale: u64,
        wanted: u64,
    },
    /// The requests of one activation were counted.
    Witnessed(Witnessed),
    /// They could not be, for this reason.
    Unwitnessed {
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    Boots { milliseconds: u64 },
    Fails,
    Untried { reason: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandlerResult {
    Done,
    /// There was nothing for it to do.
    Skipped,
    Failed,
}

/// A check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub name: String,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may have warned.
    Passed {
        output: String,
    },
    Failed {
        code: u8,
        output: String,
    },
    /// It should have looked and could not; that is no verdict on the candidates, and no reason to go on.
    NotRun {
        reason: String,
    },
    /// The host has no private namespace: it runs after the swap, before anything is activated, covered by undo.
    Deferred {
        reason: String,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Committed,
    /// The host is as it was before.
    PutBack {
        step: String,
        reason: String,
    },
    /// It could not be put back wholly: a person is needed.
    Stuck {
        step: String,
        reason: String,
    },
    /// Another transaction holds the host; nothing was done.
    Locked {
        who: String,
    },
    /// The host knows no such transaction: it never began there, or its record has gone.
    Unknown {
        reason: String,
    },
}

/// A line that no program of ours prints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unexpected line")]
pub struct Fault {
    pub line: String,
}

/// Reads one line of what the verbs that check and change print; `None` for an empty one.
pub fn decode(line: &[u8]) -> Result<Option<Line>, Fault> {
    let fault = || Fault { line: text(line) };
    let Some(words) = line.strip_suffix(b"\x1f") else {
        return if line.is_empty() { Ok(None) } else { Err(fault()) };
    };
    let words: Vec<&[u8]> = words.split(|&byte| byte == 0x1f).collect();
    let name = |name: &[u8]| plain(name).ok_or_else(fault);
    let event = match words.as_slice() {
        [b"step", step] => Line::Progress(Progress::Step(name(step)?)),
        [b"check", check, verdict, code, said] => {
            let said = word(said).ok_or_else(fault)?;
            let verdict = match *verdict {
                b"passed" => Verdict::Passed { output: said },
                b"failed" => Verdict::Failed { code: text(code).parse().map_err(|_| fault())?, output: said },
                b"not-run" => Verdict::NotRun { reason: said },
                b"deferred" => Verdict::Deferred { reason: said },
                _ => return Err(fault()),
            };
            Line::Progress(Progress::Checked(Checked { name: name(check)?, verdict }))
        }
        [b"handler", handler, b"started", ..] => Line::Progress(Progress::HandlerStarted(name(handler)?)),
        [b"handler", handler, result, milliseconds, said] => {
            let result = match *result {
                b"done" => HandlerResult::Done,
                b"skipped" => HandlerResult::Skipped,
                b"failed" => HandlerResult::Failed,
                _ => return Err(fault()),
            };
            let milliseconds = text(milliseconds).parse().map_err(|_| fault())?;
            let reason = word(said).ok_or_else(fault)?;
            Line::Progress(Progress::Handled { name: name(handler)?, result, milliseconds, reason })
        }
        [b"tried", b"boots", milliseconds, _] => {
            Line::Progress(Progress::Tried(Trial::Boots { milliseconds: number(milliseconds).ok_or_else(fault)? }))
        }
        [b"tried", b"fails", ..] => Line::Progress(Progress::Tried(Trial::Fails)),
        [b"tried", b"untried", _, said] => {
            Line::Progress(Progress::Tried(Trial::Untried { reason: word(said).ok_or_else(fault)? }))
        }
        [b"rolled", fresh, wanted, release, sent, failed] => {
            let count = |digits: &[u8]| number(digits).ok_or_else(fault);
            let release = word(release).ok_or_else(fault)?;
            let (fresh, wanted, sent, failed) = (count(fresh)?, count(wanted)?, count(sent)?, count(failed)?);
            Line::Progress(Progress::Rolled { fresh, wanted, release, sent, failed })
        }
        [b"repaired", stale, wanted] => Line::Progress(Progress::Repaired {
            stale: number(stale).ok_or_else(fault)?,
            wanted: number(wanted).ok_or_else(fault)?,
        }),
        [b"unwitnessed", said] => Line::Progress(Progress::Unwitnessed { reason: word(said).ok_or_else(fault)? }),
        [b"witnessed", words @ ..] => Line::Progress(Progress::Witnessed(witnessed(words).ok_or_else(fault)?)),
        [b"waiting", who] => Line::Progress(Progress::Waiting { who: word(who).ok_or_else(fault)? }),
        [b"recovering", id, who] => {
            Line::Progress(Progress::Recovering { id: name(id)?, who: word(who).ok_or_else(fault)? })
        }
        [b"recovered", how, step, said] => {
            Line::Progress(Progress::Recovered(outcome(how, step, said).ok_or_else(fault)?))
        }
        [b"await", seconds] => Line::Progress(Progress::Await { seconds: number(seconds).ok_or_else(fault)? }),
        [b"outcome", b"unknown", _, said] => Line::Outcome(Outcome::Unknown { reason: word(said).ok_or_else(fault)? }),
        [b"outcome", how, step, said] => Line::Outcome(outcome(how, step, said).ok_or_else(fault)?),
        [b"locked", who] => Line::Outcome(Outcome::Locked { who: word(who).ok_or_else(fault)? }),
        [b"record", record, how, step, said, ended, kind, by, began] => Line::Record(Record {
            name: name(record)?,
            outcome: outcome(how, step, said).ok_or_else(fault)?,
            ended: number(ended).ok_or_else(fault)?,
            began: number(began).ok_or_else(fault)?,
            kind: name(kind)?,
            by: word(by).ok_or_else(fault)?,
        }),
        _ => return Err(fault()),
    };
    Ok(Some(event))
}

/// How a transaction that began has ended.
fn outcome(how: &[u8], step: &[u8], said: &[u8]) -> Option<Outcome> {
    let (step, reason) = (plain(step)?, word(said)?);
    match how {
        b"committed" => Some(Outcome::Committed),
        b"put-back" => Some(Outcome::PutBack { step, reason }),
        b"stuck" => Some(Outcome::Stuck { step, reason }),
        _ => None,
    }
}

fn witnessed(words: &[&[u8]]) -> Option<Witnessed> {
    let (counted, about) = words.split_at_checked(9)?;
    let [sent, failed, p50, p99, longest, allowed, kinds, answers, excused] = counted else { return None };
    Some(Witnessed {
        about: match about {
            [] => None,
            [about] => Some(plain(about)?),
            _ => return None,
        },
        sent: number(sent)?,
        failed: number(failed)?,
        p50: number(p50)?,
        p99: number(p99)?,
        longest: number(longest)?,
        allowed: if allowed.is_empty() { None } else { Some(number(allowed)?) },
        kinds: Witnessed::counts(&plain(kinds)?)?,
        answers: Witnessed::counts(&plain(answers)?)?,
        excused: match *excused {
            b"yes" => true,
            b"no" => false,
            _ => return None,
        },
    })
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A word that may hold any byte: `=` and itself, or `~` and its base64. Programs' output need not be UTF-8.
fn word(field: &[u8]) -> Option<String> {
    match field.split_first()? {
        (b'=', word) => Some(text(word)),
        (b'~', word) => BASE64.decode(word).ok().map(|bytes| text(&bytes)),
        _ => None,
    }
}

/// A name, which is shown as it is: ours hold no control characters, and a host that lies sends no others.
pub(super) fn plain(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    (!name.chars().any(char::is_control)).then(|| name.to_owned())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Line>, Fault> {
        decode(line.replace('|', "\u{1f}").as_bytes())
    }

    #[test]
    fn lines_become_events() {
        let step = Line::Progress(Progress::Step("swap".to_owned()));
        assert_eq!(read("step|swap|"), Ok(Some(step)));
        let failed = Verdict::Failed { code: 1, output: "a\nb".to_owned() };
        let checked = Checked { name: "nginx -t".to_owned(), verdict: failed };
        assert_eq!(read("check|nginx -t|failed|1|~YQpi|"), Ok(Some(Line::Progress(Progress::Checked(checked)))));
        let deferred = Checked { name: "a".to_owned(), verdict: Verdict::Deferred { reason: "no".to_owned() } };
        assert_eq!(read("check|a|deferred|0|=no|"), Ok(Some(Line::Progress(Progress::Checked(deferred)))));
        let handled = Progress::Handled {
            name: "reload".to_owned(),
            result: HandlerResult::Skipped,
            milliseconds: 12,
            reason: "inactive".to_owned(),
        };
        assert_eq!(read("handler|reload|skipped|12|=inactive|"), Ok(Some(Line::Progress(handled))));
        let put_back = Outcome::PutBack { step: "stage".to_owned(), reason: String::new() };
        assert_eq!(read("outcome|put-back|stage|=|"), Ok(Some(Line::Outcome(put_back))));
        assert_eq!(read(""), Ok(None));
    }

    #[test]
    fn waiting_recovery_and_confirmation_are_told() {
        let progress = |line: &str| match read(line) {
            Ok(Some(Line::Progress(progress))) => progress,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(progress("waiting|=me|"), Progress::Waiting { who: "me".to_owned() });
        let recovering = Progress::Recovering { id: "7-7".to_owned(), who: "me".to_owned() };
        assert_eq!(progress("recovering|7-7|=me|"), recovering);
        assert_eq!(progress("recovered|committed||=|"), Progress::Recovered(Outcome::Committed));
        let stuck = Outcome::Stuck { step: "swap".to_owned(), reason: "no".to_owned() };
        assert_eq!(progress("recovered|stuck|swap|=no|"), Progress::Recovered(stuck));
        assert_eq!(progress("await|60|"), Progress::Await { seconds: 60 });
        let unknown = Outcome::Unknown { reason: String::new() };
        assert_eq!(read("outcome|unknown||=|"), Ok(Some(Line::Outcome(unknown))));
    }

    #[test]
    fn what_a_restart_comes_to_is_told() {
        let progress = |line: &str| match read(line) {
            Ok(Some(Line::Progress(progress))) => progress,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(progress("tried|boots|812|=|"), Progress::Tried(Trial::Boots { milliseconds: 812 }));
        let untried = Trial::Untried { reason: "no".to_owned() };
        assert_eq!(progress("tried|untried|0|=no|"), Progress::Tried(untried));
        let rolled = Progress::Rolled { fresh: 1, wanted: 2, release: "r2".to_owned(), sent: 40, failed: 0 };
        assert_eq!(progress("rolled|1|2|=r2|40|0|"), rolled);
        let counted = Witnessed {
            about: None,
            sent: 90,
            failed: 3,
            p50: 2,
            p99: 9,
            longest: 31,
            allowed: Some(1000),
            kinds: vec![("status-502".to_owned(), 2), ("refused".to_owned(), 1)],
            answers: vec![],
            excused: false,
        };
        let line = "witnessed|90|3|2|9|31|1000|status-502:2,refused:1|-|no|";
        assert_eq!(progress(line), Progress::Witnessed(counted.clone()));
        let about = "witnessed|90|3|2|9|31|1000|status-502:2,refused:1|-|no|puma@shop.service|";
        let counted = Witnessed { about: Some("puma@shop.service".to_owned()), ..counted };
        assert_eq!(progress(about), Progress::Witnessed(counted));
        assert!(read("witnessed|90|3|2|9|31|1000|status-502|-|no|").is_err());
    }

    #[test]
    fn a_record_is_read_whole() {
        let record = Record {
            name: "000007-1-1".to_owned(),
            outcome: Outcome::PutBack { step: "check".to_owned(), reason: "no".to_owned() },
            ended: 20,
            began: 10,
            kind: "apply".to_owned(),
            by: "me@here".to_owned(),
        };
        let line = "record|000007-1-1|put-back|check|=no|20|apply|=me@here|10|";
        assert_eq!(read(line), Ok(Some(Line::Record(record))));
    }

    #[test]
    fn anything_else_is_a_fault() {
        for line in [
            "step|\u{1b}[2J|",
            "outcome|put-back|\u{9b}1m|=|",
            "handler|a\rb|started|0|=|",
            "hello",
            "step|",
            "outcome|fine||=|",
            "check|x|failed|300|=|",
            "handler|x|done|1|plain|",
            "locked|~?|",
            "await|soon|",
            "recovered|unknown||=|",
            "recovering|\u{1b}|=me|",
            "record|1-1|committed||=|then|apply|=me|10|",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
