//! What becomes of a host, and what the operator hears, when the way to it breaks in the middle of an apply, or when a
//! fresh connection finds another host than the plan said.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::fixture::{Host, Ran, Site, ZDT};

const DROP_IN: &str = "/etc/systemd/system/puma.service.d";
/// The role whose change restarts nothing: snapshots before and after can be compared.
const ROLES: (&str, &str) = ("zdt_roles", "[systemd_exec_reload]");

/// An apply that goes on beside the test.
fn begun(site: &Site, confirm: &str) -> Child {
    let mut command = Command::new(ZDT);
    command.arg("apply").arg(site.path("inventory.yml")).args(["--yes", "--confirm-timeout", confirm]);
    command.env("NO_COLOR", "1").env("HOME", site.path("home")).env("XDG_RUNTIME_DIR", site.path("run"));
    command.env("XDG_STATE_HOME", site.path("home")).env_remove("SSH_AUTH_SOCK");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("zdt")
}

fn ended(child: Child, what: &str) -> Ran {
    Ran::of(&child.wait_with_output().expect("zdt"), what.to_owned())
}

/// Waits inside the host, for the way to it may be what is tested.
fn until(host: &Host, what: &str) {
    let seen = host.sh_output(&format!("for _ in $(seq 1500); do {what} && exit; sleep 0.02; done; exit 1"));
    assert!(seen.status.success(), "{}: `{what}` never came true", host.name);
}

/// Does `act` inside the host as soon as its worker announces `phase`: a whole apply may take less than looking from
/// outside.
fn at(host: &Host, phase: &str, act: &str) {
    host.sh(&format!(
        "rm -f /root/acted; setsid sh -c 'until grep -q ^step.{phase} /var/lib/zdt/open/journal 2>/dev/null; do :; done; \
         {act}; touch /root/acted' >/dev/null 2>&1 &"
    ));
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_cable_out_for_too_long_is_a_host_that_has_undone_itself() {
    let (host, site) = (Host::naive("trixie"), Site::new());
    let inventory = site.inventory(&[(&host, &[ROLES])]);
    let before = host.snapshot().settled();
    at(&host, "confirm", "ip link set host0 down");
    let zdt = begun(&site, "3");
    until(&host, "test -e /root/acted");
    let cut = Instant::now();
    until(&host, "! test -e /var/lib/zdt/open");
    assert!(cut.elapsed() < Duration::from_secs(10), "{:?}", cut.elapsed());
    assert_eq!(before.difference(&host.snapshot().settled()), "");
    ended(zdt, "apply").ended_with(4).says("1 lost").says("it has undone itself, since ").says("trying again");
    host.sh("ip link set host0 up");
    site.plan(&inventory).ended_with(2);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_a_fresh_connection_does_not_find_as_planned_is_put_back() {
    let (host, site) = (Host::naive("trixie"), Site::new());
    let inventory = site.inventory(&[(&host, &[ROLES])]);
    let before = host.snapshot().settled();
    // Another tool that has its own mind about a mode.
    at(&host, "activate", &format!("chmod 0600 {DROP_IN}/*"));
    let ran = site.apply(&inventory);
    ran.ended_with(5).says("not as planned when looked at over a fresh connection").says("mode is 0600, not 0644");
    assert_eq!(before.difference(&host.snapshot().settled()), "");
}
