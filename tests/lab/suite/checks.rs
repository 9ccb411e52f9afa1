//! Each trap made real on a host, and seen by `zdt check`: where no rule is named, what is found is all that is found.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fixture::{Host, Site};

const UP: Duration = Duration::from_secs(30);
const ROLLED: Duration = Duration::from_secs(90);
const SERVES: &str = "curl -sf http://127.0.0.1/ | grep -q ^release=";
/// The main process has called itself Puma, and it serves.
const STARTED: &str = "curl -sf http://127.0.0.1/ | grep -q ^release= && grep -aq '^puma [0-9]' \
                       /proc/$(systemctl show -p MainPID --value puma.service)/cmdline";
const CONFIG: &str = "/srv/shop/shared/puma.rb";
const UNIT: &str = "/etc/systemd/system/puma.service";

struct Checked {
    host: Host,
    site: Site,
    inventory: PathBuf,
}

impl Checked {
    fn naive(suite: &str) -> Self {
        let (host, site) = (Host::naive(suite), Site::new());
        let inventory = site.inventory(&[(&host, &[])]);
        Self { host, site, inventory }
    }

    fn converged(suite: &str) -> Self {
        let checked = Self::naive(suite);
        checked.site.apply(&checked.inventory).ended_with(0);
        checked.host.until(STARTED, UP);
        checked
    }

