//! Runs on hosts where others are at work too, or against us, and where nothing can be asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zdt::transaction::{CheckCommand, Checked, Checking, HandlerResult, Outcome, Progress, Verdict};

use crate::harness::{Shell, ask, find, is_root, show, skip};
use crate::run::{PROGRAMS, call, everything, file, handled};

/// busybox's `timeout` leaves a watcher behind for up to a second, in the folder where it was called.
pub fn unmount(path: &Path) {
    let done = (0..30).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        std::process::Command::new("umount").arg(path).status().unwrap().success()
    });
    assert!(done, "{path:?} is still mounted");
}

#[test]
fn checks_come_before_the_swap_where_there_is_a_namespace() {
    if !is_root() || find("unshare").is_none() {
        return skip("root and unshare");
    }
    for shell in Shell::all() {
        let mut host = everything();
        let argv = ["cat", host.at("etc/old").to_str().unwrap()].map(str::to_owned).to_vec();
        host.manifest.checks = vec![CheckCommand { name: "cat".to_owned(), argv, user: None }];
        let (progress, outcome) = host.run(&shell, Checking::Again);
        assert_eq!(outcome, Outcome::Committed, "{shell:?} {progress:?}");
        let order: Vec<&str> = progress
            .iter()
            .filter_map(|event| match event {
                Progress::Step(step) => Some(step.as_str()),
                Progress::Checked(Checked { verdict: Verdict::Passed { output }, .. }) => Some(output.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(order, ["guard", "begin", "stage", "compare", "check", "new", "swap", "commit"], "{shell:?}");
    }
}

/// A check that could not look is no check that passed, before the swap or, without a namespace, after it.
#[test]
fn a_check_that_could_not_run_lets_nothing_go_on() {
    for shell in Shell::all() {
        for argv in [&["no-such-program"][..], &["sh", "-c", "echo nobody; exit 75"], &["sh", "-c", "exit 75"]] {
            for namespace in [true, false] {
                // busybox takes its own `unshare` whatever stands in for it.
                if !namespace && shell.name == "busybox" {
                    continue;
                }
                if namespace {
                    shell.remove_stand_in("unshare");
                } else {
                    shell.stand_in("unshare", "echo not permitted >&2; exit 1");
                }
                let mut host = everything();
                let before = host.picture();
                let check = |name: &str, argv: &[&str]| CheckCommand {
                    name: name.to_owned(),
                    argv: argv.iter().map(|word| (*word).to_owned()).collect(),
                    user: None,
                };
                let good = host.at("etc/dir").display().to_string();
                host.manifest.checks = vec![check("good", &["stat", &good]), check("odd", argv)];
                let (progress, outcome) = host.run(&shell, Checking::Again);
                assert!(
                    matches!(&outcome, Outcome::PutBack { step, reason }
                        if step == "check" && reason.contains("`odd` could not run")),
                    "{shell:?} {argv:?} {outcome:?}"
                );
                let swapped = progress.contains(&Progress::Step("swap".to_owned()));
                assert!(!swapped || !namespace || !is_root(), "{shell:?} {progress:?}");
                assert_eq!(host.picture(), before, "{shell:?} {argv:?}");
                host.nothing_is_left();
            }
        }
    }
}

#[test]
fn a_shell_in_the_namespace_that_dies_is_not_a_host_without_namespaces() {
    if !is_root() {
        return skip("root: without it there is no namespace to be had");
    }
    // busybox takes its own `unshare` whatever stands in for it.
    for shell in Shell::all().into_iter().filter(|shell| shell.name != "busybox") {
        for dies in ["exit 137", "exit 2", "exit 0"] {
            let mut host = everything();
            let before = host.picture();
            shell.stand_in("unshare", &format!("[ \"$2\" = true ] && exit 0; cat >/dev/null; {dies}"));
            host.manifest.checks = vec![CheckCommand { name: "true".into(), argv: vec!["true".into()], user: None }];
            let (progress, outcome) = host.run(&shell, Checking::Again);
            assert!(matches!(&outcome, Outcome::PutBack { step, .. } if step == "check"), "{shell:?} {outcome:?}");
            assert!(!progress.contains(&Progress::Step("swap".to_owned())), "{shell:?} {dies} {progress:?}");
            assert_eq!(host.picture(), before, "{shell:?}");
        }
    }
}

#[test]
fn a_unit_that_cannot_be_looked_at_is_not_one_that_does_not_run() {
    for shell in Shell::all() {
        for kind in ["nginx_reload", "puma_restart"] {
            let mut host = everything();
            let before = host.picture();
            shell.stand_in("systemctl", "echo 'Failed to connect to bus' >&2; exit 1");
            host.manifest.handlers = vec![call(kind, &["x.service", "/no/state"])];
            let (progress, outcome) = host.run(&shell, Checking::Done);
            assert!(
                matches!(&outcome, Outcome::PutBack { reason, .. } if reason.contains("could not be found out")),
                "{shell:?} {kind} {outcome:?}"
            );
            assert_eq!(handled(&progress), [(kind, HandlerResult::Failed)]);
            assert_eq!(host.picture(), before, "{shell:?}");
        }
    }
}

#[test]
fn putting_back_stops_what_was_started_and_does_not_stop_at_a_failure() {
    for shell in Shell::all() {
        let mut host = everything();
        let log = host.at("log");
        // Nothing runs, nothing starts, and units cannot be read again: the worst host to apply to.
        let script = format!(
            "case $1 in show) echo ActiveState=failed; echo MainPID=0; exit;; esac\necho \"$*\" >>{log}\n[ \"$1\" = stop ]",
            log = log.display()
        );
        shell.stand_in("systemctl", &script);
        shell.stand_in("journalctl", "exit 1");
        host.manifest.handlers = vec![call("puma_restart", &["x.service", "/no/state"])];
        let (_, outcome) = host.run(&shell, Checking::Done);
        assert!(matches!(&outcome, Outcome::PutBack { step, .. } if step == "activate"), "{shell:?} {outcome:?}");
        let expected = "reset-failed -- x.service\nstart -- x.service\nstop -- x.service\n";
        assert_eq!(fs::read_to_string(&log).unwrap(), expected);

        let mut host = everything();
        let log = host.at("log");
        let old = host.at("etc/old").display().to_string();
        // Works with the new file for once, then never again.
        let script = format!(
            "echo \"$1\" >>{log}\n[ \"$1\" != show ] || echo ActiveState=inactive\n[ \"$1\" != daemon-reload ] || grep -q new {old} && [ $(wc -l <{log}) -lt 2 ]",
            log = log.display()
        );
        shell.stand_in("systemctl", &script);
        let twice = vec![call("daemon_reload", &[]), call("daemon_reload", &[])];
        host.manifest.handlers = twice;
        let (progress, outcome) = host.run(&shell, Checking::Done);
        assert!(matches!(&outcome, Outcome::Stuck { .. }), "{shell:?} {outcome:?}");
        assert_eq!(handled(&progress).len(), 4, "{shell:?} {progress:?}");
    }
}

/// A stopped Puma, or one whose application is not deployed: our start fails, and it ends as it was.
#[test]
fn a_unit_that_did_not_run_does_not_run_after_undo() {
    for shell in Shell::all() {
        for before in ["inactive", "failed"] {
            for start in ["echo activating >$state; exit 1", "echo failed >$state; exit 1"] {
                let mut host = everything();
                let picture = host.picture();
                let (state, log) = (host.at("unit").display().to_string(), host.at("log").display().to_string());
                fs::write(&state, before).unwrap();
                let script = format!(
                    "state={state}\necho \"$1\" >>{log}\ncase $1 in\n\
                     show) echo ActiveState=$(cat $state); echo MainPID=0 ;;\n\
                     start) {start} ;;\n\
                     stop) [ $(cat $state) = failed ] || echo failed >$state ;;\n\
                     reset-failed) [ $(cat $state) != failed ] || echo inactive >$state ;;\nesac"
                );
                shell.stand_in("systemctl", &script);
                shell.stand_in("journalctl", "exit 1");
                host.manifest.handlers = vec![call("puma_restart", &["x.service", "/no/state"])];
                let (_, outcome) = host.run(&shell, Checking::Done);
                let Outcome::PutBack { step, reason } = &outcome else { panic!("{shell:?} {start} {outcome:?}") };
                assert_eq!((step.as_str(), host.picture()), ("activate", picture), "{shell:?} {reason}");
                let after = fs::read_to_string(&state).unwrap();
                assert!(["inactive", before].contains(&after.trim()), "{shell:?} {before} {start}: {after}");
                let starts = fs::read_to_string(&log).unwrap().lines().filter(|line| *line == "start").count();
                assert_eq!(starts, 1, "{shell:?} {before} {start}");
                host.nothing_is_left();
            }
        }
    }
}

#[test]
fn what_changes_while_checks_run_is_not_overwritten() {
    if !is_root() {
        return skip("root: without it there are no checks to wait for");
    }
    // busybox takes its own `unshare` whatever stands in for it.
    for shell in Shell::all().into_iter().filter(|shell| shell.name != "busybox") {
        let mut host = everything();
        // Somebody edits a file between the first comparison and the swap.
        let old = host.at("etc/old").display().to_string();
        shell.stand_in("unshare", &format!("rm -f {old}; echo hand >{old}; exit 1"));
        host.manifest.checks = vec![CheckCommand { name: "true".into(), argv: vec!["true".into()], user: None }];
        let (_, outcome) = host.run(&shell, Checking::Again);
        assert!(
            matches!(&outcome, Outcome::PutBack { step, reason } if step == "swap" && reason.contains("changed")),
            "{shell:?} {outcome:?}"
        );
        assert_eq!(fs::read_to_string(host.at("etc/old")).unwrap(), "hand\n");
        host.nothing_is_left();
    }
}

#[test]
fn an_exchanged_staging_folder_is_refused_and_nobody_dies_of_it() {
    if !is_root() || find("mount").is_none() {
        return skip("root, to mount a small file system");
    }
    // busybox takes its own `mkdir` whatever stands in for it.
    for shell in Shell::all().into_iter().filter(|shell| shell.name != "busybox") {
        for trick in ["ln -s $theirs \"$3\"", ":"] {
            let mut host = everything();
            let mut mount = std::process::Command::new("mount");
            let options = "size=1m,uid=65534,mode=0777";
            if !mount
                .args(["-t", "tmpfs", "-o", options, "theirs"])
                .arg(host.at("etc/empty"))
                .status()
                .unwrap()
                .success()
            {
                return skip("leave to mount");
            }
            fs::create_dir(host.at("theirs")).unwrap();
            fs::set_permissions(host.at("theirs"), PermissionsExt::from_mode(0o700)).unwrap();
            let theirs = host.at("theirs").display().to_string();
            shell.stand_in(
                "mkdir",
                &format!("theirs={theirs}; case $3 in */.zdt-*) {trick};; *) exec /bin/mkdir \"$@\";; esac"),
            );
            host.manifest.entries.retain(|entry| !entry.path.ends_with("empty"));
            host.put("etc/empty/file", file(b"content", "0644"));
            let before = host.picture().len();
            let (_, outcome) = host.run(&shell, Checking::Done);
            drop(fs::remove_file(host.at("etc/empty/.zdt-t1")));
            let after = host.picture().len();
            unmount(&host.at("etc/empty"));
            assert!(
                matches!(&outcome, Outcome::PutBack { step, reason } if step == "stage" && reason.contains("exchanged")),
                "{shell:?} {trick} {outcome:?}"
            );
            assert_eq!(before, after);
            assert_eq!(fs::read_dir(host.at("theirs")).unwrap().count(), 0);
            host.nothing_is_left();
        }
    }
}

#[test]
fn a_lock_says_who_holds_it() {
    for shell in Shell::all() {
        let host = everything();
        let before = host.picture();
        fs::create_dir_all(host.at("state/open")).unwrap();
        fs::write(host.at("state/open/who"), "somebody\n").unwrap();
        let lock = fs::File::create(host.at("state/lock")).unwrap();
        lock.lock().unwrap();
        let input = [b"wait\x1f0\x1f\n".to_vec(), host.manifest.encode()].concat();
        let answer = ask(&shell, &[], &PROGRAMS, "run", &input);
        assert_eq!(show(&answer.lines), "waiting\u{1f}=somebody\u{1f}\nlocked\u{1f}=somebody\u{1f}\n", "{shell:?}");
        assert_eq!(host.picture(), before);
        assert!(host.at("state/open/who").exists());
    }
}

#[test]
fn a_mount_of_somebody_else_is_staged_on_safely() {
    if !is_root() || find("mount").is_none() {
        return skip("root, to mount a small file system");
    }
    for shell in Shell::all() {
        let mut host = everything();
        let mut mount = std::process::Command::new("mount");
        let options = "size=1m,uid=65534,mode=0777";
        if !mount.args(["-t", "tmpfs", "-o", options, "theirs"]).arg(host.at("etc/empty")).status().unwrap().success() {
            return skip("leave to mount");
        }
        host.manifest.entries.retain(|entry| !entry.path.ends_with("empty"));
        host.put("etc/empty/file", file(b"content", "0644"));
        let (_, outcome) = host.run(&shell, Checking::Done);
        let names: Vec<_> = fs::read_dir(host.at("etc/empty")).unwrap().map(|name| name.unwrap().file_name()).collect();
        let content = fs::read(host.at("etc/empty/file"));
        unmount(&host.at("etc/empty"));
        assert_eq!(outcome, Outcome::Committed, "{shell:?}");
        assert_eq!((names, content.unwrap()), (vec!["file".into()], b"content".to_vec()));
    }
}
