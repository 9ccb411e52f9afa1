//! The host programs on real hosts: `tests/lab/lab up NAME SUITE --naive`, then
//! `ZDT_LAB_CONFIG=FILE ZDT_LAB_HOSTS=NAME,NAME cargo test --test host_lab`. They change those hosts.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zdt::host::{Fault, Kind, Options, Program, Session, Target, connect};
use zdt::resource::{FactQuery, Observation, ObserveRequest, PathQuery};
use zdt::transaction::journal::{self, Line};
use zdt::transaction::{
    CheckCommand, Checked, Checking, Entry, HandlerCall, Manifest, Outcome, Progress, Put, STATE_DIR, Seen, Verdict,
};

#[cfg(test)]
struct Lab {
    config: String,
    name: String,
    session: Session,
}

#[cfg(test)]
impl Lab {
    async fn hosts() -> Vec<Lab> {
        Lab::hosts_as(None, None).await
    }

    async fn hosts_as(user: Option<&str>, r#become: Option<&str>) -> Vec<Lab> {
        let (Ok(config), Ok(names)) = (std::env::var("ZDT_LAB_CONFIG"), std::env::var("ZDT_LAB_HOSTS")) else {
            eprintln!("SKIPPED: no lab hosts in `ZDT_LAB_CONFIG` and `ZDT_LAB_HOSTS`");
            return Vec::new();
        };
        let mut hosts = Vec::new();
        for name in names.split(',') {
            let target = Target {
                kind: Kind::Ssh,
                host: name.to_owned(),
                common_args: vec!["-F".to_owned(), config.clone()],
                user: user.map(str::to_owned),
                r#become: r#become.map(str::to_owned),
                ..Target::local()
            };
            let session = connect(&target, &Options::default()).await.unwrap();
            hosts.push(Lab { config: config.clone(), name: name.to_owned(), session });
        }
        hosts
    }

