//! `zdt reload` on real hosts: judged by what each worker runs, tried first, witnessed, and taken back when it is bad.

use std::path::PathBuf;
use std::time::Duration;

use super::fixture::{Host, Ran, Site, Variables};
use super::stream::{Stream, Told};

const RAISES: &str = "raise \"no such table: users\"";
const ANSWERS_500: &str = "run lambda { |env| [500, {\"content-type\" => \"text/plain\"}, [\"release=bad\\n\"]] }";

struct App {
    host: Host,
    site: Site,
    inventory: PathBuf,
}

impl App {
    /// A host brought to the guide, on release r1.
    fn adopted(suite: &str, variables: Variables<'_>) -> App {
        let app = App::naive(suite, variables);
        app.zdt("apply --yes").ended_with(0);
        app
    }

    fn naive(suite: &str, variables: Variables<'_>) -> App {
        let (host, site) = (Host::naive(suite), Site::new());
        let inventory = site.inventory(&[(&host, variables)]);
        App { host, site, inventory }
    }

    fn zdt(&self, words: &str) -> Ran {
        self.site.zdt(&words.split(' ').collect::<Vec<_>>(), &self.inventory)
    }

    /// Makes a release of this config.ru, and the current one.
    fn deploy(&self, release: &str, config_ru: &str) {
        let folder = format!("/srv/shop/releases/{release}");
        let file = self.site.path("config.ru");
        std::fs::write(&file, format!("{config_ru}\n")).expect("a file");
        self.host.sh(&format!("mkdir -p {folder} && ln -sfn /srv/shop/shared/tmp {folder}/tmp"));
        self.host.push(&file, &format!("{folder}/config.ru"));
        self.host.sh(&format!("chown -R -h shop:shop {folder} && chmod 0644 {folder}/config.ru"));
        self.switch(release);
    }

    fn switch(&self, release: &str) {
        self.host.sh(&format!(
            "ln -sfn /srv/shop/releases/{release} /srv/shop/current && chown -h shop:shop /srv/shop/current"
        ));
    }

    fn current(&self) -> String {
        self.host.sh("basename $(readlink /srv/shop/current)").trim().to_owned()
    }

    /// Who answers, each once.
    fn answering(&self) -> String {
        self.host
            .sh("for i in $(seq 60); do curl -s --max-time 20 localhost | cut -d' ' -f1; done | sort -u")
            .trim()
            .to_owned()
    }

    fn under_load(&self, words: &str) -> (Ran, Told) {
        let stream = Stream::start(&self.host.address);
        let ran = self.zdt(words);
        std::thread::sleep(Duration::from_millis(500));
        (ran, stream.tell())
    }
}

#[track_caller]
fn nothing_failed(told: &Told) {
    assert!(
        told.failures.is_empty() && told.sent > 20,
        "{} of {}: {:?}",
        told.failures.len(),
        told.sent,
        told.failures
    );
}

#[track_caller]
fn nothing_waited(told: &Told) {
    nothing_failed(told);
    assert!(told.slowest < Duration::from_secs(1), "{:?}", told.slowest);
}

