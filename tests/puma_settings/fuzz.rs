//! Foreign bytes: texts like the cases, broken in every way that a seed gives. Nothing may crash, and an edit that is made
//! holds the laws.

use std::fs;
use std::time::{Duration, Instant};

use super::{cases, puma};

/// As long as it may look for trouble, and the least that it must have tried by then.
const TIME: Duration = Duration::from_secs(10);
const LEAST: usize = 200;

const SPLICES: &[&str] = &[
    "if x\n",
    "end\n",
    "do\n",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "'",
    "#{",
    "\\",
    "\n",
    "\r\n",
    "\0",
    "\u{4}",
    "\u{1a}",
    ";",
    "# ",
    "=begin\n",
    "=end\n",
    "__END__\n",
    "<<~A\n",
    "A\n",
    "%w[",
    "?",
    ":",
    "&&",
    " rescue ",
    "workers 3\n",
    "bind ",
    "return\n",
    "\u{e9}",
    "->",
    "def workers\n",
    "self.",
    "send :workers, ",
    "load ",
    "*",
    "**",
    "&",
    "@options",
    "BEGIN {",
    "case 1\nin ",
    "/",
    "`",
];

struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }
}

#[test]
fn no_text_crashes_or_is_edited_wrongly() {
    let read = |name: &str| -> Vec<Vec<u8>> { cases().iter().map(|case| fs::read(case.join(name)).unwrap()).collect() };
    let (texts, fragments) = (read("before.rb"), read("fragment.rb"));
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (start, mut tried, mut edits) = (Instant::now(), 0, 0);
    while start.elapsed() < TIME && tried < 4000 {
        let mut text = texts[random.below(texts.len())].clone();
        for _ in 0..=random.below(4) {
            let (from, to) = (random.below(text.len() + 1), random.below(text.len() + 1));
            match random.below(4) {
                0 => drop(text.drain(from.min(to)..from.max(to).min(from.min(to) + 20))),
                1 if !text.is_empty() => {
                    let at = from.min(text.len() - 1);
                    text[at] = u8::try_from(random.below(256)).unwrap();
                }
                2 => {
                    let copied = text[from.min(to)..from.max(to)].to_vec();
                    drop(text.splice(from..from, copied));
                }
                _ => drop(text.splice(from..from, SPLICES[random.below(SPLICES.len())].bytes())),
            }
        }
        let fragment = &fragments[random.below(fragments.len())];
        let remove: &[&str] = if random.below(2) == 0 { &["port"] } else { &[] };
        tried += 1;
        if let Ok(edited) = puma::edit(&text, fragment, remove) {
            edits += 1;
            let part = |text: &[u8]| puma::part(text, fragment, remove);
            let shown = String::from_utf8_lossy(&text);
            assert_eq!(puma::edit(&edited, fragment, remove).as_ref(), Ok(&edited), "{shown}");
            assert_eq!(text == edited, part(&text) == part(&edited), "{shown}");
        }
    }
    assert!(tried >= LEAST && edits > tried / 20, "{edits} of {tried} were edits");
}

#[test]
fn what_is_nested_deeply_is_refused_and_not_fallen_into() {
    const OPEN: &[(&str, &str)] = &[
        ("[", "]"),
        ("(", ")"),
        ("!", ""),
        ("a {", "}"),
        ("a ", ""),
        ("if a\n", "end\n"),
        ("\"#{", "}\""),
        ("-> {", "}"),
        ("a = ", ""),
        ("def a\n", "end\n"),
        ("begin\n", "end\n"),
        ("1 + ", ""),
        ("{a: ", "}"),
        ("case a\nwhen 1\n", "end\n"),
        ("a.b(", ")"),
        ("class A\n", "end\n"),
        ("not ", ""),
        ("a ? b : ", ""),
        ("while a\n", "end\n"),
    ];
    for (open, close) in OPEN {
        for times in [300, 5000] {
            let text = [open.repeat(times), "1".to_owned(), close.repeat(times)].concat();
            assert!(text.len() > 65536 || times == 300 || puma::read(text.as_bytes()).is_err(), "{open}");
            drop(puma::edit(text.as_bytes(), b"workers 3\n", &[]));
        }
    }
    for link in [".a", "+1", " && a", "[1]", "::A", " rescue 1", " if a"] {
        let text = ["a", &link.repeat(60_000 / link.len())].concat();
        assert!(puma::edit(text.as_bytes(), b"workers 3\n", &[]).is_err(), "{link}");
    }
    assert!(puma::edit(&b"#".repeat(70_000), b"workers 3\n", &[]).is_err());
}
