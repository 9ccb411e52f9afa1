//! The documents of `--json`, held to the tables of `docs/json.md`: each field that is printed is described, each that
//! is described is printed, and has the type and the words that the table gives it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::place::{Place, UPSTREAM};

/// One row of a table: what stands in backticks in its first cell, and the other cells.
struct Row {
    name: String,
    type_: String,
    meaning: String,
}

/// The tables in their order: document, host, host with a plan, outcomes.
fn tables() -> Vec<Vec<Row>> {
    let text = include_str!("../../docs/json.md");
    let mut tables = Vec::new();
    let mut table = Vec::new();
    for line in text.lines().chain([""]) {
        if let Some(row) = line.strip_prefix('|') {
            let mut cells = row.split('|').map(|cell| cell.trim().to_owned());
            let mut next = || cells.next().unwrap_or_default();
            table.push(Row { name: next(), type_: next(), meaning: next() });
        } else if !table.is_empty() {
            // Head and rule.
            table.drain(..2);
            tables.push(std::mem::take(&mut table));
        }
    }
    assert_eq!(tables.len(), 4, "docs/json.md has other tables than this test knows");
    tables
}

fn words(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(|word| word.trim_matches('"').to_owned()).collect()
}

/// The names between the first braces: `{id, role}`.
fn members(cell: &str) -> BTreeSet<String> {
    let inside = cell.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(inside, _)| inside);
    inside.split(", ").map(str::to_owned).collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

/// The words that a meaning gives one of its members: behind "`member`:" up to the next full stop.
fn choices(meaning: &str, member: &str) -> Vec<String> {
    let rest = meaning.split_once(&format!("`{member}`:")).expect("the words of a member").1;
    words(rest.split_once(". ").map_or(rest, |(first, _)| first))
}

fn holds(row: &Row, value: &Value) -> bool {
    match row.type_.as_str() {
        "number" => value.is_u64(),
        "bool" => value.is_boolean(),
        "text" => value.is_string(),
        "text or null" => value.is_string() || value.is_null(),
        "list of names" => value.as_array().is_some_and(|names| names.iter().all(Value::is_string)),
        "list" => value.is_array(),
        "mapping" => keys(value) == members(&row.meaning),
        "mapping or null" => value.is_null() || keys(value) == members(&row.meaning),
        literals => words(literals).iter().any(|word| value == word),
    }
}

/// All fields of `rows` but the optional ones, each of its type.
fn conforms<'a>(value: &Value, rows: impl Iterator<Item = &'a Row>, without: &[&str]) {
    let rows: BTreeMap<String, &Row> = rows.map(|row| (words(&row.name).remove(0), row)).collect();
    let wanted: BTreeSet<String> = rows.keys().filter(|name| !without.contains(&name.as_str())).cloned().collect();
    assert_eq!(keys(value), wanted, "{value:#}");
    for name in wanted {
        let row = rows[&name];
        assert!(holds(row, &value[&name]), "`{name}` is no {}: {:#}", row.type_, value[&name]);
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn host(tables: &[Vec<Row>], value: &Value) {
    let (base, planned) = (&tables[1], &tables[2]);
    let base = || base.iter().filter(|row| !row.name.contains("[]"));
    if value.get("sandbox").is_none() {
        return conforms(value, base(), &[]);
    }
    conforms(value, base().chain(planned), &["error"]);
    let row = |name: &str| {
        let rows = tables[1].iter().chain(&tables[2]);
        rows.into_iter().find(|row| words(&row.name).first().is_some_and(|word| word == name)).expect("a row")
    };
    for name in ["changes", "refusals", "handlers", "notices", "orphans", "left_out"] {
        for member in list(&value[name]) {
            assert_eq!(keys(member), members(&row(name).meaning), "{name}: {member:#}");
        }
    }
    let attributes = words(&row("changes[].attributes").meaning);
    for change in list(&value["changes"]) {
        let action = change["action"].as_str().expect("an action").to_owned();
        assert!(choices(&row("changes").meaning, "action").contains(&action), "{action}");
        for (name, both) in change["attributes"].as_object().expect("a mapping") {
            assert!(attributes.contains(name), "{name}");
            assert_eq!(keys(both), BTreeSet::from(["after".to_owned(), "before".to_owned()]), "{name}");
            if name == "content" {
                for content in [&both["before"], &both["after"]].into_iter().filter(|content| !content.is_null()) {
                    assert_eq!(keys(content), BTreeSet::from(["sha256".to_owned(), "text".to_owned()]));
                }
            }
        }
    }
    for refusal in list(&value["refusals"]) {
        let kind = refusal["cause"]["kind"].as_str().expect("a kind").to_owned();
        assert!(words(&row("refusals").meaning).contains(&kind), "{kind}");
    }
    for orphan in list(&value["orphans"]) {
        let state = orphan["state"].as_str().expect("a state").to_owned();
        assert!(choices(&row("orphans").meaning, "state").contains(&state), "{state}");
    }
    for check in list(&value["checks"]) {
        let result = check["result"].as_str().expect("a result");
        let by_result = BTreeMap::from([
            ("passed", &["check", "output", "result"][..]),
            ("failed", &["check", "code", "output", "result"]),
            ("not run", &["check", "reason", "result"]),
        ]);
        assert!(words(&row("checks").meaning).contains(&result.to_owned()), "{result}");
        assert_eq!(keys(check).iter().map(String::as_str).collect::<Vec<_>>(), by_result[result]);
    }
    for notice in list(&value["notices"]) {
        let level = notice["level"].as_str().expect("a level").to_owned();
        assert!(choices(&row("notices").meaning, "level").contains(&level), "{level}");
    }
}

/// The document, whose exit code is that of the run.
fn document(place: &Place, arguments: &[&str], code: i32) -> Value {
    let ran = place.zdt(arguments);
    ran.ended_with(code);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.all()));
    let tables = tables();
    let without: &[&str] = if arguments[0] == "plan" { &["applied"] } else { &[] };
    conforms(&document, tables[0].iter(), without);
    assert_eq!(document["format"], 1);
    assert_eq!(document["command"], arguments[0]);
    assert_eq!(document["exit"], code);
    list(&document["hosts"]).iter().for_each(|value| host(&tables, value));
    let outcomes: Vec<String> = tables[3].iter().flat_map(|row| words(&row.name)).collect();
    for one in document["applied"].as_array().into_iter().flatten() {
        let applied = tables[0].iter().find(|row| row.name == "`applied`").expect("a row");
        assert_eq!(keys(one), members(&applied.meaning), "{one:#}");
        assert!(outcomes.contains(&one["outcome"].as_str().expect("a word").to_owned()), "{one:#}");
    }
    document
}

