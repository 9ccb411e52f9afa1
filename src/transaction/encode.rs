//! The manifest as `manifest.sh` reads it: a line a thing, each word followed by US (037), contents in base64 on a line
//! of their own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Confirm, Entry, Header, Keep, Kind, Manifest, Put};
use crate::resource::{AppliedPath, sha256};

const US: u8 = 0x1f;

/// Whether a run checks the candidates itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checking {
    /// A preflight has just done it.
    Done,
    /// In the private namespace before anything live changes; where there is none, after the swap, covered by undo.
    Again,
}

impl Manifest {
    /// What follows the verb `preflight`.
    pub fn encode(&self) -> Vec<u8> {
        // A preflight leaves nothing that could be remembered.
        Manifest { applied: Vec::new(), renew: false, ..self.clone() }.encode_for_run(Checking::Done)
    }

    /// What follows the verb `run`.
    pub fn encode_for_run(&self, checking: Checking) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_header(&mut bytes, &self.header);
        if checking == Checking::Again {
            line(&mut bytes, &["checking", "yes"]);
        }
        if self.renew {
            line(&mut bytes, &["renew", "yes"]);
        }
        for entry in &self.entries {
            encode_entry(&mut bytes, entry);
        }
        for check in &self.checks {
            let mut words = vec!["check", check.name.as_str(), check.user.as_deref().unwrap_or_default()];
            words.extend(check.argv.iter().map(String::as_str));
            line(&mut bytes, &words);
        }
        for handler in &self.handlers {
            let mut words = vec!["handler", handler.name.as_str(), handler.kind.as_str()];
            words.extend(handler.arguments.iter().map(String::as_str));
            line(&mut bytes, &words);
        }
        for applied in &self.applied {
            encode_applied(&mut bytes, applied);
        }
        line(&mut bytes, &["end"]);
        bytes
    }
}

impl Header {
    /// What follows the verbs that read nothing else: `recover`, `confirm`, `revert`, `follow`, `history`, `saved`.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_header(&mut bytes, self);
        line(&mut bytes, &["end"]);
        bytes
    }
}

