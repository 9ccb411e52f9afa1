//! Hosts that cannot be reached, or are not who they were, are *unknown* (exit 4), and count as failures.

use std::fs;
use std::process::Command;

use super::fixture::{Host, Site};

const REACHED: &str = "/etc/nginx/conf.d/shop_upstream.conf";

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn unreachable_hosts_stop_the_others_unless_that_many_may_fail() {
    let (site, well, cut, refusing) = (Site::new(), Host::naive("trixie"), Host::naive("sid"), Host::naive("bookworm"));
    cut.cut();
    let inventory = site.inventory(&[(&cut, &[]), (&refusing, &[("ansible_port", "2")]), (&well, &[])]);
    site.plan(&inventory).ended_with(4).says(&cut.name).says(&refusing.name).says(REACHED);
    site.apply(&inventory).ended_with(4).says("2 hosts could not be reached or read, and none may");
    site.zdt(&["plan", "--limit", &well.name], &inventory).ended_with(2);
    let apply = site.zdt(&["apply", "--yes", "--max-failures", "2"], &inventory);
    apply.ended_with(4).says(&cut.name).says("refused");
    // The reachable one is done: alone, it has nothing left to do.
    site.zdt(&["plan", "--limit", &well.name], &inventory).ended_with(0);
    site.zdt(&["plan", "--limit", &cut.name], &inventory).ended_with(4);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_host_that_dies_between_two_runs_is_noticed_on_a_kept_connection() {
    let (site, host) = (Site::new(), Host::naive("trixie"));
    let inventory = site.inventory(&[(&host, &[])]);
    site.plan(&inventory).ended_with(2);
    host.cut();
    site.plan(&inventory).ended_with(4).says(&host.name);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_changed_host_key_is_never_accepted() {
    let (site, host) = (Site::new(), Host::naive("sid"));
    let inventory = site.inventory(&[(&host, &[])]);
    let other = site.path("other");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&other).status();
    assert!(made.expect("ssh-keygen").success());
    let public = fs::read_to_string(other.with_extension("pub")).expect("a key");
    fs::write(site.path("known_hosts"), format!("{} {public}", host.address)).expect("known hosts");

    let before = host.snapshot();
    site.plan(&inventory).ended_with(4).says("its host key has changed");
    site.apply(&inventory).ended_with(4).says("its host key has changed");
    let touched = before.difference(&host.snapshot());
    assert!(touched.is_empty(), "a host of a foreign key was touched:\n{touched}");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn an_unknown_host_key_is_not_accepted_either() {
    let (site, host) = (Site::new(), Host::naive("bookworm"));
    let inventory = site.inventory(&[(&host, &[])]);
    fs::write(site.path("known_hosts"), "").expect("known hosts");
    site.plan(&inventory).ended_with(4).says("host key");
    let learnt = fs::read_to_string(site.path("known_hosts")).expect("known hosts");
    assert_eq!(learnt, "", "a key was learnt without asking");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_user_without_sudo_is_said_to_be_one() {
    let (site, host) = (Site::new(), Host::naive("trixie"));
    let inventory = site.inventory(&[(&host, &[("ansible_user", "nosudo"), ("ansible_become", "true")])]);
    let before = host.snapshot();
    site.plan(&inventory).ended_with(4).says("sudo");
    site.apply(&inventory).ended_with(4).says("sudo");
    let touched = before.difference(&host.snapshot());
    assert!(touched.is_empty(), "a host without sudo was touched:\n{touched}");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_refused_login_is_said_to_be_one() {
    let (site, host) = (Site::new(), Host::naive("sid"));
    let inventory = site.inventory(&[(&host, &[("ansible_user", "nobody-we-know")])]);
    site.plan(&inventory).ended_with(4).says("nobody-we-know").says("denied");
}
