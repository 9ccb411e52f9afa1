//! The files are right, and what runs is not: on hosts of three generations, by `zdt drift`.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fixture::{Host, Site};

const SUITES: [&str; 3] = ["bookworm", "trixie", "sid"];
const ROLLED: Duration = Duration::from_secs(60);
const RESTARTED: Duration = Duration::from_secs(30);
/// Files and times of whole seconds: what happens in one of them cannot be told apart.
const LATER: &str = "sleep 2.1";
const BOOTED: &str = "test \"$(systemctl kill -s USR2 --kill-whom=main puma.service && sleep 4; \
                      curl -s http://127.0.0.1/ | cut -d= -f1)\" = release";

struct Applied {
    host: Host,
    site: Site,
    inventory: std::path::PathBuf,
}

impl Applied {
    fn on(suite: &str) -> Self {
        let (host, site) = (Host::naive(suite), Site::new());
        let inventory = site.inventory(&[(&host, &[])]);
        site.apply(&inventory).ended_with(0);
        Self { host, site, inventory }
    }

    /// The exit code, and of each finding its cause, id and sentence.
    fn drift(&self) -> (i32, Vec<String>) {
        let ran = self.site.zdt(&["drift", "--json"], &self.inventory);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout));
        let host = &report["hosts"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let findings = host["findings"].as_array().into_iter().flatten();
        let mut said: Vec<String> = findings
            .map(|one| format!("{} {}: {}", text(&one["cause"]), text(&one["id"]), text(&one["says"])))
            .collect();
        said.extend(host["error"].as_str().map(str::to_owned));
        (ran.code.unwrap_or(-1), said)
    }

    #[track_caller]
    fn is_in_sync(&self) {
        assert_eq!(self.drift(), (0, vec![]), "{}", self.host.name);
    }

    /// Once a roll has ended; on Ruby 3.3 an old worker may hang until Puma kills it after 30 s.
    #[track_caller]
    fn comes_in_sync(&self) {
        let begun = Instant::now();
        loop {
            match self.drift() {
                (0, said) if said.is_empty() => return,
                (4, _) if begun.elapsed() < ROLLED => thread::sleep(Duration::from_secs(1)),
                other => panic!("{}: {other:?}", self.host.name),
            }
        }
    }

    /// One finding, of which these are parts.
    #[track_caller]
    fn finds(&self, code: i32, parts: &[&str]) {
        let (ended, said) = self.drift();
        assert_eq!((ended, said.len()), (code, 1), "{}: {said:?}", self.host.name);
        for part in parts {
            assert!(said[0].contains(part), "{}: {part:?} is not in {said:?}", self.host.name);
        }
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_runs_is_told_from_what_the_files_say() {
    for suite in SUITES {
        let applied = Applied::on(suite);
        let sh = |text: &str| applied.host.sh(text);
        applied.is_in_sync();
        let before = applied.host.snapshot();
        applied.is_in_sync();
        assert_eq!(before.difference(&applied.host.snapshot()), "", "{suite}: a look has changed something");

        // Edited, and edited back: the file is right again, and Puma may have read the other one.
        sh(&format!(
            "{LATER}; cd /srv/shop/shared; sed -i.bak 's/^workers 2/workers 3/' puma.rb; cp -p puma.rb.bak b; \
                     cat b >puma.rb; rm b puma.rb.bak; chown shop:shop puma.rb; chmod 0640 puma.rb"
        ));
        applied.finds(2, &["runtime /srv/shop/shared/puma.rb: Puma read it at ", ", and it was changed at "]);
        applied.host.until(BOOTED, RESTARTED);
        applied.is_in_sync();

        // What Puma runs with, whatever the times say.
        sh("cd /srv/shop/shared; cp -p puma.rb /root/kept; sed -i 's/^workers 2/workers 3/' puma.rb");
        applied.host.until(BOOTED, RESTARTED);
        sh("cp -p /root/kept /srv/shop/shared/puma.rb");
        let (_, said) = applied.drift();
        let runs = "runtime /srv/shop/shared/puma.rb: Puma runs with 3 workers, and `puma_workers` is 2.";
        assert_eq!(said.first().map(String::as_str), Some(runs), "{suite}: {said:?}");
        applied.host.until(BOOTED, RESTARTED);
        applied.is_in_sync();

        // nginx refuses a file and tells nobody: its old workers go on.
        sh(&format!(
            "{LATER}; touch /etc/nginx/conf.d/shop_upstream.conf; echo broken >/etc/nginx/conf.d/zz.conf; \
                     systemctl reload nginx; rm /etc/nginx/conf.d/zz.conf"
        ));
        applied.finds(2, &["runtime /etc/nginx/conf.d/shop_upstream.conf: nginx's workers read it at "]);
        sh("systemctl reload nginx; sleep 1");
        applied.is_in_sync();

        // Released, and not reloaded.
        sh("ln -sfn /srv/shop/releases/r2 /srv/shop/current");
        applied.finds(2, &["runtime /srv/shop/current: Puma's processes ", " run in `r1`, and `current` is `r2`"]);
        sh("systemctl reload puma.service; sleep 5");
        applied.comes_in_sync();

        // systemd goes by a file that is no longer there.
        sh("rm /etc/systemd/system/puma.service.d/10-zdt-exec-reload.conf");
        let (code, said) = applied.drift();
        assert_eq!((code, said.len()), (2, 2), "{suite}: {said:?}");
        assert!(said[0].starts_with("drifted /etc/systemd/system/puma.service.d/"), "{suite}: {said:?}");
        assert!(said[1].starts_with("runtime unit puma.service: systemd still goes by `"), "{suite}: {said:?}");
        applied.site.apply(&applied.inventory).ended_with(0);
        applied.is_in_sync();
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_could_not_be_told_of_puma_is_never_clean() {
    let applied = Applied::on("trixie");
    applied.host.sh(&format!("{LATER}; touch /srv/shop/shared/puma.rb; rm /srv/shop/shared/tmp/pids/puma.state"));
    applied.finds(4, &["whether Puma read it since cannot be told: its state file "]);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn who_may_have_done_it_is_told_without_what_was_typed() {
    let applied = Applied::on("trixie");
    let mut ssh = std::process::Command::new("ssh");
    ssh.args(applied.site.ssh_arguments()).arg(format!("deploy@{}", applied.host.address));
    let ran =
        ssh.arg("sudo sed -i s/nothing/hunter2/ /srv/shop/shared/puma.rb; sudo chmod 0600 /srv/shop/shared/puma.rb");
    assert!(ran.status().expect("ssh").success());
    let ran = applied.site.zdt(&["drift", "--json"], &applied.inventory);
    assert!(ran.stdout.contains("deploy ran /usr/bin/chmod with sudo"), "{}", ran.stdout);
    assert!(ran.stdout.contains("deploy logged in by ssh from 10.77."), "{}", ran.stdout);
    assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
}
