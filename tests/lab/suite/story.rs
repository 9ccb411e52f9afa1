//! The whole way, per suite and per way in: naive app → plan → apply under load → nothing left to do → phased restart.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::fixture::{Host, Ran, Site, ZDT};
use super::stream::{self, Stream};

/// How zdt comes to the host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Root,
    Deploy,
    Local,
}

struct Told {
    host: Host,
    site: Site,
    way: Way,
}

impl Told {
    fn new(suite: &str, way: Way) -> Self {
        Self { host: Host::naive(suite), site: Site::new(), way }
    }

    fn inventory(&self) -> PathBuf {
        self.site.inventory(&[(
            &self.host,
            match self.way {
                Way::Root => &[],
                Way::Deploy => &[("ansible_user", "deploy"), ("ansible_become", "true")],
                Way::Local => &[("ansible_connection", "local")],
            },
        )])
    }

    /// For the local way, zdt itself stands on the host, in /root, which no snapshot looks at.
    fn carry(&self) {
        if self.way == Way::Local {
            self.host.push(ZDT.as_ref(), "/root/zdt");
            self.host.push(&self.inventory(), "/root/inventory.yml");
        }
    }

    fn zdt(&self, words: &str) -> Ran {
        if self.way == Way::Local {
            let (command, options) = words.split_once(' ').unwrap_or((words, ""));
            let script = format!("cd /root && NO_COLOR=1 ./zdt {command} inventory.yml {options}");
            return Ran::of(&self.host.sh_output(&script), format!("zdt {words}, inside"));
        }
        self.site.zdt(&words.split(' ').collect::<Vec<_>>(), &self.inventory())
    }

    /// Puma's own words about itself, through its control socket; none while it starts.
    fn stats(&self) -> Option<serde_json::Value> {
        let output = self.host.sh_output(
            r#"state=/srv/shop/shared/tmp/pids/puma.state
            word() { sed -n "s/^$1: *//p" "$state" | tr -d '"'; }
            socket=$(word control_url) && socket=${socket#unix://} && socket=${socket%%\?*}
            curl -fsS --max-time 5 --unix-socket "$socket" "http://puma/stats?token=$(word control_auth_token)""#,
        );
        serde_json::from_slice(&output.stdout).ok()
    }

    /// Waits until every worker stands in this phase, seen twice: one look at the stats is not atomic.
    #[track_caller]
    fn settles_in_phase(&self, phase: u64) {
        let begun = Instant::now();
        let (mut seen, mut last) = (0, None);
        while seen < 2 {
            assert!(begun.elapsed() < Duration::from_secs(20), "not in phase {phase} after 20 s: {last:?}");
            thread::sleep(Duration::from_millis(100));
            last = self.stats();
            let workers = last.as_ref().and_then(|stats| stats["worker_status"].as_array());
            let there = workers.is_some_and(|workers| {
                workers.len() == 2 && workers.iter().all(|one| one["booted"] == true && one["phase"] == phase)
            });
            seen = if there { seen + 1 } else { 0 };
        }
    }

    #[track_caller]
    fn answers(&self, release: &str) {
        for _ in 0..10 {
            let answer = stream::get(&self.host.address).expect("an answer");
            assert!(answer.body.starts_with(&format!("release={release} ")), "{} {}", answer.status, answer.body);
        }
    }
}

/// Runs something while requests flow, and holds it to: none failed, and enough were sent to mean it.
#[track_caller]
pub(super) fn without_a_failed_request<T>(address: &str, what: impl FnOnce() -> T) -> T {
    let stream = Stream::start(address);
    let result = what();
    // What a restart broke shows in the moments after it, too.
    thread::sleep(Duration::from_millis(500));
    let told = stream.tell();
    let slowest = told.slowest.as_millis();
    println!("{} requests, {:.0} a second, slowest {slowest} ms", told.sent, told.per_second);
    assert!(told.failures.is_empty(), "{} of {} requests failed: {:?}", told.failures.len(), told.sent, told.failures);
    assert!(told.per_second >= 20.0, "only {:.1} requests a second: that proves nothing", told.per_second);
    result
}

fn tell(suite: &str, way: Way) {
    let told = Told::new(suite, way);
    told.carry();
    let host = &told.host;
    told.answers("r1");

    let before = host.snapshot();
    told.zdt("plan").ended_with(2).says("/etc/nginx/conf.d/shop_upstream.conf").says("/srv/shop/shared/puma.rb");
    let touched = before.difference(&host.snapshot());
    assert!(touched.is_empty(), "plan has touched the host:\n{touched}");

    without_a_failed_request(&host.address, || told.zdt("apply --yes")).ended_with(0);
    told.answers("r1");
    let applied = host.snapshot();
    told.zdt("plan").ended_with(0);
    let touched = applied.difference(&host.snapshot());
    assert!(touched.is_empty(), "a plan with nothing to do has touched the host:\n{touched}");
    let live = applied.settled();
    told.zdt("apply --yes").ended_with(0);
    let touched = live.difference(&host.snapshot().settled());
    assert!(touched.is_empty(), "a second apply has changed something:\n{touched}");

    told.settles_in_phase(0);
    // Workers that have only just booted may hang when told to end, on Ruby 3.3 (tests/lab/README.md).
    thread::sleep(Duration::from_secs(2));
    without_a_failed_request(&host.address, || {
        host.sh(
            "cd /srv/shop && ln -s /srv/shop/releases/r2 next && mv -T next current && systemctl reload puma.service",
        );
        told.settles_in_phase(1);
    });
    told.answers("r2");
    // A reload that killed Puma and let systemd start it again would look the same from outside.
    assert_eq!(host.sh("systemctl show --property NRestarts --value puma.service").trim(), "0");
    told.zdt("plan").ended_with(0);
    // Where nginx keeps connections to upstreams alive by itself it was told not to; older ones would refuse the word.
    let loaded = host.sh("nginx -T 2>/dev/null");
    assert_eq!(loaded.lines().any(|line| line.trim() == "keepalive 0;"), suite == "sid", "{loaded}");
}

macro_rules! story {
    ($suite:ident) => {
        mod $suite {
            use super::{Way, tell};

            #[test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            fn as_root() {
                tell(stringify!($suite), Way::Root);
            }

            #[test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            fn as_a_user_with_sudo() {
                tell(stringify!($suite), Way::Deploy);
            }

            #[test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            fn from_inside_the_host() {
                tell(stringify!($suite), Way::Local);
            }
        }
    };
}

story!(bookworm);
story!(trixie);
story!(sid);
