//! A release or a setting with which Puma cannot boot, under each kind of Puma: nothing that serves is given up for it.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::fixture::{Host, Site};
use super::stream::{self, Stream};

/// Nothing is restarted, so nobody waits: a machine that works beside it may be slow, a restart is slower.
const MAX_STALL: Duration = Duration::from_secs(1);
const RAISES: &str = "cd /srv/shop/releases && mkdir r3 && echo r3 >r3/REVISION && ln -s /srv/shop/shared/tmp r3/tmp && \
                      echo 'raise \"no such table: orders\"' >r3/config.ru && chown -R -h shop:shop r3";
/// What serves: the main process, how often systemd has started it anew, and with what.
const SERVES: &str =
    "systemctl show --property MainPID --property NRestarts puma.service; cat /srv/shop/shared/puma.rb";

/// What Puma the host has.
struct Kind {
    suite: &'static str,
    workers: &'static str,
    line: Option<&'static str>,
}

/// What cannot boot, and what is said of it.
struct Trouble {
    release: &'static str,
    line: &'static str,
    says: &'static str,
}

/// Ruby reads these settings and Puma loads them: no check can refuse them. Only who boots finds out.
const TROUBLES: [Trouble; 3] = [
    Trouble { release: "r3", line: "persistent_timeout 25", says: "no such table: orders" },
    Trouble { release: "r1", line: "rackup \"no_such.ru\"", says: "No application configured" },
    Trouble { release: "r1", line: "bind \"tcp://192.0.2.1:9292\"", says: "192.0.2.1" },
];

fn points_to(host: &Host, release: &str) {
    host.sh(&format!("cd /srv/shop && ln -s /srv/shop/releases/{release} next && mv -T next current"));
}

fn inventory(site: &Site, host: &Host, kind: &Kind, line: Option<&str>) -> PathBuf {
    let lines = kind.line.into_iter().chain(line).map(|line| format!("'{line}'")).collect::<Vec<_>>().join(", ");
    site.inventory(&[(host, &[("puma_workers", kind.workers), ("puma_extra_lines", &format!("[{lines}]"))])])
}

#[track_caller]
fn serves_on(kind: &Kind) {
    let (host, site) = (Host::naive(kind.suite), Site::new());
    site.apply(&inventory(&site, &host, kind, None)).ended_with(0);
    host.sh(RAISES);
    thread::sleep(Duration::from_secs(3));
    for Trouble { release, line, says } in TROUBLES {
        let before = host.sh(SERVES);
        let inventory = inventory(&site, &host, kind, Some(line));
        points_to(&host, release);
        let stream = Stream::start(&host.address);
        let ran = site.apply(&inventory);
        thread::sleep(Duration::from_secs(1));
        let told = stream.tell();
        let (failed, sent, slowest) = (told.failures.len(), told.sent, told.slowest);
        println!("{release}, {line}: {failed} of {sent} requests failed, slowest {} ms", slowest.as_millis());
        ran.ended_with(5).says(says).says(&host.name);
        assert!(told.failures.is_empty(), "{failed} of {sent} requests failed: {:?}\n{}", told.failures, ran.all());
        assert!(told.per_second >= 20.0, "only {:.1} requests a second: that proves nothing", told.per_second);
        assert!(slowest <= MAX_STALL, "a request waited {slowest:?}\n{}", ran.all());
        assert_eq!(host.sh(SERVES), before, "{}", ran.all());
        host.nothing_is_left();
        let answer = stream::get(&host.address).expect("an answer");
        assert!(answer.body.starts_with("release=r1 "), "{} {}", answer.status, answer.body);
        points_to(&host, "r1");
    }
}

macro_rules! kinds {
    ($($name:ident: $suite:literal $workers:literal $line:expr;)*) => {$(
        #[test]
        #[ignore = "boots hosts: needs root, see tests/run"]
        fn $name() {
            serves_on(&Kind { suite: $suite, workers: $workers, line: $line });
        }
    )*};
}

kinds! {
    two_workers_on_bookworm: "bookworm" "2" None;
    two_workers_on_trixie: "trixie" "2" None;
    two_workers_on_sid: "sid" "2" None;
    one_worker: "trixie" "1" None;
    no_workers: "trixie" "0" None;
    preloading: "trixie" "2" Some("preload_app!");
}
