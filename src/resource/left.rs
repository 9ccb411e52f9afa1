use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{AppliedPath, Attribute, Content, Id, PathSeen, State, Subject, Value};

/// What the host remembers of earlier transactions: the paths that zdt made or wrote there and has not removed since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    pub paths: BTreeMap<String, AppliedPath>,
    /// Why it could not be read; then `paths` is empty and says nothing.
    pub fault: Option<String>,
}

impl Applied {
    /// What zdt last left of `id`; `None` where the host remembers nothing of it.
    pub fn state(&self, id: &Id) -> Option<State> {
        let left = self.paths.get(&id.name).filter(|_| id.subject == Subject::Path)?;
        Some(left.state())
    }
}

impl PathSeen {
    /// A file's SHA-256 or a link's target in base64; empty otherwise.
    pub fn detail(&self) -> String {
        match (&self.sha256, &self.target) {
            (Some(sha256), _) => sha256.clone(),
            (None, Some(target)) => BASE64.encode(target),
            (None, None) => String::new(),
        }
    }
}

impl AppliedPath {
    const GONE: &str = "gone";

    /// Has the host forget `path`.
    pub fn gone(path: &str) -> AppliedPath {
        AppliedPath { path: path.to_owned(), kind: AppliedPath::GONE.to_owned(), ..AppliedPath::default() }
    }

    /// The words of a line that the host keeps, or sends; `None` where it is none.
    pub fn decode(words: &[&[u8]]) -> Option<AppliedPath> {
        let [path, kind, detail, mode, owner, group, role, handlers, checks] = words else { return None };
        let plain = |word: &[u8]| {
            let word = std::str::from_utf8(word).ok()?;
            (!word.chars().any(char::is_control)).then(|| word.to_owned())
        };
        let text = |word: &[u8]| match word.split_first()? {
            (b'=', word) => String::from_utf8(word.to_vec()).ok(),
            (b'~', word) => String::from_utf8(BASE64.decode(word).ok()?).ok(),
            _ => None,
        };
        Some(AppliedPath {
            path: plain(path)?,
            kind: plain(kind)?,
            detail: plain(detail)?,
            mode: plain(mode)?,
            owner: plain(owner)?,
            group: plain(group)?,
            role: plain(role)?,
            handlers: text(handlers)?,
            checks: text(checks)?,
        })
    }

    /// As it was left, in the attributes that observed states use.
    pub fn state(&self) -> State {
        let mut state = State::default().with_word(Attribute::Type, &self.kind);
        let word = |state: State, attribute, word: &str| {
            if word.is_empty() { state } else { state.with_word(attribute, word) }
        };
        state = word(state, Attribute::Mode, &self.mode);
        state = word(state, Attribute::Owner, &self.owner);
        state = word(state, Attribute::Group, &self.group);
        match self.kind.as_str() {
            "file" => {
                let content = Content { sha256: self.detail.clone(), bytes: None, secret: false };
                state.with(Attribute::Content, Value::Content(content))
            }
            "link" => {
                let target = BASE64.decode(&self.detail).unwrap_or_default();
                state.with_word(Attribute::Target, String::from_utf8_lossy(&target))
            }
            _ => state,
        }
    }

    /// What of `seen` is not as it was left; empty where all is. A word that is empty was not managed.
    pub fn differs(&self, seen: &PathSeen) -> Vec<&'static str> {
        if self.kind != seen.kind {
            return vec!["type"];
        }
        let content = if self.kind == "link" { "target" } else { "content" };
        let of_link = self.kind == "link";
        [
            (content, self.detail.as_str(), seen.detail().as_str()),
            // A link has no mode of its own.
            ("mode", if of_link { "" } else { self.mode.as_str() }, seen.mode.as_str()),
            ("owner", &self.owner, &seen.owner),
            ("group", &self.group, &seen.group),
        ]
        .into_iter()
        .filter(|(_, left, now)| !left.is_empty() && left != now)
        .map(|(what, ..)| what)
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(line: &str) -> Option<AppliedPath> {
        let words: Vec<&[u8]> = line.split('|').map(str::as_bytes).collect();
        AppliedPath::decode(&words)
    }

    #[test]
    fn a_line_is_read_whole_or_not_at_all() {
        let applied = decode("/a|file|aa|0644|root||r|=[]|~YQpi").expect("a line");
        assert_eq!((applied.handlers.as_str(), applied.checks.as_str()), ("[]", "a\nb"));
        for line in ["/a|file", "/\u{1b}|file|aa||||r|=|=", "/a|file|aa||||r|x|=", "/a|file|aa||||r|=|~?"] {
            assert_eq!(decode(line), None, "{line}");
        }
    }

    #[test]
    fn only_what_was_managed_can_differ() {
        let left = AppliedPath {
            kind: "file".to_owned(),
            detail: "aa".to_owned(),
            mode: "0644".to_owned(),
            ..AppliedPath::default()
        };
        let seen = PathSeen {
            kind: "file".to_owned(),
            sha256: Some("aa".to_owned()),
            mode: "0644".to_owned(),
            owner: "me".to_owned(),
            ..PathSeen::default()
        };
        assert_eq!(left.differs(&seen), [""; 0]);
        let changed = PathSeen { sha256: Some("bb".to_owned()), mode: "0600".to_owned(), ..seen.clone() };
        assert_eq!(left.differs(&changed), ["content", "mode"]);
        assert_eq!(left.differs(&PathSeen { kind: "link".to_owned(), ..seen }), ["type"]);
    }
}
