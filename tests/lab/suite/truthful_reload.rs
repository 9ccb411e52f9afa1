//! `systemctl reload` says how the restart ended: after it, and not before.

use std::thread;
use std::time::{Duration, Instant};

use super::fixture::{Host, Site};
use super::stream::{self, Stream};

const POINT: &str = "cd /srv/shop && ln -sfn /srv/shop/releases/";
/// Longer than any reload here should take, shorter than Puma's own wait for a worker that hangs, twice.
const LIMIT: Duration = Duration::from_secs(45);

struct Told {
    host: Host,
    site: Site,
}

impl Told {
    fn new(suite: &str) -> Self {
        let told = Self { host: Host::naive(suite), site: Site::new() };
        let inventory = told.site.inventory(&[(&told.host, &[])]);
        told.site.apply(&inventory).ended_with(0);
        told.site.plan(&inventory).ended_with(0);
        told.host.sh(
            "cd /srv/shop/releases && mkdir bad && echo bad >bad/REVISION && ln -s /srv/shop/shared/tmp bad/tmp && \
             echo 'raise \"no such table\"' >bad/config.ru",
        );
        told
    }

    fn point(&self, release: &str) {
        self.host.sh(&format!("{POINT}{release} next && mv -T next current"));
    }

    /// The exit code of a reload, and how long it took.
    fn reload(&self) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        (self.host.sh_output("systemctl reload puma.service").status.code(), begun.elapsed())
    }

    /// The releases that Puma's workers run, by what they say of themselves.
    fn workers(&self) -> Vec<String> {
        let places = self.host.sh("for pid in $(pgrep -f '^puma: cluster worker'); do readlink /proc/$pid/cwd; done");
        places.lines().map(|line| line.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    }

    #[track_caller]
    fn answers(&self, release: &str) {
        for _ in 0..10 {
            let answer = stream::get(&self.host.address).expect("an answer");
            assert!(answer.body.starts_with(&format!("release={release} ")), "{} {}", answer.status, answer.body);
        }
    }

    fn state(&self) -> String {
        // In two questions: each systemd prints properties in an order of its own.
        self.host.sh("echo $(for of in ActiveState NRestarts; do systemctl show -p $of --value puma.service; done)")
    }

    fn said(&self) -> String {
        self.host.sh("journalctl -u puma.service -o cat --no-pager | grep '^reload: ' | tail -n 1")
    }
}

/// Capistrano, cron and a person get the truth, under load: nobody's request fails, whatever becomes of the release.
fn tells_the_truth(suite: &str) {
    let told = Told::new(suite);
    let stream = Stream::start(&told.host.address);

    told.point("r2");
    let (code, _) = told.reload();
    assert_eq!((code, told.workers()), (Some(0), vec!["r2".to_owned(); 2]), "{}", told.said());
    told.answers("r2");

    told.point("bad");
    let (code, took) = told.reload();
    assert_eq!(code, Some(1), "{}", told.said());
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(told.said().contains("does not come up"), "{}", told.said());
    told.answers("r2");
    assert_eq!(told.state(), "active 0\n");

    told.point("r1");
    let (code, took) = told.reload();
    assert_eq!((code, told.workers()), (Some(0), vec!["r1".to_owned(); 2]), "{}", told.said());
    assert!(took < LIMIT, "{took:?}");

    // The second waits for the first: two restarts at once would overlap.
    told.point("r2");
    let codes =
        told.host.sh("systemctl reload puma.service & first=$!; sleep 0.1; systemctl reload puma.service; second=$?; \
         wait $first; echo $? $second");
    assert_eq!((codes.trim(), told.workers()), ("0 0", vec!["r2".to_owned(); 2]), "{}", told.said());
    assert_eq!(told.state(), "active 0\n");

    let sent = stream.tell();
    println!("{} requests, slowest {} ms", sent.sent, sent.slowest.as_millis());
    assert!(sent.failures.is_empty(), "{} of {} failed: {:?}", sent.failures.len(), sent.sent, sent.failures);
}

/// A signal in Puma's first moments kills it, and one to a shell kills that.
fn kills_nothing(suite: &str) {
    let told = Told::new(suite);
    for pause in ["0", "0.2", "0.5"] {
        told.point("r2");
        let script = format!("systemctl restart puma.service && sleep {pause} && systemctl reload puma.service");
        let output = told.host.sh_output(&script);
        assert!(output.status.success(), "{pause}: {}", told.said());
        assert_eq!((told.state().as_str(), told.workers()), ("active 0\n", vec!["r2".to_owned(); 2]), "{pause}");
    }
    told.host
        .sh("printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c \"puma -C /srv/shop/shared/puma.rb; true\"\\n' \
         >/etc/systemd/system/puma.service.d/wrap.conf && systemctl daemon-reload && systemctl restart puma.service");
    told.host.until("curl -fsS -m 2 -o /dev/null http://127.0.0.1/", Duration::from_secs(20));
    let main = told.host.sh("systemctl show --property MainPID --value puma.service");
    let (code, _) = told.reload();
    assert_eq!(code, Some(1));
    assert!(told.said().contains("is not Puma but `/bin/sh -c"), "{}", told.said());
    assert_eq!(told.host.sh("systemctl show --property MainPID --value puma.service"), main);
    assert_eq!(told.state(), "active 0\n");
}

/// Without a control server, with `fork_worker`, without workers, without a `directory`.
fn tells_it_of_other_configurations(suite: &str) {
    let told = Told::new(suite);
    let with = |change: &str| {
        told.point("r1");
        told.host.sh(&format!(
            "cd /srv/shop/shared && cp -n puma.rb /root/puma.rb; cp /root/puma.rb puma.rb && {change} && \
             rm -f tmp/pids/puma.state && systemctl restart puma.service"
        ));
        told.host.until("curl -fsS -m 2 -o /dev/null http://127.0.0.1/", Duration::from_secs(20));
        thread::sleep(Duration::from_secs(3));
    };
    with("sed -i '/^activate_control_app/d; /^state_/d' puma.rb");
    told.point("bad");
    assert_eq!(told.reload().0, Some(1));
    told.point("r2");
    assert_eq!((told.reload().0, told.workers()), (Some(0), vec!["r2".to_owned(); 2]), "{}", told.said());

    with("sed -i 's/^workers 2/workers 3/; $a fork_worker' puma.rb");
    told.point("r2");
    assert_eq!((told.reload().0, told.workers()), (Some(0), vec!["r2".to_owned(); 3]), "{}", told.said());

    with("sed -i 's/^workers 2/workers 0/' puma.rb");
    told.point("r2");
    assert_eq!(told.reload().0, Some(0), "{}", told.said());
    told.answers("r2");

    with("sed -i '/^directory/d' puma.rb");
    told.point("r2");
    assert_eq!(told.reload().0, Some(1));
    assert!(told.said().contains("the workers run in `/srv/shop/releases/r1`"), "{}", told.said());
}

macro_rules! truthful {
    ($suite:ident) => {
        mod $suite {
            #[test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            fn tells_the_truth() {
                super::tells_the_truth(stringify!($suite));
            }

            #[test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            fn kills_nothing() {
                super::kills_nothing(stringify!($suite));
            }

            #[test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            fn tells_it_of_other_configurations() {
                super::tells_it_of_other_configurations(stringify!($suite));
            }
        }
    };
}

truthful!(bookworm);
truthful!(trixie);
truthful!(sid);
