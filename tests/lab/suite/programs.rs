//! The host programs on all three suites: what goes wrong after the swap, and what Puma may be like besides the usual.

use std::time::{Duration, Instant};

use zdt::host::{Fault, Program};
use zdt::transaction::{CheckCommand, HandlerCall, Outcome, Verdict};

use super::talk::Talk;

fn handler(kind: &str, arguments: &[&str]) -> HandlerCall {
    let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
    HandlerCall { name: kind.to_owned(), kind: kind.to_owned(), arguments }
}

fn check(argv: &[&str], user: Option<&str>) -> CheckCommand {
    let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
    CheckCommand { name: argv[0].clone(), argv, user: user.map(str::to_owned) }
}

const PUMA: &str = "/srv/shop/shared/puma.rb";
const DROP_IN: &str = "/etc/systemd/system/puma.service.d";
const EXTRA: &str = "/etc/nginx/conf.d/zz-extra.conf";

async fn a_host_is_converged_and_put_back(suite: &str) {
    let mut lab = Talk::with(suite).await;
    let seen = lab.observe(&[PUMA, DROP_IN, EXTRA]).await;
    eprintln!("{} {:?}\n  {:?}", lab.host.name, seen.facts, seen.units["nginx.service"]);
    assert_eq!(seen.facts["puma"]["load_state"], "loaded");
    assert_eq!(seen.facts["puma"]["titled"], "yes");
    assert_eq!(seen.facts["puma"]["version_source"], "process");
    assert!(seen.facts["puma"]["ruby"].contains("ruby"));
    assert!(seen.facts["nginx"]["version"].starts_with("1."));
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
        let before = lab.host.snapshot();
        let start = Instant::now();
        let verdicts = lab.preflight(&manifest).await;
        eprintln!("{} {:?} {verdicts:?}", lab.host.name, start.elapsed());
        let touched = before.difference(&lab.host.snapshot());
        assert!(
            touched.is_empty(),
            "preflight has touched the host:
{touched}"
        );
        assert_eq!(verdicts.len(), 3);
        for (name, verdict) in &verdicts {
            assert_eq!(matches!(verdict, Verdict::Passed { .. }), passes, "{}: {name} {verdict:?}", lab.host.name);
            assert!(!matches!(verdict, Verdict::NotRun { .. }), "{name} {verdict:?}");
        }
    }

    // Converge: the naive Puma has no control server, the next one has.
    let state = "/srv/shop/shared/tmp/pids/puma.state";
    lab.host.sh("install -d -o shop -g shop /srv/shop/shared/tmp /srv/shop/shared/tmp/pids");
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
    lab.host.sh("curl -sS -m 2 -o /dev/null 127.0.0.1:8099 && ! test -e /var/lib/zdt/open");

    // Again, now with stats to watch: they tell when workers have booted.
    lab.host.sh("echo 3 >/srv/shop/shared/boot_sleep");
    let mut manifest = lab.manifest(&[(PUMA, Some(&format!("{better}# again\n")))]).await;
    manifest.handlers = vec![handler("puma_restart", &["puma.service", state])];
    let start = Instant::now();
    assert_eq!(lab.run(&manifest).await, Outcome::Committed);
    assert!(start.elapsed() >= Duration::from_secs(3), "{:?}", start.elapsed());
    lab.host.sh("echo 0.3 >/srv/shop/shared/boot_sleep");

    // A port in use passes `nginx -t`, and no reload tells of it.
    lab.host.sh("systemd-run -q --unit=squatter ruby -rsocket -e 'TCPServer.new(%q(0.0.0.0), 8123); sleep'; sleep 1");
    let mut manifest = lab.manifest(&[(EXTRA, Some("server { listen 8123; }\n"))]).await;
    manifest.handlers = vec![handler("nginx_reload", &["nginx.service"])];
    let outcome = lab.run(&manifest).await;
    assert!(matches!(&outcome, Outcome::PutBack { reason, .. } if reason.contains("8123")), "{outcome:?}");
    lab.host.sh("systemctl stop squatter");

    // A puma.rb that raises ends Puma: the old one comes back.
    let mut manifest = lab.manifest(&[(PUMA, Some(&format!("{better}raise 'nope'\n")))]).await;
    manifest.handlers = vec![handler("puma_restart", &["puma.service", state])];
    let outcome = lab.run(&manifest).await;
    assert!(matches!(&outcome, Outcome::PutBack { reason, .. } if reason.contains("nope")), "{outcome:?}");
    assert_eq!(lab.observe(&[]).await.facts["puma"]["titled"], "yes");

    // Stopped: it is started.
    lab.host.sh("systemctl stop puma");
    let mut manifest = lab.manifest(&[(PUMA, Some(&better))]).await;
    manifest.handlers = vec![handler("puma_restart", &["puma.service", state])];
    assert_eq!(lab.run(&manifest).await, Outcome::Committed);

    // A shell as main process is not signalled.
    lab.host.sh("mkdir -p /run/systemd/system/puma.service.d && printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c \"puma -C /srv/shop/shared/puma.rb; true\"\\n' >/run/systemd/system/puma.service.d/wrap.conf && systemctl daemon-reload && systemctl restart puma && sleep 3");
    let mut manifest = lab.manifest(&[(PUMA, Some(&naive))]).await;
    manifest.handlers = vec![handler("puma_restart", &["puma.service", state])];
    let outcome = lab.run(&manifest).await;
    assert!(matches!(&outcome, Outcome::PutBack { reason, .. } if reason.contains("not signalled")), "{outcome:?}");
}

