//! Files that a team owns, and in which zdt sets only its part.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::place::Place;

const SITE: &str = "box/etc/nginx/sites-available/shop";
const PUMA: &str = "box/srv/shop/shared/puma.rb";
const HOST: &str = "nginx_upstream_mode: edit, nginx_upstream_path: /etc/nginx/sites-available/shop, \
                    puma_config_mode: settings";

const OUR_SITE: &str = "# Ask Ann before you change it.
upstream shop {
  server unix:/srv/shop/shared/tmp/sockets/puma.sock;
}

server {
  listen 80;
  location / { proxy_pass http://shop; }
}
";
const OUR_PUMA: &str = "# Ours. Ann, 2023.
workers 4
threads 1, 5 # more did not help
bind \"unix:///srv/shop/shared/tmp/sockets/puma.sock\"
worker_timeout 120 if ENV[\"SLOW\"]
";

fn place(more: &str) -> Place {
    let place = Place::empty();
    place.hosts(&[("box", &format!("{HOST}, {more}"))]);
    place.write(SITE, OUR_SITE);
    place.write(PUMA, OUR_PUMA);
    fs::set_permissions(place.path(PUMA), fs::Permissions::from_mode(0o604)).expect("a mode");
    place
}

fn applied() -> Place {
    let place = place("");
    place.apply().ended_with(0);
    place
}

fn replace(place: &Place, file: &str, old: &str, new: &str) {
    let text = place.read(file);
    assert!(text.contains(old), "`{old}` is not in\n{text}");
    place.write(file, text.replacen(old, new, 1));
}

#[test]
fn a_plan_shows_the_changed_lines_and_an_apply_changes_nothing_else() {
    let place = place("");
    let ran = place.plan();
    ran.ended_with(2).says("-workers 4").says("+workers 2").says("worker_timeout 120 if ENV").says("`workers`");
    ran.says("+ server unix:/srv/shop/shared/tmp/sockets/puma.sock max_fails=0 fail_timeout=0;");
    assert!(!ran.stdout.contains("-# Ours"), "{}", ran.all());
    place.apply().ended_with(0);
    let (site, puma) = (place.read(SITE), place.read(PUMA));
    assert!(site.starts_with("# Ask Ann before you change it.\nupstream shop {\n"), "{site}");
    assert!(site.ends_with("}\n\nserver {\n  listen 80;\n  location / { proxy_pass http://shop; }\n}\n"), "{site}");
    assert!(!site.contains("Written by zdt"), "{site}");
    for kept in ["# Ours. Ann, 2023.\n", "# more did not help\n", "worker_timeout 120 if ENV[\"SLOW\"]\n"] {
        assert!(puma.contains(kept), "{puma}");
    }
    assert!(
        puma.contains("threads 5, 5") && puma.contains("preload_app! false") && !puma.contains("fork_worker"),
        "{puma}"
    );
    assert_eq!(fs::metadata(place.path(PUMA)).expect("a file").permissions().mode() & 0o777, 0o604);
    let before = place.tree("box");
    place.plan().ended_with(0).says("1 in sync");
    place.apply().ended_with(0);
    assert_eq!(place.tree("box"), before);
}

#[test]
fn what_the_team_changes_elsewhere_is_no_drift_and_what_we_set_is() {
    let place = applied();
    replace(&place, PUMA, "worker_timeout 120", "# Slow tests.\nworker_timeout 240");
    replace(&place, SITE, "listen 80;", "listen 8080;");
    let drift = place.zdt(&["drift", "inventory.yml"]);
    drift.ended_with(0);
    assert_eq!(drift.stdout, "", "{}", drift.all());
    place.plan().ended_with(0);

    replace(&place, PUMA, "workers 2", "workers 8");
    place.zdt(&["drift", "inventory.yml"]).ended_with(2).says("somebody changed it on the server").says("+workers 8");
    place.zdt(&["apply", "inventory.yml", "--only", "drifted"]).ended_with(0);
    let puma = place.read(PUMA);
    assert!(puma.contains("workers 2") && puma.contains("worker_timeout 240"), "{puma}");
    place.zdt(&["drift", "inventory.yml"]).ended_with(0);
    let pending = place.zdt(&["drift", "inventory.yml", "-e", "puma_workers=3", "--verbose"]);
    pending.ended_with(0).says("pending");
}

#[test]
fn a_rollback_brings_the_file_back_byte_for_byte() {
    let place = applied();
    place.zdt(&["rollback", "inventory.yml", "--yes"]).ended_with(0);
    assert_eq!((place.read(SITE).as_str(), place.read(PUMA).as_str()), (OUR_SITE, OUR_PUMA));
    place.plan().ended_with(2);
    place.apply().ended_with(0);
    replace(&place, PUMA, "# Ours.", "# Ours, not yours.");
    place.zdt(&["rollback", "inventory.yml", "--yes"]).refused().says("a rollback would lose that");
}

#[test]
fn what_no_role_wants_any_more_stays_whatever_is_pruned() {
    let place = applied();
    let memory = place.read("box/var/lib/zdt/applied");
    assert_eq!(memory.matches("\u{1f}part\u{1f}").count(), 2, "{memory}");
    let before = (place.read(SITE), place.read(PUMA));
    place.hosts(&[(
        "box",
        "zdt_roles: [systemd_exec_reload], zdt_facts: {puma: {version: 6.6.0, active_state: active}}",
    )]);
    place.zdt(&["apply", "inventory.yml", "--prune"]).ended_with(0);
    assert_eq!((place.read(SITE), place.read(PUMA)), before);
    let memory = place.read("box/var/lib/zdt/applied");
    assert!(!memory.contains("\u{1f}part\u{1f}"), "{memory}");
}

#[test]
fn what_cannot_be_set_refuses_the_host_with_its_place_and_is_never_clean() {
    type Case<'a> = (&'a str, &'a dyn Fn(&Place), &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (
            "absent",
            &|place| fs::remove_file(place.path(PUMA)).expect("a file"),
            &["/srv/shop/shared/puma.rb does not exist"],
        ),
        (
            "a link",
            &|place| {
                fs::rename(place.path(SITE), place.path("box/etc/nginx/shop")).expect("a move");
                symlink("/etc/nginx/shop", place.path(SITE)).expect("a link");
            },
            &["is a link to `/etc/nginx/shop`", "name the path that it leads to"],
        ),
        (
            "another upstream",
            &|place| replace(place, SITE, "upstream shop", "upstream shed"),
            &["/etc/nginx/sites-available/shop: it has no `upstream shop`", "name the file that has it"],
        ),
        (
            "another backend",
            &|place| replace(place, SITE, "puma.sock;", "puma.sock;\n  server 10.0.0.2:80 backup;"),
            &["/etc/nginx/sites-available/shop:4:3:", "`10.0.0.2:80`"],
        ),
        (
            "a fault",
            &|place| replace(place, SITE, "listen 80;", "listen 80 }"),
            &["/etc/nginx/sites-available/shop:7:", "`nginx -t`"],
        ),
        (
            "a condition",
            &|place| replace(place, PUMA, "workers 4", "if ENV[\"X\"]\n  workers 4\nend"),
            &["/srv/shop/shared/puma.rb:3:3:", "workers"],
        ),
    ];
    for (what, change, told) in cases {
        let place = place("");
        change(&place);
        let before = place.tree("box");
        for verb in ["plan", "apply"] {
            let ran = place.zdt(&[verb, "inventory.yml"]);
            ran.ended_with(3);
            for words in *told {
                ran.says(words);
            }
        }
        let drift = place.zdt(&["drift", "inventory.yml"]);
        drift.ended_with(4).says("unknown");
        for words in *told {
            drift.says(words);
        }
        let json = place.zdt(&["plan", "inventory.yml", "--json"]);
        let document: serde_json::Value = serde_json::from_str(&json.ended_with(3).stdout).expect("a document");
        let host = &document["hosts"][0];
        assert_eq!(
            (&host["state"], &host["refusals"][0]["cause"]["kind"]),
            (&"refused".into(), &"cannot be edited".into()),
            "{what}"
        );
        assert_eq!(place.tree("box"), before, "{what}");
    }
}

