//! What becomes of a host, and what the operator hears, when a fresh connection finds another host than the plan said.

use super::fixture::{Host, Site};

const DROP_IN: &str = "/etc/systemd/system/puma.service.d";
/// The role whose change restarts nothing: snapshots before and after can be compared.
const ROLES: (&str, &str) = ("zdt_roles", "[systemd_exec_reload]");

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
