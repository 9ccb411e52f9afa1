use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use zdt::transaction::journal::{self, Line};
use zdt::transaction::{CheckCommand, Checked, Progress, Verdict};

use crate::harness::{Shell, ask, find, is_root, show, skip};
use crate::run::{Host, PROGRAMS, everything};

fn check(name: &str, script: &str) -> CheckCommand {
    let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
    CheckCommand { name: name.to_owned(), argv, user: None }
}

fn preflight(shell: &Shell, before: &[&str], host: &Host) -> BTreeMap<String, Verdict> {
    let answer = ask(shell, before, &PROGRAMS[..1], "preflight", &host.manifest.encode());
    assert_eq!(answer.stderr, "", "{shell:?}");
    let mut verdicts = BTreeMap::new();
    for line in &answer.lines {
        match journal::decode(line) {
            Ok(None) => {}
            Ok(Some(Line::Progress(Progress::Checked(Checked { name, verdict })))) => {
                verdicts.insert(name, verdict);
            }
            other => panic!("{shell:?}: {other:?}\n{}", show(&answer.lines)),
        }
    }
    verdicts
}

fn passed(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Passed { output } => output,
        other => panic!("{other:?}"),
    }
}

/// Times of the folders that validators write to, and of what lies in them.
fn times() -> Vec<String> {
    let mut lines = Vec::new();
    for place in ["/etc", "/mnt", "/var/lib", "/var/cache", "/run"] {
        let mut entries = vec![Path::new(place).to_owned()];
        entries.extend(fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path()));
        for entry in entries {
            if let Ok(data) = entry.symlink_metadata() {
                lines.push(format!("{entry:?} {} {} {}", data.mtime_nsec(), data.size(), data.mode()));
            }
        }
    }
    lines.sort();
    lines
}

#[test]
fn checks_see_the_candidates_and_leave_no_trace() {
    if !is_root() || find("unshare").is_none() {
        return skip("root and unshare");
    }
    for shell in Shell::all() {
        let mut host = everything();
        let etc = host.at("etc").display().to_string();
        host.manifest.checks = vec![
            check("new", &format!("cat {etc}/new.d/new; stat -c %a {etc}/new.d {etc}/new.d/new {etc}/mode")),
            check("gone", &format!("! ls {etc}/gone {etc}/empty 2>/dev/null")),
            check("link", &format!("readlink {etc}/link; cat {etc}/dir/through")),
            check(
                "traces",
                "for d in /run /tmp /var/tmp /var/log /var/lib /var/cache; do echo x >$d/zdt-trace || exit 1; done",
            ),
            check("elsewhere", "for d in /usr /root /etc; do echo x >$d/zdt-trace && exit 1; done; exit 0"),
            check("bad", "echo broken; exit 9"),
            check("endless", "read -r x; echo end of input"),
        ];
        let before = (host.picture(), times());
        let verdicts = preflight(&shell, &[], &host);
        let after = (host.picture(), times());
        if let Verdict::NotRun { reason } = &verdicts["new"] {
            return skip(&format!("private mount namespace ({reason})"));
        }
        assert_eq!(passed(&verdicts["new"]), "$(touch pwned) `x` \"'\\\n\x1f end750\n600\n4711", "{shell:?}");
        passed(&verdicts["gone"]);
        assert_eq!(passed(&verdicts["link"]), "-n $(x) 'y'\nthrough a link");
        passed(&verdicts["traces"]);
        passed(&verdicts["elsewhere"]);
        assert_eq!(verdicts["bad"], Verdict::Failed { code: 9, output: "broken".to_owned() });
        assert_eq!(passed(&verdicts["endless"]), "end of input");
        assert_eq!(before, after, "{shell:?}");
        assert!(!host.at("state").exists());
        for place in ["/run", "/tmp", "/var/tmp", "/var/log", "/var/lib", "/usr", "/etc"] {
            assert!(!Path::new(place).join("zdt-trace").exists(), "{place}");
        }
    }
}

