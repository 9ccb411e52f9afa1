//! The few expressions of Ruby by which people write paths and numbers into `puma.rb`. Nothing is run: what is none of these is not
//! understood, and said to be so.

use std::collections::BTreeMap;

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worth {
    pub text: String,
    /// The variables of the environment that it comes from.
    pub environment: Vec<String>,
    /// Those of them that the unit does not set, so that a default stands in for them.
    pub defaulted: Vec<String>,
}

#[derive(Default)]
struct Used {
    environment: Vec<String>,
    defaulted: Vec<String>,
    steps: usize,
}

/// Where expressions stand, and what they may name.
#[derive(Debug, Default)]
pub struct Scope {
    /// The file as the command names it: `__FILE__`.
    pub file: String,
    /// The folder that really holds it: `__dir__`.
    pub folder: String,
    pub lets: BTreeMap<String, String>,
    pub environment: BTreeMap<String, String>,
}

/// Variables may name variables, and in a circle.
const DEPTH: usize = 12;

/// A variable that names another one twice doubles the work with each level: what takes more steps, or comes to a longer text
/// (in bytes; Linux's longest path), is not understood.
const STEPS: usize = 1_000;
const LONGEST: usize = 4_096;

impl Scope {
    pub fn worth(&self, expression: &str) -> Option<Worth> {
        let mut used = Used::default();
        let text = self.read(expression, DEPTH, &mut used)?;
        Some(Worth { text, environment: used.environment, defaulted: used.defaulted })
    }

    fn read(&self, expression: &str, depth: usize, used: &mut Used) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        used.steps += 1;
        if used.steps > STEPS {
            return None;
        }
        self.read_one(expression.trim(), depth, used).filter(|text| text.len() <= LONGEST)
    }

    /// `text` without space around it, one step deeper.
    fn read_one(&self, text: &str, depth: usize, used: &mut Used) -> Option<String> {
        if let Some([first, second]) = split(text, "||") {
            return self.environment_or(first, depth, used, |scope, used| scope.read(second, depth, used));
        }
        if let Some(inner) = enclosed(text, '(', ')') {
            return self.read(inner, depth, used);
        }
        for ending in [".to_i", ".to_s", ".to_sym", ".freeze"] {
            if let Some(inner) = text.strip_suffix(ending) {
                return self.read(inner, depth, used);
            }
        }
        if let Some(inner) = call(text, "Integer") {
            return self.read(inner, depth, used);
        }
        if let Some(inner) = enclosed(text, '\'', '\'') {
            return (!inner.contains(['\'', '\\'])).then(|| inner.to_owned());
        }
        if let Some(inner) = enclosed(text, '"', '"') {
            return self.interpolated(inner, depth, used);
        }
        if let Some(name) = text.strip_prefix(':') {
            return is_name(name).then(|| name.to_owned());
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) || matches!(text, "true" | "false") {
            return Some(text.to_owned());
        }
        match text {
            "__dir__" => return Some(self.folder.clone()),
            "__FILE__" => return Some(self.file.clone()),
            _ => {}
        }
        if let Some(arguments) = call(text, "File.expand_path") {
            let mut arguments = arguments_of(arguments).into_iter().map(|one| self.read(one, depth, used));
            let (path, base) = (arguments.next()??, arguments.next());
            return match base {
                Some(base) => absolute(&base?, &path),
                None => absolute("", &path),
            };
        }
        if let Some(arguments) = call(text, "File.join") {
            let parts: Option<Vec<String>> =
                arguments_of(arguments).into_iter().map(|one| self.read(one, depth, used)).collect();
            return Some(parts?.join("/"));
        }
        if let Some(inner) = call(text, "File.dirname") {
            let path = self.read(inner, depth, used)?;
            return path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        }
        if text.starts_with("ENV") {
            return self.environment_or(text, depth, used, |_, _| None);
        }
        let inner = self.lets.get(text).filter(|_| is_name(text))?;
        self.read(inner, depth, used)
    }

    /// `ENV["X"]`, `ENV.fetch("X", y)` or `ENV.fetch("X") { y }`; `otherwise`: what stands behind it.
    fn environment_or(
        &self,
        text: &str,
        depth: usize,
        used: &mut Used,
        otherwise: impl FnOnce(&Scope, &mut Used) -> Option<String>,
    ) -> Option<String> {
        let text = text.trim();
        let (name, own) = match text.strip_prefix("ENV.fetch") {
            Some(rest) => {
                let (rest, block) = match rest.find('{') {
                    Some(at) => (rest[..at].trim(), enclosed(rest[at..].trim(), '{', '}')),
                    None => (rest.trim(), None),
                };
                let arguments = arguments_of(enclosed(rest, '(', ')').unwrap_or(rest));
                (*arguments.first()?, block.or_else(|| arguments.get(1).copied()))
            }
            None => (enclosed(text.strip_prefix("ENV")?, '[', ']')?, None),
        };
        let name = self.read(name, depth, used)?;
        used.environment.push(name.clone());
        if let Some(value) = self.environment.get(&name) {
            return Some(value.clone());
        }
        used.defaulted.push(name);
        match own {
            Some(own) => self.read(own, depth, used),
            None => otherwise(self, used),
        }
    }

    fn interpolated(&self, text: &str, depth: usize, used: &mut Used) -> Option<String> {
        let (mut whole, mut rest) = (String::new(), text);
        while let Some(at) = rest.find("#{") {
            let inner = &rest[at + 2..];
            let end = inner.find('}')?;
            whole.push_str(plain(&rest[..at])?);
            whole.push_str(&self.read(&inner[..end], depth, used)?);
            rest = &inner[end + 1..];
        }
        whole.push_str(plain(rest)?);
        Some(whole)
    }
}