#[test]
fn a_saved_plan_writes_what_was_seen_or_nothing() {
    let place = place("");
    place.zdt(&["plan", "inventory.yml", "--out", "plan.json"]).ended_with(2);
    place.zdt(&["plan", "plan.json"]).ended_with(2).says("+workers 2");
    replace(&place, PUMA, "# more did not help", "# more does not help");
    let before = place.tree("box");
    place.zdt(&["apply", "plan.json"]).ended_with(3).says("has changed since the plan was made").says("+workers 2");
    assert_eq!(place.tree("box"), before);
    place.write(PUMA, OUR_PUMA);
    fs::set_permissions(place.path(PUMA), fs::Permissions::from_mode(0o604)).expect("a mode");
    place.zdt(&["apply", "plan.json"]).ended_with(0);
    assert!(place.read(PUMA).contains("workers 2"));
    place.plan().ended_with(0);
    place.zdt(&["drift", "inventory.yml"]).ended_with(0);
}

#[test]
fn the_teams_value_can_be_taken_over() {
    let place = applied();
    replace(&place, PUMA, "workers 2", "workers 6");
    let ran = place.zdt(&["accept", "inventory.yml", "box", "/srv/shop/shared/puma.rb", "--yes"]);
    ran.ended_with(0).says("puma_workers");
    assert_eq!(place.read("host_vars/box.yml"), "puma_workers: 6\n");
    place.plan().ended_with(0);
}

#[test]
fn from_a_file_of_ours_to_a_part_of_theirs_and_back() {
    let place = Place::new();
    place.apply().ended_with(0);
    let whole = place.read(PUMA);
    place.hosts(&[("box", "puma_config_mode: settings")]);
    place.plan().ended_with(0);
    place.apply().ended_with(0);
    assert_eq!(place.read(PUMA), whole);
    place.hosts(&[("box", "")]);
    place.plan().ended_with(0);
}