fn takes_up_and_takes_back(suite: &str) {
    let app = App::adopted(suite, &[]);
    app.switch("r2");
    let (ran, told) = app.under_load("reload --yes");
    ran.ended_with(0).says("reload puma [phased restart]").says("committed").says(" 0 failed, longest");
    nothing_waited(&told);
    assert_eq!(app.answering(), "release=r2");
    app.host.nothing_is_left();
    app.zdt("plan").ended_with(0);
    app.zdt("history").ended_with(0).says("reload");

    app.deploy("r3", RAISES);
    let (ran, told) = app.under_load("reload --yes");
    ran.ended_with(5).says("`r3` does not boot, a trial showed: nothing was restarted").says("no such table: users");
    nothing_waited(&told);
    assert_eq!((app.answering().as_str(), app.current().as_str()), ("release=r2", "r3"));
    app.host.nothing_is_left();

    let (ran, told) = app.under_load("reload --yes --no-trial");
    ran.ended_with(5).says("the release `r3` does not boot").says("points to `r2` again");
    nothing_waited(&told);
    assert_eq!((app.answering().as_str(), app.current().as_str()), ("release=r2", "r2"));
    app.host.nothing_is_left();

    app.deploy("r4", ANSWERS_500);
    app.zdt("reload --yes").ended_with(5).says("`r4` answers a trial's request for `/` with 500");
    app.zdt("reload --yes --no-trial").ended_with(5).says("requests failed (status-500:").says("points to `r2` again");
    assert_eq!((app.answering().as_str(), app.current().as_str()), ("release=r2", "r2"));
    assert_eq!(app.host.sh("systemctl show --property NRestarts --value puma.service").trim(), "0");
    app.host.nothing_is_left();
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn bookworm_takes_up_a_release_and_takes_back_what_does_not_boot() {
    takes_up_and_takes_back("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn trixie_takes_up_a_release_and_takes_back_what_does_not_boot() {
    takes_up_and_takes_back("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn sid_takes_up_a_release_and_takes_back_what_does_not_boot() {
    takes_up_and_takes_back("sid");
}

/// DOMAIN: phases lie under fork_worker before Puma 8, where worker 0 was replaced since the last roll.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn old_code_that_goes_on_serving_is_found_and_restarted_again() {
    for suite in ["bookworm", "trixie"] {
        let app = App::adopted(suite, &[("puma_workers", "3"), ("puma_fork_worker", "true")]);
        app.host.sh("kill -TERM $(pgrep -f '[p]uma: cluster worker 0')");
        app.host.until("[ $(pgrep -fc '[p]uma: cluster worker [0-9]') = 3 ]", Duration::from_secs(30));
        std::thread::sleep(Duration::from_secs(5));
        app.switch("r2");
        let (ran, told) = app.under_load("reload --yes --no-witness");
        let ran = ran.ended_with(0);
        assert!(ran.stderr.contains("said that they were new and ran old code"), "{suite}: {}", ran.stderr);
        nothing_failed(&told);
        assert_eq!(app.answering(), "release=r2", "{suite}");
    }
}

/// Without workers, with one, and with preloading: what does not boot never takes the site down.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn every_mode_takes_up_a_release_and_none_goes_down_with_a_bad_one() {
    let preloads = "['preload_app! true', 'prune_bundler false']";
    for (suite, workers, extra) in [
        ("bookworm", "0", "[]"),
        ("trixie", "0", "[]"),
        ("sid", "0", "[]"),
        ("trixie", "1", "[]"),
        ("sid", "2", preloads),
    ] {
        let app = App::adopted(suite, &[("puma_workers", workers), ("puma_extra_lines", extra)]);
        app.switch("r2");
        let (ran, told) = app.under_load("reload --yes");
        ran.ended_with(0);
        nothing_failed(&told);
        assert_eq!(app.answering(), "release=r2", "{suite} {workers}");
        app.deploy("r3", RAISES);
        let (ran, told) = app.under_load("reload --yes");
        ran.ended_with(5).says("does not boot, a trial showed").says("no such table: users");
        nothing_waited(&told);
        assert_eq!(app.answering(), "release=r2", "{suite} {workers}");
        // Without a trial a Puma that restarts whole dies of it; it comes back with the release that served.
        app.zdt("reload --yes --no-trial").ended_with(5).says("points to `r2` again");
        assert_eq!((app.answering().as_str(), app.current().as_str()), ("release=r2", "r2"), "{suite} {workers}");
        app.host.nothing_is_left();
    }
}

/// A link to a folder that holds no release would be worse than what failed.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_does_not_run_beside_the_release_is_not_signalled() {
    let app = App::naive("trixie", &[]);
    app.host.sh("sed -i 's,^WorkingDirectory=.*,WorkingDirectory=/srv/shop,' /etc/systemd/system/puma.service && \
         sed -i '1i rackup \"/srv/shop/current/config.ru\"' /srv/shop/shared/puma.rb && systemctl daemon-reload && \
         systemctl restart puma.service");
    app.host.until("curl -sf localhost", Duration::from_secs(20));
    let workers = || app.host.sh("pgrep -f '[p]uma: cluster worker' | sort");
    let before = workers();
    app.switch("r2");
    app.zdt("reload --yes --no-trial").ended_with(5).says("runs in `/srv/shop`, which is not beside the release");
    assert_eq!((workers(), app.current().as_str()), (before, "r2"));
}

