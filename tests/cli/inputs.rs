//! Inventories that are large, foreign or spread over files, read by the built program.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::place::{Place, UPSTREAM};

#[test]
fn ten_megabytes_are_read_or_refused_but_never_choked_on() {
    let place = Place::new();
    // Hosts of no role, so that nothing but reading is to be done.
    let mut yaml = String::from("all:\n  hosts:\n");
    let mut number = 0;
    while yaml.len() < 10 << 20 {
        let _infallible = writeln!(yaml, "    web{number}:\n      note: {}", "x".repeat(200));
        number += 1;
    }
    place.write("large.yml", &yaml);
    let begun = Instant::now();
    let ran = place.zdt(&["plan", "large.yml"]);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    match ran.code {
        Some(0) => ran.says("more hosts"),
        _ => ran.ended_with(3).says("large.yml"),
    };
    // One scalar of that size, and one that never ends.
    for text in [format!("all:\n  vars:\n    note: \"{}\"\n", "y".repeat(10 << 20)), "[".repeat(10 << 20)] {
        place.write("odd.yml", &text);
        let begun = Instant::now();
        let ran = place.zdt(&["plan", "odd.yml"]);
        ran.ended_with(3);
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
        assert!(ran.stderr.len() < 10_000, "a report of {} bytes", ran.stderr.len());
    }
}

#[test]
fn a_file_that_is_no_utf_8_is_said_to_be_none() {
    let place = Place::new();
    let before = place.tree("box");
    place.write("latin.yml", b"all:\n  hosts:\n    box:\n      note: caf\xe9\n");
    place.write("group_vars/all.yml", b"note: caf\xe9\n");
    for (inventory, named) in [("latin.yml", "latin.yml"), ("inventory.yml", "group_vars/all.yml")] {
        for verb in ["plan", "apply"] {
            place.zdt(&[verb, inventory]).ended_with(3).says(named).says("UTF-8");
        }
    }
    assert_eq!(place.tree("box"), before);
}

#[test]
fn variables_come_from_beside_the_inventory_and_from_the_command_line() {
    let place = Place::new();
    let upstream = |name: &str| place.path(&format!("box/etc/nginx/conf.d/{name}_upstream.conf"));
    place.write("group_vars/all.yml", "puma_environment: staging\npuma_worker_shutdown_timeout: 41\n");
    place.write("host_vars/box.yml", "puma_worker_shutdown_timeout: 42\n");
    place.write("more.yml", "puma_worker_shutdown_timeout: 43\napp_name: shed\n");
    let shutdown = |place: &Place| {
        let text = place.read("box/srv/shop/shared/puma.rb");
        assert!(text.contains("environment \"staging\"\n"), "{text}");
        let line = text.lines().find(|line| line.starts_with("worker_shutdown_timeout")).expect("a timeout");
        line.to_owned()
    };
    place.apply().ended_with(0);
    assert_eq!(shutdown(&place), "worker_shutdown_timeout 42");
    assert!(upstream("shop").exists());
    place.zdt(&["apply", "inventory.yml", "-e", "@more.yml"]).ended_with(0);
    assert_eq!(shutdown(&place), "worker_shutdown_timeout 43");
    assert!(upstream("shed").exists());
    // The last one counts, a later pair over a file.
    let words = ["apply", "inventory.yml", "-e", "@more.yml", "-e", "puma_worker_shutdown_timeout=44 app_name=shop"];
    place.zdt(&words).ended_with(0);
    assert_eq!(shutdown(&place), "worker_shutdown_timeout 44");
    place.zdt(&["plan", "inventory.yml", "-e", "@nowhere.yml"]).ended_with(3).says("nowhere.yml");
    assert!(place.path(&format!("box/{UPSTREAM}")).exists());
}
