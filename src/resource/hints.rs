//! Asks who may have changed paths, and reads the answer: the verb `hints`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Hint;

const US: char = '\u{1f}';
/// How long before a change a login or a command may tell of it.
const BEFORE: i64 = 900;
/// How long before a change a package may have begun to be set up.
const PACKAGE_BEFORE: i64 = 600;
/// A log may write down a little late what was done.
const AFTER: i64 = 2;
/// Where nothing tells when a path was changed.
const DAY: i64 = 86_400;
const AT_MOST: usize = 5;
const WINDOWS: usize = 10;

/// Paths, each with when it was changed by the host's clock, where that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HintsRequest {
    pub paths: BTreeMap<String, Option<i64>>,
    /// The host's clock.
    pub clock: i64,
}

/// A line that the host program does not print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HintsFault(pub String);

struct Event {
    kind: Kind,
    at: i64,
    first: String,
    second: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Package,
    Owner,
    Sudo,
    Login,
    Zdt,
}

impl HintsRequest {
    /// What follows the verb.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = String::new();
        for (since, until) in self.windows() {
            text.push_str(&format!("window{US}{since}{US}{until}{US}\n"));
        }
        for path in self.paths.keys() {
            text.push_str(&format!("path{US}{path}{US}\n"));
        }
        text.push_str(&format!("end{US}\n"));
        text.into_bytes()
    }

    /// When something may have happened that tells of any of the paths: without overlaps, the latest few.
    fn windows(&self) -> Vec<(i64, i64)> {
        let mut each: Vec<(i64, i64)> = self.paths.values().map(|changed| self.window(*changed)).collect();
        each.sort_unstable();
        let mut windows: Vec<(i64, i64)> = Vec::new();
        for (since, until) in each {
            match windows.last_mut() {
                Some(last) if since <= last.1 => last.1 = last.1.max(until),
                _ => windows.push((since, until)),
            }
        }
        windows.split_off(windows.len().saturating_sub(WINDOWS))
    }

    fn window(&self, changed: Option<i64>) -> (i64, i64) {
        // A file dated in the future was changed when nobody knows.
        match changed.filter(|changed| *changed <= self.clock + AFTER) {
            Some(changed) => ((changed - BEFORE).max(0), changed + AFTER),
            None => ((self.clock - DAY).max(0), self.clock + AFTER),
        }
    }

    /// Reads the lines that the verb printed: for each path the latest first, a few at most.
    pub fn decode(&self, lines: &[Vec<u8>]) -> Result<Vec<Hint>, HintsFault> {
        let mut events = Vec::new();
        for line in lines.iter().filter(|line| !line.is_empty()) {
            events.push(event(line).ok_or_else(|| HintsFault(String::from_utf8_lossy(line).into_owned()))?);
        }
        let mut hints = Vec::new();
        for (path, changed) in &self.paths {
            let mut found: Vec<Hint> = events.iter().filter_map(|event| self.hint(path, *changed, event)).collect();
            found.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.text.cmp(&b.text)));
            found.dedup();
            found.truncate(AT_MOST);
            hints.extend(found);
        }
        Ok(hints)
    }

    fn hint(&self, path: &str, changed: Option<i64>, event: &Event) -> Option<Hint> {
        let (since, until) = self.window(changed);
        let Event { kind, at, first, second } = event;
        let is_near = match kind {
            Kind::Owner => first == path,
            Kind::Zdt => *at >= since,
            Kind::Package => (since + BEFORE - PACKAGE_BEFORE..=until).contains(at),
            Kind::Sudo | Kind::Login => (since..=until).contains(at),
        };
        let text = match kind {
            Kind::Owner => format!("the package {second} brought it"),
            Kind::Package => format!("dpkg: {first} {second}"),
            Kind::Sudo => format!("{first} ran {second} with sudo"),
            Kind::Login => format!("{first} logged in by ssh from {second}"),
            Kind::Zdt if second.is_empty() => format!("zdt committed transaction {first}"),
            Kind::Zdt => format!("zdt committed transaction {first}, asked by {second}"),
        };
        is_near.then(|| Hint { path: path.to_owned(), at: *at, text })
    }
}