fn encode_header(bytes: &mut Vec<u8>, header: &Header) {
    let Header { id, state_dir, kind, by, confirm, wait, guard, keep: Keep { count, kib }, trial, witness } = header;
    line(bytes, &["id", id]);
    line(bytes, &["state", state_dir]);
    let kind = match kind {
        Kind::Apply => "apply",
        Kind::Rollback => "rollback",
        Kind::Reload => "reload",
    };
    line(bytes, &["kind", kind]);
    line(bytes, &["by", &word(by)]);
    let confirm = match confirm {
        Confirm::ByItself => 0,
        // Nothing less than a second: 0 would mean that nobody is asked.
        Confirm::Within(limit) => limit.as_secs().max(1),
    };
    line(bytes, &["confirm", &confirm.to_string()]);
    line(bytes, &["wait", &wait.as_secs().to_string()]);
    line(bytes, &["guard", if *guard { "yes" } else { "no" }]);
    line(bytes, &["keep", &count.to_string(), &kib.to_string()]);
    if *trial {
        line(bytes, &["trial", "yes"]);
    }
    if let Some(witness) = witness {
        let words = witness.words();
        line(bytes, &words.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

fn encode_applied(bytes: &mut Vec<u8>, applied: &AppliedPath) {
    let AppliedPath { path, kind, detail, mode, owner, group, role, handlers, checks, made, signature } = applied;
    let made = if *made { "yes" } else { "no" };
    let (handlers, checks) = (word(handlers), word(checks));
    line(bytes, &["applied", path, kind, detail, mode, owner, group, role, &handlers, &checks, made, signature]);
}

/// A word that may hold any byte, as `words.sh` reads it.
fn word(text: &str) -> String {
    if text.chars().any(char::is_control) { format!("~{}", BASE64.encode(text)) } else { format!("={text}") }
}

fn encode_entry(bytes: &mut Vec<u8>, entry: &Entry) {
    let (put, mode, owner, group, data) = match &entry.put {
        Put::File { content, mode, owner, group } => ("file", Some(mode), owner, group, BASE64.encode(content)),
        Put::Directory { mode, owner, group } => ("directory", Some(mode), owner, group, String::new()),
        Put::Link { target, owner, group } => ("link", None, owner, group, BASE64.encode(target)),
        Put::Saved { record, number, mode, owner, group, .. } => {
            ("saved", Some(mode), owner, group, BASE64.encode(format!("{record}/{number}.old")))
        }
        Put::Attributes { mode, owner, group } => ("attributes", mode.as_ref(), owner, group, String::new()),
        Put::Remove => ("remove", None, &None, &None, String::new()),
    };
    let seen = &entry.seen;
    let parent = match &seen.parent {
        Some(parent) => format!("~{}", BASE64.encode(parent)),
        None => "-".to_owned(),
    };
    // What arrives and is written must be what was sent; of a link it tells a later rollback what was put.
    let hash = match &entry.put {
        Put::File { content, .. } => sha256(content),
        Put::Saved { sha256, .. } => sha256.clone(),
        Put::Link { .. } => data.clone(),
        Put::Directory { .. } | Put::Attributes { .. } | Put::Remove => String::new(),
    };
    let words = [
        "entry",
        &entry.path,
        put,
        mode.map(String::as_str).unwrap_or_default(),
        owner.as_deref().unwrap_or_default(),
        group.as_deref().unwrap_or_default(),
        &seen.kind,
        &seen.mode,
        &seen.owner,
        &seen.group,
        &seen.detail,
        &parent,
        &hash,
    ];
    line(bytes, &words);
    bytes.extend_from_slice(data.as_bytes());
    bytes.push(b'\n');
}

/// Words hold no control characters by contract; should one slip in, it must not become another line or word.
fn line(bytes: &mut Vec<u8>, words: &[&str]) {
    for word in words {
        bytes.extend(word.bytes().map(|byte| if byte == US || byte == b'\n' { b'?' } else { byte }));
        bytes.push(US);
    }
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::PathSeen;
    use crate::transaction::{CheckCommand, HandlerCall, Seen};
    use std::time::Duration;

    #[test]
    fn every_thing_is_a_line_and_no_value_makes_another() {
        let manifest = Manifest {
            header: Header::of("t1", None),
            entries: vec![Entry {
                path: "/a\nend".to_owned(),
                put: Put::File {
                    content: std::sync::Arc::from(&b"x\n\x1f"[..]),
                    mode: "0644".to_owned(),
                    owner: None,
                    group: Some("root".to_owned()),
                },
                seen: Seen {
                    kind: "absent".to_owned(),
                    mode: String::new(),
                    owner: String::new(),
                    group: String::new(),
                    detail: String::new(),
                    parent: Some(b"/".to_vec()),
                },
            }],
            checks: vec![CheckCommand {
                name: "c".to_owned(),
                argv: vec!["a b".to_owned(), String::new()],
                user: None,
            }],
            handlers: vec![HandlerCall { name: "h".to_owned(), kind: "k".to_owned(), arguments: vec![] }],
            applied: vec![AppliedPath {
                path: "/a".to_owned(),
                kind: "file".to_owned(),
                role: "r".to_owned(),
                handlers: "a\nb".to_owned(),
                ..AppliedPath::default()
            }],
            renew: true,
        };
        let hash = sha256(b"x\n\x1f");
        let text = String::from_utf8(manifest.encode_for_run(Checking::Again)).unwrap().replace('\u{1f}', "|");
        assert_eq!(
            text,
            format!(
                "id|t1|\nstate|/var/lib/zdt|\nkind|apply|\nby|=|\nconfirm|0|\nwait|0|\nguard|no|\nkeep|50|262144|\n\
                 checking|yes|\nrenew|yes|\nentry|/a?end|file|0644||root|absent|||||~Lw==|{hash}|\neAof\n\
             check|c||a b||\nhandler|h|k|\napplied|/a|file|||||r|~YQpi|=|no||\nend|\n"
            )
        );
        let preflight = String::from_utf8(manifest.encode()).unwrap();
        assert!(["checking", "renew", "applied"].iter().all(|word| !preflight.contains(word)), "{preflight}");
    }

    #[test]
    fn a_saved_file_is_named_and_not_sent() {
        let put = Put::Saved {
            record: "000003-7-7".to_owned(),
            number: 2,
            sha256: "aa".to_owned(),
            mode: "0600".to_owned(),
            owner: Some("root".to_owned()),
            group: None,
        };
        let seen = Seen::of(&PathSeen { kind: "absent".to_owned(), ..PathSeen::default() });
        let mut bytes = Vec::new();
        encode_entry(&mut bytes, &Entry { path: "/a".to_owned(), put, seen });
        let data = BASE64.encode("000003-7-7/2.old");
        let text = String::from_utf8(bytes).unwrap().replace('\u{1f}', "|");
        assert_eq!(text, format!("entry|/a|saved|0600|root||absent|||||-|aa|\n{data}\n"));
    }

    #[test]
    fn a_header_stands_alone() {
        let header = Header {
            kind: Kind::Rollback,
            by: "me@\u{1f}here".to_owned(),
            confirm: Confirm::Within(Duration::from_millis(1)),
            wait: Duration::from_secs(30),
            guard: true,
            keep: Keep { count: 3, kib: 4 },
            ..Header::of("t2", Some("/box"))
        };
        assert_eq!(
            String::from_utf8(header.encode()).unwrap().replace('\u{1f}', "|"),
            "id|t2|\nstate|/box/var/lib/zdt|\nkind|rollback|\nby|~bWVAH2hlcmU=|\nconfirm|1|\nwait|30|\nguard|yes|\n\
             keep|3|4|\nend|\n"
        );
    }
}
