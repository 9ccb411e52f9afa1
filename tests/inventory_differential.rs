//! Inventories as Ansible reads them: each folder of `tests/inventory_differential/` holds one, with `expected.json`
//! that `tests/differential/inventory.py` made with ansible-core 2.19.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use zdt::inventory::{self, Inventory};
use zdt::project;

/// zdt's magic variables, which `ansible-inventory` leaves out.
const MAGIC: [&str; 6] =
    ["inventory_hostname", "inventory_hostname_short", "group_names", "groups", "inventory_dir", "inventory_file"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root().join("inventory_differential"))
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default()
}

fn read(case: &Path) -> Inventory {
    let file = case.join("inventory.yml");
    let path = if file.exists() { file } else { case.join("inventory") };
    // A relative `@file` starts at the current directory, which tests share.
    let extra: Vec<String> = lines(&case.join("extra"))
        .into_iter()
        .map(|line| match line.strip_prefix('@') {
            Some(file) => format!("@{}", case.join(file).display()),
            None => line,
        })
        .collect();
    let project = project::read(&path, &extra).unwrap_or_else(|faults| panic!("{case:?}: {faults:#?}"));
    inventory::parse(&project.texts).unwrap_or_else(|faults| panic!("{case:?}: {faults:#?}"))
}

/// JSON has texts alone as keys: Ansible prints those of a mapping like that.
fn json(node: &zdt::yaml::Node) -> Value {
    use zdt::yaml::Data;
    match &node.data {
        Data::List(items) => items.iter().map(json).collect(),
        Data::Map(entries) => Value::Object(entries.iter().map(|(key, value)| (key.text(), json(value))).collect()),
        _ => serde_json::to_value(node.to_value()).expect("a scalar"),
    }
}

fn found(case: &Path, inventory: &Inventory) -> Value {
    let hosts: BTreeMap<&str, Value> = inventory
        .hosts()
        .map(|host| {
            let variables = inventory.variables(host);
            let entries = variables.iter().filter(|(name, _)| !MAGIC.contains(name));
            (host, Value::Object(entries.map(|(name, variable)| (name.to_owned(), json(&variable.node))).collect()))
        })
        .collect();
    let sorted = |mut hosts: Vec<&str>| {
        hosts.sort_unstable();
        json!(hosts)
    };
    let groups: BTreeMap<&str, Value> = inventory
        .groups()
        .filter(|group| !inventory.hosts_of(group).is_empty())
        .map(|group| (group, sorted(inventory.hosts_of(group))))
        .collect();
    let limits: BTreeMap<String, Value> = lines(&case.join("limits"))
        .into_iter()
        .map(|limit| {
            let hosts = inventory.select(Some(&limit)).unwrap_or_else(|faults| panic!("{limit}: {faults:?}"));
            (limit, sorted(hosts))
        })
        .collect();
    json!({ "hosts": hosts, "groups": groups, "limits": limits })
}

/// Each leaf that differs, on a line of its own.
fn differences(path: &str, expected: &Value, found: &Value, out: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(left), Value::Object(right)) => {
            for key in left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))) {
                let missing = json!("(missing)");
                let (left, right) = (left.get(key).unwrap_or(&missing), right.get(key).unwrap_or(&missing));
                differences(&format!("{path}/{key}"), left, right, out);
            }
        }
        _ if expected == found => {}
        _ => out.push(format!("{path}: Ansible has {expected}, zdt has {found}")),
    }
}

#[test]
fn zdt_reads_inventories_as_ansible_does() {
    let cases = cases();
    assert!(cases.len() >= 6, "{cases:?}");
    let mut out = Vec::new();
    for case in &cases {
        let text = std::fs::read_to_string(case.join("expected.json")).expect("expected.json");
        let expected: Value = serde_json::from_str(&text).expect("JSON");
        let name = case.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        differences(&name, &expected, &found(case, &read(case)), &mut out);
    }
    assert!(out.is_empty(), "\n{}", out.join("\n"));
}

#[test]
fn ansible_still_says_the_same() {
    let given = std::env::var("ANSIBLE_INVENTORY").ok();
    let there = Command::new(given.as_deref().unwrap_or("ansible-inventory")).arg("--version").output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: ansible-inventory is neither on PATH nor in $ANSIBLE_INVENTORY");
        return;
    }
    let script = root().join("differential/inventory.py");
    let output = Command::new("python3").arg(script).arg("--check").output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
