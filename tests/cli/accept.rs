//! `zdt accept`: what stands on a host becomes what is wanted of it, where variables can say it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::place::{Place, UPSTREAM};
use super::ran::Ran;

const PUMA: &str = "srv/shop/shared/puma.rb";

/// One host, applied, and then somebody edits by hand.
fn edited(hosts: &[(&str, &str)], path: &str, edits: &[(&str, &str)]) -> Place {
    let place = Place::empty();
    place.hosts(hosts);
    place.apply().ended_with(0);
    let file = format!("{}/{path}", hosts[0].0);
    let mut text = place.read(&file);
    for (old, new) in edits {
        assert!(text.contains(old), "`{old}` is not in\n{text}");
        text = text.replacen(old, new, 1);
    }
    place.write(&file, text);
    place
}

fn accept(place: &Place, path: &str, more: &[&str]) -> Ran {
    let path = format!("/{path}");
    place.zdt(&[&["accept", "inventory.yml", "web1", &path], more].concat())
}

#[test]
fn what_params_can_say_goes_to_the_hosts_own_variables() {
    let hosts = [("web1", ""), ("web2", "")];
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: &[Case<'_>] = &[
        (
            PUMA,
            &[("workers 2", "workers 4"), ("threads 5, 5", "threads 3, 3")],
            "puma_threads: [3, 3]\npuma_workers: 4\n",
        ),
        (PUMA, &[("environment \"production\"", "environment \"staging\"")], "puma_environment: staging\n"),
        (PUMA, &[("worker_shutdown_timeout 30", "worker_shutdown_timeout 45")], "puma_worker_shutdown_timeout: 45\n"),
        (
            PUMA,
            &[(
                "\n# The master keeps no gem of the app, so that new workers take theirs from the new release.\nprune_bundler\n",
                "",
            )],
            "puma_prune_bundler: false\n",
        ),
        (
            UPSTREAM,
            &[
                (
                    "    # Twice on purpose: a worker that ends can drop a connection that it has just accepted, and only with a second\n    # server does nginx try again.\n",
                    "",
                ),
                ("    server unix:/srv/shop/shared/tmp/sockets/puma.sock max_fails=0 fail_timeout=0;\n", ""),
            ],
            "nginx_upstream_servers: 1\n",
        ),
        (UPSTREAM, &[("upstream shop ", "upstream store ")], "nginx_upstream_name: store\n"),
    ];
    for (path, edits, written) in cases {
        let place = edited(&hosts, path, edits);
        let box_before = place.tree("web1");
        let ran = accept(&place, path, &["--dry-run"]);
        ran.ended_with(2);
        assert!(!place.path("host_vars").exists());
        accept(&place, path, &[]).ended_with(0).says("Wrote host_vars/web1.yml");
        assert_eq!(place.read("host_vars/web1.yml"), *written);
        assert_eq!(place.tree("web1"), box_before, "the host was changed");
        place.plan().ended_with(0);
        accept(&place, path, &[]).ended_with(0).says("nothing to take over");
        assert_eq!(place.tree("host_vars").len(), 2);
    }
}