    /// The exit code, and of each rule its name, its state and its evidence.
    fn check(&self, words: &[&str]) -> (i32, Vec<(String, String, String)>) {
        let words: Vec<&str> = ["check", "--json"].iter().chain(words).copied().collect();
        let ran = self.site.zdt(&words, &self.inventory);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.all()));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rules = report["hosts"][0]["rules"].as_array().into_iter().flatten();
        let rules = rules.map(|one| (text(&one["rule"]), text(&one["state"]), text(&one["evidence"])));
        (ran.code.unwrap_or(-1), rules.collect())
    }

    /// The rules that do not hold, severe ones and others.
    fn traps(&self) -> Vec<String> {
        let (_, rules) = self.check(&["--severity", "info"]);
        assert!(rules.len() >= 20, "{rules:?}");
        let broken = rules.into_iter().filter(|(_, state, _)| state != "holds");
        broken.map(|(rule, state, _)| if state == "broken" { rule } else { format!("{rule} {state}") }).collect()
    }

    /// In this trap, as the parts of its evidence tell.
    #[track_caller]
    fn is_in(&self, rule: &str, parts: &[&str]) {
        let (code, rules) = self.check(&["--severity", "info", "--rule", rule]);
        let [(_, state, evidence)] = rules.as_slice() else { panic!("{rule}: {rules:?}") };
        assert_eq!((code, state.as_str()), (2, "broken"), "{}: {rule}: {evidence}", self.host.name);
        for part in parts {
            assert!(evidence.contains(part), "{}: {rule}: {part:?} is not in {evidence:?}", self.host.name);
        }
    }

    #[track_caller]
    fn is_not_in(&self, rule: &str) {
        let (code, rules) = self.check(&["--severity", "info", "--rule", rule]);
        assert_eq!((code, rules[0].1.as_str()), (0, "holds"), "{}: {rules:?}", self.host.name);
    }

    fn sh(&self, text: &str) -> String {
        self.host.sh(text)
    }

    /// A full restart with these lines, behind four of every configuration.
    #[track_caller]
    fn configured(&self, lines: &str) {
        self.sh(&format!(
            "cat >{CONFIG} <<'END'\nbind 'unix:///srv/shop/shared/tmp/sockets/puma.sock'\ndirectory '/srv/shop/current'\n\
             state_path '/srv/shop/shared/tmp/pids/puma.state'\n\
             activate_control_app 'unix:///srv/shop/shared/tmp/sockets/pumactl.sock'\n{lines}\nEND\n\
             systemctl daemon-reload; systemctl reset-failed puma.service; systemctl restart puma.service"
        ));
        self.host.until(STARTED, UP);
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_naive_host_is_in_these_traps_and_a_converged_one_in_none() {
    let usual = ["nginx-one-server", "systemd-exec-reload-missing", "puma-directory"];
    let untold = ["puma-roll-stuck untold", "puma-roll-under-way untold"];
    for (suite, more) in
        [("bookworm", vec![]), ("trixie", vec![]), ("sid", vec!["nginx-keepalive-default", "puma-preload"])]
    {
        let checked = Checked::naive(suite);
        let mut expected: Vec<String> = usual.iter().chain(&untold).chain(&more).map(|&rule| rule.to_owned()).collect();
        let mut found = checked.traps();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{suite}");
        checked.is_in("nginx-one-server", &["/etc/nginx/conf.d/shop_upstream.conf:2", "unix:/srv/shop/"]);

        checked.site.apply(&checked.inventory).ended_with(0);
        checked.host.until(STARTED, UP);
        assert_eq!(checked.traps(), Vec::<String>::new(), "{suite}");
        let before = checked.host.snapshot();
        assert_eq!(checked.check(&[]).0, 0, "{suite}");
        assert_eq!(before.difference(&checked.host.snapshot()), "", "{suite}: a check has changed something");
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_is_between_nginx_and_puma_is_seen() {
    let checked = Checked::converged("trixie");
    let sh = |text: &str| checked.sh(text);

    sh("chmod 0750 /srv/shop && chgrp shop /srv/shop");
    checked.is_in("nginx-socket-closed", &["kept out at `/srv/shop` (750 shop:shop)", "`www-data`"]);
    sh("chmod 0755 /srv/shop");
    checked.is_not_in("nginx-socket-closed");

    // Lists of access count, and modes do not say all.
    sh("chmod 0660 /srv/shop/shared/tmp/sockets/puma.sock && chown shop:shop /srv/shop/shared/tmp/sockets/puma.sock");
    checked.is_in("nginx-socket-closed", &["kept out at `/srv/shop/shared/tmp/sockets/puma.sock` (660 shop:shop)"]);
    sh("chmod 0777 /srv/shop/shared/tmp/sockets/puma.sock");

    let upstream = |lines: &str| {
        sh(&format!(
            "printf 'upstream shop {{\\n{lines}\\n}}\\n' >/etc/nginx/conf.d/shop_upstream.conf && systemctl reload nginx"
        ));
    };
    upstream(
        "server unix:/srv/shop/shared/tmp/sockets/other.sock;\\nserver unix:/srv/shop/shared/tmp/sockets/other.sock;",
    );
    checked.is_in("nginx-other-socket", &["sockets/other.sock", "shop_upstream.conf:2", "sockets/puma.sock"]);
    // The same by a link.
    sh("ln -s puma.sock /srv/shop/shared/tmp/sockets/other.sock");
    checked.is_not_in("nginx-other-socket");
    sh("rm /srv/shop/shared/tmp/sockets/other.sock");

    upstream("# keepalive 9;\\nserver unix:/srv/shop/shared/tmp/sockets/puma.sock;\\nkeepalive 16;");
    checked.is_in("nginx-keepalive", &["`keepalive 16;`", "shop_upstream.conf:4"]);
    checked.is_in("nginx-one-server", &["shop_upstream.conf:3"]);

    sh(
        "sed -i 's/proxy_pass/proxy_read_timeout 20s;\\n proxy_pass/' /etc/nginx/sites-available/shop && systemctl reload nginx",
    );
    checked.is_in("nginx-read-timeout", &["20 s", "/etc/nginx/sites-enabled/shop:5", "gives it 30 s", "puma.rb:"]);
    sh(
        "sed -i 's/proxy_read_timeout 20s/proxy_read_timeout 1m/' /etc/nginx/sites-available/shop && systemctl reload nginx",
    );
    checked.is_not_in("nginx-read-timeout");

    sh("systemctl stop nginx");
    let (code, rules) = checked.check(&["--rule", "nginx-one-server"]);
    assert_eq!((code, rules[0].1.as_str(), rules[0].2.as_str()), (4, "untold", "nginx does not run"));
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_makes_a_reload_lie_is_seen() {
    let checked = Checked::naive("trixie");
    let sh = |text: &str| checked.sh(text);
    let reload = "ExecReload=/bin/kill -USR1 $MAINPID";

    sh(&format!("sed -i '/^ExecStart/a {reload}' {UNIT}"));
    checked.is_in("systemd-need-reload", &["NeedDaemonReload=yes", UNIT]);
    sh("systemctl daemon-reload");
    checked.is_not_in("systemd-need-reload");
    checked.is_not_in("systemd-exec-reload-missing");
    checked.is_not_in("systemd-exec-reload-double");

    sh(&format!("mkdir {UNIT}.d; printf '[Service]\\n{reload}\\n' >{UNIT}.d/r.conf; systemctl daemon-reload"));
    checked.is_in("systemd-exec-reload-double", &["2 times", &format!("{UNIT}:10, {UNIT}.d/r.conf:2")]);
    sh(&format!("rm -r {UNIT}.d; systemctl daemon-reload"));

    let starts = |line: &str| {
        sh(&format!("sed -i 's|^ExecStart=.*|{line}|' {UNIT}; systemctl daemon-reload; systemctl restart puma"))
    };
    starts(&format!("ExecStart=/bin/sh -c \"/usr/bin/puma -C {CONFIG}; true\""));
    checked.host.until(SERVES, UP);
    checked.is_in("systemd-main-pid-shell", &["`/usr/bin/dash`"]);
    let (code, rules) = checked.check(&["--rule", "puma-few-workers"]);
    assert_eq!((code, rules[0].1.as_str()), (4, "untold"), "{rules:?}");
    starts(&format!("ExecStart=/usr/bin/puma -C {CONFIG}"));
    checked.host.until(STARTED, UP);
    checked.is_not_in("systemd-main-pid-shell");

    sh(&format!("sed -i 's|^Type=.*|Type=notify|; /^Type/a StandardOutput=append:/var/log/puma.log' {UNIT}"));
    checked.configured("workers 2\npreload_app! false");
    checked.is_in("systemd-type-notify", &["`Type=notify`"]);
    checked.is_in("puma-log-elsewhere", &["`StandardOutput=append`", &format!("{UNIT}:")]);

    sh(&format!(
        "systemctl stop puma; mkdir -p /srv/shop/.config/systemd/user; mv {UNIT} /srv/shop/.config/systemd/user/; \
         rm -f /etc/systemd/system/multi-user.target.wants/puma.service; systemctl daemon-reload"
    ));
    checked.is_in("systemd-user-unit", &["/srv/shop/.config/systemd/user/puma.service"]);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn how_puma_runs_is_seen() {
    for suite in ["bookworm", "trixie", "sid"] {
        let checked = Checked::naive(suite);
        let sh = |text: &str| checked.sh(text);
        checked.is_in("puma-directory", &["names no `directory`", "/srv/shop/releases/r1"]);

        checked.configured("workers 2\npreload_app! false\nfork_worker");
        checked.is_in("puma-fork-worker-two", &["puma.rb:7"]);
        match suite {
            "sid" => checked.is_not_in("puma-fork-worker-old"),
            _ => checked.is_in("puma-fork-worker-old", &["puma.rb:7", "runs with `fork_worker`"]),
        }
        checked.is_not_in("puma-preload");
        checked.is_not_in("puma-directory");
        checked.is_in("puma-state-open", &["/srv/shop/shared/tmp/pids/puma.state", "its mode is 644"]);
        checked.is_in("puma-control-open", &["/srv/shop/shared/tmp/sockets/pumactl.sock", "its mode is 777"]);
        sh("chmod 0750 /srv/shop/shared/tmp/pids; chmod 0700 /srv/shop/shared/tmp/sockets/pumactl.sock");
        checked.is_not_in("puma-state-open");
        checked.is_not_in("puma-control-open");

        checked.configured("workers 3\npreload_app! false\nfork_worker");
        checked.is_not_in("puma-fork-worker-two");

        checked.configured("workers 2\npreload_app!");
        checked.is_in("puma-preload", &["Puma said at its start", "puma.rb:6"]);
        checked.is_not_in("puma-fork-worker-two");
        checked.configured("preload_app! false\nworkers 1");
        checked.is_in("puma-few-workers", &["one worker", "puma.rb:6"]);
        checked.configured("preload_app! false");
        checked.is_in("puma-few-workers", &["single mode", "no `workers`"]);

        // Without the journal the configuration tells.
        sh(&format!("sed -i '/^Type/a StandardOutput=null' {UNIT}"));
        checked.configured("workers 2\npreload_app!");
        checked.is_in("puma-preload", &["configuration says `preload_app!`", "puma.rb:6"]);
        checked.configured("workers 2\npreload_app! if ENV['PRELOAD']");
        assert_eq!(checked.check(&["--rule", "puma-preload"]).1[0].1, "untold", "{suite}");

        checked.configured("workers 2\npreload_app! false\ndirectory '/srv/shop/releases/r1'");
        checked.is_in("puma-directory", &["'/srv/shop/releases/r1'", "puma.rb:7"]);
        sh("ln -sfn /srv/shop/releases/r2 /srv/shop/current");
        checked.is_in("puma-stale-workers", &["run in `r1`, and `current` is `r2`"]);

        checked.is_not_in("puma-prune-bundler");

        // What `bundle exec` sets.
        sh(&format!(
            "for r in r1 r2; do echo 'gem \"puma\"' >/srv/shop/releases/$r/Gemfile; done; \
             sed -i '/^StandardOutput/d; /^Type/a Environment=RUBYOPT=-rbundler/setup \
             \"BUNDLE_GEMFILE=/srv/shop/releases/r1/Gemfile\"' {UNIT}"
        ));
        checked.configured("workers 2\npreload_app! false");
        checked.is_in("puma-bundle-gemfile", &["BUNDLE_GEMFILE=/srv/shop/releases/r1/Gemfile`", &format!("{UNIT}:")]);
        checked.is_in("puma-prune-bundler", &["its configuration has no `prune_bundler`"]);
        checked.configured("workers 2\npreload_app!\nprune_bundler");
        checked.is_in("puma-prune-bundler", &["though `prune_bundler` stands at", "puma.rb:7"]);
        sh(&format!("sed -i 's| *\"BUNDLE_GEMFILE=[^\"]*\"||' {UNIT}"));
        // That Puma has left Bundler cannot be seen here: what Debian packages does not start then.
        checked.configured("workers 2\npreload_app! false");
        checked.is_not_in("puma-bundle-gemfile");
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_roll_is_seen_while_it_goes_on_and_when_it_hangs() {
    let checked = Checked::converged("trixie");
    checked
        .sh("echo 'raise \"no\"' >/srv/shop/releases/r2/config.ru; ln -sfn /srv/shop/releases/r2 /srv/shop/current; \
                kill -USR1 $(systemctl show -p MainPID --value puma.service); sleep 5");
    // Between two tries of the one that does not boot, all are counted as booted.
    let until = Instant::now() + ROLLED;
    loop {
        let (_, rules) = checked.check(&["--severity", "info", "--rule", "puma-roll-under-way"]);
        if rules.iter().any(|(_, state, text)| state == "broken" && text.contains("workers: 2, booted: 1")) {
            break;
        }
        assert!(Instant::now() < until, "{rules:?}");
    }
    checked.sh("touch -h -d '10 minutes ago' /srv/shop/current");
    checked.host.until("! find /srv/shop/current -maxdepth 0 -mmin -5 | grep -q .", ROLLED);
    let (_, rules) =
        checked.check(&["--severity", "info", "--rule", "puma-roll-stuck", "--rule", "puma-roll-under-way"]);
    let broken: Vec<_> = rules.iter().filter(|(_, state, _)| state == "broken").collect();
    assert_eq!(broken.len(), 1, "{rules:?}");
}

/// Before Puma 8 a worker 0 that was replaced forks the others from old code. They are no children of the main process, and all
/// numbers say that they are new.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn old_code_that_a_worker_forked_is_seen() {
    for suite in ["bookworm", "trixie"] {
        let checked = Checked::naive(suite);
        checked.configured("workers 3\npreload_app! false\nfork_worker");
        let workers = "pgrep -fc '^puma: cluster worker [0-9]'";
        checked.host.until(&format!("[ $({workers}) = 3 ]"), UP);
        checked.is_not_in("puma-stale-workers");
        checked.sh("kill -KILL $(pgrep -f '^puma: cluster worker 0')");
        checked.host.until(&format!("[ $({workers}) = 3 ]"), UP);
        checked.host.until("pgrep -f '^puma: cluster worker 0'", UP);
        checked.sh("sleep 4; ln -sfn /srv/shop/releases/r2 /srv/shop/current; \
                    kill -USR1 $(systemctl show -p MainPID --value puma.service); sleep 25");
        checked.is_in("puma-stale-workers", &["run in `r1`, and `current` is `r2`"]);
        checked.is_in("puma-fork-worker-old", &["runs with `fork_worker`"]);
    }
}