fn states(document: &Value) -> Vec<(&str, &str)> {
    list(&document["hosts"])
        .iter()
        .map(|host| (host["host"].as_str().expect("a name"), host["state"].as_str().expect("a state")))
        .collect()
}

/// One host of every state, in the order of the inventory.
fn fleet() -> Place {
    let place = Place::empty();
    place.hosts(&[
        ("done", ""),
        ("fresh", ""),
        ("blocked", ""),
        ("held", ""),
        ("odd", "app_path: '/srv/$x'"),
        (
            "far",
            "ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, ansible_ssh_common_args: -F /dev/null",
        ),
    ]);
    place.write("inventory.yml", place.read("inventory.yml") + "rest:\n  hosts:\n    idle:\n");
    place.zdt(&["apply", "inventory.yml", "--limit", "done"]).ended_with(0);
    fs::create_dir_all(place.path(&format!("blocked/{UPSTREAM}"))).expect("a folder");
    place.write("held/var/lib/zdt/open/manifest", "id\u{1f}1-1\u{1f}\nend\u{1f}\n");
    place.write("held/var/lib/zdt/open/who", "transaction 1-1, by somebody\n");
    place.write("held/var/lib/zdt/open/stuck", "swap: no\n");
    place.write("held/var/lib/zdt/lock", "");
    place
}

#[test]
fn a_plan_of_every_state_is_as_documented() {
    let place = fleet();
    let all = document(&place, &["plan", "inventory.yml", "--json"], 4);
    let expected = [
        ("done", "in sync"),
        ("fresh", "to change"),
        ("blocked", "refused"),
        ("held", "unknown"),
        ("odd", "refused"),
        ("far", "unknown"),
    ];
    assert_eq!(states(&all), expected);
    assert_eq!(all["without_roles"], serde_json::json!(["idle"]));
    let hosts = list(&all["hosts"]);
    assert!(hosts[3]["locked"].is_null());
    let open =
        serde_json::json!({"id": "1-1", "state": "stuck", "who": "transaction 1-1, by somebody", "reason": "swap: no"});
    assert_eq!(hosts[3]["open"], open);
    assert_eq!(hosts[2]["refusals"][0]["cause"]["kind"], "other type");
    assert!(hosts[4]["error"].is_string() && hosts[5]["error"].is_string());
    // Less to read for people, not for machines.
    let brief = document(&place, &["plan", "inventory.yml", "--json", "--no-diff"], 4);
    assert_eq!(brief["hosts"][1], all["hosts"][1]);
    let first = &all["hosts"][1]["changes"][0]["attributes"]["content"];
    assert!(
        first["before"].is_null() && first["after"]["text"].as_str().is_some_and(|text| text.contains("upstream shop"))
    );
}

