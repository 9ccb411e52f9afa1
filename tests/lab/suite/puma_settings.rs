//! Every edited case of `tests/puma_settings`, loaded by the Pumas of all three suites: what the fragment asks for is what
//! each of them makes of the file. Nothing boots; Ruby runs in a suite's image, with a `/tmp` of its own.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use zdt::edit::puma;

const IN_IMAGE: &str =
    r#"mount -t tmpfs tmpfs "$1/tmp" && cp "$2" "$1/tmp/program.rb" && exec chroot "$1" ruby -W0 /tmp/program.rb"#;

fn cases() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/puma_settings/cases");
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).expect("the cases") {
        let case = entry.expect("a case").path();
        let [before, fragment] =
            ["before.rb", "fragment.rb"].map(|name| fs::read(case.join(name)).expect("a file of the case"));
        let remove = fs::read_to_string(case.join("remove")).unwrap_or_default();
        if let Ok(edited) = puma::edit(&before, &fragment, &remove.lines().collect::<Vec<_>>()) {
            cases.push(
                json!({"name": case.file_name().map(|name| name.to_string_lossy()), "edited": edited, "fragment": fragment}),
            );
        }
    }
    assert!(cases.len() >= 20, "only {} cases are edits", cases.len());
    cases
}

fn means_what_it_asks_for(suite: &str, version: &str) {
    let cache = std::env::var("ZDT_LAB_CACHE").unwrap_or_else(|_| "/var/cache/zdt-lab".to_owned());
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/suite/puma_settings.rb");
    let mut child = Command::new("unshare")
        .args(["--mount", "sh", "-c", IN_IMAGE, "sh", &format!("{cache}/images/{suite}"), program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("unshare");
    let cases = cases();
    let text = Value::from(cases.clone()).to_string();
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("a reader of the cases");
    let output = child.wait_with_output().expect("its end");
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{errors}");
    assert!(told.lines().any(|line| line.starts_with(&format!("Puma {version}"))), "{told}{errors}");
    // Puma itself prints warnings between.
    let names: Vec<String> =
        cases.iter().map(|case| format!("{}: ", case["name"].as_str().unwrap_or_default())).collect();
    let of_cases = told.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
    let (right, wrong): (Vec<&str>, Vec<&str>) = of_cases.partition(|line| line.ends_with(" settings looked at"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(right.len(), cases.len(), "{told}");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn puma_of_bookworm_takes_edited_files_as_they_are_meant() {
    means_what_it_asks_for("bookworm", "5.");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn puma_of_trixie_takes_edited_files_as_they_are_meant() {
    means_what_it_asks_for("trixie", "6.");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn puma_of_sid_takes_edited_files_as_they_are_meant() {
    means_what_it_asks_for("sid", "");
}