fn event(line: &[u8]) -> Option<Event> {
    let line = std::str::from_utf8(line).ok()?;
    let fields: Vec<&str> = line.split(US).collect();
    let ["h", kind, at, first, second, ""] = fields.as_slice() else { return None };
    let kind = match *kind {
        "package" => Kind::Package,
        "owner" => Kind::Owner,
        "sudo" => Kind::Sudo,
        "login" => Kind::Login,
        "zdt" => Kind::Zdt,
        _ => return None,
    };
    Some(Event { kind, at: at.parse().ok()?, first: word(first)?, second: word(second)? })
}

fn word(field: &str) -> Option<String> {
    if let Some(plain) = field.strip_prefix('=') {
        return Some(plain.to_owned());
    }
    String::from_utf8(BASE64.decode(field.strip_prefix('~')?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(paths: &[(&str, Option<i64>)]) -> HintsRequest {
        let paths = paths.iter().map(|(path, changed)| ((*path).to_owned(), *changed)).collect();
        HintsRequest { paths, clock: 1_000_000 }
    }

    #[test]
    fn windows_are_joined_and_the_unknown_is_a_day() {
        type Paths<'a> = &'a [(&'a str, Option<i64>)];
        let cases: &[(Paths<'_>, &str)] = &[
            (&[("/a", Some(10_000))], "window|9100|10002|\npath|/a|\nend|\n"),
            (&[("/a", Some(10_000)), ("/b", Some(10_900))], "window|9100|10902|\npath|/a|\npath|/b|\nend|\n"),
            (
                &[("/a", Some(10_000)), ("/b", Some(20_000))],
                "window|9100|10002|\nwindow|19100|20002|\npath|/a|\npath|/b|\nend|\n",
            ),
            (&[("/a", None)], "window|913600|1000002|\npath|/a|\nend|\n"),
            (&[("/a", Some(2_000_000))], "window|913600|1000002|\npath|/a|\nend|\n"),
        ];
        for (paths, expected) in cases {
            let text = String::from_utf8(request(paths).encode()).expect("text");
            assert_eq!(text.replace(US, "|"), *expected);
        }
    }

    #[test]
    fn what_happened_about_then_is_told_latest_first() {
        let lines = "h|sudo|9000|=early|=/bin/vi|\nh|sudo|9990|=alice|=/usr/bin/vi|\nh|login|9950|=alice|=10.0.0.7|\n\
                     h|package|9300|=upgrade|=old|\nh|package|9999|=upgrade|=nginx:amd64|\nh|owner|0|=/a|=nginx-common|\n\
                     h|owner|0|=/b|=other|\nh|zdt|9000|=before|=me|\nh|sudo|10003|=late|=/bin/vi|\n";
        let lines: Vec<Vec<u8>> = lines.replace('|', "\u{1f}").lines().map(|line| line.as_bytes().to_vec()).collect();
        let hints = request(&[("/a", Some(10_000))]).decode(&lines).expect("hints");
        let texts: Vec<&str> = hints.iter().map(|hint| hint.text.as_str()).collect();
        let expected = [
            "dpkg: upgrade nginx:amd64",
            "alice ran /usr/bin/vi with sudo",
            "alice logged in by ssh from 10.0.0.7",
            "the package nginx-common brought it",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn what_the_host_program_does_not_print_is_a_fault() {
        for line in
            ["hello", "h|sudo|x|=a|=b|", "h|odd|1|=a|=b|", "h|sudo|1|a|=b|", "h|sudo|1|=a|~*|", "h|sudo|1|=a|=b"]
        {
            let line = line.replace('|', "\u{1f}").into_bytes();
            assert!(
                request(&[("/a", None)]).decode(std::slice::from_ref(&line)).is_err(),
                "{}",
                String::from_utf8_lossy(&line)
            );
        }
    }
}
