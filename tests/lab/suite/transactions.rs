//! What becomes of a host when something dies in the middle of a transaction and no zdt comes back: the host settles it.

use std::time::{Duration, Instant};

use zdt::host::Program;
use zdt::transaction::{Checking, Confirm, HandlerCall, Manifest, Outcome};

use super::fixture::Host;
use super::talk::Talk;

const UPSTREAM: &str = "/etc/nginx/conf.d/zz-extra.conf";
const DROP_IN: &str = "/etc/systemd/system/puma.service.d";
const SITE: &str = "/etc/nginx/sites-available/shop";
/// The phases in which a worker can die, by the step that it announces.
const PHASES: [&str; 7] = ["stage", "compare", "swap", "activate", "confirm", "put-back", "commit"];

/// A transaction that the host program runs by itself, as if the connection had gone at once.
struct Alone<'a> {
    host: &'a Host,
    manifest: Manifest,
    /// A program text that is loaded after the others: what dies, and when.
    fault: String,
}

impl Alone<'_> {
    fn start(&self) {
        let load = |text: &str| format!("load {}\n{text}#end\n", text.len());
        let input = [
            b"\x1f\n".to_vec(),
            Program::PREFLIGHT.load().into_bytes(),
            Program::RUN.load().into_bytes(),
            load(&self.fault).into_bytes(),
            b"run\n".to_vec(),
            self.manifest.encode_for_run(Checking::Done),
        ];
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("session", Program::session().into_bytes()), ("input", input.concat())] {
            std::fs::write(folder.path().join(name), content).unwrap();
            self.host.push(&folder.path().join(name), &format!("/root/{name}"));
        }
        self.host.sh("rm -f /root/at; setsid sh -c \"$(cat /root/session)\" </root/input >/root/out 2>&1 &");
    }

    fn until(&self, what: &str, limit: Duration) {
        let begun = Instant::now();
        while !self.host.sh_output(what).status.success() {
            assert!(
                begun.elapsed() < limit,
                "{}: `{what}` never came true\n{}",
                self.host.name,
                self.host.sh("cat /root/out; cat /var/lib/zdt/open/journal /var/lib/zdt/history/*/journal; true")
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// The text that makes the worker and the session die, by -9, when `phase` is announced; or wait there for ever.
fn at(phase: &str, then: &str) -> String {
    format!(
        "step() {{\nstep=$1 reason=''\nemit \"step$US$1$US\"\nif [ \"$1\" = {phase} ]; then\necho \"$1\" >/root/at\n{then}\nfi\n}}\n"
    )
}

const DIE: &str = "kill -9 $$\nsh -c 'kill -9 $PPID'";
const STAY: &str = "sync\nsleep 600";

async fn change(lab: &mut Talk, id: &str, confirm: u64) -> Manifest {
    let drop_in = format!("{DROP_IN}/50-extra.conf");
    let site = lab.host.sh(&format!("cat {SITE}"));
    let moved = site.replace("listen 80", "listen 8081");
    assert_ne!(site, moved);
    let mut manifest = lab
        .manifest(&[
            (DROP_IN, Some("")),
            (&drop_in, Some("[Service]\nExecReload=\nExecReload=/bin/true\n")),
            (UPSTREAM, Some("server { listen 127.0.0.1:8099; }\n")),
            (SITE, Some(&moved)),
        ])
        .await;
    manifest.header.id = id.to_owned();
    manifest.header.guard = true;
    manifest.header.confirm =
        if confirm == 0 { Confirm::ByItself } else { Confirm::Within(Duration::from_secs(confirm)) };
    let call = |kind: &str, arguments: &[&str]| HandlerCall {
        name: kind.to_owned(),
        kind: kind.to_owned(),
        arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
    };
    manifest.handlers = vec![call("daemon_reload", &[]), call("nginx_reload", &["nginx.service"])];
    manifest
}

fn served(host: &Host) -> bool {
    host.sh_output("curl -fsS -m 2 -o /dev/null http://127.0.0.1:80/").status.success()
}

/// zdt and the worker killed at each phase: the host alone puts back, or, once it was decided, commits.
async fn a_worker_that_dies_is_made_good_by_the_host(suite: &str, phases: &[&str]) {
    let mut lab = Talk::with(suite).await;
    for (number, phase) in phases.iter().enumerate() {
        let before = lab.host.snapshot().settled();
        // `put-back` comes when nobody confirms, `commit` when the host needs nobody to.
        let confirm = match *phase {
            "commit" => 0,
            "put-back" => 1,
            _ => 60,
        };
        let manifest = change(&mut lab, &format!("die-{number}"), confirm).await;
        let alone = Alone { host: &lab.host, manifest, fault: at(phase, DIE) };
        alone.start();
        alone.until("test -e /root/at", Duration::from_secs(30));
        alone.until("! test -e /var/lib/zdt/open", Duration::from_secs(40));
        alone.until("! pgrep -f /var/lib/zdt/progra[m]", Duration::from_secs(10));
        lab.host.nothing_is_left();
        let difference = before.difference(&lab.host.snapshot().settled());
        let ended = lab.host.sh(&format!("cat /var/lib/zdt/history/*-die-{number}/ended"));
        if *phase == "commit" {
            assert!(ended.starts_with("committed\u{1f}"), "{phase}: {ended}");
            assert!(difference.contains(UPSTREAM), "{phase}: {difference}");
            lab.host.sh("curl -sS -m 2 -o /dev/null http://127.0.0.1:8081/");
        } else {
            assert!(ended.starts_with("put-back\u{1f}"), "{phase}: {ended}");
            assert_eq!(difference, "", "{} {phase}", lab.host.name);
            assert!(served(&lab.host), "{} {phase}: the site is not served", lab.host.name);
        }
    }
}

/// All processes of the host killed at each phase, and the host booted again: before services start, all is as it was.
async fn a_host_that_restarts_half_way_starts_with_the_old(suite: &str, phases: &[&str]) {
    let mut lab = Talk::with(suite).await;
    // Once it is decided, a restart changes nothing any more.
    let undecided = phases.iter().filter(|phase| **phase != "commit");
    for (number, phase) in undecided.enumerate() {
        let before = lab.host.snapshot().settled();
        let manifest = change(&mut lab, &format!("crash-{number}"), if *phase == "put-back" { 1 } else { 60 }).await;
        let alone = Alone { host: &lab.host, manifest, fault: at(phase, STAY) };
        alone.start();
        alone.until("test -e /root/at", Duration::from_secs(30));
        lab.host.crash();
        let alone = Alone { host: &lab.host, manifest: alone.manifest, fault: String::new() };
        alone.until("! test -e /var/lib/zdt/open && systemctl is-active nginx puma", Duration::from_secs(30));
        lab.host.nothing_is_left();
        let difference = before.difference(&lab.host.snapshot().settled());
        assert_eq!(difference, "", "{} {phase}", lab.host.name);
        alone.until("curl -fsS -m 2 -o /dev/null http://127.0.0.1:80/", Duration::from_secs(20));
        lab = lab.again_as("root", None).await;
    }
}

/// Where nothing can be written, nothing is begun; where the disk fills up, nothing stays.
async fn a_disk_that_is_full_or_read_only_is_said(suite: &str) {
    let mut lab = Talk::with(suite).await;
    for (mount, expected) in [("ro", "Read-only file system"), ("size=256k", "is the disk full")] {
        let before = lab.host.snapshot().settled();
        lab.host.sh(&format!("mkdir -p /var/lib/zdt && mount -t tmpfs -o {mount} tmpfs /var/lib/zdt"));
        // Staged on the mount of /etc, which is another one: the record is what does not fit.
        let mut manifest = change(&mut lab, "full", 0).await;
        if mount != "ro" {
            lab.host.sh("head -c 250000 /dev/zero >/var/lib/zdt/ballast; true");
            manifest.header.guard = false;
        }
        let outcome = lab.run(&manifest).await;
        lab.host.sh("umount /var/lib/zdt");
        assert!(
            matches!(&outcome, Outcome::PutBack { reason, .. } if reason.contains(expected)),
            "{mount}: {outcome:?}"
        );
        assert_eq!(before.difference(&lab.host.snapshot().settled()), "", "{mount}");
    }
}

/// A clock that runs backwards moves no deadline and no order.
async fn a_clock_that_is_set_back_changes_nothing(suite: &str) {
    let mut lab = Talk::with(suite).await;
    let before = lab.host.snapshot().settled();
    let clock = "date() {\nn=$(cat /root/clock 2>/dev/null)\necho $((${n:-4000000000} - 86400)) | tee /root/clock\n}\n";
    for (id, confirm) in [("back-1", 2), ("back-2", 0)] {
        let manifest = change(&mut lab, id, confirm).await;
        let alone = Alone { host: &lab.host, manifest, fault: clock.to_owned() };
        let begun = Instant::now();
        alone.start();
        alone.until(&format!("test -e /var/lib/zdt/history/*-{id}/ended"), Duration::from_secs(20));
        if confirm > 0 {
            assert!(begun.elapsed() > Duration::from_secs(2));
            assert_eq!(before.difference(&lab.host.snapshot().settled()), "");
        }
        alone.until("! pgrep -f /root/sessio[n]", Duration::from_secs(10));
    }
    let listed = lab.host.sh("ls /var/lib/zdt/history");
    assert_eq!(listed, "000001-back-1\n000002-back-2\n");
    lab.host.nothing_is_left();
}

macro_rules! transactions {
    ($suite:ident, $phases:expr) => {
        mod $suite {
            #[tokio::test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            async fn survive_a_dead_worker() {
                super::a_worker_that_dies_is_made_good_by_the_host(stringify!($suite), $phases).await;
            }

            #[tokio::test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            async fn survive_a_restart() {
                super::a_host_that_restarts_half_way_starts_with_the_old(stringify!($suite), $phases).await;
            }
        }
    };
}

transactions!(bookworm, &["swap", "confirm"]);
transactions!(trixie, &super::PHASES);
transactions!(sid, &["activate", "commit"]);

#[tokio::test]
#[ignore = "boots hosts: needs root, see tests/run"]
async fn say_what_a_disk_did() {
    a_disk_that_is_full_or_read_only_is_said("trixie").await;
}

#[tokio::test]
#[ignore = "boots hosts: needs root, see tests/run"]
async fn survive_a_clock() {
    a_clock_that_is_set_back_changes_nothing("trixie").await;
}