#[test]
fn applies_are_as_documented() {
    let place = fleet();
    // A refused host stops all.
    let stopped = document(&place, &["apply", "inventory.yml", "--json"], 4);
    assert_eq!(stopped["applied"], serde_json::json!([]));
    assert!(!place.path("fresh").exists());
    let some = document(
        &place,
        &["apply", "inventory.yml", "--json", "--limit", "done,fresh,held,far", "--max-failures", "1"],
        4,
    );
    assert_eq!(
        some["applied"],
        serde_json::json!([{"host": "fresh", "outcome": "committed", "detail": null, "until": null, "witness": null},
        {"host": "held", "outcome": "committed", "detail": null, "until": null, "witness": null}])
    );
    let none = document(&place, &["apply", "inventory.yml", "--json", "--limit", "done,fresh"], 0);
    assert_eq!(states(&none), [("done", "in sync"), ("fresh", "in sync")]);
    assert_eq!(none["applied"], serde_json::json!([]));
}

#[test]
fn orphans_and_rollbacks_are_as_documented() {
    let place = Place::new();
    place.apply().ended_with(0);
    place.hosts(&[("box", "zdt_roles: [nginx_upstream], zdt_facts: {nginx: {version: 1.26.3}}")]);
    place.write("box/srv/shop/shared/puma.rb", "by hand\n");
    place.write("box/srv/shop/shared/tmp/sockets/puma.sock", "");
    let plan = document(&place, &["plan", "inventory.yml", "--json"], 0);
    let states: Vec<&str> =
        list(&plan["hosts"][0]["orphans"]).iter().map(|orphan| orphan["state"].as_str().expect("a state")).collect();
    assert_eq!(states, ["as left", "as left", "changed", "holds others", "as left", "holds others"]);
    let refused = document(&place, &["rollback", "inventory.yml", "--json"], 3);
    assert_eq!(refused["hosts"][0]["refusals"][0]["cause"]["kind"], "changed since");
    let pruned = document(&place, &["apply", "inventory.yml", "--json", "--prune"], 0);
    assert_eq!(list(&pruned["hosts"][0]["changes"]).len(), 3);
    let back = document(&place, &["rollback", "inventory.yml", "--json"], 0);
    assert_eq!(back["applied"][0]["outcome"], "committed");
    let history = place.zdt(&["history", "inventory.yml", "--json"]);
    let history: Value = serde_json::from_str(&history.stdout).expect("a document");
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).expect("a page");
    let (_, text) = text.split_once("`zdt history --json` prints").expect("a passage");
    let braces: Vec<BTreeSet<String>> =
        text.split('{').skip(1).take(4).map(|part| members(&format!("{{{part}"))).collect();
    assert_eq!(keys(&history), braces[0]);
    assert_eq!(keys(&history["hosts"][0]), braces[1]);
    let transactions = list(&history["hosts"][0]["transactions"]);
    assert_eq!(transactions.len(), 3);
    for one in transactions {
        assert_eq!(keys(one), braces[2], "{one:#}");
        list(&one["changes"]).iter().for_each(|change| assert_eq!(keys(change), braces[3], "{change:#}"));
    }
}

#[test]
fn a_part_of_the_changes_is_as_documented() {
    let place = Place::new();
    place.apply().ended_with(0);
    place.write(&format!("box/{UPSTREAM}"), "by hand\n");
    for (only, code, state) in [("drifted", 2, "to change"), ("pending", 0, "left out")] {
        let plan = document(&place, &["plan", "inventory.yml", "--json", "--only", only], code);
        assert_eq!(states(&plan), [("box", state)]);
        let host = &plan["hosts"][0];
        let told = list(&host["changes"]).iter().chain(list(&host["left_out"]));
        let causes: Vec<&str> = told.map(|one| one["cause"].as_str().expect("a cause")).collect();
        assert_eq!(causes, ["drifted"]);
    }
}

#[test]
fn faults_of_the_inventory_bring_no_document() {
    let place = Place::new();
    place.hosts(&[("box", "puma_workers: many")]);
    for verb in ["plan", "apply"] {
        let ran = place.zdt(&[verb, "inventory.yml", "--json"]);
        ran.ended_with(3).says("puma_workers");
        assert_eq!(ran.stdout, "");
    }
}
