//! Each folder of `tests/puma_settings/cases` is a case: `before.rb` with the settings of `fragment.rb`, and without those that
//! `remove` names, is `after.rb`, or what `fault` says. `ZDT_BLESS=1` writes the last two anew.

#![expect(clippy::unwrap_used, reason = "a case that cannot be read fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use zdt::edit::{Fault, Text, Why, puma};

#[path = "puma_settings/fuzz.rs"]
mod fuzz;
#[path = "puma_settings/laws.rs"]
mod laws;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/puma_settings/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 50, "only {} cases", cases.len());
    cases
}

fn told(fault: &Fault) -> String {
    let place = fault.at.map_or(String::new(), |at| {
        let text = if at.text == Text::Fragment { "fragment " } else { "" };
        format!("{text}{}:{} ", at.line, at.column)
    });
    match &fault.why {
        Why::Puma(why) => format!("{place}{why:?}\n"),
        Why::Nginx(why) => panic!("of a puma.rb: {why:?}"),
    }
}

#[test]
fn every_case_comes_out_as_it_says() {
    let bless = std::env::var_os("ZDT_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let (before, fragment) =
            (fs::read(case.join("before.rb")).unwrap(), fs::read(case.join("fragment.rb")).unwrap());
        let remove = fs::read_to_string(case.join("remove")).unwrap_or_default();
        let remove: Vec<&str> = remove.lines().collect();
        let edited = puma::edit(&before, &fragment, &remove);
        let (name, other, text) = match &edited {
            Ok(after) => ("after.rb", "fault", after.clone()),
            Err(fault) => ("fault", "after.rb", told(fault).into_bytes()),
        };
        if bless {
            fs::write(case.join(name), &text).unwrap();
            fs::remove_file(case.join(other)).unwrap_or_default();
        }
        if case.join(other).exists() || fs::read(case.join(name)).is_ok_and(|expected| expected != text) {
            let expected = fs::read(case.join(other)).or_else(|_| fs::read(case.join(name))).unwrap();
            let (expected, got) = (String::from_utf8_lossy(&expected), String::from_utf8_lossy(&text));
            wrong.push(format!("== {}\n-- expected\n{expected}\n-- got\n{got}", case.display()));
            continue;
        }
        if let Ok(after) = edited {
            let part = |text: &[u8]| puma::part(text, &fragment, &remove).unwrap();
            assert_eq!(puma::edit(&after, &fragment, &remove).as_ref(), Ok(&after), "twice: {}", case.display());
            assert_eq!(before == after, part(&before) == part(&after), "{}", case.display());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
