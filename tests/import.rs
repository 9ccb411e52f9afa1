//! What servers told, and the inventory that comes of it; and `zdt import` on the command line, with stand-ins for what a host runs.
//! `ZDT_BLESS=1` writes what came out; read the diff before you commit it.

#[path = "cli/ran.rs"]
mod ran;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ran::Ran;
use zdt::adopt::{Keep, Seen, adopt, inventory_text};
use zdt::engine::fitted;
use zdt::role::{Library, built_in};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let files =
        fs::read_dir(folder).expect("the test's own files").map(|entry| entry.expect("the test's own files").path());
    let mut cases: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "seen")).collect();
    cases.sort();
    cases
}

fn library() -> Library {
    Library::parse(&built_in()).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn seen(case: &Path) -> Seen {
    let text = fs::read_to_string(case).expect("the test's own files");
    let lines: Vec<Vec<u8>> = text.lines().map(|line| line.replace('|', "\u{1f}").into_bytes()).collect();
    Seen::decode(&lines).unwrap_or_else(|fault| panic!("{}: {fault}", case.display()))
}

#[test]
fn what_a_server_told_becomes_this_inventory() {
    let library = library();
    let cases = cases();
    assert!(cases.len() >= 4);
    for case in cases {
        let entry = fitted(&library, "web1", adopt(&seen(&case), Keep::Guide));
        let text = inventory_text(&[], &[entry]);
        let expected = case.with_extension("yml");
        if std::env::var_os("ZDT_BLESS").is_some() {
            fs::write(&expected, &text).expect("the test's own files");
        }
        assert_eq!(text, fs::read_to_string(&expected).unwrap_or_default(), "{}", expected.display());
    }
}

/// For each role a plan decides which way it is; here only that there is one, and that nothing of the app is lost on the way.
#[test]
fn as_it_is_every_role_has_ways_and_every_app_a_name_of_its_own() {
    for case in cases() {
        let (guide, as_is) = (adopt(&seen(&case), Keep::Guide), adopt(&seen(&case), Keep::AsIs));
        let roles = |adopted: &zdt::adopt::Adopted| -> Vec<(String, Vec<String>)> {
            let of = |app: &zdt::adopt::App| app.roles.iter().map(|role| role.role.clone()).collect();
            adopted.apps.iter().map(|app| (app.name.clone(), of(app))).collect()
        };
        assert_eq!(roles(&guide), roles(&as_is), "{}", case.display());
        assert!(as_is.apps.iter().flat_map(|app| &app.roles).all(|role| !role.ways.is_empty()), "{}", case.display());
    }
}

/// A folder with stand-ins for the commands of a host, and an app in Capistrano's layout.
struct Stage {
    folder: tempfile::TempDir,
}

const CONFIG: &str = "token = 'hunter2/hunter2'\nworkers 3\nthreads 2, 4\nbind 'unix://ROOT/shared/tmp/sockets/puma.sock'\n\
                      activate_control_app 'unix://ROOT/c.sock', { auth_token: 'hunter2' }\n";

impl Stage {
    fn new() -> Stage {
        let stage = Stage { folder: tempfile::tempdir().expect("the test's own files") };
        let root = stage.at("shop");
        fs::create_dir_all(root.join("shared")).expect("the test's own files");
        fs::create_dir_all(root.join("releases/1")).expect("the test's own files");
        std::os::unix::fs::symlink(root.join("releases/1"), root.join("current")).expect("the test's own files");
        let root = root.display().to_string();
        fs::write(stage.at("shop/shared/puma.rb"), CONFIG.replace("ROOT", &root)).expect("the test's own files");
        let shown = format!(
            "Id=puma.service\nMainPID=0\nLoadState=loaded\nActiveState=inactive\nType=simple\nUser=shop\n\
             WorkingDirectory={root}/current\nEnvironment=RAILS_ENV=production SECRET_KEY_BASE=hunter2\n\
             ExecStart={{ path=/usr/bin/puma ; argv[]=/usr/bin/env DB=hunter2 puma -C {root}/shared/puma.rb --control-token hunter2 ; \
             ignore_errors=no ; pid=0 }}"
        );
        stage.command(
            "systemctl",
            &format!("case $1 in\nlist-*) echo puma.service loaded inactive dead ;;\nshow) cat <<'END'\n{shown}\nEND\n;;\nesac"),
        );
        stage.command(
            "nginx",
            &format!(
                "[ \"$1\" = -T ] || exec echo nginx version: nginx/1.26.3 >&2\ncat <<'END'\n# configuration file /etc/nginx/nginx.conf:\n\
                 http {{\nupstream shop {{ server unix:{root}/shared/tmp/sockets/puma.sock; }}\n\
                 server {{ location / {{ proxy_set_header X-Token hunter2; proxy_pass http://shop; }} }}\n}}\nEND"
            ),
        );
        stage
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, name: &str, script: &str) {
        fs::create_dir_all(self.at("bin")).expect("the test's own files");
        let file = self.at("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("the test's own files");
        fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("the test's own files");
    }

    fn zdt(&self, words: &[&str]) -> Ran {
        let mut places = vec![self.at("bin")];
        places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let output = Command::new(env!("CARGO_BIN_EXE_zdt"))
            .arg("import")
            .args(words)
            .env("PATH", std::env::join_paths(places).expect("the test's own files"))
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .expect("the test's own files");
        Ran::of(&output, format!("zdt import {}", words.join(" ")))
    }
}

const LOCAL: [&str; 3] = ["localhost", "-e", "ansible_connection=local"];

#[test]
fn a_host_is_printed_as_an_inventory_and_its_secrets_stay_there() {
    let stage = Stage::new();
    let ran = stage.zdt(&LOCAL);
    ran.ended_with(0);
    for line in [
        "    localhost:\n      ansible_connection: local\n      app_name: shop",
        "      puma_workers: 3",
        "      puma_threads: [2, 4]",
        "      nginx_upstream_mode: edit",
        "      nginx_upstream_path: /etc/nginx/nginx.conf",
    ] {
        assert!(ran.stdout.contains(line), "`{line}` is not in\n{}", ran.all());
    }
    let json = stage.zdt(&[&LOCAL[..], &["--json"]].concat());
    json.ended_with(0);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("a document");
    assert_eq!(document["command"], "import");
    assert_eq!(document["inventory"], ran.stdout.as_str());
    assert_eq!(document["hosts"][0]["variables"]["puma_workers"]["value"], 3);
    assert!(!format!("{}{}", ran.all(), json.all()).contains("hunter2"), "{}{}", ran.all(), json.all());
}

#[test]
fn a_file_that_is_there_is_not_overwritten_unless_told_to() {
    let stage = Stage::new();
    let out = stage.at("hosts.yml").display().to_string();
    fs::write(&out, "mine\n").expect("the test's own files");
    let words = [&LOCAL[..], &["--out", &out]].concat();
    stage.zdt(&words).refused().ended_with(3).says("is there already: it is not overwritten").says("--force");
    assert_eq!(fs::read_to_string(&out).expect("the test's own files"), "mine\n");
    let ran = stage.zdt(&[&words[..], &["--force"]].concat());
    ran.ended_with(0).says("Look through it, then: zdt plan");
    assert_eq!(ran.stdout, "");
    assert!(fs::read_to_string(&out).expect("the test's own files").contains("app_name: shop"));
}

#[test]
fn of_several_hosts_what_was_read_is_written_and_the_worst_decides() {
    let stage = Stage::new();
    let ran = stage.zdt(&["localhost", "shop@127.0.0.1:1", "-e", "{\"ansible_connection\": \"local\"}"]);
    // A connection to this machine is the same wherever it is said to go.
    ran.ended_with(0);
    let inventory = stage.at("two.yml");
    fs::write(
        &inventory,
        "all: {hosts: {here: {ansible_connection: local}, gone: {ansible_host: 127.0.0.1, ansible_port: 1}}}\n",
    )
    .expect("the test's own files");
    let ran = stage.zdt(&["-i", &inventory.display().to_string(), "all", "--timeout", "5"]);
    ran.ended_with(4);
    assert!(ran.stdout.contains("# gone: could not be read: "), "{}", ran.all());
    assert!(ran.stdout.contains("app_name: shop"), "{}", ran.all());
}

#[test]
fn what_is_no_host_is_wrong_use() {
    let stage = Stage::new();
    stage.zdt(&["web1:ssh"]).ended_with(64).says("`web1:ssh` is no host as ssh takes it");
    stage.zdt(&[]).ended_with(64);
}

#[test]
fn a_host_that_cannot_be_looked_into_is_not_one_without_puma() {
    let stage = Stage::new();
    stage.command("systemctl", "exit 1");
    stage.command("nginx", "exit 1");
    let ran = stage.zdt(&LOCAL);
    ran.ended_with(4).says("could not look: nginx: ").says("could not look: systemd: ");
    assert!(ran.stdout.contains("# could not look: systemd: "), "{}", ran.all());
}