    /// Something done by hand on the host.
    fn by_hand(&self, script: &str) -> String {
        let output = Command::new("ssh").args(["-F", &self.config, &self.name, script]).output().unwrap();
        assert!(output.status.success(), "{}: {script}: {}", self.name, String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    async fn observe(&mut self, paths: &[&str]) -> Observation {
        self.session.start(Program::OBSERVE);
        let fact = |name: &str, arguments: &[&str]| FactQuery {
            name: name.to_owned(),
            kind: name.to_owned(),
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        };
        let request = ObserveRequest {
            paths: paths.iter().map(|path| PathQuery { path: (*path).to_owned(), content: true }).collect(),
            units: ["puma.service", "nginx.service", "no-such.service"].map(str::to_owned).to_vec(),
            facts: vec![fact("nginx", &[]), fact("systemd", &[]), fact("puma", &["puma.service", "/srv/shop/current"])],
            users: vec!["shop".to_owned(), "nobody-here".to_owned()],
            ..ObserveRequest::default()
        };
        let mut lines = Vec::new();
        self.session.call("observe", &request.encode(), |line| lines.push(line.to_vec())).await.unwrap();
        Observation::decode(&request, &lines).unwrap()
    }

    async fn manifest(&mut self, files: &[(&str, Option<&str>)]) -> Manifest {
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        let observation = self.observe(&paths).await;
        let mut entries = Vec::new();
        for (path, content) in files {
            let seen = observation.paths[*path].clone();
            let put = match content {
                None => Put::Remove,
                Some("") => Put::Directory {
                    mode: "0755".to_owned(),
                    owner: Some("root".to_owned()),
                    group: Some("root".to_owned()),
                },
                Some(content) => Put::File {
                    content: Arc::from(content.as_bytes()),
                    mode: "0644".to_owned(),
                    owner: Some("root".to_owned()),
                    group: Some("root".to_owned()),
                },
            };
            let detail = seen.sha256.unwrap_or_default();
            let (kind, mode, owner, group) = (seen.kind, seen.mode, seen.owner, seen.group);
            let seen = Seen { kind, mode, owner, group, detail, parent: seen.parent };
            entries.push(Entry { path: (*path).to_owned(), put, seen });
        }
        let id = format!("lab-{}", std::process::id());
        Manifest { id, state_dir: STATE_DIR.to_owned(), entries, checks: Vec::new(), handlers: Vec::new() }
    }

    async fn talk(&mut self, verb: &str, input: &[u8]) -> (Vec<Progress>, Option<Outcome>) {
        self.session.start(Program::OBSERVE);
        self.session.start(Program::PREFLIGHT);
        self.session.start(Program::RUN);
        let (mut progress, mut outcome, mut faults) = (Vec::new(), None, Vec::new());
        let limit = Duration::from_secs(300);
        self.session
            .call_within(limit, verb, input, |line| match journal::decode(line) {
                Ok(Some(Line::Progress(event))) => progress.push(event),
                Ok(Some(Line::Outcome(end))) => outcome = Some(end),
                Ok(None) => {}
                Err(fault) => faults.push(fault),
            })
            .await
            .unwrap();
        assert!(faults.is_empty(), "{}: {faults:?}", self.name);
        (progress, outcome)
    }

    async fn preflight(&mut self, manifest: &Manifest) -> BTreeMap<String, Verdict> {
        let (progress, _) = self.talk("preflight", &manifest.encode()).await;
        let verdict = |event| match event {
            Progress::Checked(Checked { name, verdict }) => Some((name, verdict)),
            _ => None,
        };
        progress.into_iter().filter_map(verdict).collect()
    }

    async fn run(&mut self, manifest: &Manifest) -> Outcome {
        let start = Instant::now();
        let (progress, outcome) = self.talk("run", &manifest.encode_for_run(Checking::Done)).await;
        eprintln!("{} {:?} {outcome:?}\n  {progress:?}", self.name, start.elapsed());
        outcome.unwrap()
    }

    /// All names, modes, owners, sizes and times of the places that a plan must not touch, but for what our own login by
    /// hand changes (journal, sessions, motd).
    fn picture(&self) -> String {
        self.by_hand("find /etc /srv /var /run /tmp /mnt -xdev -printf '%p %m %u %g %s %T@ %C@\\n' 2>/dev/null | grep -v -e ' /run/log' -e /var/log/journal -e /run/systemd/journal -e /run/systemd/sessions -e '^/run/systemd/\\(transient\\|users\\|inaccessible\\|units\\|seats\\)' -e '^/run/user' -e '^/var/log/[wl]' -e /run/utmp -e /run/motd -e '^/run [0-9]' -e '^/run/sudo' -e access.log | sort")
    }
}

#[cfg(test)]
fn handler(kind: &str, arguments: &[&str]) -> HandlerCall {
    let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
    HandlerCall { name: kind.to_owned(), kind: kind.to_owned(), arguments }
}

#[cfg(test)]
fn check(argv: &[&str], user: Option<&str>) -> CheckCommand {
    let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
    CheckCommand { name: argv[0].clone(), argv, user: user.map(str::to_owned) }
}

const PUMA: &str = "/srv/shop/shared/puma.rb";
const DROP_IN: &str = "/etc/systemd/system/puma.service.d";
const EXTRA: &str = "/etc/nginx/conf.d/zz-extra.conf";

#[tokio::test]
async fn a_host_is_converged_and_put_back() {
    for mut lab in Lab::hosts().await {
        let seen = lab.observe(&[PUMA, DROP_IN, EXTRA]).await;
        eprintln!("{} {:?}\n  {:?}", lab.name, seen.facts, seen.units["nginx.service"]);
        assert_eq!(seen.facts["puma"]["load_state"], "loaded");
        assert_eq!(seen.facts["puma"]["titled"], "yes");
        assert_eq!(seen.facts["puma"]["version_source"], "process");
        assert!(seen.facts["puma"]["ruby"].contains("ruby"));
        assert!(seen.facts["nginx"]["version"].starts_with("1."));
        assert!(seen.facts["systemd"]["version"].parse::<u32>().unwrap() >= 252);
        assert_eq!(seen.missing_users, ["nobody-here"]);
        assert_eq!(seen.units["no-such.service"].properties["LoadState"], ["not-found"]);
        assert!(!seen.units["nginx.service"].exec_reload.is_empty());
        let naive = String::from_utf8(seen.paths[PUMA].content.clone().unwrap().to_vec()).unwrap();

        // Preflight: candidates that are good, and such that are not.
        let unit = |reload: &str| format!("[Service]\nExecReload=\n{reload}\n");
        let good = unit("ExecReload=/bin/kill -USR1 $MAINPID");
        let drop_in = format!("{DROP_IN}/10-zdt.conf");
        for (reload, extra, ruby, passes) in [
            (good.as_str(), "server { listen 127.0.0.1:8099; }\n", naive.as_str(), true),
            ("[Service]\nExecReload=/no/such/program\n", "upstream {\n", "def\n", false),
        ] {
            let mut manifest = lab
                .manifest(&[(DROP_IN, Some("")), (&drop_in, Some(reload)), (EXTRA, Some(extra)), (PUMA, Some(ruby))])
                .await;
            manifest.checks = vec![
                check(&["nginx", "-t"], None),
                check(&["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", "puma.service"], None),
                check(&["ruby", "-c", PUMA], Some("shop")),
            ];
            let before = lab.picture();
            let start = Instant::now();
            let verdicts = lab.preflight(&manifest).await;
            eprintln!("{} {:?} {verdicts:?}", lab.name, start.elapsed());
            let after = lab.picture();
            let changed: Vec<&str> = after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
            assert!(changed.is_empty(), "{}: {changed:#?}", lab.name);
            assert_eq!(verdicts.len(), 3);
            for (name, verdict) in &verdicts {
                assert_eq!(matches!(verdict, Verdict::Passed { .. }), passes, "{}: {name} {verdict:?}", lab.name);
                assert!(!matches!(verdict, Verdict::NotRun { .. }), "{name} {verdict:?}");
            }
        }

        // Converge: the naive Puma has no control server, the next one has.
        let state = "/srv/shop/shared/tmp/pids/puma.state";
        lab.by_hand("install -d -o shop -g shop /srv/shop/shared/tmp /srv/shop/shared/tmp/pids");
        let control = "activate_control_app 'unix:///srv/shop/shared/tmp/pids/ctl.sock?umask=0177'";
        let better = format!("{naive}\nstate_path '{state}'\n{control}\n");
        let mut manifest = lab
            .manifest(&[
                (DROP_IN, Some("")),
                (&drop_in, Some(&good)),
                (EXTRA, Some("server { listen 127.0.0.1:8099; }\n")),
                (PUMA, Some(&better)),
            ])
            .await;
        manifest.handlers = vec![
            handler("daemon_reload", &[]),
            handler("nginx_reload", &["nginx.service"]),
            handler("puma_restart", &["puma.service", state]),
        ];
        assert_eq!(lab.run(&manifest).await, Outcome::Committed);
        let seen = lab.observe(&[PUMA]).await;
        assert_eq!(seen.units["puma.service"].exec_reload, ["/bin/kill -USR1 $MAINPID"]);
        lab.by_hand("curl -sS -m 2 -o /dev/null 127.0.0.1:8099 && ! test -e /var/lib/zdt/lock");

        // Again, now with stats to watch: they tell when workers have booted.
        lab.by_hand("echo 3 >/srv/shop/shared/boot_sleep");
        let mut manifest = lab.manifest(&[(PUMA, Some(&format!("{better}# again\n")))]).await;
        manifest.handlers = vec![handler("puma_restart", &["puma.service", state])];
        let start = Instant::now();
        assert_eq!(lab.run(&manifest).await, Outcome::Committed);
        assert!(start.elapsed() >= Duration::from_secs(3), "{:?}", start.elapsed());
        lab.by_hand("echo 0.3 >/srv/shop/shared/boot_sleep");

        // A port in use passes `nginx -t`, and no reload tells of it.
        lab.by_hand(
            "systemd-run -q --unit=squatter ruby -rsocket -e 'TCPServer.new(%q(0.0.0.0), 8123); sleep'; sleep 1",
        );
        let mut manifest = lab.manifest(&[(EXTRA, Some("server { listen 8123; }\n"))]).await;
        manifest.handlers = vec![handler("nginx_reload", &["nginx.service"])];
        let outcome = lab.run(&manifest).await;
        assert!(matches!(&outcome, Outcome::PutBack { reason, .. } if reason.contains("8123")), "{outcome:?}");
        lab.by_hand("systemctl stop squatter");

        // A puma.rb that raises ends Puma: the old one comes back.
        let mut manifest = lab.manifest(&[(PUMA, Some(&format!("{better}raise 'nope'\n")))]).await;
        manifest.handlers = vec![handler("puma_restart", &["puma.service", state])];
        let outcome = lab.run(&manifest).await;
        assert!(matches!(&outcome, Outcome::PutBack { reason, .. } if reason.contains("nope")), "{outcome:?}");
        assert_eq!(lab.observe(&[]).await.facts["puma"]["titled"], "yes");

        // Stopped: it is started.
        lab.by_hand("systemctl stop puma");
        let mut manifest = lab.manifest(&[(PUMA, Some(&better))]).await;
        manifest.handlers = vec![handler("puma_restart", &["puma.service", state])];
        assert_eq!(lab.run(&manifest).await, Outcome::Committed);

        // A shell as main process is not signalled.
        lab.by_hand("mkdir -p /run/systemd/system/puma.service.d && printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c \"puma -C /srv/shop/shared/puma.rb; true\"\\n' >/run/systemd/system/puma.service.d/wrap.conf && systemctl daemon-reload && systemctl restart puma && sleep 3");
        let mut manifest = lab.manifest(&[(PUMA, Some(&naive))]).await;
        manifest.handlers = vec![handler("puma_restart", &["puma.service", state])];
        let outcome = lab.run(&manifest).await;
        assert!(matches!(&outcome, Outcome::PutBack { reason, .. } if reason.contains("not signalled")), "{outcome:?}");
        lab.by_hand(&format!("rm -r /run/systemd/system/puma.service.d {DROP_IN} {EXTRA}; rm -rf /var/lib/zdt; systemctl daemon-reload; systemctl restart puma nginx"));
    }
}

#[tokio::test]
async fn sudo_makes_root_of_a_user_and_its_refusal_is_told() {
    for mut lab in Lab::hosts_as(Some("deploy"), Some("root")).await {
        let seen = lab.observe(&["/root/.profile"]).await;
        assert_eq!((seen.session.uid, seen.paths["/root/.profile"].kind.as_str()), (0, "file"));
    }
    for mut lab in Lab::hosts_as(Some("deploy"), None).await {
        let seen = lab.observe(&["/root/.profile", "/etc/shadow"]).await;
        assert_ne!(seen.session.uid, 0);
        for path in ["/root/.profile", "/etc/shadow"] {
            assert_eq!(seen.paths[path].kind, "unreadable", "{path}");
        }
    }
    for mut lab in Lab::hosts_as(Some("nosudo"), Some("root")).await {
        lab.session.start(Program::OBSERVE);
        let fault = lab.session.call("observe", b"", |_| {}).await.unwrap_err();
        assert!(matches!(&fault, Fault::Sudo { .. }), "{fault:?}");
        eprintln!("{}: {fault}", lab.name);
    }
}

#[tokio::test]
async fn a_kept_connection_observes_within_a_tenth_of_a_second() {
    drop(Lab::hosts().await);
    for round in 0..3 {
        let start = Instant::now();
        let hosts = Lab::hosts().await;
        let count = hosts.len();
        for mut lab in hosts {
            lab.observe(&[PUMA, DROP_IN, EXTRA]).await;
        }
        eprintln!("round {round}: {count} hosts, one after the other, in {:?}", start.elapsed());
    }
}

/// What Puma may be like besides the usual: single mode without a control server, an app that is slow to boot, an app that cannot boot.
#[tokio::test]
async fn a_restart_is_waited_for_whatever_puma_is_like() {
    let restart = || vec![handler("puma_restart", &["puma.service", "/srv/shop/shared/none.state"])];
    for mut lab in Lab::hosts().await {
        let naive = lab.by_hand(&format!("cp {PUMA} /root/puma.rb; cat {PUMA}"));
        for (name, before, puma) in [
            ("single", "", naive.replace("workers 2", "workers 0")),
            ("single again", "", format!("{}\n# again\n", naive.replace("workers 2", "workers 0"))),
            ("cluster", "", format!("{naive}\n# more\n")),
            ("slow", "echo 4 >/srv/shop/shared/boot_sleep", format!("{naive}\n# slow\n")),
        ] {
            lab.by_hand(before);
            let mut manifest = lab.manifest(&[(PUMA, Some(&puma))]).await;
            manifest.handlers = restart();
            let start = Instant::now();
            assert_eq!(lab.run(&manifest).await, Outcome::Committed, "{} {name}", lab.name);
            eprintln!("{} {name} {:?}", lab.name, start.elapsed());
        }
        lab.by_hand("echo 0.3 >/srv/shop/shared/boot_sleep; cp /srv/shop/current/config.ru /root/; echo 'raise %q(cannot boot)' >/srv/shop/current/config.ru");
        let mut manifest = lab.manifest(&[(PUMA, Some(&naive))]).await;
        manifest.handlers = restart();
        let outcome = lab.run(&manifest).await;
        assert!(matches!(&outcome, Outcome::Stuck { .. }), "{} {outcome:?}", lab.name);
        lab.by_hand(&format!("cp /root/config.ru /srv/shop/current/config.ru; cp /root/puma.rb {PUMA}; rm -rf /var/lib/zdt; systemctl restart puma"));
    }
}