#[test]
fn all_that_is_printed_for_a_proposal() {
    let place = edited(&[("web1", "")], PUMA, &[("workers 2", "workers 4"), ("threads 5, 5", "threads 3, 3")]);
    place.write("host_vars/web1.yml", "# The large one.\npuma_workers: 2 # two is enough\nmine: hunter2\n");
    let ran = accept(&place, PUMA, &["--dry-run"]);
    let expected = "\
web1: /srv/shop/shared/puma.rb is just what these make of it:
  puma_threads: [5,5] → [3,3]  (the role's default)
  puma_workers: 2 → 4  (from host_vars/web1.yml:2)
  host_vars/web1.yml
    @@ -2 +2 @@
    -puma_workers: 2 # two is enough
    +puma_workers: 4 # two is enough
    @@ -3,0 +4 @@
    +puma_threads: [3, 3]
";
    assert_eq!(ran.stdout, expected);
    assert_eq!(ran.stderr, "");
    accept(&place, PUMA, &[]).ended_with(0);
    let expected = "# The large one.\npuma_workers: 4 # two is enough\nmine: hunter2\npuma_threads: [3, 3]\n";
    assert_eq!(place.read("host_vars/web1.yml"), expected);
}

#[test]
fn lines_that_came_behind_ours_are_ours_then() {
    let place = Place::empty();
    place.hosts(&[("web1", "")]);
    let vars = "puma_extra_lines:\n  - a = 1 # why\n";
    place.write("host_vars/web1.yml", vars);
    fs::set_permissions(place.path("host_vars/web1.yml"), fs::Permissions::from_mode(0o640)).expect("a mode");
    place.apply().ended_with(0);
    let file = format!("web1/{PUMA}");
    place.write(&file, place.read(&file) + "wait_for_less_busy_worker 0.005\nputs '{{ x }}'\n");
    accept(&place, PUMA, &[]).ended_with(0);
    let expected = format!("{vars}  - 'wait_for_less_busy_worker 0.005'\n  - !unsafe 'puts ''{{{{ x }}}}'''\n");
    assert_eq!(place.read("host_vars/web1.yml"), expected);
    let mode = fs::metadata(place.path("host_vars/web1.yml")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    place.plan().ended_with(0);
}

#[test]
fn a_groups_value_stays_the_groups() {
    let place = Place::empty();
    place.hosts(&[("web1", ""), ("web2", "")]);
    place.write("group_vars/web.yml", "puma_workers: 3\n");
    fs::create_dir_all(place.path("host_vars/web1")).expect("a folder");
    place.apply().ended_with(0);
    let file = format!("web1/{PUMA}");
    place.write(&file, place.read(&file).replace("workers 3", "workers 6"));
    accept(&place, PUMA, &[]).ended_with(0).says("Wrote host_vars/web1/zdt.yml");
    assert_eq!(place.read("host_vars/web1/zdt.yml"), "puma_workers: 6\n");
    assert_eq!(place.read("group_vars/web.yml"), "puma_workers: 3\n");
    place.plan().ended_with(0);
}

#[test]
fn what_cannot_be_said_is_refused_with_the_reason() {
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        // A line of the template.
        (
            "",
            PUMA,
            &[("preload_app! false", "preload_app! true")],
            &[],
            &["no param writes line", "`preload_app! true`", "roles/puma_config/"],
        ),
        // One of two.
        (
            "",
            PUMA,
            &[("workers 2", "workers 4"), ("preload_app! false", "preload_app! true")],
            &[],
            &["`puma_workers: 4` would bring it nearer", "`preload_app! true`"],
        ),
        // Nothing wins over `-e`.
        ("", PUMA, &[("workers 2", "workers 4")], &["-e", "puma_workers=2"], &["`-e` sets `puma_workers`"]),
        // nginx would go elsewhere too.
        (
            "",
            UPSTREAM,
            &[
                ("unix:/srv/shop/shared/tmp/sockets/puma.sock", "unix:/srv/shop/shared/tmp/sockets/p.sock"),
                ("unix:/srv/shop/shared/tmp/sockets/puma.sock", "unix:/srv/shop/shared/tmp/sockets/p.sock"),
            ],
            &[],
            &["would express it, and change `/srv/shop/shared/puma.rb` too"],
        ),
        // Given in the entry.
        (
            "zdt_roles: [{puma_config: {puma_workers: 2}}]",
            PUMA,
            &[("workers 2", "workers 4")],
            &[],
            &["`puma_workers` (inventory.yml:", "wins over all variables"],
        ),
    ];
    for (host, path, edits, more, words) in cases {
        let place = edited(&[("web1", host)], path, edits);
        let before = place.tree("");
        let ran = accept(&place, path, more);
        ran.ended_with(3);
        for words in *words {
            ran.says(words);
        }
        assert_eq!(place.tree(""), before);
    }
}

#[test]
fn a_mode_that_the_role_fixes_is_refused() {
    let place = edited(&[("web1", "")], UPSTREAM, &[]);
    fs::set_permissions(place.path(&format!("web1/{UPSTREAM}")), fs::Permissions::from_mode(0o600)).expect("a mode");
    accept(&place, UPSTREAM, &[])
        .ended_with(3)
        .says("no param makes its mode `0600`; role `nginx_upstream` wants `0644`");
    fs::remove_file(place.path(&format!("web1/{UPSTREAM}"))).expect("a file");
    accept(&place, UPSTREAM, &[]).ended_with(3).says("it is gone from the host");
}

#[test]
fn a_secret_is_neither_shown_nor_written() {
    let place = Place::empty();
    place.write("roles/own/role.yml", "description: x\nparams:\n  own_token: {type: text, secret: true, required: true, description: x}\nresources:\n  - file: {path: /etc/own, content: \"{{ own_token | verbatim }}\\n\", mode: \"0600\"}\n");
    place.hosts(&[("web1", "zdt_roles: [own], zdt_facts: {}, own_token: hunter2")]);
    place.apply().ended_with(0);
    place.write("web1/etc/own", "swordfish\n");
    let ran = accept(&place, "etc/own", &[]);
    ran.ended_with(3).says("made from a secret");
    assert!(!ran.all().contains("hunter2") && !ran.all().contains("swordfish"), "{}", ran.all());
}

#[test]
fn a_host_that_cannot_be_looked_at_is_unknown() {
    let place = edited(&[("web1", "")], PUMA, &[]);
    place.hosts(&[("web1", "ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1")]);
    accept(&place, PUMA, &[]).ended_with(4);
}

#[test]
fn what_is_no_host_and_no_resource() {
    let place = edited(&[("web1", "")], PUMA, &[]);
    for (words, said) in [
        (&["web2", "/x"][..], "did you mean `web1`?"),
        (&["web1", "/srv/shop/shared/puma.rbb"], "did you mean `/srv/shop/shared/puma.rb`?"),
        (&["web1", "unit", "puma.service"], "has no resource `unit puma.service`"),
    ] {
        place.zdt(&[&["accept", "inventory.yml"], words].concat()).ended_with(3).says(said);
    }
}

#[test]
fn a_link_is_not_written_through() {
    let place = edited(&[("web1", "")], PUMA, &[("workers 2", "workers 4")]);
    place.write("shared.yml", "puma_boot_hook: true\n");
    fs::create_dir(place.path("host_vars")).expect("a folder");
    std::os::unix::fs::symlink("../shared.yml", place.path("host_vars/web1.yml")).expect("a link");
    accept(&place, PUMA, &[]).ended_with(3).says("it is a link");
    assert_eq!(place.read("shared.yml"), "puma_boot_hook: true\n");
}

#[test]
fn a_terminal_is_asked() {
    for (answer, code) in [("n\n", 2), ("y\n", 0)] {
        let place = edited(&[("web1", "")], PUMA, &[("workers 2", "workers 4")]);
        let Some(mut terminal) = place.terminal(&format!("zdt accept inventory.yml web1 /{PUMA}")) else { return };
        terminal.waits_for("Write host_vars/web1.yml? [y/N]");
        terminal.types(answer);
        let (ended, shown) = terminal.ends();
        assert_eq!(ended, Some(code), "{shown}");
        assert_eq!(place.path("host_vars/web1.yml").exists(), code == 0);
    }
}

#[test]
fn the_json_document() {
    let place = edited(&[("web1", "")], PUMA, &[("workers 2", "workers 4")]);
    let expected = serde_json::json!({
        "format": 1, "command": "accept", "exit": 0, "host": "web1", "resource": format!("/{PUMA}"), "written": true,
        "result": "expressed", "role": "puma_config", "cause": "drifted",
        "variables": [{"variable": "puma_workers", "before": 2, "after": 4, "from": null}],
        "files": [{"path": "host_vars/web1.yml", "new": true}], "warnings": [],
    });
    let document = |ran: &Ran| serde_json::from_str::<serde_json::Value>(&ran.stdout).expect("JSON");
    assert_eq!(document(&accept(&place, PUMA, &["--json"])), expected);
    let ran = accept(&place, PUMA, &["--json"]);
    assert_eq!(document(&ran)["result"], "in sync");
    place.write(&format!("web1/{PUMA}"), "nothing of ours\n");
    let ran = accept(&place, PUMA, &["--json"]);
    assert_eq!(
        (document(ran.ended_with(3))["result"].as_str(), document(&ran)["written"].as_bool()),
        (Some("refused"), Some(false))
    );
}
