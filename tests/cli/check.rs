//! `zdt check` on sandboxes that pretend to run something.

use super::place::Place;

const CHECK: [&str; 2] = ["check", "inventory.yml"];

/// All that the rules of three roles ask, of a host that is well but for these.
fn facts(puma: &str, nginx: &str) -> String {
    format!(
        "zdt_facts: {{nginx: {{version: 1.26.3, worker_user: www-data, worker_groups: www-data}}, \
         puma: {{version: 6.6.0, active_state: active, load_state: loaded}}, \
         running_2: {{state: active, workers: '2', booted: '2', old_workers: '0', release: r1}}, \
         nginx_traps: {{upstream: shop, {nginx}, server_at: '/u:2', meet: 'yes', way: open, read_timeout: '60'}}, \
         puma_traps: {{load_state: loaded, state: active, type: simple, reload_signals: '1', need_reload: 'no', \
         exe: /usr/bin/ruby, workers: '2', forked: 'no', bundled: 'no', phased: 'yes', pruned: 'no', cwd: /srv/shop/releases/r1, \
         file: /p.rb, line_directory: '/p.rb:1', set_directory: '\"/srv/shop/current\"', {puma}}}}}"
    )
}

fn place(puma: &str, nginx: &str) -> Place {
    let place = Place::empty();
    place.hosts(&[("box", &facts(puma, nginx))]);
    place
}

#[test]
fn a_host_that_is_well_has_no_trap() {
    let ran = place("reloads: '1'", "servers: '2'").zdt(&CHECK);
    ran.ended_with(0);
    assert_eq!(ran.stdout, "box: no trap found\n  ✔ 26 rules hold\n\nCheck: 1 host: no trap found.\n", "{}", ran.all());
}

#[test]
fn what_is_found_is_told_by_severity() {
    let place = place("reloads: '0', stream: 'StandardOutput=append'", "servers: '1', addresses: 'unix:/s'");
    let ran = place.zdt(&CHECK);
    ran.ended_with(2);
    assert_eq!(
        ran.stdout,
        "box: 1 error, 1 warning\n  \
         ✘ systemd-exec-reload-missing  systemd_exec_reload\n    \
         `puma.service` has no `ExecReload` (? and its drop-ins): `systemctl reload` fails with \"Job type reload is not applicable\".\n    \
         → The role `systemd_exec_reload` writes a drop-in: an empty `ExecReload=`, then the signal.\n  \
         ! nginx-one-server  nginx_upstream\n    \
         The upstream `shop` has one server line (/u:2: `unix:/s`): when a worker that just ends has taken a connection, nginx has \
         nowhere to try again.\n    \
         → Name the same socket on two lines, each with `max_fails=0 fail_timeout=0`; the role `nginx_upstream` does.\n  \
         also 1 less severe: `--severity info` tells\n  \
         ✔ 23 rules hold\n\nCheck: 1 host: 1 error, 1 warning.\n",
        "{}",
        ran.all()
    );
    place.zdt(&[&CHECK[..], &["--severity", "info"]].concat()).ended_with(2).says("· puma-log-elsewhere");
    let ran = place.zdt(&[&CHECK[..], &["--rule", "puma-log-elsewhere"]].concat());
    ran.ended_with(0).says("also 1 less severe");
    let ran = place.zdt(&[&CHECK[..], &["--rule", "puma-log-elsewhere", "--rule", "puma-preload", "--json"]].concat());
    ran.ended_with(0);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report["command"], "check");
    let rules = &report["hosts"][0]["rules"];
    assert_eq!(
        rules[0],
        serde_json::json!({"rule": "puma-preload", "severity": "warning", "role": "puma_config", "state": "holds",
                           "evidence": null, "fix": null})
    );
    assert_eq!(rules[1]["state"], "broken");
    assert_eq!(rules[1]["severity"], "info");
}

#[test]
fn what_could_not_be_told_is_not_well() {
    let place = Place::new();
    let ran = place.zdt(&CHECK);
    ran.ended_with(4).says("? puma-preload puma_config cannot be told: Puma was not looked at");
    place.zdt(&[&CHECK[..], &["--rule", "puma-preload", "--json"]].concat()).ended_with(4).says("\"untold\"");
    place.hosts(&[("away", "ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 9")]);
    place.zdt(&CHECK).ended_with(4).says("away: unknown").says("Check: 1 host: 1 host unknown.");
}

#[test]
fn every_rule_can_tell_that_it_does_not_know() {
    let user = ["-e", "puma_service_scope=user"];
    let ran = Place::new().zdt(&[&CHECK[..], &["--severity", "info", "--json"], &user].concat());
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let rules = report["hosts"][0]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), 26);
    for rule in rules {
        assert_eq!(rule["state"], "untold", "of a host that told nothing: {rule}");
    }
}

#[test]
fn a_rule_is_explained_and_a_wrong_one_is_not() {
    let place = Place::new();
    place
        .zdt(&["check", "--explain", "puma-preload"])
        .ended_with(0)
        .says("# puma-preload Puma preloads the app. Severity: warning. ## What");
    place
        .zdt(&["check", "--explain", "nope"])
        .ended_with(3)
        .says("there is no page of a rule `nope`; there are: nginx-");
    place
        .zdt(&["check", "inventory.yml", "--rule", "nope"])
        .ended_with(3)
        .says("no role of these hosts has a rule `nope`");
    place.zdt(&["check"]).ended_with(64).says("INVENTORY");
}

#[test]
fn what_a_host_says_does_not_drive_a_terminal() {
    let ran = place("reloads: '0', fragment: \"/x\\e[31m\\u202e\"", "servers: '2'").zdt(&CHECK);
    ran.ended_with(2).says("`ExecReload` (/x[31m\u{fffd} and");
    assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.all());
}