/// Whoever restarts it is killed before the signal: nothing is signalled by whoever puts back.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_reload_that_dies_before_its_signal_leaves_puma_alone() {
    for workers in ["2", "0"] {
        let app = App::adopted("trixie", &[("puma_workers", workers)]);
        app.host.sh("echo 5 >/srv/shop/shared/boot_sleep");
        let processes = || app.host.sh("pgrep -f '[p]uma' -u shop | sort");
        let before = processes();
        app.switch("r2");
        let running = app.site.start(&["reload", "--yes"], &app.inventory);
        app.host.until("systemctl is-active 'zdt-trial-*.service'", Duration::from_secs(30));
        app.host.sh(KILL_THE_WORKER);
        app.host.until("! [ -d /var/lib/zdt/open ]", Duration::from_secs(90));
        running.kill();
        assert_eq!((processes(), app.current().as_str()), (before, "r2"), "{workers}");
        assert_eq!(app.answering(), "release=r1", "{workers}");
        app.host.nothing_is_left();
    }
}

/// Whoever holds the lock is at work on the host.
const KILL_THE_WORKER: &str = "for p in /proc/[0-9]*; do if ls -l $p/fd 2>/dev/null | grep -q /var/lib/zdt/lock; then kill -KILL ${p#/proc/}; fi; done; true";

/// Traps that no signal must be sent into.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_cannot_be_restarted_worker_by_worker_is_said_and_left_alone() {
    let app = App::naive("trixie", &[]);
    // No `directory`: a roll stays in the old release for ever.
    app.switch("r2");
    app.zdt("reload --yes").ended_with(5).says("does its puma.rb name a `directory`").says("points to `r1` again");
    assert_eq!((app.answering().as_str(), app.current().as_str()), ("release=r1", "r1"));
    // A signal at once after a start would kill Puma.
    app.zdt("apply --yes").ended_with(0);
    app.switch("r2");
    app.host.sh("systemctl restart --no-block puma.service");
    app.zdt("reload --yes").ended_with(0);
    assert_eq!(app.answering(), "release=r2");
    assert_eq!(app.host.sh("systemctl show --property NRestarts --value puma.service").trim(), "0");
    app.host.sh("systemctl stop puma.service");
    app.zdt("reload --yes").ended_with(5).says("`puma.service` is inactive: it has no workers to restart");
    app.host.sh(
        "mkdir -p /run/systemd/system/puma.service.d && printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c \
         \"/usr/bin/puma -C /srv/shop/shared/puma.rb; true\"\\n' >/run/systemd/system/puma.service.d/wrap.conf && \
         systemctl daemon-reload && systemctl start puma.service",
    );
    app.host.until("curl -sf localhost", Duration::from_secs(20));
    app.zdt("reload --yes").ended_with(5).says("is not Puma but `/bin/sh -c");
    assert_eq!(app.answering(), "release=r2");
}

/// Whoever restarts it is killed in the middle: the host brings it to its end by itself.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_reload_that_dies_in_the_middle_comes_to_its_end() {
    let app = App::adopted("sid", &[]);
    app.host.sh("echo 3 >/srv/shop/shared/boot_sleep");
    app.switch("r2");
    let running = app.site.start(&["reload", "--yes", "--no-trial", "--no-witness"], &app.inventory);
    app.host.until("grep -q rolled /var/lib/zdt/open/journal", Duration::from_secs(30));
    app.host.sh(KILL_THE_WORKER);
    app.host.until("! [ -d /var/lib/zdt/open ]", Duration::from_secs(90));
    running.kill();
    assert_eq!((app.answering().as_str(), app.current().as_str()), ("release=r2", "r2"));
    app.host.until("! [ -e /var/lib/zdt/program ]", Duration::from_secs(30));
    app.host.nothing_is_left();
}
