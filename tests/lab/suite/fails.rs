//! What no check can know beforehand: a handler that fails, a host that changes while somebody thinks, a configuration
//! that is right and kills Puma. The host is put back, the services run as before, exit 5.

use super::fixture::{Host, Site, ZDT};
use super::refused::spoil;
use super::stream;
use super::terminal::Terminal;

/// Takes a port inside the host.
pub const SQUATTER: &str = "systemd-run -q --unit=squatter ruby -rsocket -e 'TCPServer.new(%q(0.0.0.0), 8123); sleep' \
                            && until grep -q ':1FBB 00000000:0000 0A' /proc/net/tcp; do sleep 0.1; done";

const UPSTREAM: &str = "/etc/nginx/conf.d/shop_upstream.conf";

#[track_caller]
fn as_before(host: &Host, before: super::fixture::Snapshot) {
    let touched = before.settled().difference(&host.snapshot().settled());
    assert!(touched.is_empty(), "not put back:\n{touched}");
    host.nothing_is_left();
    let answer = stream::get(&host.address).expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with("release=r1 "), "{}", answer.body);
}

fn a_port_in_use(suite: &str) {
    let (host, site) = (Host::naive(suite), Site::new());
    spoil(&site, "nginx_upstream", "server { listen 8123; return 204; }");
    let inventory = site.inventory(&[(&host, &[])]);
    host.sh(SQUATTER);
    let before = host.snapshot();
    // `nginx -t` passes: only nginx itself finds out.
    site.plan(&inventory).ended_with(2);
    site.apply(&inventory).ended_with(5).says("reload nginx").says("bind() to 0.0.0.0:8123 failed").says(&host.name);
    as_before(&host, before);
    // systemd has read the old files again, and nothing was started anew.
    assert_eq!(host.sh("systemctl show --property ExecReload --value puma.service").trim(), "");
    assert_eq!(host.sh("systemctl show --property NeedDaemonReload --value puma.service").trim(), "no");
    assert_eq!(host.sh("systemctl show --property NRestarts --value puma.service").trim(), "0");
    // nginx goes on with the old configuration, and takes a new one once the port is free.
    host.sh("systemctl stop squatter");
    site.apply(&inventory).ended_with(0);
    assert_eq!(host.sh("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8123/"), "204");
    site.plan(&inventory).ended_with(0);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_port_in_use_on_bookworm() {
    a_port_in_use("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_port_in_use_on_trixie() {
    a_port_in_use("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_port_in_use_on_sid() {
    a_port_in_use("sid");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_host_that_changes_while_somebody_thinks_keeps_its_change() {
    let (host, site) = (Host::naive("trixie"), Site::new());
    let inventory = site.inventory(&[(&host, &[])]);
    let (home, run) = (site.path("home"), site.path("run"));
    let environment =
        [("HOME", home.as_path()), ("XDG_STATE_HOME", home.as_path()), ("XDG_RUNTIME_DIR", run.as_path())];
    let command = format!("'{ZDT}' apply --no-diff {}", inventory.display());
    let Some(mut terminal) = Terminal::open(&command, &site.path(""), &environment) else { return };
    terminal.waits_for("[y/N]");
    host.sh(&format!("echo '# somebody was here' >>{UPSTREAM}"));
    let before = host.snapshot();
    terminal.types("y\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(5), "{shown}");
    assert!(shown.contains(&format!("`{UPSTREAM}` changed since it was looked at")), "{shown}");
    as_before(&host, before);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn the_guide_to_the_letter_is_warned_of_and_put_back_where_it_kills_puma() {
    let (host, site) = (Host::naive("trixie"), Site::new());
    // `puma.rb` lies in `shared`: the guide's `directory` leads from there to `/current`, which is not.
    let inventory = site.inventory(&[(&host, &[("puma_guide_literal", "true")])]);
    let before = host.snapshot();
    site.plan(&inventory).ended_with(2).says("warning: `puma_guide_literal`").says("Puma exits at its start");
    let touched = before.difference(&host.snapshot());
    assert!(touched.is_empty(), "plan has touched the host:\n{touched}");
    site.apply(&inventory).ended_with(5).says("restart puma").says(&host.name);
    as_before(&host, before);
}
