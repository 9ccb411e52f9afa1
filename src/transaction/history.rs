//! What the verbs `history` and `saved` print: ended transactions, and the old contents that one of them saved.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::journal::{Fault, Line, decode, plain};
use super::{CheckCommand, HandlerCall, Outcome, Record, Seen};
use crate::resource::AppliedPath;

/// A transaction that has ended, with what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub record: Record,
    /// Numbered from 1 in this order: so are the files that it saved.
    pub entries: Vec<Past>,
    pub checks: Vec<CheckCommand>,
    pub handlers: Vec<HandlerCall>,
    /// What the host remembered of the paths from then on.
    pub applied: Vec<AppliedPath>,
}

/// What became of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// As the plan named it: in a sandbox below its root.
    pub path: String,
    /// `file`, `saved`, `directory`, `link`, `attributes`, `remove`.
    pub put: String,
    pub mode: String,
    pub owner: String,
    pub group: String,
    /// What was there before.
    pub seen: Seen,
    /// A file's SHA-256, a link's target in base64.
    pub detail: String,
}

impl Ended {
    pub fn is_committed(&self) -> bool {
        self.record.outcome == Outcome::Committed
    }

    /// The transaction's name, without the host's count.
    pub fn id(&self) -> &str {
        self.record.name.split_once('-').map_or("", |(_, id)| id)
    }
}

impl Past {
    /// What it left there. A word that is empty was not managed.
    pub fn left(&self) -> AppliedPath {
        let or = |word: &str, else_: &str| if word.is_empty() { else_.to_owned() } else { word.to_owned() };
        let left = |kind: &str, detail: &str| AppliedPath {
            path: self.path.clone(),
            kind: kind.to_owned(),
            detail: detail.to_owned(),
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
            ..AppliedPath::default()
        };
        match self.put.as_str() {
            "remove" => AppliedPath { path: self.path.clone(), kind: "absent".to_owned(), ..AppliedPath::default() },
            "directory" => left("directory", ""),
            "link" => AppliedPath { mode: String::new(), ..left("link", &self.detail) },
            "attributes" => AppliedPath {
                mode: or(&self.mode, &self.seen.mode),
                owner: or(&self.owner, &self.seen.owner),
                group: or(&self.group, &self.seen.group),
                ..left(&self.seen.kind, &self.seen.detail)
            },
            _ => left("file", &self.detail),
        }
    }
}

/// Reads what the verb `history` printed; `root` is a sandbox's directory, under which the host's paths lie. Answers in
/// the order of the host's count, oldest first.
pub fn decode_history(lines: &[Vec<u8>], root: Option<&str>) -> Result<Vec<Ended>, Fault> {
    let mut history: Vec<Ended> = Vec::new();
    for line in lines {
        let fault = || Fault { line: String::from_utf8_lossy(line).into_owned() };
        let words: Vec<&[u8]> = line.split(|&byte| byte == 0x1f).collect();
        match words.as_slice() {
            [b""] => {}
            [b"record", ..] => match decode(line)? {
                Some(Line::Record(record)) => history.push(Ended {
                    record,
                    entries: Vec::new(),
                    checks: Vec::new(),
                    handlers: Vec::new(),
                    applied: Vec::new(),
                }),
                _ => return Err(fault()),
            },
            [tag, rest @ .., b""] => {
                let last = history.last_mut().ok_or_else(fault)?;
                part(last, tag, rest, root).ok_or_else(fault)?;
            }
            _ => return Err(fault()),
        }
    }
    Ok(history)
}

fn part(ended: &mut Ended, tag: &[u8], words: &[&[u8]], root: Option<&str>) -> Option<()> {
    match (tag, words) {
        (b"entry", [path, put, mode, owner, group, rest @ ..]) => {
            let [kind, seen_mode, seen_owner, seen_group, seen_detail, parent, detail] = rest else { return None };
            let path = plain(path)?;
            ended.entries.push(Past {
                path: root.map_or(Some(path.as_str()), |root| path.strip_prefix(root))?.to_owned(),
                put: plain(put)?,
                mode: plain(mode)?,
                owner: plain(owner)?,
                group: plain(group)?,
                seen: Seen {
                    kind: plain(kind)?,
                    mode: plain(seen_mode)?,
                    owner: plain(seen_owner)?,
                    group: plain(seen_group)?,
                    detail: plain(seen_detail)?,
                    parent: match parent.split_first()? {
                        (b'~', parent) => Some(BASE64.decode(parent).ok()?),
                        (b'-', []) => None,
                        _ => return None,
                    },
                },
                detail: plain(detail)?,
            });
        }
        (b"check", [name, user, argv @ ..]) => ended.checks.push(CheckCommand {
            name: plain(name)?,
            user: plain(user).filter(|user| !user.is_empty()),
            argv: plain_all(argv)?,
        }),
        (b"handler", [name, kind, arguments @ ..]) => ended.handlers.push(HandlerCall {
            name: plain(name)?,
            kind: plain(kind)?,
            arguments: plain_all(arguments)?,
        }),
        (b"applied", words) => ended.applied.push(AppliedPath::decode_sent(words)?),
        _ => return None,
    }
    Some(())
}

