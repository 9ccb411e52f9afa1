//! systemd holds Puma's socket: there, through every full restart, and back, no request fails.

use std::path::PathBuf;
use std::time::Duration;

use super::fixture::{Host, Ran, Site, Variables};
use super::stream::{Stream, Told};

const ROLES: (&str, &str) = ("zdt_roles", "[nginx_upstream, systemd_exec_reload, puma_config, puma_socket]");
const ON: Variables<'_> = &[ROLES, ("puma_socket_activation", "true")];
const MORE: Variables<'_> = &[ROLES, ("puma_socket_activation", "true"), ("puma_threads", "[1, 4]")];

fn under_load<T>(host: &Host, does: impl FnOnce() -> T) -> (T, Told) {
    let stream = Stream::start(&host.address);
    std::thread::sleep(Duration::from_millis(500));
    let done = does();
    std::thread::sleep(Duration::from_millis(1500));
    (done, stream.tell())
}

#[track_caller]
fn nothing_failed(what: &str, told: &Told) {
    eprintln!("{what}: {} sent, {} failed, slowest {:?}", told.sent, told.failures.len(), told.slowest);
    assert!(told.failures.is_empty() && told.sent > 20, "{what}: {} sent: {:?}", told.sent, told.failures);
}

fn there_and_back(suite: &str) {
    let (host, site) = (Host::naive(suite), Site::new());
    let inventory = |variables| -> PathBuf { site.inventory(&[(&host, variables)]) };
    let apply = |variables| -> Ran { site.apply(&inventory(variables)) };
    let runs =
        || host.sh("systemctl is-active puma.service puma.socket | tr '\\n' ' '; curl -s localhost | cut -d' ' -f1");
    apply(&[]).ended_with(0);
    assert!(runs().starts_with("active inactive "));

    // Without the role nobody would listen where nginx goes.
    site.plan(&inventory(&[("puma_socket_activation", "true")])).says("the role puma_socket makes");

    // Puma 5.6 takes the variable away before it reads its settings.
    if suite != "bookworm" {
        // No trial can see this one: all goes back, the socket too.
        let refuses: Variables<'_> = &[
            ROLES,
            ("puma_socket_activation", "true"),
            ("puma_extra_lines", "['exit!(3) if ENV.key?(%(LISTEN_FDS))']"),
        ];
        apply(refuses).ended_with(5);
        assert_eq!(runs(), "active inactive release=r1\n");
        host.nothing_is_left();
        site.plan(&inventory(&[])).ended_with(0);
    }

    let (ran, told) = under_load(&host, || apply(ON));
    ran.ended_with(0).says("hold the socket").says("restart activated puma [full restart]").says(" 0 failed, longest");
    nothing_failed("adoption", &told);
    site.plan(&inventory(ON)).ended_with(0);
    assert_eq!(runs(), "active active release=r1\n");
    host.nothing_is_left();
    let adoption = host.sh("ls /var/lib/zdt/history | tail -n 1");

    let (_, told) = under_load(&host, || host.sh("systemctl restart puma.service"));
    nothing_failed("a full restart", &told);
    let (_, told) = under_load(&host, || {
        host.sh("kill -9 $(systemctl show --property MainPID --value puma.service)");
        host.until("systemctl is-active puma.service", Duration::from_secs(20));
    });
    // What a worker of it had accepted, nginx asks again.
    nothing_failed("a killed master", &told);

    // The next change of settings, and what a bad one comes to.
    let (ran, told) = under_load(&host, || apply(MORE));
    ran.ended_with(0).says("restart activated puma [full restart]");
    nothing_failed("new settings", &told);
    let bad: Variables<'_> =
        &[ROLES, ("puma_socket_activation", "true"), ("puma_extra_lines", "['raise %(no) if Dir.pwd']")];
    let (ran, told) = under_load(&host, || apply(bad));
    assert_ne!(ran.code, Some(0), "{}", ran.stdout);
    nothing_failed("bad settings", &told);

    let (ran, told) = under_load(&host, || site.zdt(&["rollback", "--yes"], &inventory(ON)));
    ran.ended_with(0);
    nothing_failed("back to other settings", &told);
    let (ran, told) = under_load(&host, || site.zdt(&["rollback", "--yes", "--to", adoption.trim()], &inventory(&[])));
    ran.ended_with(0);
    nothing_failed("the way back", &told);
    assert_eq!(runs(), "active inactive release=r1\n");
    site.plan(&inventory(&[])).ended_with(0);
    assert_eq!(
        host.sh("ls -d /etc/systemd/system/puma.socket /srv/shop/shared/tmp/sockets/*activated* 2>/dev/null; true"),
        ""
    );
    host.nothing_is_left();
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn bookworm_there_and_back_with_a_socket() {
    there_and_back("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn trixie_there_and_back_with_a_socket() {
    there_and_back("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn sid_there_and_back_with_a_socket() {
    there_and_back("sid");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_is_turned_off_is_pruned() {
    let (host, site) = (Host::naive("sid"), Site::new());
    site.apply(&site.inventory(&[(&host, ON)])).ended_with(0);
    assert_eq!(host.sh("systemctl is-active puma.socket"), "active\n");
    let off = site.inventory(&[(&host, &[ROLES])]);
    let (ran, told) = under_load(&host, || site.zdt(&["apply", "--yes", "--prune"], &off));
    ran.ended_with(0);
    nothing_failed("turned off", &told);
    assert_eq!(
        host.sh("systemctl is-active puma.service; systemctl is-active puma.socket; true"),
        "active\ninactive\n"
    );
    site.plan(&off).ended_with(0);
    host.nothing_is_left();
}