fn plain(text: &str) -> Option<&str> {
    (!text.contains(['\\', '"'])).then_some(text)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// What stands between `open` and `close`, where they belong to each other.
fn enclosed(text: &str, open: char, close: char) -> Option<&str> {
    let inner = text.strip_prefix(open)?.strip_suffix(close)?;
    if open == close {
        // Two texts beside each other are no text; quotes within `#{…}` are its own.
        let mut depth = 0_usize;
        let mut before = ' ';
        for character in inner.chars() {
            match character {
                '{' if before == '#' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ if character == close && depth == 0 => return None,
                _ => {}
            }
            before = character;
        }
        return Some(inner);
    }
    let mut depth = 0_usize;
    for character in inner.chars() {
        if character == open {
            depth += 1;
        } else if character == close {
            depth = depth.checked_sub(1)?;
        }
    }
    (depth == 0).then_some(inner)
}

/// The arguments of `name(…)`.
fn call<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    enclosed(text.strip_prefix(name)?.trim_start(), '(', ')')
}

/// What stands around commas.
pub fn arguments_of(text: &str) -> Vec<&str> {
    let mut parts = pieces(text, ",");
    parts.iter_mut().for_each(|part| *part = part.trim());
    parts
}

/// The two sides of `by`, where it stands just once.
fn split<'a>(text: &'a str, by: &str) -> Option<[&'a str; 2]> {
    pieces(text, by).try_into().ok()
}

