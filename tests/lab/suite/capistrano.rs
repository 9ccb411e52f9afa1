//! Deploys by Capistrano itself, with the tasks that zdt has put into the checkout, to the host that it runs on. Stand-ins
//! are for what Debian does not package: capistrano3-puma's tasks, and a repository of the app.

use std::path::Path;

use super::fixture::{Host, Ran, Site, ZDT};
use super::stream::{self, Stream};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/capistrano");
const CHECKOUT: &str = "/home/deploy/shop";
const FILES: &[&str] = &["Capfile", "copy.rb", "puma_plugin.rb", "config/deploy.rb", "config/deploy/production.rb"];
const IMPORT: &str = "Dir.glob(\"lib/capistrano/tasks/*.rake\").each { |r| import r }";

struct Deployer {
    host: Host,
    _site: Site,
}

impl Deployer {
    /// A site as zdt leaves it, and a checkout without the tasks.
    fn new(waits: &str) -> Self {
        let (host, site) = (Host::naive("trixie+capistrano+bundler"), Site::new());
        let inventory = site.inventory(&[(&host, &[("exec_reload_wait", waits)])]);
        site.apply(&inventory).ended_with(0);
        host.sh(&format!("mkdir -p {CHECKOUT}/config/deploy"));
        for file in FILES {
            host.push(&Path::new(FOLDER).join(file), &format!("{CHECKOUT}/{file}"));
        }
        host.push(&Path::new(FOLDER).join("inventory.yml"), "/home/deploy/inventory.yml");
        host.push(Path::new(ZDT), "/usr/local/bin/zdt");
        host.sh(include_str!("../capistrano/prepare.sh"));
        Self { host, _site: site }
    }

    fn with_tasks(waits: &str) -> Self {
        let deployer = Self::new(waits);
        deployer.deployer("zdt apply --yes inventory.yml").ended_with(0);
        deployer
    }

    /// Runs a shell text at home, as who deploys.
    fn deployer(&self, script: &str) -> Ran {
        let login = "setpriv --reuid=deploy --regid=deploy --init-groups env -i HOME=/home/deploy USER=deploy LANG=C.UTF-8 \
                     PATH=/usr/local/bin:/usr/bin:/bin SERVER=localhost";
        let output = self.host.sh_output(&format!("cd /home/deploy && {login} sh -c '{script}'"));
        Ran::of(&output, script.to_owned())
    }

    fn cap(&self, words: &str) -> Ran {
        self.deployer(&format!("cd shop && {words}"))
    }

    /// The main process, and the phase that its workers have come to.
    fn puma(&self) -> (String, u32) {
        let main = self.host.sh("systemctl show --property MainPID --value puma.service");
        let stats = self.host.sh("su shop -c 'pumactl -S /srv/shop/shared/tmp/pids/puma.state stats'");
        let phase = stats.split_once("\"phase\":").and_then(|(_, rest)| rest.split_once(',')).map(|(phase, _)| phase);
        (main.trim().to_owned(), phase.and_then(|phase| phase.parse().ok()).unwrap_or_else(|| panic!("{stats}")))
    }

    #[track_caller]
    fn answers(&self, release: &str) {
        for _ in 0..10 {
            let answer = stream::get(&self.host.address).expect("an answer");
            assert!(answer.body.starts_with(&format!("release={release} ")), "{} {}", answer.status, answer.body);
        }
    }

    /// One phased restart and no other, into `release`.
    #[track_caller]
    fn deploys(&self, words: &str, release: &str) {
        let (main, phase) = self.puma();
        self.cap(words).ended_with(0).says("every worker runs /srv/shop/releases/");
        assert_eq!(self.puma(), (main, phase + 1), "{words}");
        self.answers(release);
    }

    /// It is refused with the reason, and what served before serves on.
    #[track_caller]
    fn fails(&self, words: &str, serves: &str) -> Ran {
        let (main, _) = self.puma();
        let ran = self.cap(words);
        ran.ended_with(1).says("Puma said last").says("no such table");
        assert_eq!(self.puma().0, main, "{words}");
        self.answers(serves);
        ran
    }
}

#[track_caller]
fn nothing_failed(stream: Stream) {
    let sent = stream.tell();
    println!("{} requests, slowest {} ms", sent.sent, sent.slowest.as_millis());
    assert!(sent.sent > 200, "{} requests", sent.sent);
    assert!(sent.failures.is_empty(), "{} of {} failed: {:?}", sent.failures.len(), sent.sent, sent.failures);
}

