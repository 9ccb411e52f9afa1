//! The tasks for Capistrano: Ruby takes the file, its style is the usual one, and it reads what every Puma tells. That a
//! deploy goes well with it is for the lab, see tests/lab/suite/capistrano.rs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use zdt::role::Example;
use zdt::source::Source;

use super::{library, places};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/capistrano");

/// What the role writes for each of its examples.
fn written() -> Vec<String> {
    let library = library();
    let role = library.roles().find(|role| role.name == "capistrano_tasks").unwrap();
    let mut all = Vec::new();
    for built_in in &role.examples {
        let name = built_in.name.strip_prefix("built-in ").unwrap();
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        let example =
            Example::parse(&role.name, &Source::new(name, text)).unwrap_or_else(|all| panic!("{}", places(&all)));
        all.extend(example.files.into_values());
    }
    assert!(all.len() >= 3, "only {} files", all.len());
    all
}

/// Each of them as a file in `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let texts = written().into_iter().enumerate();
    texts
        .map(|(number, text)| {
            let path = folder.join(format!("example_{number}.rake"));
            fs::write(&path, text).unwrap();
            path
        })
        .collect()
}

/// What `program` prints, and whether it ended well; nothing where there is none.
fn run(program: &str, words: &[&str]) -> Option<(bool, String)> {
    let output = Command::new(program).args(words).env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8").output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("SKIPPED: no `{program}` on this machine");
            return None;
        }
        output => output.unwrap(),
    };
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    Some((output.status.success(), said))
}

#[test]
fn ruby_takes_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for file in files(folder.path()) {
        let Some((well, said)) = run("ruby", &["-wc", file.to_str().unwrap()]) else { return };
        assert_eq!((well, said.as_str()), (true, "Syntax OK\n"));
    }
}

/// A long path of somebody's makes a long line; the others are short.
#[test]
fn its_layout_is_the_usual_one() {
    let folder = tempfile::tempdir().unwrap();
    let (files, samples) = (files(folder.path()), format!("{SAMPLES}/tasks.rb"));
    let files = files.iter().map(|file| file.to_str().unwrap()).chain([samples.as_str()]);
    let words: Vec<&str> =
        ["--only", "Layout", "--cache", "false", "--force-default-config"].into_iter().chain(files).collect();
    let Some((well, said)) = run("rubocop", &words) else { return };
    assert!(well, "{said}");
    assert!(said.contains("no offenses detected"), "{said}");
}

/// `ZDT_BLESS=1` writes what came out, to be read before it is committed.
#[test]
fn stats_of_every_puma_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let rake = files(folder.path()).remove(0);
    let mut samples: Vec<PathBuf> =
        fs::read_dir(format!("{SAMPLES}/stats")).unwrap().map(|entry| entry.unwrap().path()).collect();
    samples.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    assert!(samples.len() >= 8, "only {} samples", samples.len());
    for sample in samples {
        let words = [&format!("{SAMPLES}/tasks.rb"), rake.to_str().unwrap(), "stats", sample.to_str().unwrap()];
        let Some((well, said)) = run("ruby", &words) else { return };
        assert!(well, "{}: {said}", sample.display());
        let shown = sample.with_extension("shown");
        if std::env::var_os("ZDT_BLESS").is_some() {
            fs::write(&shown, &said).unwrap();
        }
        assert_eq!(said, fs::read_to_string(&shown).unwrap(), "{}", shown.display());
    }
}

#[test]
fn a_restart_is_judged_by_what_each_worker_runs() {
    let folder = tempfile::tempdir().unwrap();
    let rake = files(folder.path()).remove(0);
    let words = [&format!("{SAMPLES}/tasks.rb"), rake.to_str().unwrap(), "rolls", &format!("{SAMPLES}/rolls.yml")];
    let Some((well, said)) = run("ruby", &words) else { return };
    assert!(well, "{said}");
    let cases: u32 = said.trim_end().strip_suffix(" cases").unwrap_or_else(|| panic!("{said}")).parse().unwrap();
    assert!(cases >= 20, "only {cases} cases");
}
