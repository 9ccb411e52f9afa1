//! What `zdt drift` prints: the text against golden files, the document against `docs/drift.schema.json`, both of a
//! report in which everything occurs, and the document also of real runs in a sandbox.

#[path = "drift_formats/sample.rs"]
mod sample;
#[path = "drift_formats/schema.rs"]
mod schema;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde_json::{Value, json};
use zdt::plan::Cause;
use zdt::report::drift::{HostState, Report, Style, github, html, junit, prometheus, recap, text};

fn the_schema() -> Value {
    serde_json::from_str(include_str!("../docs/drift.schema.json")).expect("the schema is JSON")
}

#[test]
fn the_text_is_as_it_was_agreed() {
    let report = sample::report();
    let styles = [
        ("text.txt", Style::default()),
        ("no_diff.txt", Style { no_diff: true, verbose: false }),
        ("verbose.txt", Style { no_diff: false, verbose: true }),
    ];
    for (name, style) in styles {
        let printed = format!("{}{}\n", text(&report, style), recap(&report));
        agreed(name, &anstream::adapter::strip_str(&printed).to_string());
    }
}

#[track_caller]
fn agreed(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drift_formats").join(name);
    if env::var_os("ZDT_BLESS").is_some() {
        fs::write(&path, printed).expect("a golden file");
    }
    assert_eq!(printed, fs::read_to_string(&path).unwrap_or_default(), "{name}; ZDT_BLESS=1 writes it anew");
}

#[test]
fn what_machines_and_browsers_read_is_as_it_was_agreed() {
    let report = sample::report();
    agreed("figures.prom", &prometheus(&report, Some(report.began - 900)));
    agreed("junit.xml", &junit(&report));
    agreed("github.txt", &github(&report));
    agreed("page.html", &html(&report));
    assert!(!prometheus(&report, None).contains("last_success"), "there was none");
}

/// A report of nothing but what each of the formats must escape.
fn hostile() -> Report {
    let text = "a\"b'c<d>&e\\f%g:h,i\u{fffe}\u{7f}\nj{{ k }}]]>-->";
    let mut report = sample::report();
    report.inventory = text.to_owned();
    for host in &mut report.hosts {
        host.host = text.to_owned();
        host.error = host.error.as_ref().map(|_| text.to_owned());
        for finding in &mut host.findings {
            finding.says = text.to_owned();
            finding.id = text.to_owned();
        }
    }
    report
}

#[test]
fn nothing_that_a_host_says_becomes_markup() {
    let report = hostile();
    let page = html(&report);
    assert!(!page.contains("c<d>") && page.contains("c&lt;d&gt;&amp;e") && page.contains("j{{ k }}"), "{page}");
    let annotations = github(&report);
    assert!(annotations.lines().all(|line| line.starts_with("::")), "{annotations}");
    assert!(annotations.lines().all(|line| line.matches("::").count() == 2), "{annotations}");
    assert_eq!(prometheus(&report, None).lines().count(), prometheus(&sample::report(), None).lines().count());
}

/// As others parse it: the length of a suite, and the first sample's inventory.
const PARSERS: &str = "
import sys, xml.etree.ElementTree as tree
from html.parser import HTMLParser
from prometheus_client.parser import text_string_to_metric_families
suites = tree.parse(sys.argv[1]).getroot()
cases = [case for suite in suites for case in suite]
assert int(suites.get('tests')) == len(cases), (suites.get('tests'), len(cases))
assert int(suites.get('failures')) == len(suites.findall('.//failure'))
assert int(suites.get('errors')) == len(suites.findall('.//error'))
families = list(text_string_to_metric_families(open(sys.argv[2], newline='').read()))
inventories = {sample.labels['inventory'] for family in families for sample in family.samples}
class Page(HTMLParser):
    depth = 0
    void = {'meta', 'link', 'br'}
    def handle_starttag(self, tag, attrs): self.depth += tag not in self.void
    def handle_endtag(self, tag): self.depth -= 1
page = Page()
page.feed(open(sys.argv[3]).read())
assert page.depth == 0, page.depth
print(len(suites), len(families), inventories)
";

#[test]
fn parsers_of_others_read_it() {
    let python = Path::new("/usr/bin/python3");
    let has_parser = Command::new(python).args(["-c", "import prometheus_client"]).output();
    if !has_parser.is_ok_and(|ran| ran.status.success()) {
        println!("SKIPPED: /usr/bin/python3 has no prometheus_client");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for report in [sample::report(), hostile()] {
        let files = [("a.xml", junit(&report)), ("a.prom", prometheus(&report, Some(1))), ("a.html", html(&report))];
        let paths = files.map(|(name, text)| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("a file");
            path
        });
        let ran = Command::new(python).arg("-c").arg(PARSERS).args(paths).output().expect("python");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(said.starts_with("9 7 {"), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    }
}

#[test]
fn the_document_of_everything_is_what_the_schema_describes() {
    let document = serde_json::to_value(sample::report()).expect("a document");
    assert_eq!(schema::faults(&the_schema(), &document), [""; 0]);
}

#[test]
fn the_schema_lacks_no_field_and_knows_no_other() {
    let schema = the_schema();
    let document = serde_json::to_value(sample::report()).expect("a document");
    let mut places = Vec::new();
    objects(&document, String::new(), &mut places);
    assert!(places.len() > 40, "{places:?}");
    for place in places {
        let names: Vec<String> =
            document.pointer(&place).and_then(Value::as_object).expect("an object").keys().cloned().collect();
        for name in names.iter().map(String::as_str).chain(["unheard_of"]) {
            let mut other = document.clone();
            let object = other.pointer_mut(&place).and_then(Value::as_object_mut).expect("an object");
            if object.remove(name).is_none() {
                object.insert(name.to_owned(), json!(1));
            }
            assert!(!schema::faults(&schema, &other).is_empty(), "`{name}` in `{place}` is all the same to the schema");
        }
    }
}

fn objects(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| objects(value, format!("{at}/{name}"), places));
            places.push(at);
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| objects(value, format!("{at}/{index}"), places));
        }
        _ => {}
    }
}

