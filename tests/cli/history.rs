//! What has been done to a host before, and taking it back.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::place::{Place, UPSTREAM};
use super::ran::Ran;

/// Applies with so many workers: a change of one file.
fn workers(place: &Place, number: u32) {
    place.hosts(&[("box", &format!("puma_workers: {number}"))]);
    place.apply().ended_with(0);
}

const PUMA: &str = "box/srv/shop/shared/puma.rb";

/// The hosts' records by name, oldest first.
fn records(place: &Place, host: &str) -> Vec<String> {
    let folder = fs::read_dir(place.path(&format!("{host}/var/lib/zdt/history"))).expect("a history");
    let mut names: Vec<String> =
        folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// All of a sandbox but what zdt keeps there for itself, and contents with their times.
fn files(place: &Place) -> Vec<(String, String, i64)> {
    let state = place.path("box/var");
    let tree = place.tree("box").into_iter().filter(|(path, _)| !path.starts_with(&state));
    tree.map(|(path, text)| {
        let facts = fs::symlink_metadata(&path).expect("there");
        let time = if facts.is_file() { facts.mtime() } else { 0 };
        (path.display().to_string(), text, time)
    })
    .collect()
}

#[test]
fn history_tells_who_did_what_newest_first() {
    let place = Place::new();
    place.zdt(&["history", "inventory.yml"]).ended_with(0).says("box: 0 transactions");
    workers(&place, 2);
    workers(&place, 3);
    let ran = place.zdt(&["history", "inventory.yml"]);
    ran.ended_with(0)
        .says("box: 2 transactions")
        .says("apply by")
        .says("7 changes committed")
        .says("1 change committed");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let names = records(&place, "box");
    assert!(lines[1].contains(&names[1]) && lines[2].contains(&names[0]), "{}", ran.stdout);
    assert!(!ran.stdout.contains("puma.rb"), "{}", ran.stdout);
    let all = place.zdt(&["history", "inventory.yml", "-v"]);
    all.ended_with(0).says("~ /srv/shop/shared/puma.rb").says("+ /etc/nginx/conf.d/shop_upstream.conf");
}

#[test]
fn history_tells_of_each_host_and_of_one_that_cannot_be_asked() {
    let place = Place::empty();
    let far =
        "ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, ansible_ssh_common_args: -F /dev/null";
    place.hosts(&[("box", ""), ("far", far)]);
    place.zdt(&["apply", "inventory.yml", "--limit", "box"]).ended_with(0);
    let ran = place.zdt(&["history", "inventory.yml"]);
    ran.ended_with(4).says("box: 1 transaction").says("far: unknown");
    let document = place.zdt(&["history", "inventory.yml", "--json"]);
    document.ended_with(4);
    let document: serde_json::Value = serde_json::from_str(&document.stdout).expect("a document");
    assert_eq!((&document["command"], &document["exit"]), (&"history".into(), &4.into()));
    let hosts = document["hosts"].as_array().expect("a list");
    assert!(hosts[1]["error"].is_string() && hosts[1]["transactions"].as_array().is_some_and(Vec::is_empty));
    let one = &hosts[0]["transactions"][0];
    assert_eq!((&one["outcome"], &one["kind"]), (&"committed".into(), &"apply".into()));
    assert_eq!(one["record"].as_str().map(str::to_owned), records(&place, "box").pop());
    assert_eq!(one["changes"].as_array().map(Vec::len), Some(7));
    assert!(one["ended"].as_u64() >= one["began"].as_u64(), "{one:#}");
}

#[test]
fn the_latest_is_taken_back_with_all_that_the_file_had() {
    let place = Place::new();
    workers(&place, 2);
    // Nothing of ours manages times; the file comes back with its own.
    let old = fs::File::options().write(true).open(place.path(PUMA)).expect("a file");
    old.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).expect("a time");
    let before = files(&place);
    let memory = place.read("box/var/lib/zdt/applied");
    workers(&place, 3);
    assert_ne!(files(&place), before);
    let ran = place.zdt(&["rollback", "inventory.yml"]);
    ran.ended_with(0).says("-workers 3 +workers 2").says("takes back 000002-").says("committed, 1 change");
    assert_eq!(files(&place), before);
    let sorted = |text: String| {
        // Inodes and times are others, whatever came back. Of what was found as wanted, the owner is known by now.
        let lasting = |line: &str| {
            let words: Vec<&str> = line.split('\u{1f}').collect();
            if let [path, kind, detail, mode, _, _, rest @ .., _, ""] = &words[..] {
                format!("{path} {kind} {detail} {mode} {rest:?}")
            } else {
                line.to_owned()
            }
        };
        let mut lines: Vec<String> = text.lines().map(lasting).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(place.read("box/var/lib/zdt/applied")), sorted(memory), "the memory comes back too");
    place.zdt(&["history", "inventory.yml"]).says("rollback by").says("3 transactions");
    // The inventory still wants three.
    place.plan().ended_with(2).says("+workers 3");
    // A rollback is a transaction like any other.
    place.zdt(&["rollback", "inventory.yml"]).ended_with(0).says("+workers 3");
    place.plan().ended_with(0);
}

