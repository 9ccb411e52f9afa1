use std::collections::BTreeMap;

use serde::Serialize;

/// What a change of a file means to whoever reads it as settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Sense {
    /// Nobody says that it holds settings, or what it holds cannot be seen.
    #[default]
    Untold,
    /// These have another value; none, where only their order is another.
    Settings(Vec<Setting>),
    /// Nothing but comments and blanks. `in_effect`: what stands there was read as it stands, so nothing need read it anew.
    Comments { in_effect: bool },
}

/// A setting by its name; values are not shown, for they may be anybody's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    pub name: String,
    pub change: SettingChange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SettingChange {
    Changed,
    Added,
    Removed,
}

impl Sense {
    /// What differs between two contents of a file in which the first word of a line names a setting, and what is
    /// indented or closes a block belongs to the line above. `#` begins a comment.
    pub fn of(before: &[u8], after: &[u8]) -> Sense {
        let (Ok(before), Ok(after)) = (std::str::from_utf8(before), std::str::from_utf8(after)) else {
            return Sense::Untold;
        };
        let (old, new) = (entries(before), entries(after));
        if old == new {
            let plain = is_plain(before) && is_plain(after);
            return if plain { Sense::Comments { in_effect: false } } else { Sense::Settings(Vec::new()) };
        }
        let (old, new) = (by_name(&old), by_name(&new));
        let mut settings = Vec::new();
        for (name, bodies) in &new {
            match old.get(name) {
                None => settings.push(setting(name, SettingChange::Added)),
                Some(known) if known != bodies => settings.push(setting(name, SettingChange::Changed)),
                Some(_) => {}
            }
        }
        let gone = old.keys().filter(|name| !new.contains_key(*name));
        settings.extend(gone.map(|name| setting(name, SettingChange::Removed)));
        settings.sort_by(|a, b| (a.change, &a.name).cmp(&(b.change, &b.name)));
        Sense::Settings(settings)
    }

    /// Whether nothing need read the file anew.
    pub fn is_without_effect(&self) -> bool {
        *self == Sense::Comments { in_effect: true }
    }
}

fn setting(name: &str, change: SettingChange) -> Setting {
    Setting { name: name.to_owned(), change }
}

/// Each setting's name and all its lines, in their order.
fn entries(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut entries: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines().map(str::trim_end).filter(|line| !is_comment(line)) {
        let is_inside = line.starts_with([' ', '\t', '}', ']', ')']) || name_of(line) == "end";
        match entries.last_mut() {
            Some((_, lines)) if is_inside => lines.push(line),
            _ => entries.push((name_of(line), vec![line])),
        }
    }
    entries
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// The first word: up to what cannot stand in a name.
fn name_of(line: &str) -> &str {
    let line = line.trim_start();
    let end = line.find(|character: char| !character.is_alphanumeric() && !matches!(character, '_' | '!' | '?'));
    match end {
        Some(0) | None => line.split_whitespace().next().unwrap_or(line),
        Some(end) => &line[..end],
    }
}

fn by_name<'a>(entries: &[(&'a str, Vec<&'a str>)]) -> BTreeMap<&'a str, Vec<Vec<&'a str>>> {
    let mut named: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    for (name, lines) in entries {
        named.entry(name).or_default().push(lines.clone());
    }
    named
}

/// Whether a line that looks like a comment surely is one: no text runs on over several lines.
fn is_plain(text: &str) -> bool {
    let runs_on = |line: &str| {
        ['"', '\'', '`'].into_iter().any(|quote| line.matches(quote).count() % 2 == 1)
            || line.contains("<<")
            || line.contains('%')
    };
    text.lines().all(|line| !line.starts_with("=begin") && !line.starts_with("__END__"))
        && text.lines().filter(|line| !is_comment(line)).all(|line| !runs_on(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str =
        "# written\nworkers 2\nthreads 5, 5\n\nbefore_worker_boot do\n  connect\nend\npreload_app! false\nbind \"a\"\n";

    fn told(before: &str, after: &str) -> String {
        let words = |setting: &Setting| format!("{:?} {}", setting.change, setting.name);
        match Sense::of(before.as_bytes(), after.as_bytes()) {
            Sense::Untold => "untold".to_owned(),
            Sense::Comments { .. } => "comments".to_owned(),
            Sense::Settings(settings) => settings.iter().map(words).collect::<Vec<_>>().join(", "),
        }
    }

    #[test]
    fn what_differs_is_named() {
        let cases: &[(&str, &str, &str)] = &[
            ("threads 5, 5", "threads 3, 3", "Changed threads"),
            ("workers 2\nthreads 5, 5", "workers 3\nthreads 1, 1", "Changed threads, Changed workers"),
            ("  connect", "  connect(1)", "Changed before_worker_boot"),
            ("preload_app! false\n", "", "Removed preload_app!"),
            ("bind \"a\"\n", "bind \"a\"\nbind \"b\"\nfork_worker\n", "Changed bind, Added fork_worker"),
            ("before_worker_boot do", "on_worker_boot do", "Added on_worker_boot, Removed before_worker_boot"),
            ("workers 2\nthreads 5, 5", "threads 5, 5\nworkers 2", ""),
            ("# written", "# written anew", "comments"),
            ("\n\n", "\n# why\n", "comments"),
            ("threads 5, 5\n", "threads 5, 5  \n\n\n", "comments"),
            ("  connect\n", "  # now\n  connect\n", "comments"),
            ("threads 5, 5\n", "threads 5, 5 # five\n", "Changed threads"),
        ];
        for (from, to, expected) in cases {
            assert!(BEFORE.contains(from), "{from}");
            assert_eq!(told(BEFORE, &BEFORE.replacen(from, to, 1)), *expected, "{from:?} → {to:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_comment_is_none() {
        for around in
            ["x = <<E\n# a\nE\n", "x \"\n# a\n\"\n", "x %q(\n# a\n)\n", "=begin\n# a\n=end\n", "__END__\n# a\n"]
        {
            assert_eq!(told(around, &around.replace("# a", "# b")), "", "{around:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_not_told() {
        assert_eq!(Sense::of(b"a 1\n", b"a \xff\n"), Sense::Untold);
    }

    proptest::proptest! {
        #[test]
        fn the_same_settings_are_never_said_to_differ(text in "([a-c#] ?[a-c\"]{0,3}\n| [a-c]\n){0,8}") {
            let told = told(&text, &text);
            proptest::prop_assert!(told == "comments" || told.is_empty(), "{}", told);
        }
    }
}
