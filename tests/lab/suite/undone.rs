//! What goes wrong once it is live: handlers that hang, an undo that cannot end, a change that shuts zdt itself out.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::fixture::{Host, Site, Snapshot, Variables};
use super::hold::{Held, Phase, site_of};
use super::stream;

const ENDED: Duration = Duration::from_secs(120);
const SITE: &str = "/etc/nginx/sites-available/shop";

#[track_caller]
fn as_before(host: &Host, before: Snapshot) {
    let touched = before.settled().difference(&host.snapshot().settled());
    assert!(touched.is_empty(), "not put back:\n{touched}");
    host.nothing_is_left();
    let answer = stream::get(&host.address).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.starts_with("release=r1 "), "{}", answer.body);
}

/// A role of the test's own, beside the inventory: one file, and what it notifies.
fn role(site: &Site, name: &str, path: &str, content: &str, handler: Option<&str>) {
    let folder = site.path("roles").join(name);
    fs::create_dir_all(&folder).expect("a folder");
    let notify = if handler.is_some() { "\n    notify: does it" } else { "" };
    let handlers = handler
        .map(|call| format!("handlers:\n  - name: does it\n    run: {call}\n    says: nothing waits\n"))
        .unwrap_or_default();
    let content = content.replace('\n', "\n        ");
    let yaml = format!(
        "description: A file of the test's own.\nresources:\n  - file:\n      path: {path}\n      mode: \"0644\"\n      content: |\n        {content}{notify}\n{handlers}"
    );
    fs::write(folder.join("role.yml"), yaml).expect("a role");
}

/// Puma's new workers never get ready with the new configuration: the handler gives up, and the old one goes back.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_puma_that_never_gets_ready_is_put_back_within_the_handlers_limits() {
    let (host, site) = (Host::naive("trixie"), Site::new());
    let lines: Variables<'_> = &[("puma_extra_lines", "['on_worker_boot { sleep 300 }']")];
    let inventory = site.inventory(&[(&host, lines)]);
    let before = host.snapshot();
    let begun = Instant::now();
    // A trial would have found it out, and restarted nothing.
    let ran = site.zdt(&["apply", "--yes", "--no-trial"], &inventory);
    ran.ended_with(5).says("restart puma").says("did not finish its restart within 90 s").says(&host.name);
    // 90 s, and as long again at most to put back; a boot takes a second.
    assert!(begun.elapsed() > Duration::from_secs(90) && begun.elapsed() < Duration::from_secs(200), "{begun:?}");
    as_before(&host, before);
    assert_eq!(host.sh("systemctl show --property NRestarts --value puma.service").trim(), "0");
}

/// Somebody breaks nginx's configuration while zdt is at work: neither the new nor the old one can be loaded. Then they
/// mend it, and the next apply puts back first.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn an_undo_that_cannot_end_says_what_to_do_and_the_next_apply_does_the_rest() {
    let held = [Held::at("trixie", Phase::Swap)];
    let host = &held[0].host;
    let (site, inventory) = site_of(&held);
    let before = host.snapshot();
    let zdt = site.start(&["apply", "--yes"], &inventory);
    held[0].comes();
    host.sh("echo 'nonsense;' >/etc/nginx/conf.d/theirs.conf");
    held[0].goes_on();
    let ran = zdt.ends(ENDED);
    ran.ended_with(6).says("could NOT be put back wholly").says("nonsense").says("/var/lib/zdt/open");
    ran.says("zdt apply");
    // Nobody goes on trying by himself, and nobody may think that all is well.
    site.plan(&inventory)
        .ended_with(4)
        .says("could not be put back wholly")
        .says("mend what is in the way, then apply");
    site.apply(&inventory).ended_with(4).says("nonsense");
    host.sh("rm /etc/nginx/conf.d/theirs.conf");
    site.apply(&inventory).ended_with(0).says("settling first what was left open").says("was put back first");
    site.plan(&inventory).ended_with(0);
    host.nothing_is_left();
    let ended = host.sh("cat /var/lib/zdt/history/*/ended");
    let outcomes = ended.lines().filter_map(|line| line.split('\u{1f}').next()).collect::<Vec<_>>();
    assert_eq!(outcomes, ["put-back", "committed"], "{ended}");
    assert!(!before.settled().difference(&host.snapshot().settled()).is_empty());
}

/// The first apply on a host takes the way in away: who is in notices nothing, who comes anew is refused. `user` is who
/// comes; `path` and `content`, what shuts them out.
#[track_caller]
fn locked_out(user: Variables<'_>, path: &str, content: &str) {
    let (host, site) = (Host::naive("trixie"), Site::new());
    role(&site, "locks_out", path, content, None);
    let roles = [("zdt_roles", "[nginx_upstream, systemd_exec_reload, puma_config, locks_out]")];
    let inventory = site.inventory(&[(&host, &[&roles, user].concat())]);
    let (before, way_in) =
        (host.snapshot(), host.sh("cd /root/.ssh && stat -c '%n %a %U %G' . && stat -c '%n %a %U %G %Y' * && cat *"));
    site.plan(&inventory).ended_with(2).says(path);
    let ran = site.zdt(&["apply", "--yes", "--confirm-timeout", "12"], &inventory);
    ran.ended_with(5).says("no fresh connection could be had").says(&host.name);
    as_before(&host, before);
    assert_eq!(host.sh("cd /root/.ssh && stat -c '%n %a %U %G' . && stat -c '%n %a %U %G %Y' * && cat *"), way_in);
    // And a fresh one is to be had again, once sshd has forgotten who failed to come in so often (OpenSSH 9.8 and later).
    let begun = Instant::now();
    while site.zdt(&["plan", "--keep", "0"], &inventory).code != Some(2) {
        assert!(begun.elapsed() < ENDED, "nobody can come in any more");
        thread::sleep(Duration::from_secs(1));
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_first_apply_that_takes_roots_key_away_is_undone_by_the_host() {
    locked_out(&[], "/root/.ssh/authorized_keys", "# nobody");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_first_apply_that_forbids_logins_is_undone_by_the_host() {
    locked_out(&[("ansible_user", "deploy"), ("ansible_become", "true")], "/etc/nologin", "Closed.");
}

/// nginx moves to another port, and zdt dies before it has looked.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_first_apply_that_moves_nginxs_port_is_undone_with_no_zdt_running() {
    let held = Held::at("trixie", Phase::Confirm);
    let (host, site) = (&held.host, Site::new());
    let moved = host.sh(&format!("cat {SITE}")).replace("listen 80 ", "listen 8081 ");
    role(&site, "moves_port", SITE, moved.trim_end(), Some("[nginx_reload, nginx.service]"));
    let inventory = site.inventory(&[(host, &[("zdt_roles", "[moves_port]")])]);
    let before = host.snapshot();
    let zdt = site.start(&["apply", "--yes", "--confirm-timeout", "8"], &inventory);
    held.comes();
    // Whoever asks for the site is refused: it is not a change in files alone.
    host.sh("curl -fsS -m 2 -o /dev/null http://127.0.0.1:8081/ && ! curl -fsS -m 2 -o /dev/null http://127.0.0.1:80/");
    zdt.kill();
    held.goes_on();
    held.settled_alone(&before.settled(), ENDED);
    assert!(!host.sh_output("curl -fsS -m 2 -o /dev/null http://127.0.0.1:8081/").status.success());
}