#[test]
fn the_words_of_the_schema_are_those_of_the_model() {
    let schema = the_schema();
    assert_eq!(schema["$defs"]["cause"]["enum"], json!(Cause::ALL));
    assert_eq!(schema["$defs"]["state"]["enum"], json!(HostState::ALL));
}

struct Sandbox(tempfile::TempDir);

impl Sandbox {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("zdt-drift").tempdir_in("/tmp").expect("a folder"))
    }

    fn wants(&self, roles: &str, more: &str) {
        let facts = "zdt_facts: {nginx: {version: 1.26.3}, puma: {version: 6.6.0, active_state: active}}";
        let facts = if roles.contains("puma") { facts } else { "zdt_facts: {nginx: {version: 1.26.3}}" };
        let inventory = format!(
            "all:\n  hosts:\n    box: {{ansible_connection: local, zdt_root: box, app_name: shop, app_path: /srv/shop, \
             zdt_roles: [{roles}], {facts}{more}}}\n"
        );
        fs::write(self.0.path().join("inventory.yml"), inventory).expect("an inventory");
    }

    fn zdt(&self, words: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zdt"));
        for name in ["HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(name, self.0.path());
        }
        let output = command.args(words).current_dir(self.0.path()).output().expect("zdt");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The exit code, the host's state, and the causes that were found; the document is held to the schema.
    #[track_caller]
    fn drift(&self) -> (i32, String, BTreeSet<String>) {
        let (code, printed) = self.zdt(&["drift", "inventory.yml", "--json"]);
        let document: Value = serde_json::from_str(&printed).unwrap_or_else(|why| panic!("{why}: {printed}"));
        assert_eq!(schema::faults(&the_schema(), &document), [""; 0], "{document:#}");
        assert_eq!(document["exit"].as_i64(), code.map(i64::from));
        let host = &document["hosts"][0];
        let findings = host["findings"].as_array().expect("a list");
        let causes = findings.iter().filter_map(|finding| finding["cause"].as_str()).map(str::to_owned).collect();
        (code.unwrap_or(-1), host["state"].as_str().expect("a state").to_owned(), causes)
    }
}

#[track_caller]
fn found((code, state, causes): (i32, String, BTreeSet<String>), expected: (i32, &str, &[&str])) {
    let causes: Vec<&str> = causes.iter().map(String::as_str).collect();
    assert_eq!((code, state.as_str(), causes.as_slice()), expected);
}

const ROLES: &str = "nginx_upstream, systemd_exec_reload, puma_config";
const UPSTREAM: &str = "box/etc/nginx/conf.d/shop_upstream.conf";

#[test]
fn real_documents_are_what_the_schema_describes() {
    let sandbox = Sandbox::new();
    sandbox.wants(ROLES, "");
    found(sandbox.drift(), (2, "drifted", &["new"]));
    assert_eq!(sandbox.zdt(&["apply", "inventory.yml"]).0, Some(0));
    found(sandbox.drift(), (0, "in-sync", &[]));

    let (upstream, puma) = (sandbox.0.path().join(UPSTREAM), sandbox.0.path().join("box/srv/shop/shared/puma.rb"));
    fs::write(&upstream, "by hand\n").expect("a file");
    fs::set_permissions(&upstream, fs::Permissions::from_mode(0o600)).expect("a mode");
    found(sandbox.drift(), (2, "drifted", &["drifted"]));
    fs::remove_file(&upstream).expect("a file");
    found(sandbox.drift(), (2, "drifted", &["drifted"]));

    assert_eq!(sandbox.zdt(&["apply", "inventory.yml"]).0, Some(0));
    sandbox.wants(ROLES, ", puma_workers: 7");
    found(sandbox.drift(), (0, "pending", &["pending"]));
    fs::write(&puma, "\u{1b}[31mby hand\n").expect("a file");
    found(sandbox.drift(), (2, "drifted", &["conflict"]));

    sandbox.wants("nginx_upstream", "");
    found(sandbox.drift(), (0, "in-sync", &["orphaned"]));
    fs::write(sandbox.0.path().join("box/var/lib/zdt/applied"), "no record\n").expect("a file");
    found(sandbox.drift(), (4, "unknown", &[]));
}