/// Whoever deploys is not root, and the checkout stays theirs.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn the_tasks_become_part_of_a_checkout() {
    let deployer = Deployer::new("auto");
    let missing = deployer.cap(&format!("grep -v import Capfile >other && mv other Capfile && cd .. && {APPLY}"));
    missing.ended_with(3).says("Capfile does not import lib/capistrano/tasks/zero_downtime.rake").says(IMPORT);
    assert_eq!(deployer.host.sh(&format!("ls {CHECKOUT}")), "Capfile\nconfig\ncopy.rb\npuma_plugin.rb\n");
    deployer.host.push(&Path::new(FOLDER).join("Capfile"), &format!("{CHECKOUT}/Capfile"));
    deployer.deployer(APPLY).ended_with(0);
    deployer.deployer("zdt plan inventory.yml").ended_with(0);
    let owners = deployer.host.sh(&format!("cd {CHECKOUT} && find lib -printf '%u:%g %m %p\\n'"));
    let expected = "deploy:deploy 755 lib\ndeploy:deploy 755 lib/capistrano\ndeploy:deploy 755 lib/capistrano/tasks\n\
                    deploy:deploy 644 lib/capistrano/tasks/zero_downtime.rake\n";
    assert_eq!(owners, expected);
    let tasks = deployer.cap("cap -T");
    for task in ["deploy:start", "deploy:stop", "deploy:restart", "puma:reload", "puma:stats", "puma:verify"] {
        tasks.ended_with(0).says(&format!("cap {task} "));
    }
    deployer.cap("cap production deploy --dry-run BUILT=r3").ended_with(0);
}

const APPLY: &str = "zdt apply --yes inventory.yml";

/// `systemctl reload` waits; no plugin.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_deploy_ends_in_one_phased_restart_or_says_why_not() {
    let deployer = Deployer::with_tasks("auto");
    let stream = Stream::start(&deployer.host.address);
    deployer
        .cap("cap production puma:stats")
        .ended_with(0)
        .says("localhost: 2 workers, phase 0 worker used/max backlog");
    deployer.host.sh("cd /srv/shop && ln -sfn /srv/shop/releases/r2 next && mv -T next current");
    deployer.cap("cap production puma:verify").ended_with(1).says("worker 0 runs in /srv/shop/releases/r1, and");
    deployer.deploys("cap production deploy:restart", "r2");
    deployer.cap("cap production puma:verify").ended_with(0).says("localhost: every worker runs /srv/shop/releases/r2");
    deployer.deploys("BUILT=r3 cap production deploy", "r3");
    deployer.fails("BUILT=bad cap production deploy", "r3").says("DEPLOY FAILED").says("Job for puma.service failed");
    deployer
        .fails("cap production puma:verify", "r3")
        .says("worker 0 does not come up")
        .says("1 of 2 workers serve on");
    deployer.fails("cap production deploy:restart", "r3");
    deployer.deploys("cap production deploy:rollback", "r3");
    nothing_failed(stream);
}

/// The plugin's own hook restarts Puma, and `systemctl reload` returns at once: what waits is the task.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn with_the_plugin_it_is_one_phased_restart_too() {
    let deployer = Deployer::with_tasks("false");
    let stream = Stream::start(&deployer.host.address);
    deployer.deploys("WITH_PLUGIN=yes BUILT=r3 cap production deploy", "r3");
    let failed = deployer.fails("WITH_PLUGIN=yes BUILT=bad cap production deploy", "r3");
    failed.says("DEPLOY FAILED").says("worker 0 does not come up: 3 processes were started for it");
    deployer.deploys("WITH_PLUGIN=yes cap production deploy:rollback", "r3");
    deployer.deploys("WITH_PLUGIN=yes cap production deploy:restart", "r3");
    // Whoever deploys need not be Puma's user, where sudo lets them be.
    deployer.cap("LOGIN=deploy cap production puma:stats puma:verify").ended_with(0).says("every worker runs");
    nothing_failed(stream);
    deployer.cap("cap production deploy:stop").ended_with(0);
    assert_eq!(deployer.host.sh("systemctl is-active puma.service || true"), "inactive\n");
    deployer.cap("cap production puma:stats").ended_with(1).says("localhost: ");
    deployer.cap("cap production deploy:start").ended_with(0);
    assert_eq!(deployer.host.sh("systemctl is-active puma.service"), "active\n");
}
