//! What `preflight.sh` and `run.sh` print: one line an event, each word followed by US (037).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Progress(Progress),
    Outcome(Outcome),
}

/// What the host program is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// `lock`, `stage`, `compare`, `check`, `swap`, `activate`, `commit`, `put-back`.
    Step(String),
    Checked(Checked),
    HandlerStarted(String),
    Handled {
        name: String,
        result: HandlerResult,
        milliseconds: u64,
        /// Why it was skipped or failed, and what was said.
        reason: String,
    },
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
    /// It could not look; that is no verdict on the candidates.
    NotRun {
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
}

/// A line that no program of ours prints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unexpected line")]
pub struct Fault {
    pub line: String,
}

/// Reads one line of what the verbs `preflight` and `run` print; `None` for an empty one.
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
        [b"outcome", how, step, said] => {
            let (step, reason) = (name(step)?, word(said).ok_or_else(fault)?);
            Line::Outcome(match *how {
                b"committed" => Outcome::Committed,
                b"put-back" => Outcome::PutBack { step, reason },
                b"stuck" => Outcome::Stuck { step, reason },
                _ => return Err(fault()),
            })
        }
        [b"locked", who] => Line::Outcome(Outcome::Locked { who: word(who).ok_or_else(fault)? }),
        _ => return Err(fault()),
    };
    Ok(Some(event))
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
fn plain(name: &[u8]) -> Option<String> {
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
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