async fn sudo_makes_root_of_a_user_and_its_refusal_is_told(suite: &str) {
    let mut lab = Talk::with(suite).await.again_as("deploy", Some("root")).await;
    let seen = lab.observe(&["/root/.profile"]).await;
    assert_eq!((seen.session.uid, seen.paths["/root/.profile"].kind.as_str()), (0, "file"));

    let mut lab = lab.again_as("deploy", None).await;
    let seen = lab.observe(&["/root/.profile", "/etc/shadow"]).await;
    assert_ne!(seen.session.uid, 0);
    for path in ["/root/.profile", "/etc/shadow"] {
        assert_eq!(seen.paths[path].kind, "unreadable", "{path}");
    }

    let mut lab = lab.again_as("nosudo", Some("root")).await;
    lab.session().start(Program::OBSERVE);
    let fault = lab.session().call("observe", b"", |_| {}).await.unwrap_err();
    assert!(matches!(&fault, Fault::Sudo { .. }), "{fault:?}");
}

/// What Puma may be like besides the usual: single mode without a control server, an app that is slow to boot, an app that cannot boot.
async fn a_restart_is_waited_for_whatever_puma_is_like(suite: &str) {
    let restart = || vec![handler("puma_restart", &["puma.service", "/srv/shop/shared/none.state"])];
    let mut lab = Talk::with(suite).await;
    let naive = lab.host.sh(&format!("cat {PUMA}"));
    for (name, before, puma) in [
        ("single", "", naive.replace("workers 2", "workers 0")),
        ("single again", "", format!("{}\n# again\n", naive.replace("workers 2", "workers 0"))),
        ("cluster", "", format!("{naive}\n# more\n")),
        ("slow", "echo 4 >/srv/shop/shared/boot_sleep", format!("{naive}\n# slow\n")),
    ] {
        lab.host.sh(before);
        let mut manifest = lab.manifest(&[(PUMA, Some(&puma))]).await;
        manifest.handlers = restart();
        let start = Instant::now();
        assert_eq!(lab.run(&manifest).await, Outcome::Committed, "{} {name}", lab.host.name);
        eprintln!("{} {name} {:?}", lab.host.name, start.elapsed());
    }
    lab.host.sh("echo 0.3 >/srv/shop/shared/boot_sleep; echo 'raise %q(cannot boot)' >/srv/shop/current/config.ru");
    let mut manifest = lab.manifest(&[(PUMA, Some(&naive))]).await;
    manifest.handlers = restart();
    let outcome = lab.run(&manifest).await;
    assert!(matches!(&outcome, Outcome::Stuck { .. }), "{} {outcome:?}", lab.host.name);
}

macro_rules! programs {
    ($suite:ident) => {
        mod $suite {
            #[tokio::test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            async fn converge_and_put_back() {
                super::a_host_is_converged_and_put_back(stringify!($suite)).await;
            }

            #[tokio::test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            async fn tell_what_sudo_said() {
                super::sudo_makes_root_of_a_user_and_its_refusal_is_told(stringify!($suite)).await;
            }

            #[tokio::test]
            #[ignore = "boots hosts: needs root, see tests/run"]
            async fn wait_for_any_puma() {
                super::a_restart_is_waited_for_whatever_puma_is_like(stringify!($suite)).await;
            }
        }
    };
}

programs!(bookworm);
programs!(trixie);
programs!(sid);
