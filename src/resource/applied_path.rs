use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Attribute, Content, Id, PathSeen, State, Subject, Value};

/// What zdt last left of one thing, as the host remembers it; and what it takes to take a path away again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppliedPath {
    /// The path; of a unit `unit:NAME`.
    pub path: String,
    /// As `PathSeen::kind`, or `unit`; `part` of a file that somebody else owns; `gone` in a manifest: it is to be forgotten.
    pub kind: String,
    /// A file's SHA-256, or that of a part of it, a link's target in base64, a unit's effective commands in base64; empty otherwise.
    pub detail: String,
    pub mode: String,
    pub owner: String,
    pub group: String,
    /// The role that wanted it.
    pub role: String,
    /// The handlers that make a change of it take effect, and the checks, as text of the writer's own.
    pub handlers: String,
    pub checks: String,
    /// Whether zdt made or wrote it, so that it is zdt's to take away; else it was there, and is only managed.
    pub made: bool,
    /// `INODE.CTIME.MTIME` as the host saw it when it had put the path there; empty where that is not known.
    pub signature: String,
}

impl AppliedPath {
    /// In a manifest, of what the transaction puts there: the host signs it when it commits.
    pub const NOW: &str = "now";
    const GONE: &str = "gone";
    const UNIT: &str = "unit";
    const PART: &str = "part";
    const UNIT_PREFIX: &str = "unit:";

    /// Has the host forget `path`.
    pub fn gone(path: &str) -> AppliedPath {
        AppliedPath { path: path.to_owned(), kind: AppliedPath::GONE.to_owned(), ..AppliedPath::default() }
    }

    /// What is left of `id` where `desired` is brought about over `observed`: what is not managed stays as it is.
    pub fn of(id: &Id, desired: &State, observed: &State) -> AppliedPath {
        let word = |attribute| desired.word(attribute).or_else(|| observed.word(attribute)).unwrap_or_default();
        if id.subject == Subject::Unit {
            let commands = [desired, observed].into_iter().find_map(|state| match state.get(Attribute::ExecReload) {
                Some(Value::Words(commands)) => Some(commands.join("\n")),
                _ => None,
            });
            return AppliedPath {
                path: format!("{}{}", AppliedPath::UNIT_PREFIX, id.name),
                kind: AppliedPath::UNIT.to_owned(),
                detail: BASE64.encode(commands.unwrap_or_default()),
                ..AppliedPath::default()
            };
        }
        if let Some(part) = desired.part() {
            // Mode and owner are theirs whose file it is.
            let (path, kind, detail) = (id.name.clone(), AppliedPath::PART.to_owned(), part.sha256.clone());
            return AppliedPath { path, kind, detail, ..AppliedPath::default() };
        }
        let (path, kind) = (id.name.clone(), word(Attribute::Type).to_owned());
        let detail = match kind.as_str() {
            "absent" => return AppliedPath { path, kind, ..AppliedPath::default() },
            "file" => desired.content().or_else(|| observed.content()).map(|content| content.sha256.clone()),
            "link" => Some(BASE64.encode(word(Attribute::Target))),
            _ => None,
        };
        AppliedPath {
            path,
            detail: detail.unwrap_or_default(),
            // A link has no mode of its own.
            mode: if kind == "link" { String::new() } else { word(Attribute::Mode).to_owned() },
            owner: word(Attribute::Owner).to_owned(),
            group: word(Attribute::Group).to_owned(),
            kind,
            ..AppliedPath::default()
        }
    }

    /// What it is about.
    pub fn id(&self) -> Id {
        match self.path.strip_prefix(AppliedPath::UNIT_PREFIX) {
            Some(unit) => Id::unit(unit),
            None => Id::path(&self.path),
        }
    }

    /// A line that the host keeps; `None` where it is none.
    pub fn decode(words: &[&[u8]]) -> Option<AppliedPath> {
        let (signature, words) = words.split_last()?;
        let left = AppliedPath::decode_sent(words).filter(|_| words.len() == 10)?;
        let named = match left.kind.as_str() {
            AppliedPath::UNIT => left.path.len() > AppliedPath::UNIT_PREFIX.len() && !left.path.starts_with('/'),
            _ => left.path.starts_with('/'),
        };
        let signature = std::str::from_utf8(signature).ok()?;
        let signed = signature.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        (named && signed).then(|| AppliedPath { signature: signature.to_owned(), ..left })
    }

