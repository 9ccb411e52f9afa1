use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

use zdt::host::Program;
use zdt::resource::sha256;
use zdt::transaction::journal::{self, Line};
use zdt::transaction::{
    CheckCommand, Checked, Checking, Entry, HandlerCall, HandlerResult, Header, Manifest, Outcome, Progress, Put, Seen,
    Verdict,
};

use crate::harness::{Shell, ask, find, is_root, show, skip};
use crate::trouble::unmount;

/// As `apply` gives them to a session of its own.
pub const PROGRAMS: [Program; 2] = [Program::PREFLIGHT, Program::RUN];

/// What a plan would have seen at `path` now.
fn seen(path: &Path) -> Seen {
    let parent = path.parent().unwrap().canonicalize().ok().map(|parent| parent.as_os_str().as_bytes().to_vec());
    let absent = || String::new();
    let Ok(data) = path.symlink_metadata() else {
        return Seen {
            kind: "absent".to_owned(),
            mode: absent(),
            owner: absent(),
            group: absent(),
            detail: absent(),
            parent,
        };
    };
    let name = |what: &str| {
        let output = std::process::Command::new("stat").args(["-c", what]).arg(path).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (kind, detail) = if data.is_symlink() {
        use base64::Engine as _;
        let target = fs::read_link(path).unwrap();
        ("link", base64::engine::general_purpose::STANDARD.encode(target.as_os_str().as_bytes()))
    } else if data.is_dir() {
        ("directory", String::new())
    } else {
        ("file", sha256(&fs::read(path).unwrap()))
    };
    let mode = format!("{:04o}", data.mode() & 0o7777);
    Seen { kind: kind.to_owned(), mode, owner: name("%U"), group: name("%G"), detail, parent }
}

pub struct Host {
    root: tempfile::TempDir,
    pub manifest: Manifest,
}

impl Host {
    pub fn new() -> Host {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        let state_dir = root.path().join("state").to_str().unwrap().to_owned();
        let manifest = Manifest::new(Header { state_dir, ..Header::of("t1", None) });
        Host { root, manifest }
    }

    pub fn at(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join(path)
    }

    pub fn put(&mut self, path: &str, put: Put) {
        let path = self.at(path);
        let seen = seen(&path);
        self.manifest.entries.push(Entry { path: path.to_str().unwrap().to_owned(), put, seen });
    }

    pub fn run(&self, shell: &Shell, checking: Checking) -> (Vec<Progress>, Outcome) {
        let answer = ask(shell, &[], &PROGRAMS, "run", &self.manifest.encode_for_run(checking));
        let mut progress = Vec::new();
        let mut outcome = None;
        for line in &answer.lines {
            match journal::decode(line) {
                Ok(None) => {}
                Ok(Some(Line::Progress(event))) => progress.push(event),
                Ok(Some(Line::Outcome(end))) => outcome = Some(end),
                Ok(Some(Line::Record(record))) => panic!("{shell:?}: {record:?}"),
                Err(fault) => panic!("{shell:?}: {fault:?}\n{}{}", show(&answer.lines), answer.stderr),
            }
        }
        assert_eq!(answer.stderr, "", "{shell:?}\n{}", show(&answer.lines));
        (progress, outcome.unwrap_or_else(|| panic!("{shell:?}: no outcome\n{}", show(&answer.lines))))
    }

    /// Every path below `etc`, with all that must not change.
    pub fn picture(&self) -> Vec<String> {
        let mut lines = Vec::new();
        picture(&self.at("etc"), &mut lines);
        lines
    }

    pub fn nothing_is_left(&self) {
        let mut state: Vec<String> = fs::read_dir(self.at("state"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        state.sort();
        let ended = fs::read_dir(self.at("state/history")).unwrap();
        let ended = ended.map(|record| fs::read_to_string(record.unwrap().path().join("ended")).unwrap());
        let committed = ended.into_iter().any(|ended| ended.starts_with("committed"));
        let known: &[&str] = if committed { &["applied", "history", "lock"] } else { &["history", "lock"] };
        assert_eq!(state, known);
        let lock = fs::File::open(self.at("state/lock")).unwrap();
        // busybox's `timeout` has a watcher, which lives on for up to a second.
        let free = (0..30).any(|_| {
            lock.try_lock().is_ok() || {
                std::thread::sleep(std::time::Duration::from_millis(100));
                false
            }
        });
        assert!(free, "somebody holds the lock");
    }
}

fn picture(path: &Path, lines: &mut Vec<String>) {
    let data = path.symlink_metadata().unwrap();
    let content = if data.is_file() { sha256(&fs::read(path).unwrap()) } else { String::new() };
    let target = fs::read_link(path).ok();
    // A directory's time says only that something was tried in it.
    let time = if data.is_dir() { 0 } else { data.mtime_nsec() };
    lines.push(format!("{path:?} {:o} {}:{} {time} {target:?} {content}", data.mode(), data.uid(), data.gid()));
    if data.is_dir() {
        let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        for name in names {
            picture(&name, lines);
        }
    }
}

pub fn file(content: &[u8], mode: &str) -> Put {
    Put::File { content: Arc::from(content), mode: mode.to_owned(), owner: None, group: None }
}

fn attributes(mode: &str) -> Put {
    Put::Attributes { mode: Some(mode.to_owned()), owner: None, group: None }
}

fn directory(mode: &str) -> Put {
    Put::Directory { mode: mode.to_owned(), owner: None, group: None }
}

fn link(target: &str) -> Put {
    Put::Link { target: target.to_owned(), owner: None, group: None }
}

/// One of each thing that a transaction can do.
pub fn everything() -> Host {
    let mut host = Host::new();
    fs::write(host.at("etc/old"), "old").unwrap();
    fs::set_permissions(host.at("etc/old"), PermissionsExt::from_mode(0o640)).unwrap();
    fs::write(host.at("etc/mode"), "mode").unwrap();
    fs::write(host.at("etc/gone"), "gone").unwrap();
    fs::create_dir(host.at("etc/dir")).unwrap();
    fs::create_dir(host.at("etc/empty")).unwrap();
    symlink("old", host.at("etc/link")).unwrap();
    symlink("old", host.at("etc/replaced")).unwrap();
    symlink("dir", host.at("etc/way")).unwrap();
    host.put("etc/new.d", directory("0750"));
    host.put("etc/new.d/new", file(b"$(touch pwned) `x` \"'\\\n\0\x1f end", "0600"));
    host.put("etc/old", file(b"new\n", "0644"));
    host.put("etc/mode", attributes("4711"));
    host.put("etc/dir", attributes("0700"));
    host.put("etc/link", link("-n $(x) 'y'"));
    host.put("etc/replaced", file(b"", "0400"));
    host.put("etc/way/through", file(b"through a link", "0644"));
    host.put("etc/gone", Put::Remove);
    host.put("etc/empty", Put::Remove);
    host
}

#[test]
fn everything_is_put() {
    for shell in Shell::all() {
        let host = everything();
        let (progress, outcome) = host.run(&shell, Checking::Done);
        assert_eq!(outcome, Outcome::Committed, "{shell:?} {progress:?}");
        let mode = |path: &str| format!("{:04o}", host.at(path).symlink_metadata().unwrap().mode() & 0o7777);
        assert_eq!(fs::read(host.at("etc/new.d/new")).unwrap(), b"$(touch pwned) `x` \"'\\\n\0\x1f end");
        assert_eq!((mode("etc/new.d"), mode("etc/new.d/new")), ("0750".to_owned(), "0600".to_owned()));
        assert_eq!(fs::read(host.at("etc/old")).unwrap(), b"new\n");
        assert_eq!((mode("etc/old"), mode("etc/mode"), mode("etc/dir")), ("0644".into(), "4711".into(), "0700".into()));
        assert_eq!(fs::read_link(host.at("etc/link")).unwrap(), Path::new("-n $(x) 'y'"));
        assert!(host.at("etc/replaced").symlink_metadata().unwrap().is_file());
        assert_eq!(fs::read(host.at("etc/dir/through")).unwrap(), b"through a link");
        assert!(!host.at("etc/gone").exists() && !host.at("etc/empty").exists());
        host.nothing_is_left();
        let ended = fs::read_to_string(host.at("state/history/000001-t1/ended")).unwrap();
        assert!(ended.starts_with("committed\u{1f}"), "{ended}");
        assert_eq!(fs::read(host.at("state/history/000001-t1/1.old")).ok(), None, "what was not there is not saved");
        assert_eq!(fs::read_dir(host.at("etc")).unwrap().count(), 7);
    }
}

/// A handler's name and what came of it, in order.
pub fn handled(progress: &[Progress]) -> Vec<(&str, HandlerResult)> {
    let one = |event| match event {
        &Progress::Handled { ref name, result, .. } => Some((name.as_str(), result)),
        _ => None,
    };
    progress.iter().filter_map(one).collect()
}

pub fn call(kind: &str, arguments: &[&str]) -> HandlerCall {
    let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
    HandlerCall { name: kind.to_owned(), kind: kind.to_owned(), arguments }
}

#[test]
fn a_failing_handler_puts_everything_back_and_activates_the_old() {
    use HandlerResult::{Done, Failed, Skipped};
    for shell in Shell::all() {
        let mut host = everything();
        let before = host.picture();
        let log = host.at("log");
        // It fails while the new file is live, and is content with the old.
        let old = host.at("etc/old").display().to_string();
        shell.stand_in(
            "systemctl",
            &format!(
                "echo \"$*\" >>{}\n[ \"$1\" != show ] || echo ActiveState=inactive\ngrep -q old {old} || {{ echo sorry >&2; exit 1; }}",
                log.display()
            ),
        );
        host.manifest.handlers = vec![call("nginx_reload", &["$(x) y.service"]), call("daemon_reload", &[])];
        let (progress, outcome) = host.run(&shell, Checking::Done);
        let Outcome::PutBack { step, reason } = outcome else { panic!("{shell:?} {outcome:?}") };
        assert!(step == "activate" && reason.contains("`daemon_reload` failed: sorry"), "{reason}");
        assert_eq!(host.picture(), before, "{shell:?}");
        host.nothing_is_left();
        let expected = [("nginx_reload", Skipped), ("daemon_reload", Failed), ("daemon_reload", Done)];
        assert_eq!(handled(&progress), expected, "{shell:?}");
        let show = "show -p ActiveState -p MainPID -- $(x) y.service\n";
        assert_eq!(fs::read_to_string(log).unwrap(), format!("{show}daemon-reload\ndaemon-reload\n"));
    }
}

#[test]
fn a_handler_that_fails_for_the_old_files_too_is_not_called_put_back() {
    for shell in Shell::all() {
        let mut host = everything();
        let before = host.picture();
        shell.stand_in("systemctl", "exit 1");
        host.manifest.handlers = vec![call("daemon_reload", &[])];
        let (_, outcome) = host.run(&shell, Checking::Done);
        assert!(matches!(&outcome, Outcome::Stuck { step, .. } if step == "activate"), "{shell:?} {outcome:?}");
        assert_eq!(host.picture(), before, "{shell:?}");
        host.manifest.header.wait = std::time::Duration::from_secs(5);
        // The next one tries to recover first, in vain as long as it goes wrong; then it goes on.
        let run = || show(&ask(&shell, &[], &PROGRAMS, "run", &host.manifest.encode()).lines);
        let heard = run();
        assert!(heard.contains("recovering\u{1f}t1\u{1f}"), "{shell:?} {heard}");
        assert!(heard.contains("recovered\u{1f}stuck\u{1f}") && heard.contains("outcome\u{1f}stuck\u{1f}"), "{heard}");
        shell.stand_in("systemctl", "exit 0");
        let heard = run();
        assert!(heard.contains("recovered\u{1f}put-back\u{1f}"), "{shell:?} {heard}");
        assert!(heard.contains("outcome\u{1f}committed\u{1f}"), "{shell:?} {heard}");
        host.nothing_is_left();
    }
}

#[test]
fn a_handler_that_did_nothing_needs_no_undoing() {
    for shell in Shell::all() {
        let mut host = everything();
        let before = host.picture();
        host.manifest.handlers = vec![call("no_such", &[])];
        let (_, outcome) = host.run(&shell, Checking::Done);
        assert!(matches!(&outcome, Outcome::PutBack { reason, .. } if reason.contains("no_such")), "{outcome:?}");
        assert_eq!(host.picture(), before, "{shell:?}");
    }
}

#[test]
fn a_failing_check_puts_everything_back() {
    for shell in Shell::all() {
        let mut host = everything();
        let before = host.picture();
        let check = |name: &str, argv: &[&str]| CheckCommand {
            name: name.to_owned(),
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            user: None,
        };
        host.manifest.checks = vec![
            check("missing", &["no-such-program"]),
            check("good", &["cat", host.at("etc/new.d/new").to_str().unwrap()]),
            check("words", &["printf", "%s|", "a b", "$(x)", "", "*"]),
            check("bad", &["sh", "-c", "echo no >&2; exit 3"]),
            check("cannot", &["sh", "-c", "echo not here; exit 75"]),
        ];
        let (progress, outcome) = host.run(&shell, Checking::Again);
        assert!(
            matches!(&outcome, Outcome::PutBack { step, .. } if step == "check"),
            "{shell:?} {outcome:?}\n{progress:?}"
        );
        assert_eq!(host.picture(), before, "{shell:?}");
        host.nothing_is_left();
        let verdicts: Vec<Verdict> = progress
            .into_iter()
            .filter_map(|event| match event {
                Progress::Checked(Checked { verdict, .. }) => Some(verdict),
                _ => None,
            })
            .collect();
        assert!(
            matches!(&verdicts[0], Verdict::NotRun { reason } if reason.contains("no-such-program")),
            "{verdicts:?}"
        );
        assert!(matches!(&verdicts[1], Verdict::Passed { output } if output.starts_with("$(touch")), "{verdicts:?}");
        assert_eq!(verdicts[2], Verdict::Passed { output: "a b|$(x)||*|".to_owned() });
        assert_eq!(verdicts[3], Verdict::Failed { code: 3, output: "no".to_owned() });
        assert_eq!(verdicts[4], Verdict::NotRun { reason: "not here".to_owned() });
    }
}

#[test]
fn what_changed_since_the_plan_is_not_overwritten() {
    type Change = fn(&Host);
    let changes: [(&str, Change); 7] = [
        ("content", |host| fs::write(host.at("etc/old"), "hand").unwrap()),
        ("mode", |host| fs::set_permissions(host.at("etc/old"), PermissionsExt::from_mode(0o600)).unwrap()),
        ("appeared", |host| fs::write(host.at("etc/dir/through"), "x").unwrap()),
        ("vanished", |host| fs::remove_file(host.at("etc/gone")).unwrap()),
        ("type", |host| {
            fs::remove_file(host.at("etc/old")).unwrap();
            symlink("mode", host.at("etc/old")).unwrap();
        }),
        ("target", |host| {
            fs::remove_file(host.at("etc/link")).unwrap();
            symlink("mode", host.at("etc/link")).unwrap();
        }),
        ("parent", |host| {
            fs::remove_file(host.at("etc/way")).unwrap();
            symlink("empty", host.at("etc/way")).unwrap();
        }),
    ];
    for shell in Shell::all() {
        for (name, change) in changes {
            let host = everything();
            change(&host);
            let before = host.picture();
            let (_, outcome) = host.run(&shell, Checking::Done);
            assert!(
                matches!(&outcome, Outcome::PutBack { step, .. } if step == "compare"),
                "{shell:?} {name}: {outcome:?}"
            );
            assert_eq!(host.picture(), before, "{shell:?} {name}");
            host.nothing_is_left();
        }
    }
}

#[test]
fn a_directory_in_the_way_and_a_missing_parent_are_refused() {
    for shell in Shell::all() {
        for (path, put) in [("etc/dir", file(b"x", "0644")), ("etc/not/there", file(b"x", "0644"))] {
            let mut host = everything();
            host.put(path, put);
            let before = host.picture();
            let (_, outcome) = host.run(&shell, Checking::Done);
            assert!(matches!(&outcome, Outcome::PutBack { .. }), "{shell:?} {path}: {outcome:?}");
            assert_eq!(host.picture(), before, "{shell:?} {path}");
            host.nothing_is_left();
        }
    }
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    if !is_root() || find("mount").is_none() {
        return skip("root, to mount a small file system");
    }
    for shell in Shell::all() {
        let mut host = everything();
        let mount = |words: &[&str]| {
            let status = std::process::Command::new(words[0]).args(&words[1..]).arg(host.at("etc/empty")).status();
            status.unwrap().success()
        };
        if !mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "full"]) {
            return skip("leave to mount");
        }
        host.manifest.entries.retain(|entry| !entry.path.ends_with("empty"));
        host.put("etc/empty/big", file(&[b'x'; 100_000], "0644"));
        let before = host.picture();
        let (_, outcome) = host.run(&shell, Checking::Done);
        let after = host.picture();
        unmount(&host.at("etc/empty"));
        let Outcome::PutBack { step, reason } = outcome else { panic!("{shell:?} {outcome:?}") };
        assert!(step == "stage" && reason.to_lowercase().contains("no space left"), "{shell:?} {step} {reason}");
        assert_eq!(after, before, "{shell:?}");
        host.nothing_is_left();
    }
}

#[test]
fn a_connection_that_ends_does_not_stop_a_run_half_way() {
    for shell in Shell::all() {
        let mut host = everything();
        let pid = host.at("pid").display().to_string();
        // The handler says which process runs, and gives us time to end its connection.
        shell.stand_in("systemctl", &format!("echo $PPID >{pid}; sleep 1"));
        host.manifest.handlers = vec![call("daemon_reload", &[])];
        let loads: String = PROGRAMS.iter().map(Program::load).collect();
        let mut child = shell
            .command(&[], &Program::session())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = [b"\x1f\n", loads.as_bytes(), b"run\n", &host.manifest.encode()].concat();
        std::io::Write::write_all(&mut stdin, &input).unwrap();
        let start = std::time::Instant::now();
        while !host.at("pid").exists() {
            assert!(start.elapsed().as_secs() < 10, "{shell:?}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        drop((stdin, child.stdout.take(), child.stderr.take()));
        for signal in ["HUP", "INT", "PIPE"] {
            let id = child.id().to_string();
            assert!(std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        }
        child.wait().unwrap();
        while !host.at("state/history/000001-t1/ended").exists() || host.at("state/open").exists() {
            assert!(start.elapsed().as_secs() < 20, "{shell:?}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let ended = fs::read_to_string(host.at("state/history/000001-t1/ended")).unwrap();
        assert!(ended.starts_with("committed\u{1f}"), "{shell:?} {ended}");
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert_eq!(fs::read(host.at("etc/old")).unwrap(), b"new\n");
        host.nothing_is_left();
    }
}