#[test]
fn a_check_runs_as_its_user() {
    if !is_root() || find("unshare").is_none() {
        return skip("root and unshare");
    }
    for shell in Shell::all() {
        let mut host = everything();
        host.manifest.entries.clear();
        let user = |user: &str| CheckCommand { user: Some(user.to_owned()), ..check(user, "id -un; echo $HOME") };
        host.manifest.checks = vec![user("daemon"), user("no-such-user")];
        let verdicts = preflight(&shell, &[], &host);
        match &verdicts["daemon"] {
            Verdict::Passed { output } => assert_eq!(output, "daemon\n/usr/sbin"),
            // busybox alone has nothing to become a user with.
            other => assert!(shell.name == "busybox" && matches!(other, Verdict::NotRun { .. }), "{shell:?} {other:?}"),
        }
        assert!(matches!(verdicts["no-such-user"], Verdict::NotRun { .. }), "{verdicts:?}");
    }
}

#[test]
fn without_a_namespace_every_check_says_why_it_did_not_run() {
    if !is_root() || find("setpriv").is_none() {
        return skip("root and setpriv");
    }
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    for shell in Shell::all().into_iter().filter(|shell| shell.name != "busybox") {
        let mut host = everything();
        host.manifest.checks = vec![check("a", "true"), check("b", "true")];
        let verdicts = preflight(&shell, &nobody, &host);
        assert_eq!(verdicts.len(), 2);
        for verdict in verdicts.values() {
            assert!(matches!(verdict, Verdict::NotRun { reason } if reason.contains("root")), "{verdict:?}");
        }
    }
}

#[test]
fn what_lies_where_a_candidate_is_drafted_stops_nothing() {
    if !is_root() || find("unshare").is_none() {
        return skip("root and unshare");
    }
    for shell in Shell::all() {
        let mut host = everything();
        let draft = host.at("etc/.zdt-candidate");
        assert!(std::process::Command::new("mkfifo").arg(&draft).status().unwrap().success());
        host.manifest.checks = vec![check("new", &format!("cat {}", host.at("etc/old").display()))];
        let verdicts = preflight(&shell, &["timeout", "-s", "KILL", "30"], &host);
        if let Verdict::NotRun { reason } = &verdicts["new"] {
            assert!(reason.contains("namespace") && !reason.contains("laid"), "{reason}");
            return skip("private mount namespace");
        }
        assert_eq!(passed(&verdicts["new"]), "new", "{shell:?}");
        assert!(draft.symlink_metadata().is_ok());
    }
}

#[test]
fn a_disk_at_mnt_is_neither_written_to_nor_hidden() {
    if !is_root() || find("unshare").is_none() {
        return skip("root and unshare");
    }
    for shell in Shell::all() {
        let mut host = everything();
        let script = format!("echo out; cat /mnt/there && grep -q new {}", host.at("etc/old").display());
        host.manifest.checks = vec![check("there", &script)];
        for fill in ["echo there >/mnt/there", "ln -s /etc/hostname /mnt/there"] {
            let with_disk = format!("mount -t tmpfs disk /mnt && {fill} && exec \"$@\"");
            let verdicts = preflight(&shell, &["unshare", "-m", "sh", "-c", &with_disk, "sh"], &host);
            if let Verdict::NotRun { .. } = &verdicts["there"] {
                return skip("private mount namespace");
            }
            assert!(passed(&verdicts["there"]).starts_with("out\n"), "{shell:?}");
        }
        // An empty one may be hidden, and stays writable for us.
        host.manifest.checks = vec![check("there", "echo out")];
        let with_disk = "mount -t tmpfs disk /mnt && exec \"$@\"";
        let verdicts = preflight(&shell, &["unshare", "-m", "sh", "-c", with_disk, "sh"], &host);
        assert_eq!(passed(&verdicts["there"]), "out", "{shell:?}");
    }
}
