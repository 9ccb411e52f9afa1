//! Holds the code to the table of layers in `docs/architecture.md`, and the top level to its list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Who may name whom. A module that is not in the table fails the test.
const LAYERS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("words", &[]),
    ("secret", &[]),
    ("yaml", &["source", "words"]),
    ("inventory", &["yaml", "source", "words"]),
    ("edit", &["words"]),
    ("resource", &["edit", "words"]),
    ("role", &["inventory", "resource", "yaml", "source", "words"]),
    ("plan", &["resource"]),
    ("transaction", &["plan", "resource"]),
    ("adopt", &["yaml", "source"]),
    ("host", &[]),
    ("last_look", &[]),
    ("project", &["inventory", "role", "source", "yaml"]),
    (
        "engine",
        &[
            "adopt",
            "host",
            "inventory",
            "plan",
            "project",
            "resource",
            "role",
            "secret",
            "source",
            "transaction",
            "words",
            "yaml",
        ],
    ),
    ("report", &["adopt", "edit", "engine", "plan", "resource", "transaction", "words"]),
    (
        "cli",
        &[
            "adopt",
            "engine",
            "host",
            "inventory",
            "last_look",
            "plan",
            "project",
            "report",
            "resource",
            "role",
            "secret",
            "source",
            "transaction",
            "words",
            "yaml",
        ],
    ),
];

/// The first file of each module that touches neither disk, clock, environment, process nor terminal: it denies
/// the calls through clippy.
const PURE: &[&str] = &[
    "source.rs",
    "words.rs",
    "yaml/mod.rs",
    "inventory/mod.rs",
    "edit/mod.rs",
    "resource/mod.rs",
    "role/mod.rs",
    "plan/mod.rs",
    "transaction/mod.rs",
    "adopt/mod.rs",
];

const TOP_LEVEL: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "docs",
    "inventory.example",
    "roles",
    "src",
    "tests",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `src/plan/diff.rs` → `plan`; `src/source.rs` → `source`.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).expect("below src");
    let first = relative.iter().next().expect("a file name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules that `text` names after `crate::`, in `use` lines, groups and paths alike.
fn named(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let group = rest.strip_prefix('{').map(|inner| inner.split('}').next().unwrap_or(inner));
        for part in group.unwrap_or(rest).split(',').take(if group.is_some() { usize::MAX } else { 1 }) {
            let name: String = part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                names.insert(name);
            }
        }
    }
    names
}

#[test]
fn modules_know_only_whom_they_may() {
    let table: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("main.rs") && !file.ends_with("lib.rs")) {
        let module = module(file);
        let Some(allowed) = table.get(module.as_str()) else {
            wrong.push(format!("{} belongs to no layer of the table", file.display()));
            continue;
        };
        let text = std::fs::read_to_string(file).expect("a source is readable");
        for name in named(&text) {
            if name != module && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{} names `crate::{name}`, which `{module}` may not know", file.display()));
            }
        }
    }
    assert!(files.len() > 40, "only {} sources were found", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_modules_deny_disk_clock_environment_process_and_terminal() {
    for file in PURE {
        let text = std::fs::read_to_string(root().join("src").join(file)).expect("a pure module has this file");
        let deny = "#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]";
        assert!(text.contains(deny), "src/{file} does not deny what pure modules may not call");
    }
}

#[test]
fn every_module_opens_with_what_it_is_what_goes_through_it_and_what_it_must_not_know() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for file in files
        .iter()
        .filter(|file| file.ends_with("mod.rs") && file.parent().and_then(Path::parent) == Some(&root().join("src")))
    {
        let text = std::fs::read_to_string(file).expect("a source is readable");
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let says = |what: &str| head.iter().any(|line| line.contains(what));
        assert!(head.len() >= 3 && says("In: ") && says("Must not know"), "{}", file.display());
    }
}

#[test]
fn only_cli_and_report_print() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for file in files.iter().filter(|file| !matches!(module(file).as_str(), "cli" | "report")) {
        let text = std::fs::read_to_string(file).expect("a source is readable");
        for word in ["println!", "eprintln!", "print!(", "dbg!"] {
            assert!(!text.contains(word), "{} prints", file.display());
        }
    }
}

#[test]
fn files_stay_short() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for file in files {
        let lines = std::fs::read_to_string(&file).expect("a source is readable").lines().count();
        assert!(lines <= 450, "{} has {lines} lines", file.display());
    }
}

#[test]
fn the_top_level_holds_what_it_should_and_nothing_else() {
    let tracked = std::process::Command::new("git").args(["ls-files"]).current_dir(root()).output();
    let names: BTreeSet<String> = match tracked {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| line.split('/').next().map(str::to_owned))
            .collect(),
        // A source package has no git; what lies there is what was packed.
        _ => std::fs::read_dir(root())
            .expect("the top level is readable")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .filter(|name| name != "target")
            .collect(),
    };
    for name in names.iter().filter(|name| !name.starts_with('.')) {
        assert!(TOP_LEVEL.contains(&name.as_str()), "`{name}` does not belong at the top level");
    }
    for name in TOP_LEVEL {
        assert!(root().join(name).exists(), "`{name}` is missing");
    }
}
