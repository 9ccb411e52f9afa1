//! `zdt inventory`, and what every command says about its inventory: run as a user runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

fn zdt(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zdt"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .expect("zdt runs")
}

/// What went to stdout and stderr.
fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const SECRETS: &str = "
all:
  hosts:
    h:
      db: {user: shop, password: hunter2, pool: 5}
      api_key: hunter2
      secret_key_base: hunter2
      aws_credential: hunter2
      passphrase: [hunter2]
      database_url: postgres://u:hunter2@db:5432/shop
      environment: ['A=1', 'DB_PASS=hunter2']
      tls: {cert: /etc/c.pem, privateKey: hunter2}
      sealed: {deep: !vault hunter2}
      public_key: ssh-ed25519 AAAA
";

#[test]
fn no_secret_is_printed() {
    let folder = folder(&[("i.yml", SECRETS)]);
    for arguments in [&["inventory", "i.yml"][..], &["inventory", "i.yml", "--json"]] {
        let output = zdt(folder.path(), arguments, &[]);
        let words = words(&output);
        assert_eq!(output.status.code(), Some(0), "{words}");
        assert!(!words.contains("hunter2"), "{words}");
        for seen in ["shop", "postgres://u:‹masked›@db:5432/shop", "/etc/c.pem", "ssh-ed25519 AAAA", "DB_PASS=‹masked›"]
        {
            assert!(words.contains(seen), "{seen}\n{words}");
        }
    }
}

#[test]
fn a_fault_beside_a_secret_does_not_print_it() {
    for main in [
        "all:\n  vars:\n    tls_key: |\n      hunter2\n     x: {{ y }}\n",
        "all:\n  vars:\n    url: redis://:hunter2@h/\n    zdt_rols: []\n  hosts: {h:}\n",
        "all:\n  vars:\n    secrets:\n      one: hunter2\n    zdt_rols: []\n  hosts: {h:}\n",
        "all:\n  vars: {zdt_rols: [], api_key: hunter2}\n  hosts: {h:}\n",
    ] {
        let folder = folder(&[("i.yml", main)]);
        let output = zdt(folder.path(), &["plan", "i.yml"], &[]);
        let words = words(&output);
        assert_eq!(output.status.code(), Some(3), "{words}");
        assert!(words.contains('…') && !words.contains("hunter2"), "{words}");
    }
}

#[test]
fn arguments_do_not_drive_the_terminal_and_are_shown_as_typed() {
    let folder = folder(&[("i.yml", "all: {hosts: {h: {ansible_ssh_common_args: \"-o 'unclosed\"}}}")]);
    let escape = "\u{1b}[31mx\u{202e}";
    for arguments in [
        &["plan", escape][..],
        &["plan", "i.yml", "-e", escape],
        &["plan", "i.yml", "-e", &format!("@{escape}")],
        &["plan", "i.yml", "-e", &format!("./{escape}")],
        &["plan", "i.yml", "-l", escape],
        &["inventory", "i.yml", "-e", &format!("{{\"{escape}\": 1}}")],
    ] {
        let words = words(&zdt(folder.path(), arguments, &[]));
        assert!(!words.contains('\u{1b}') && !words.contains('\u{202e}') && words.contains("[31mx"), "{words:?}");
    }
    let words = |arguments: &[&str]| words(&zdt(folder.path(), arguments, &[]));
    assert!(words(&["plan", "i.yml", "-e", "zdt_roles=x"]).contains("is `-o 'unclosed`, but"));
    assert!(words(&["plan", "i.yml", "-e", "=x"]).contains("no name before the `=`"));
}

#[test]
fn settings_that_nobody_reads_are_listed() {
    let folder = folder(&[
        ("i.yml", "web: {hosts: {h:, h2:}}"),
        ("group_vars/wbe.yml", "a: 1"),
        ("group_vars/web", "a: 2"),
        ("group_vars/web.yml", "a: 3"),
        ("host_vars/h.yml", "b: 1"),
    ]);
    let words = |arguments: &[&str]| words(&zdt(folder.path(), arguments, &[]));
    let expected = "h   web  no zdt_roles\nh2  web  no zdt_roles\n\
                    not read: `group_vars/wbe.yml`; no group is called `wbe`: did you mean `web`?\n\
                    not read: `group_vars/web.yml`; another file of group `web` comes first\n";
    assert_eq!(words(&["inventory", "i.yml"]), expected);
    let json: serde_json::Value = serde_json::from_str(&words(&["inventory", "i.yml", "--json"])).expect("JSON");
    assert_eq!(json["unused_files"][0]["did_you_mean"], "web");
    assert_eq!(json["unused_files"][1]["why"], "shadowed");
}

#[test]
fn roles_are_found_however_the_inventory_is_written() {
    const ROLE: &str = "description: Mine.\n";
    let inside =
        folder(&[("own/i.yml", "all: {hosts: {h:}}"), ("own/roles/mine/role.yml", ROLE), ("roles/not/role.yml", ROLE)]);
    let beside = folder(&[("own/i.yml", "all: {hosts: {h:}}"), ("roles/mine/role.yml", ROLE)]);
    for folder in [&inside, &beside] {
        let own = folder.path().join("own");
        let whole = own.to_str().expect("UTF-8");
        for (from, inventory) in [
            (&own, "."),
            (&own, "../own"),
            (&own, "./"),
            (&own, whole),
            (&folder.path().to_owned(), "own"),
            (&own, "../own/."),
        ] {
            let words = words(&zdt(from, &["role", "list", "-i", inventory], &[]));
            assert!(words.contains("mine ") && !words.contains("not "), "{inventory}\n{words}");
        }
    }
}

#[test]
fn colour_is_as_asked_for() {
    let folder = folder(&[("i.yml", "all: {hosts: {h:}, childern: {}}")]);
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        let words = words(&zdt(folder.path(), arguments, environment));
        assert!(words.contains("childern"), "{words}");
        words.contains('\u{1b}')
    };
    assert!(coloured(&["--color", "always", "plan", "i.yml"], &[]));
    assert!(coloured(&["--color", "always", "plan", "i.yml"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["plan", "i.yml"], &[]));
    assert!(!coloured(&["--color", "never", "plan", "i.yml"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["plan", "i.yml"], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
}

#[test]
fn the_inventory_s_place_is_absolute() {
    let folder = folder(&[("ops/i.yml", "all: {hosts: {h:}}")]);
    let here = folder.path().canonicalize().expect("there");
    let words = words(&zdt(&here, &["inventory", "ops/../ops/i.yml"], &[]));
    assert!(words.contains(&format!("inventory_dir: {}/ops ", here.display())), "{words}");
    assert!(words.contains(&format!("inventory_file: {}/ops/i.yml ", here.display())), "{words}");
}