fn plain_all(words: &[&[u8]]) -> Option<Vec<String>> {
    words.iter().map(|word| plain(word)).collect()
}

/// Reads what the verb `saved` printed: the number of each entry whose old file was saved, and its content.
pub fn decode_saved(lines: &[Vec<u8>]) -> Result<BTreeMap<usize, Arc<[u8]>>, Fault> {
    let mut saved = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        // The content may be a secret: a fault names no more of the line than what it is.
        let fault = || Fault { line: "a saved file that cannot be read".to_owned() };
        let words: Vec<&[u8]> = line.split(|&byte| byte == 0x1f).collect();
        let [b"old", number, content, b""] = words.as_slice() else { return Err(fault()) };
        let number = plain(number).and_then(|number| number.parse().ok()).ok_or_else(fault)?;
        saved.insert(number, Arc::from(BASE64.decode(content).map_err(|_| fault())?));
    }
    Ok(saved)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTORY: &str = "\
record|000001-1-1|committed||=|20|apply|=me@here|10|
entry|/box/a|file|0644|||absent|||||~L2JveA==|aaaa|
check|nginx -t|www-data|nginx|-t||
handler|reload nginx|nginx_reload|nginx|
applied|/a|file|aaaa|0644|||r|=[]|~W10=|
record|000002-2-2|put-back|check|=no|20|rollback|=me@here|10|
entry|/box/l|link||||link||root|root|Yg==|-||
";

    fn lines(text: &str) -> Vec<Vec<u8>> {
        text.replace('|', "\u{1f}").lines().map(|line| line.as_bytes().to_vec()).collect()
    }

    #[test]
    fn a_history_is_read_whole() {
        let history = decode_history(&lines(HISTORY), Some("/box")).expect("a history");
        let [first, second] = history.as_slice() else { panic!("{history:?}") };
        assert!(first.is_committed() && !second.is_committed());
        assert_eq!((first.id(), second.record.kind.as_str()), ("1-1", "rollback"));
        assert_eq!((first.entries[0].path.as_str(), first.entries[0].detail.as_str()), ("/a", "aaaa"));
        assert_eq!(first.entries[0].seen.parent.as_deref(), Some(&b"/box"[..]));
        assert_eq!(first.checks[0].argv, ["nginx", "-t", ""]);
        assert_eq!(
            (first.handlers[0].kind.as_str(), &first.handlers[0].arguments[..]),
            ("nginx_reload", &["nginx".to_owned()][..])
        );
        assert_eq!((first.applied[0].handlers.as_str(), first.applied[0].checks.as_str()), ("[]", "[]"));
        assert_eq!((second.entries[0].path.as_str(), second.entries[0].seen.parent.as_ref()), ("/l", None));
    }

    #[test]
    fn what_an_entry_left_is_what_it_put_over_what_was_there() {
        let past = |put: &str, mode: &str| Past {
            path: "/a".to_owned(),
            put: put.to_owned(),
            mode: mode.to_owned(),
            owner: String::new(),
            group: String::new(),
            seen: Seen {
                kind: "file".to_owned(),
                mode: "0600".to_owned(),
                owner: "root".to_owned(),
                group: "adm".to_owned(),
                detail: "old".to_owned(),
                parent: None,
            },
            detail: "new".to_owned(),
        };
        let left = |put, mode| {
            let left = past(put, mode).left();
            (left.kind, left.detail, left.mode, left.owner)
        };
        let words = |kind: &str, detail: &str, mode: &str, owner: &str| {
            (kind.to_owned(), detail.to_owned(), mode.to_owned(), owner.to_owned())
        };
        assert_eq!(left("file", "0644"), words("file", "new", "0644", ""));
        assert_eq!(left("saved", "0644"), words("file", "new", "0644", ""));
        assert_eq!(left("attributes", ""), words("file", "old", "0600", "root"));
        assert_eq!(left("remove", ""), words("absent", "", "", ""));
        assert_eq!(left("link", ""), words("link", "new", "", ""));
    }

    #[test]
    fn anything_else_is_a_fault() {
        for text in [
            "entry|/a|file||||absent|||||-||",
            "record|000001-1-1|committed||=|20|apply|=me@here|10|\nentry|/a|file|",
            "record|000001-1-1|committed||=|20|apply|=me@here|10|\nentry|/a|file||||absent|||||~?||",
            "record|000001-1-1|committed||=|20|apply|=me@here|10|\nentry|/\u{1b}a|file||||absent|||||-||",
            "record|000001-1-1|committed||=|20|apply|=me@here|10|\napplied|/a|",
            "step|swap|",
            "hello",
        ] {
            assert!(decode_history(&lines(text), None).is_err(), "{text}");
        }
        // A path outside the sandbox that it is said to be of.
        assert!(decode_history(&lines(HISTORY), Some("/other")).is_err());
    }

    #[test]
    fn saved_contents_come_by_number_and_never_into_a_fault() {
        let saved = decode_saved(&lines("old|2|aGkK|\nold|10||")).expect("saved files");
        assert_eq!((&saved[&2][..], &saved[&10][..]), (&b"hi\n"[..], &b""[..]));
        let fault = decode_saved(&lines("old|2|c2VjcmV0!|")).expect_err("broken");
        assert!(!fault.line.contains("c2VjcmV0"));
    }
}