/// `text` cut at each `by` that stands neither in brackets nor in quotes.
fn pieces<'a>(text: &'a str, by: &str) -> Vec<&'a str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, character) in text.char_indices() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None => match character {
                '"' | '\'' => quote = Some(character),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ if depth == 0 && at >= start && text[at..].starts_with(by) => {
                    parts.push(&text[start..at]);
                    start = at + by.len();
                }
                _ => {}
            },
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `path` as Ruby's `File.expand_path` has it, seen from `base`, without asking the disk.
fn absolute(base: &str, path: &str) -> Option<String> {
    let whole = match (path.starts_with('/'), base.starts_with('/')) {
        (true, _) => path.to_owned(),
        (false, true) => format!("{base}/{path}"),
        // Seen from where Ruby happens to run.
        (false, false) => return None,
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        Scope {
            file: "/srv/shop/current/config/puma.rb".to_owned(),
            folder: "/srv/shop/releases/7/config".to_owned(),
            lets: map(&[
                ("app_dir", "File.expand_path(\"../..\", __FILE__)"),
                ("shared_dir", "\"#{app_dir}/shared\""),
                ("round", "round"),
            ]),
            environment: map(&[("RAILS_ENV", "staging")]),
        }
    }

    #[test]
    fn what_people_write_is_read() {
        for (expression, expected) in [
            ("2", "2"),
            (":production", "production"),
            ("'/a b'", "/a b"),
            ("(\"/srv\")", "/srv"),
            ("\"unix://#{shared_dir}/tmp/puma.sock\"", "unix:///srv/shop/current/shared/tmp/puma.sock"),
            ("File.join(app_dir, 'tmp', 'pids')", "/srv/shop/current/tmp/pids"),
            ("\"#{File.expand_path('../../..', __dir__)}/current\"", "/srv/shop/current"),
            ("File.dirname(__FILE__)", "/srv/shop/current/config"),
            ("ENV.fetch('RAILS_ENV') { 'production' }", "staging"),
            ("ENV['RAILS_ENV'] || 'production'", "staging"),
            ("\"/srv/#{ENV['RAILS_ENV']}\"", "/srv/staging"),
        ] {
            let worth = scope().worth(expression).unwrap_or_else(|| panic!("{expression}"));
            assert_eq!((worth.text.as_str(), worth.defaulted.len()), (expected, 0), "{expression}");
        }
    }

    #[test]
    fn a_default_is_told_to_be_one() {
        for expression in [
            "ENV.fetch(\"WEB_CONCURRENCY\", 2)",
            "ENV.fetch(\"WEB_CONCURRENCY\") { 2 }",
            "ENV[\"WEB_CONCURRENCY\"] || 2",
            "Integer(ENV['WEB_CONCURRENCY'] || 2)",
            "(ENV['WEB_CONCURRENCY'] || '2').to_i",
        ] {
            let worth = scope().worth(expression).unwrap_or_else(|| panic!("{expression}"));
            assert_eq!(
                (worth.text.as_str(), worth.defaulted),
                ("2", vec!["WEB_CONCURRENCY".to_owned()]),
                "{expression}"
            );
        }
    }

    #[test]
    fn a_file_that_wants_endless_work_is_not_understood() {
        let mut scope = scope();
        scope.lets.insert("v0".to_owned(), "\"a\"".to_owned());
        for level in 1..10 {
            let before = format!("#{{v{}}}", level - 1);
            scope.lets.insert(format!("v{level}"), format!("\"{}\"", before.repeat(50)));
        }
        assert_eq!(scope.worth("v1").map(|worth| worth.text), Some("a".repeat(50)));
        // Each of these would be put together of 50⁹ parts, or come to as many bytes.
        for expression in ["v9", "ENV[v9]", "ENV['NOT_SET'] || v9", "File.join(v9, v9)"] {
            assert_eq!(scope.worth(expression), None, "{expression}");
        }
        scope.lets.insert("long".to_owned(), format!("\"{}\"", "a".repeat(LONGEST)));
        assert_eq!(scope.worth("long").map(|worth| worth.text.len()), Some(LONGEST));
        assert_eq!(scope.worth("\"/#{long}\""), None);
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for expression in [
            "",
            "Etc.nprocessors",
            "workers_count",
            "round",
            "ENV['NOT_SET']",
            "\"a\\nb\"",
            "\"a\" \"b\"",
            "rand > 0.5 ? 2 : 3",
            "File.expand_path('shared')",
            "\"#{broken\"",
        ] {
            assert_eq!(scope().worth(expression), None, "{expression}");
        }
    }
}
