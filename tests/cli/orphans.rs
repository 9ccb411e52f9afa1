//! What zdt once left and no role wants any more.

use std::fs;

use super::place::{Place, UPSTREAM};

const DROP_IN: &str = "box/etc/systemd/system/puma.service.d";

/// All roles were applied; now the inventory wants only nginx's.
fn outgrown() -> Place {
    let place = Place::new();
    place.apply().ended_with(0);
    want(&place, "nginx_upstream");
    place
}

fn want(place: &Place, roles: &str) {
    let facts = if roles.contains("puma_config") { "puma: {version: 6.6.0, active_state: active}" } else { "" };
    place.hosts(&[("box", &format!("zdt_roles: [{roles}], zdt_facts: {{nginx: {{version: 1.26.3}}, {facts}}}"))]);
}

#[test]
fn orphans_are_shown_and_change_nothing_by_themselves() {
    let place = outgrown();
    let before = place.tree("box");
    for verb in ["plan", "apply"] {
        let ran = place.zdt(&[verb, "inventory.yml"]);
        ran.ended_with(0)
            .says("/srv/shop/shared/puma.rb file puma_config: as zdt left it")
            .says("No longer wanted: 6 paths");
        assert!(!ran.stdout.contains("shop_upstream.conf"), "{}", ran.stdout);
    }
    assert_eq!(place.tree("box"), before);
    let document = place.zdt(&["plan", "inventory.yml", "--json"]);
    document.ended_with(0);
    let document: serde_json::Value = serde_json::from_str(&document.stdout).expect("a document");
    let orphans = document["hosts"][0]["orphans"].as_array().expect("a list");
    assert_eq!(orphans.len(), 6);
    assert!(orphans.iter().all(|orphan| orphan["state"] == "as left"), "{orphans:#?}");
    // Wanted again, they are no orphans.
    want(&place, "nginx_upstream, systemd_exec_reload, puma_config");
    let ran = place.plan();
    ran.ended_with(0);
    assert!(!ran.stdout.contains("No longer wanted"), "{}", ran.stdout);
}

#[test]
fn prune_removes_them_files_before_their_folders() {
    let place = outgrown();
    place.zdt(&["plan", "inventory.yml", "--prune"]).ended_with(2).says("remove this directory").says("restart puma");
    assert!(place.path(DROP_IN).exists());
    place.zdt(&["apply", "inventory.yml", "--prune"]).ended_with(0).says("committed, 6 changes");
    for gone in [DROP_IN, "box/srv/shop/shared/puma.rb", "box/srv/shop/shared/tmp"] {
        assert!(!place.path(gone).exists(), "{gone}");
    }
    assert!(place.path("box/srv/shop/shared").exists(), "a folder that zdt did not leave");
    assert!(place.path(&format!("box/{UPSTREAM}")).exists());
    let memory = place.read("box/var/lib/zdt/applied");
    assert_eq!(memory.lines().count(), 3, "{memory}");
    place.zdt(&["apply", "inventory.yml", "--prune"]).ended_with(0).says("1 in sync");
    // And it can be taken back.
    place.zdt(&["rollback", "inventory.yml"]).ended_with(0);
    assert!(place.path("box/srv/shop/shared/puma.rb").exists());
    place.plan().ended_with(0).says("No longer wanted: 6 paths");
}

#[test]
fn what_somebody_changed_or_filled_is_named_and_stays() {
    let place = outgrown();
    let drop_in = format!("{DROP_IN}/10-zdt-exec-reload.conf");
    place.write(&drop_in, "by hand\n");
    place.write("box/srv/shop/shared/tmp/sockets/puma.sock", "");
    fs::remove_file(place.path("box/srv/shop/shared/puma.rb")).expect("a file");
    place
        .zdt(&["apply", "inventory.yml", "--prune"])
        .ended_with(0)
        .says("changed since (its content), so it stays")
        .says("stays, for it holds `10-zdt-exec-reload.conf`")
        .says("stays, for it holds `puma.sock`")
        .says("committed, 1 change");
    assert_eq!(place.read(&drop_in), "by hand\n");
    assert!(place.path("box/srv/shop/shared/tmp/sockets/puma.sock").exists());
    assert!(!place.path("box/srv/shop/shared/tmp/pids").exists());
    let memory = place.read("box/var/lib/zdt/applied");
    assert!(!memory.contains("puma.rb\u{1f}"), "somebody removed it: it is forgotten: {memory}");
}

#[test]
fn a_folder_that_was_there_before_is_not_zdts_to_remove() {
    let place = Place::new();
    place.write("box/srv/shop/shared/tmp/.keep", "");
    fs::remove_file(place.path("box/srv/shop/shared/tmp/.keep")).expect("a file");
    place.apply().ended_with(0);
    want(&place, "nginx_upstream");
    place.zdt(&["apply", "inventory.yml", "--prune"]).ended_with(0);
    assert!(place.path("box/srv/shop/shared/tmp").is_dir());
    assert!(!place.path("box/srv/shop/shared/tmp/sockets").exists());
}

#[test]
fn a_memory_of_another_format_is_told() {
    let place = outgrown();
    place.write("box/var/lib/zdt/applied", "1\nsomething old\n");
    place
        .plan()
        .ended_with(2)
        .says("what zdt left here earlier cannot be read (format 1)")
        .says("* zdt's record of this host is damaged (format 1): it is written anew")
        .says("1 to change (0 changes)");
    place.zdt(&["apply", "inventory.yml", "--prune"]).ended_with(3).says("cannot be read (format 1)");
    let before = place.tree("box/etc");
    place.zdt(&["apply", "inventory.yml"]).ended_with(0).says("1 host changed and verified");
    assert_eq!(place.tree("box/etc"), before);
    assert_eq!(place.read("box/var/lib/zdt/applied.other"), "1\nsomething old\n");
    // What a lost memory held is nobody's any more.
    let ran = place.zdt(&["apply", "inventory.yml", "--prune"]);
    ran.ended_with(0).says("1 in sync");
    assert!(!ran.stdout.contains("No longer wanted"), "{}", ran.stdout);
}

#[test]
fn a_memory_of_a_newer_zdt_is_not_ours_to_lose() {
    let place = outgrown();
    place.write("box/var/lib/zdt/applied", "3\nsomething new\n");
    for words in [&["plan", "inventory.yml"][..], &["apply", "inventory.yml"], &["apply", "inventory.yml", "--prune"]] {
        place.zdt(words).ended_with(3).says("a newer zdt wrote what the host remembers (format 3)");
    }
    place.zdt(&["drift", "inventory.yml"]).ended_with(4).says("A newer zdt wrote it");
    assert_eq!(place.read("box/var/lib/zdt/applied"), "3\nsomething new\n");
}
