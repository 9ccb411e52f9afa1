//! The request as `observe.sh` reads it, and its answer. Fields are separated by US (037); words of an answer start
//! with `=` (as they are) or `~` (base64); blocks end with a `.` line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::units::units;
use super::{Observation, ObserveRequest, OpenSeen, OpenState, PathQuery, PathSeen};
use crate::resource::{Applied, AppliedPath, sha256};

const US: char = '\u{1f}';
/// `observe.sh` sends no more than this of a file.
const CONTENT_LIMIT: u64 = 262_144;

/// The answer is not one that the host program gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("unexpected line")]
    Line(String),
    #[error("broken base64")]
    Base64,
    #[error("the answer ends inside a block")]
    Open,
    #[error("no line says who we are on the host")]
    NoSession,
}

impl ObserveRequest {
    /// What follows the verb `observe`.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = String::new();
        let mut line = |words: &[&str]| {
            for word in words {
                text.push_str(word);
                text.push(US);
            }
            text.push('\n');
        };
        if let Some(root) = &self.root {
            line(&["root", root]);
        }
        for query in &self.paths {
            let tag = match query.content {
                _ if self.folders.contains(&query.path) => "d",
                true => "c",
                false => "h",
            };
            line(&["path", tag, &query.path]);
        }
        for unit in self.shown_units() {
            line(&["unit", unit]);
        }
        for fact in &self.facts {
            let mut words = vec!["fact", fact.name.as_str(), fact.kind.as_str()];
            words.extend(fact.arguments.iter().map(String::as_str));
            line(&words);
        }
        for user in &self.users {
            line(&["user", user]);
        }
        for group in &self.groups {
            line(&["group", group]);
        }
        line(&["end"]);
        text.into_bytes()
    }

    /// The units asked for, then those that facts are about: each systemd is asked once for all of its own.
    pub(super) fn shown_units(&self) -> Vec<&str> {
        let is_of_unit = |kind: &str| matches!(kind, "puma" | "puma_running" | "nginx_running");
        let of_facts =
            self.facts.iter().filter(|fact| is_of_unit(&fact.kind)).filter_map(|fact| fact.arguments.first());
        let mut units: Vec<&str> = Vec::new();
        for unit in self.units.iter().chain(of_facts) {
            if !units.contains(&unit.as_str()) {
                units.push(unit);
            }
        }
        units
    }
}

/// The parts of an answer whose meaning needs the others.
#[derive(Default)]
struct Answer {
    observation: Observation,
    /// By the real path, under the root.
    paths: BTreeMap<String, PathSeen>,
    errors: Vec<String>,
    hashes: BTreeMap<Vec<u8>, String>,
    contents: Vec<u8>,
    /// Of each systemd, by whose it is: whether it could be asked, and what it said.
    units: BTreeMap<String, (bool, Vec<String>)>,
    users: Vec<String>,
    groups: Vec<String>,
    session: bool,
    /// How many lines of what the host remembers were read.
    remembered: usize,
    /// Why that is not to be believed.
    record_fault: Option<String>,
}

impl Observation {
    /// Reads the lines that the verb `observe` printed.
    pub fn decode(request: &ObserveRequest, lines: &[Vec<u8>]) -> Result<Observation, Fault> {
        let mut answer = Answer::default();
        let mut rest = lines.iter();
        while let Some(line) = rest.next() {
            if let Some(tag @ (b'E' | b'H' | b'B' | b'U')) = line.first() {
                let mut block: Vec<&[u8]> = Vec::new();
                loop {
                    match rest.next() {
                        Some(line) if line == b"." => break,
                        Some(line) => block.push(line),
                        None => return Err(Fault::Open),
                    }
                }
                answer.block(*tag, line, &block)?;
            } else if !line.is_empty() {
                answer.line(line)?;
            }
        }
        answer.finish(request)
    }
}