    /// A line as it was sent to the host, which may know the signature only later. An earlier zdt remembered only what it
    /// had made, and did not say so.
    pub fn decode_sent(words: &[&[u8]]) -> Option<AppliedPath> {
        let [path, kind, detail, mode, owner, group, role, handlers, checks, made @ ..] = words else { return None };
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
            made: match made {
                [b"yes"] | [b"yes", _] | [] => true,
                [b"no"] | [b"no", _] => false,
                _ => return None,
            },
            signature: String::new(),
        })
    }

    /// Whether it is only a part of what is there: never ours to take away.
    pub fn is_part(&self) -> bool {
        self.kind == AppliedPath::PART
    }

    /// Whether nobody has touched the path since, not even to put back what was there.
    pub fn is_untouched(&self, seen: &PathSeen) -> bool {
        self.signature == format!("{}.{}.{}", seen.inode, seen.ctime, seen.mtime)
    }

    /// As it was left, in the attributes that observed states use.
    pub fn state(&self) -> State {
        if self.kind == AppliedPath::UNIT {
            let commands = String::from_utf8(BASE64.decode(&self.detail).unwrap_or_default()).unwrap_or_default();
            return State::default()
                .with(Attribute::ExecReload, Value::Words(commands.lines().map(str::to_owned).collect()));
        }
        if self.is_part() {
            let part = Content { sha256: self.detail.clone(), bytes: None, secret: false };
            return State::default().with_word(Attribute::Type, "file").with(Attribute::Part, Value::Content(part));
        }
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

    /// What of `seen` is not as it was left; empty where all is. A word that is empty was not managed. Of a part it is not
    /// known, for that takes its fragment: it counts as changed.
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
    use crate::resource::sha256;

    fn decode(line: &str) -> Option<AppliedPath> {
        let words: Vec<&[u8]> = line.split('|').map(str::as_bytes).collect();
        AppliedPath::decode(&words)
    }

    #[test]
    fn a_line_is_read_whole_or_not_at_all() {
        let applied = decode("/a|file|aa|0644|root||r|=[]|~YQpi|no|7.8.-9").expect("a line");
        assert_eq!((applied.handlers.as_str(), applied.checks.as_str()), ("[]", "a\nb"));
        assert_eq!((applied.made, applied.signature.as_str()), (false, "7.8.-9"));
        for line in [
            "/a|file",
            "/\u{1b}|file|aa||||r|=|=|yes|",
            "/a|file|aa||||r|x|=|yes|",
            "/a|file|aa||||r|=|~?|yes|",
            "/a|file|aa||||r|=|=|maybe|",
            "/a|file|aa||||r|=|=|yes|\u{1b}",
            "/a|file|aa||||r|=|=|yes",
            "/a|file|aa||||r|=|=",
            "a|file|aa||||r|=|=|yes|",
            "unit:x.service|file|aa||||r|=|=|no|",
            "unit:|unit|||||r|=|=|no|",
        ] {
            assert_eq!(decode(line), None, "{line}");
        }
    }

    #[test]
    fn what_an_earlier_zdt_sent_was_made_by_it() {
        let sent = |line: &str| {
            let words: Vec<&[u8]> = line.split('|').map(str::as_bytes).collect();
            AppliedPath::decode_sent(&words).map(|left| left.made)
        };
        let line = "/a|file|aa|0644|root||r|=[]|=";
        assert_eq!(sent(line), Some(true));
        assert_eq!(sent(&format!("{line}|no")), Some(false));
        assert_eq!(sent(&format!("{line}|no|now")), Some(false));
        assert_eq!(sent(&format!("{line}|no|now|more")), None);
    }

    #[test]
    fn what_is_left_is_what_is_wanted_over_what_is_there() {
        let file = State::default()
            .with_word(Attribute::Type, "file")
            .with(Attribute::Content, Value::Content(Content::new(b"a")));
        let observed = file.clone().with_word(Attribute::Mode, "0640").with_word(Attribute::Owner, "me");
        let wanted = file.with(Attribute::Content, Value::Content(Content::new(b"b")));
        let left = AppliedPath::of(&Id::path("/a"), &wanted, &observed);
        assert_eq!((left.detail.clone(), left.mode.as_str()), (sha256(b"b"), "0640"));
        assert_eq!(left.state().word(Attribute::Owner), Some("me"));
        let link = State::default().with_word(Attribute::Type, "link").with_word(Attribute::Target, "to");
        let left = AppliedPath::of(&Id::path("/a"), &link, &link.clone().with_word(Attribute::Mode, "0777"));
        assert_eq!(left.state(), link);
        let absent = State::default().with_word(Attribute::Type, "absent");
        assert_eq!(AppliedPath::of(&Id::path("/a"), &absent, &observed).state(), absent);
        for commands in [vec![], vec!["/bin/kill -USR1 $MAINPID".to_owned(), "-/bin/true".to_owned()]] {
            let unit = State::default().with(Attribute::ExecReload, Value::Words(commands));
            let left = AppliedPath::of(&Id::unit("x.service"), &unit, &State::default());
            assert_eq!((left.path.as_str(), left.state()), ("unit:x.service", unit));
        }
    }

    #[test]
    fn only_what_kept_its_inode_and_its_times_is_untouched() {
        let left = AppliedPath { signature: "7.8.9".to_owned(), ..AppliedPath::default() };
        let seen = PathSeen { inode: 7, ctime: 8, mtime: 9, ..PathSeen::default() };
        assert!(left.is_untouched(&seen));
        for other in [
            PathSeen { inode: 1, ..seen.clone() },
            PathSeen { ctime: 1, ..seen.clone() },
            PathSeen { mtime: 1, ..seen.clone() },
        ] {
            assert!(!left.is_untouched(&other));
        }
        assert!(!AppliedPath::default().is_untouched(&PathSeen::default()));
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
