//! What moved on a real host, and who moved it: found, told with its cause, and never called clean where nobody could look.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::fixture::{Host, Ran, Site};

const UPSTREAM: &str = "/etc/nginx/conf.d/shop_upstream.conf";
const DROP_INS: &str = "/etc/systemd/system/puma.service.d";
const PUMA_RB: &str = "/srv/shop/shared/puma.rb";
const SOCKETS: &str = "/srv/shop/shared/tmp/sockets";
const RECORD: &str = "/var/lib/zdt/applied";

/// A host that zdt has just brought to what is wanted.
fn converged(suite: &str) -> (Site, Host, std::path::PathBuf) {
    let (site, host) = (Site::new(), Host::naive(suite));
    let inventory = site.inventory(&[(&host, &[])]);
    site.apply(&inventory).ended_with(0);
    site.zdt(&["drift"], &inventory).ended_with(0);
    (site, host, inventory)
}

/// What `ran` found: id and cause of each finding that is drift of files, in order.
fn found(ran: &Ran) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{}", ran.all()));
    let findings = report["hosts"][0]["findings"].as_array().unwrap_or_else(|| panic!("{}", ran.all()));
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let all = findings.iter().map(|finding| (word(finding, "id"), word(finding, "cause")));
    all.filter(|(_, cause)| cause != "runtime").collect()
}

