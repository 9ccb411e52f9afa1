//! Configurations of nginx as crossplane reads them: each folder of `tests/nginx_differential/` holds one, with
//! `expected.json` that `tests/differential/nginx.py` made with crossplane 0.5.8.
//!
//! Where crossplane and nginx differ, nginx is right, and zdt reads as nginx does:
//! * nginx resolves `\"`, `\'`, `\\`, `\t`, `\r` and `\n` in every word; crossplane takes the backslash from the word's
//!   own quote alone. So words are compared here as crossplane would show them.
//! * for nginx a `}` inside of a bare word is a letter; for crossplane it ends the block.
//! * nginx refuses what follows a closing quote at once, and a directive without its `;`.
//! * a space after `${name}` ends a word for nginx.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use zdt::edit::Text;
use zdt::edit::nginx::{Body, Directive, Tree, Word};

/// What crossplane's own tests hold that nginx refuses, as `nginx -t` says, by the end of its path.
const REFUSED: &[&str] = &[
    "includes-globbed/servers/locations/not-included.conf",
    "includes-regular/conf.d/bar.conf",
    "includes-regular/conf.d/foo.conf",
    "missing-semicolon/broken-above.conf",
    "missing-semicolon/broken-below.conf",
    "quote-behavior/nginx.conf",
];

/// What crossplane makes one word of, and nginx two: it misses the space after `${uri}`.
const JOINED: [&str; 2] =
    [r#"["/abc/${uri} /abc/${uri}.html","=404"]"#, r#"["/abc/${uri}","/abc/${uri}.html","=404"]"#];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn as_crossplane_has_it(word: &Word) -> String {
    let text = String::from_utf8_lossy(word.raw).replace("\r\n", "\n");
    if !word.quoted {
        return text;
    }
    let quote = &text[..1];
    text[1..text.len() - 1].replace(&format!("\\{quote}"), quote)
}

fn found(directives: &[Directive]) -> Value {
    let one = |directive: &Directive| {
        let mut args: Vec<String> = directive.args.iter().map(as_crossplane_has_it).collect();
        let block = match &directive.body {
            Body::None => Value::Null,
            Body::Block(block) => found(&block.directives),
            Body::Lua(text) => {
                args.push(String::from_utf8_lossy(text).into_owned());
                Value::Null
            }
        };
        let name = as_crossplane_has_it(&directive.name);
        json!({ "name": name, "line": directive.line(), "args": args, "block": block })
    };
    directives.iter().map(one).collect()
}

/// What differs in one file.
fn difference(path: &Path, expected: &Value) -> Option<String> {
    let text = std::fs::read(path).expect("a readable file");
    let refused = REFUSED.iter().any(|end| path.ends_with(end));
    match Tree::parse(&text, Text::Whole) {
        Err(_) if refused => None,
        Err(fault) => Some(format!("{}: {fault:?}", path.display())),
        Ok(_) if refused => Some(format!("{}: nginx refuses this", path.display())),
        Ok(tree) => {
            assert_eq!(tree.print(), text, "{}", path.display());
            let found = found(&tree.directives).to_string();
            let expected = expected.to_string().replace(JOINED[0], JOINED[1]);
            (found != expected)
                .then(|| format!("{}:\ncrossplane has {expected}\nzdt has        {found}", path.display()))
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a readable folder");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_symlink() {
            continue;
        } else if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn zdt_reads_configurations_as_crossplane_does() {
    let mut paths = Vec::new();
    files(&root().join("nginx_differential"), &mut paths);
    let cases: Vec<_> = paths.iter().filter(|path| path.ends_with("nginx.conf")).collect();
    assert!(cases.len() >= 4, "{cases:?}");
    let differences: Vec<String> = cases
        .iter()
        .filter_map(|path| {
            let expected = std::fs::read(path.with_file_name("expected.json")).expect("expected.json");
            difference(path, &serde_json::from_slice(&expected).expect("JSON"))
        })
        .collect();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// `python3`, or the one that `$CROSSPLANE_PYTHON` names, if it has crossplane.
fn python() -> Option<String> {
    let python = std::env::var("CROSSPLANE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python).args(["-c", "import crossplane"]).output();
    if there.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("SKIPPED: neither python3 nor $CROSSPLANE_PYTHON has crossplane");
    None
}

fn run(python: &str, words: &[&std::ffi::OsStr]) -> Vec<u8> {
    let script = root().join("differential/nginx.py");
    let output = Command::new(python).arg(script).args(words).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn crossplane_still_says_the_same() {
    if let Some(python) = python() {
        run(&python, &["--check".as_ref()]);
    }
}

#[test]
fn other_configurations_are_read_alike_too() {
    let Some(python) = python() else { return };
    let mut paths = Vec::new();
    // Debian's own, from the lab's images.
    let images = std::fs::read_dir("/var/cache/zdt-lab/images").into_iter().flatten();
    for image in images.map(|entry| entry.expect("an entry").path()) {
        let folder = image.join("etc/nginx");
        // An image that is being built changes under our eyes.
        if image.extension().is_none() && folder.is_dir() {
            files(&folder, &mut paths);
        }
    }
    match std::env::var("NGINX_CONFIGS") {
        Ok(folder) => files(Path::new(&folder), &mut paths),
        Err(_) => {
            eprintln!("SKIPPED: $NGINX_CONFIGS does not name crossplane's own configurations (its tests/configs)")
        }
    }
    if paths.is_empty() {
        eprintln!("SKIPPED: neither the lab's images nor $NGINX_CONFIGS are there to read");
        return;
    }
    let words: Vec<_> = std::iter::once("--read".as_ref()).chain(paths.iter().map(|path| path.as_os_str())).collect();
    let expected: Vec<Value> = serde_json::from_slice(&run(&python, &words)).expect("JSON");
    assert_eq!(expected.len(), paths.len());
    let differences: Vec<String> =
        paths.iter().zip(&expected).filter_map(|(path, expected)| difference(path, expected)).collect();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}