#[test]
fn all_from_one_on_are_taken_back_to_the_oldest_state() {
    let place = Place::new();
    place.write("box/etc/nginx/conf.d/shop_upstream.conf", "by hand\n");
    fs::set_permissions(place.path(&format!("box/{UPSTREAM}")), fs::Permissions::from_mode(0o600)).expect("a mode");
    let before = place.read(&format!("box/{UPSTREAM}"));
    for number in [2, 3, 4] {
        workers(&place, number);
    }
    let names = records(&place, "box");
    let (_, second) = names[1].split_once('-').expect("a name");
    place.zdt(&["rollback", "inventory.yml", "--to", second]).ended_with(0).says("-workers 4 +workers 2");
    place
        .zdt(&["rollback", "inventory.yml", "--to", &names[0]])
        .ended_with(0)
        .says("-# Written by zdt")
        .says("+by hand");
    assert_eq!(place.read(&format!("box/{UPSTREAM}")), before);
    let mode = fs::metadata(place.path(&format!("box/{UPSTREAM}"))).expect("a file").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    for gone in [PUMA, "box/srv/shop/shared/tmp", "box/etc/systemd/system/puma.service.d"] {
        assert!(!place.path(gone).exists(), "{gone}");
    }
    assert_eq!(place.read("box/var/lib/zdt/applied"), "2\nend\n", "nothing is zdt's any more");
}

#[test]
fn a_folder_in_which_somebody_works_stays() {
    let place = Place::new();
    workers(&place, 2);
    place.write("box/srv/shop/shared/tmp/sockets/puma.sock", "");
    let ran = place.zdt(&["rollback", "inventory.yml"]);
    ran.ended_with(0).says("`/srv/shop/shared/tmp/sockets` stays: it holds `puma.sock`");
    assert!(place.path("box/srv/shop/shared/tmp/sockets/puma.sock").exists());
    assert!(!place.path("box/srv/shop/shared/tmp/pids").exists());
}

#[test]
fn what_somebody_edited_since_is_not_lost() {
    let place = Place::new();
    workers(&place, 2);
    workers(&place, 3);
    let ours = place.read(PUMA);
    place.write(PUMA, "by hand\n");
    let before = place.tree("box");
    let ran = place.zdt(&["rollback", "inventory.yml"]);
    ran.ended_with(3).says("/srv/shop/shared/puma.rb was changed since (its content)").says("Nothing was touched");
    assert_eq!(place.tree("box"), before);
    place.write(PUMA, ours);
    place.zdt(&["rollback", "inventory.yml"]).ended_with(0);
}

#[test]
fn what_is_not_in_the_history_any_more_is_said() {
    let place = Place::new();
    place.zdt(&["rollback", "inventory.yml"]).ended_with(3).says("no transaction in its history");
    workers(&place, 2);
    workers(&place, 3);
    place.zdt(&["rollback", "inventory.yml", "--to", "1-1"]).ended_with(3).says("no transaction `1-1`");
    let latest = records(&place, "box").pop().expect("a record");
    let saved = place.path(&format!("box/var/lib/zdt/history/{latest}/1.old"));
    let content = fs::read(&saved).expect("a saved file");
    let before = |place: &Place| place.read(PUMA);
    let now = before(&place);
    for damage in [None, Some("forged\n")] {
        match damage {
            None => fs::remove_file(&saved).expect("a saved file"),
            Some(text) => fs::write(&saved, text).expect("a saved file"),
        }
        let ran = place.zdt(&["rollback", "inventory.yml"]);
        ran.ended_with(3).says("its old content is not in the host's history").says(&latest);
        assert_eq!(before(&place), now);
    }
    fs::write(&saved, content).expect("a saved file");
    place.zdt(&["rollback", "inventory.yml"]).ended_with(0);
}

#[test]
fn hosts_that_a_transaction_did_not_touch_are_left_alone() {
    let place = Place::empty();
    place.hosts(&[("one", ""), ("two", "")]);
    place.zdt(&["apply", "inventory.yml", "--limit", "one"]).ended_with(0);
    let (_, id) = records(&place, "one")
        .pop()
        .expect("a record")
        .split_once('-')
        .map(|(n, i)| (n.to_owned(), i.to_owned()))
        .expect("a name");
    place.apply().ended_with(0);
    let ran = place.zdt(&["rollback", "inventory.yml", "--to", &id]);
    ran.ended_with(0).says("1 to change").says(&format!("no transaction `{id}`"));
    assert!(!place.path(&format!("one/{UPSTREAM}")).exists());
    assert!(place.path(&format!("two/{UPSTREAM}")).exists());
}

#[test]
fn where_one_host_fails_the_others_go_back_if_that_was_asked() {
    let place = Place::empty();
    place.hosts(&[("one", ""), ("two", "")]);
    // Nothing of the second host can be put into place.
    place.write("bin/mv", "#!/bin/sh\ncase $PWD in\n*/two/etc/* | */two/srv/*) exit 1 ;;\nesac\nexec /bin/mv \"$@\"\n");
    fs::set_permissions(place.path("bin/mv"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = place.command(&["apply", "inventory.yml", "--forks", "1", "--on-failure", "undo", "--no-diff"]);
    command.env("PATH", format!("{}:{path}", place.path("bin").display()));
    let ran = Ran::of(&command.output().expect("zdt"), "zdt apply --on-failure undo".to_owned());
    ran.ended_with(5).says("one: committed, then taken back").says("two: failed at swap and put back");
    for host in ["one", "two"] {
        assert!(!place.path(&format!("{host}/{UPSTREAM}")).exists(), "{host}");
    }
    place.zdt(&["history", "inventory.yml", "--limit", "one"]).ended_with(0).says("-undo-").says("rollback by");
}

#[test]
fn a_rollback_asks_first() {
    let place = Place::new();
    workers(&place, 2);
    let Some(mut terminal) = place.terminal("zdt rollback inventory.yml") else { return };
    terminal.waits_for("Take back, with 7 changes on 1 host? [y/N]");
    let before = place.tree("box");
    terminal.types("n\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(2), "{shown}");
    assert_eq!(place.tree("box"), before);
}