/// Each row: what somebody does, what is found, and how it is undone.
const MOVES: [(&str, &[&str], &str); 7] = [
    (
        "cp -p /etc/nginx/conf.d/shop_upstream.conf /root/kept; echo '# mine' >> /etc/nginx/conf.d/shop_upstream.conf",
        &[UPSTREAM],
        "mv /root/kept /etc/nginx/conf.d/shop_upstream.conf",
    ),
    ("chmod 0604 /srv/shop/shared/puma.rb", &[PUMA_RB], "chmod 0640 /srv/shop/shared/puma.rb"),
    ("chown root /srv/shop/shared/puma.rb", &[PUMA_RB], "chown shop /srv/shop/shared/puma.rb"),
    (
        "chgrp shop /srv/shop/shared/tmp/sockets",
        &[SOCKETS],
        "chgrp www-data /srv/shop/shared/tmp/sockets; chmod 2750 /srv/shop/shared/tmp/sockets",
    ),
    (
        "mv /srv/shop/shared/puma.rb /root/kept.rb; ln -s /root/kept.rb /srv/shop/shared/puma.rb",
        &[PUMA_RB],
        "mv -T /root/kept.rb /srv/shop/shared/puma.rb",
    ),
    (
        "mv /etc/nginx/conf.d/shop_upstream.conf /root/kept",
        &[UPSTREAM],
        "mv /root/kept /etc/nginx/conf.d/shop_upstream.conf",
    ),
    (
        "mv /etc/systemd/system/puma.service.d /root/kept.d; ln -s /root/kept.d /etc/systemd/system/puma.service.d",
        &[DROP_INS],
        "rm /etc/systemd/system/puma.service.d; mv /root/kept.d /etc/systemd/system/puma.service.d",
    ),
];

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_somebody_moves_is_found_told_and_left_alone() {
    let (site, host, inventory) = converged("trixie");
    for (doing, paths, undoing) in MOVES {
        host.sh(doing);
        let before = host.snapshot();
        let ran = site.zdt(&["drift", "--json"], &inventory);
        let touched = before.difference(&host.snapshot());
        ran.ended_with(2);
        let expected: Vec<(String, String)> =
            paths.iter().map(|path| ((*path).to_owned(), "drifted".to_owned())).collect();
        assert_eq!(found(&ran), expected, "after `{doing}`\n{}", ran.all());
        assert!(touched.is_empty(), "looking for drift changed the host:\n{touched}");
        host.sh(undoing);
        let calm = site.zdt(&["drift", "--json"], &inventory);
        assert_eq!(found(&calm), [], "after `{undoing}`\n{}", calm.all());
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_the_server_moved_goes_back_and_what_we_changed_waits() {
    let (site, host, inventory) = converged("sid");
    host.sh("echo '# mine' >> /etc/nginx/conf.d/shop_upstream.conf");
    let changed = site.inventory(&[(&host, &[("puma_worker_shutdown_timeout", "20")])]);
    assert_eq!(inventory, changed);
    let causes = |ran: &Ran| found(ran).into_iter().collect::<Vec<_>>();
    let drifted = (UPSTREAM.to_owned(), "drifted".to_owned());
    let pending = (PUMA_RB.to_owned(), "pending".to_owned());
    assert_eq!(causes(&site.zdt(&["drift", "--json"], &inventory)), [drifted, pending.clone()]);
    site.zdt(&["apply", "--yes", "--only", "drifted"], &inventory).ended_with(0);
    let left = site.zdt(&["drift", "--json"], &inventory);
    assert_eq!(causes(left.ended_with(0)), [pending]);
    site.zdt(&["apply", "--yes", "--only", "pending"], &inventory).ended_with(0);
    let calm = site.zdt(&["drift", "--json"], &inventory);
    assert_eq!(causes(calm.ended_with(0)), []);
}

/// A package that owns a file of ours, as a vendor's might.
const PACKAGE: &str = r#"
set -e
cd /root && mkdir -p p/DEBIAN p/etc/nginx/conf.d
printf 'Package: shop-nginx\nVersion: 2.0\nArchitecture: all\nMaintainer: x <x@example.invalid>\nDescription: x\n' >p/DEBIAN/control
printf 'upstream shop { server unix:/srv/shop/shared/tmp/sockets/puma.sock; }\n' >p/etc/nginx/conf.d/shop_upstream.conf
dpkg-deb --build --root-owner-group p shop.deb >/dev/null
dpkg -i --force-overwrite shop.deb >/dev/null
"#;

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_package_that_rewrites_a_file_of_ours_is_named() {
    let (site, host, inventory) = converged("bookworm");
    host.sh(PACKAGE);
    let ran = site.zdt(&["drift", "--json"], &inventory);
    assert_eq!(found(ran.ended_with(2)), [(UPSTREAM.to_owned(), "drifted".to_owned())]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
    let findings = report["hosts"][0]["findings"].as_array().expect("findings");
    let upstream = findings.iter().find(|finding| finding["id"] == UPSTREAM).expect("the upstream");
    let hints = upstream["hints"].to_string();
    assert!(hints.contains("shop-nginx"), "{}", ran.all());
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_host_that_could_not_be_looked_at_is_never_clean() {
    let (site, well, down, hung) = (Site::new(), Host::naive("trixie"), Host::naive("bookworm"), Host::naive("sid"));
    let all = site.inventory(&[(&well, &[]), (&down, &[]), (&hung, &[])]);
    site.apply(&all).ended_with(0);
    site.zdt(&["drift", "--keep", "0"], &all).ended_with(0);
    down.cut();
    // It takes the connection and never says a word.
    hung.sh("pkill -STOP -o sshd || systemctl kill -s STOP ssh.service");
    let begun = Instant::now();
    let ran = site.zdt(&["drift", "--json", "--keep", "0", "--timeout", "30", "--deadline", "4"], &all);
    assert!(begun.elapsed() < Duration::from_secs(15), "the deadline was not kept: {:?}", begun.elapsed());
    ran.ended_with(4);
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
    let states: Vec<_> = report["hosts"].as_array().expect("hosts").iter().map(|host| &host["state"]).collect();
    assert_eq!(states, ["in-sync", "unknown", "unknown"], "{}", ran.all());
    hung.sh("systemctl kill -s CONT ssh.service");
    down.mend();
    let inventory = site.inventory(&[(&well, &[("ansible_user", "nosudo"), ("ansible_become", "true")])]);
    site.zdt(&["drift"], &inventory).ended_with(4).says("sudo");
    // Whoever may not look behind a closed door does not know what is there.
    let inventory = site.inventory(&[(&well, &[("ansible_user", "deploy"), ("ansible_become", "false")])]);
    site.zdt(&["drift"], &inventory).ended_with(4).says("permission denied");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_record_that_cannot_be_trusted_is_said_and_written_anew() {
    let (site, host, inventory) = converged("trixie");
    for (damage, said) in [
        (format!("rm {RECORD}"), "missing"),
        (format!("sed -i '$d' {RECORD}"), "truncated"),
        (format!("sed -i '1s/.*/1/' {RECORD}"), "format 1"),
        (format!("sed -i '2s/^/x/' {RECORD}"), "damaged"),
    ] {
        host.sh(&damage);
        site.zdt(&["drift"], &inventory).ended_with(4).says(said);
        site.plan(&inventory).ended_with(2).says(said);
        site.apply(&inventory).ended_with(0);
        site.zdt(&["drift"], &inventory).ended_with(0);
        host.nothing_is_left();
    }
    host.sh(&format!("sed -i '1s/.*/99/' {RECORD}"));
    site.zdt(&["drift"], &inventory).ended_with(4).says("newer zdt");
    let before = host.snapshot();
    site.apply(&inventory).ended_with(3).says("newer zdt");
    let touched = before.difference(&host.snapshot());
    assert!(touched.is_empty(), "a newer zdt's memory was touched:\n{touched}");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_transaction_at_work_is_no_drift() {
    let (site, host, inventory) = converged("trixie");
    host.sh("echo 40 >/srv/shop/shared/boot_sleep");
    let changed = site.inventory(&[(&host, &[("puma_worker_shutdown_timeout", "20")])]);
    assert_eq!(inventory, changed);
    let apply = site.start(&["apply", "--yes"], &inventory);
    host.until("grep -q . /var/lib/zdt/open/swapped", Duration::from_secs(30));
    let ran = site.zdt(&["drift", "--json", "--wait", "0"], &inventory);
    let report: Value = serde_json::from_str(&ran.ended_with(4).stdout).expect("a report");
    assert_eq!(report["hosts"][0]["state"], "busy", "{}", ran.all());
    host.sh("echo 0.3 >/srv/shop/shared/boot_sleep");
    apply.ends(Duration::from_secs(120)).ended_with(0);
    site.zdt(&["drift"], &inventory).ended_with(0);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_runs_is_brought_to_what_the_files_say() {
    let (site, host, inventory) = converged("trixie");
    // To and fro: the files are as they were, and nobody can tell whether anything read them in between.
    host.sh("sleep 2; for f in /etc/nginx/conf.d/shop_upstream.conf /srv/shop/shared/puma.rb; do chmod 600 $f; done");
    host.sh("chmod 644 /etc/nginx/conf.d/shop_upstream.conf; chmod 640 /srv/shop/shared/puma.rb");
    site.plan(&inventory).ended_with(0);
    site.zdt(&["drift"], &inventory).ended_with(2).says("nginx's workers read it").says("Puma read it");
    let ran = site.zdt(&["apply", "--yes", "--only", "drifted"], &inventory);
    ran.ended_with(0).says("reload nginx").says("restart puma");
    site.zdt(&["drift"], &inventory).ended_with(0);
    host.nothing_is_left();
}