impl Answer {
    fn block(&mut self, tag: u8, head: &[u8], block: &[&[u8]]) -> Result<(), Fault> {
        match tag {
            b'E' => self.errors = block.iter().map(|line| text(line)).collect(),
            b'H' => {
                for line in block {
                    let (hash, path) = hashed(line).ok_or_else(|| Fault::Line(text(line)))?;
                    self.hashes.insert(path, hash);
                }
            }
            b'B' => {
                let joined: Vec<u8> = block.concat();
                self.contents = BASE64.decode(joined).map_err(|_| Fault::Base64)?;
            }
            _ => {
                let head = text(head);
                let mut words = head.split(US).skip(1);
                let (ok, whose) = (words.next() == Some("0"), words.next().unwrap_or_default());
                self.units.insert(whose.to_owned(), (ok, block.iter().map(|line| text(line)).collect()));
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Fault> {
        let fields: Vec<&[u8]> = line.split(|&byte| byte == US as u8).collect();
        let bad = || Fault::Line(text(line));
        match fields.as_slice() {
            [b"i", uid, hostname, clock] => {
                self.session = true;
                let session = &mut self.observation.session;
                session.uid = number(uid).ok_or_else(bad)?;
                session.hostname = text(hostname);
                session.clock = number(clock).ok_or_else(bad)?;
            }
            [b"l", who] => {
                let who = text(&word(who)?);
                let (id, reason) = (String::new(), String::new());
                self.observation.open = Some(OpenSeen { id, state: OpenState::Held, who, reason });
            }
            [b"o", id, state, who, reason] | [b"o", id, state, who, reason, b""] => {
                let state = match *state {
                    b"held" => OpenState::Held,
                    b"left" => OpenState::Left,
                    b"stuck" => OpenState::Stuck,
                    _ => return Err(bad()),
                };
                let (id, who, reason) = (text(id), text(&word(who)?), text(&word(reason)?));
                self.observation.open = Some(OpenSeen { id, state, who, reason });
            }
            [b"s", mode, owner, uid, group, gid, size, mtime, ctime, inode, path] => {
                let mode = u32::from_str_radix(&text(mode), 16).map_err(|_| bad())?;
                let seen = self.path(path);
                // A path that could not be opened stays unreadable, whatever else is known of it.
                if seen.kind.is_empty() {
                    seen.kind = kind(mode).to_owned();
                }
                seen.mode = format!("{:04o}", mode & 0o7777);
                seen.owner = name_or_number(owner, uid);
                seen.group = name_or_number(group, gid);
                seen.size = number(size).ok_or_else(bad)?;
                seen.mtime = number(mtime).ok_or_else(bad)?;
                seen.ctime = number(ctime).ok_or_else(bad)?;
                seen.inode = number(inode).ok_or_else(bad)?;
            }
            // Whatever somebody wrote into the record, the rest of the answer is as good as ever.
            [b"a", words @ ..] => {
                self.remembered += 1;
                let left = words.split_last().filter(|(last, _)| last.is_empty());
                match left.and_then(|(_, words)| AppliedPath::decode(words)) {
                    Some(left) => self.observation.applied.insert(left),
                    // The file's first line is its format.
                    None => self.record_fault(format!("line {} is damaged", self.remembered + 1)),
                }
            }
            [b"A", reason, b""] => {
                let reason = text(&word(reason)?);
                self.record_fault(reason);
            }
            [b"d", path, name] => self.path(path).foreign = Some(word(name)?),
            [b"t", path, target] => self.path(path).target = Some(word(target)?),
            [b"p", path, parent] => self.path(path).parent = Some(word(parent)?),
            [b"x", path] => unreadable(self.path(path), "Permission denied".to_owned()),
            [b"u", name] => self.users.push(text(name)),
            [b"g", name] => self.groups.push(text(name)),
            [b"f", fact, key, value] => {
                let value = text(&word(value)?);
                self.observation.facts.entry(text(fact)).or_default().insert(text(key), value);
            }
            [b"n", fact, kind] => {
                self.observation.unknown_facts.insert(text(fact), text(kind));
            }
            _ => return Err(bad()),
        }
        Ok(())
    }

    fn record_fault(&mut self, fault: String) {
        self.record_fault.get_or_insert(fault);
    }

    fn path(&mut self, path: &[u8]) -> &mut PathSeen {
        self.paths.entry(text(path)).or_default()
    }

    fn finish(mut self, request: &ObserveRequest) -> Result<Observation, Fault> {
        if !self.session {
            return Err(Fault::NoSession);
        }
        if let Some(fault) = self.record_fault.take() {
            self.observation.applied = Applied { fault: Some(fault), ..Applied::default() };
        }
        let request = &self.with_applied(request);
        self.name_absent(request);
        self.give_contents(request);
        let mut observation = self.observation;
        for query in &request.paths {
            if let Some(seen) = self.paths.remove(&real(request, &query.path)) {
                observation.paths.insert(query.path.clone(), seen);
            }
        }
        if request.root.is_none() {
            observation.units = units(request, &self.units);
            for fact in &request.facts {
                observation.facts.entry(fact.name.clone()).or_default();
            }
        }
        let missing = |wanted: &[String], found: &[String]| {
            let number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
            wanted.iter().filter(|name| !found.contains(name) && !number(name)).cloned().collect()
        };
        observation.missing_users = missing(&request.users, &self.users);
        observation.missing_groups = missing(&request.groups, &self.groups);
        Ok(observation)
    }

    /// The host looked at what it remembers too.
    fn with_applied(&self, request: &ObserveRequest) -> ObserveRequest {
        let asked: BTreeSet<&str> = request.paths.iter().map(|query| query.path.as_str()).collect();
        let more = self.observation.applied.paths.keys().filter(|path| !asked.contains(path.as_str()));
        let more: Vec<PathQuery> = more.map(|path| PathQuery { path: path.clone(), content: false }).collect();
        let mut request = request.clone();
        request.paths.extend(more);
        request
    }

    /// A path without a `stat` record is absent only where `stat` said so.
    fn name_absent(&mut self, request: &ObserveRequest) {
        const NONE: &str = ": No such file or directory";
        let only_absent = !self.errors.is_empty() && self.errors.iter().all(|error| error.ends_with(NONE));
        for query in &request.paths {
            let path = real(request, &query.path);
            let own = self
                .errors
                .iter()
                .find(|error| error.contains(&format!("'{path}': ")) || error.contains(&format!(" {path}: ")));
            let reason = match own {
                Some(error) => error.rsplit(": ").next().unwrap_or_default().to_owned(),
                None if only_absent => NONE.trim_start_matches(": ").to_owned(),
                None => self.errors.join("; "),
            };
            let seen = self.paths.entry(path).or_default();
            if !seen.kind.is_empty() {
                continue;
            }
            if NONE.ends_with(&reason) && !reason.is_empty() {
                seen.kind = "absent".to_owned();
            } else {
                unreadable(seen, if reason.is_empty() { "the host said nothing about it".to_owned() } else { reason });
            }
        }
    }

    /// Hands hashes and contents to the files; a file that changed while it was read was not read.
    fn give_contents(&mut self, request: &ObserveRequest) {
        let mut at = 0_usize;
        for query in &request.paths {
            let path = real(request, &query.path);
            let Some(seen) = self.paths.get_mut(&path) else { continue };
            if seen.kind != "file" {
                continue;
            }
            let Some(hash) = self.hashes.get(path.as_bytes()) else {
                unreadable(seen, "its content could not be read".to_owned());
                continue;
            };
            seen.sha256 = Some(hash.clone());
            if !query.content {
                continue;
            }
            let sent = usize::try_from(seen.size.min(CONTENT_LIMIT)).unwrap_or(usize::MAX);
            let content = self.contents.get(at..at.saturating_add(sent)).unwrap_or_default();
            at = at.saturating_add(sent);
            if seen.size > CONTENT_LIMIT {
                continue;
            }
            if sha256(content) == *hash {
                seen.content = Some(Arc::from(content));
            } else {
                unreadable(seen, "it changed while it was read".to_owned());
            }
        }
    }
}

fn real(request: &ObserveRequest, path: &str) -> String {
    format!("{}{path}", request.root.as_deref().unwrap_or_default())
}

fn unreadable(seen: &mut PathSeen, reason: String) {
    seen.kind = "unreadable".to_owned();
    seen.error = Some(reason);
}

fn kind(mode: u32) -> &'static str {
    match mode & 0o170_000 {
        0o100_000 => "file",
        0o040_000 => "directory",
        0o120_000 => "link",
        0o140_000 => "socket",
        0o010_000 => "fifo",
        _ => "device",
    }
}

/// `sha256sum`'s line; GNU escapes a backslash in the name and then starts the line with one.
fn hashed(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let (escaped, line) = line.strip_prefix(b"\\").map_or((false, line), |line| (true, line));
    let (hash, path) = line.split_at_checked(64)?;
    let path = path.strip_prefix(b"  ").or_else(|| path.strip_prefix(b" *"))?;
    let path = if escaped { text(path).replace("\\\\", "\\").into_bytes() } else { path.to_vec() };
    hash.iter().all(u8::is_ascii_hexdigit).then(|| (text(hash), path))
}

/// `stat` prints UNKNOWN (or `?`) where the host has no name for a number.
fn name_or_number(name: &[u8], number: &[u8]) -> String {
    text(if matches!(name, b"UNKNOWN" | b"?" | b"") { number } else { name })
}

fn word(field: &[u8]) -> Result<Vec<u8>, Fault> {
    match field.split_first() {
        Some((b'=', word)) => Ok(word.to_vec()),
        Some((b'~', word)) => BASE64.decode(word).map_err(|_| Fault::Base64),
        _ => Err(Fault::Line(text(field))),
    }
}

fn number<T: std::str::FromStr>(field: &[u8]) -> Option<T> {
    text(field).parse().ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
