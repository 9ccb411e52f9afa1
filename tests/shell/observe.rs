use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;

use zdt::host::Program;
use zdt::resource::{FactQuery, Observation, ObserveRequest, OpenSeen, OpenState, PathQuery};

use crate::harness::{Shell, ask, find, is_root, show, skip};

pub fn observe(shell: &Shell, before: &[&str], request: &ObserveRequest) -> Observation {
    let answer = ask(shell, before, &[Program::OBSERVE], "observe", &request.encode());
    assert_eq!(answer.status, "0", "{shell:?}: {}", answer.stderr);
    assert_eq!(answer.stderr, "", "{shell:?}");
    Observation::decode(request, &answer.lines)
        .unwrap_or_else(|fault| panic!("{shell:?}: {fault:?}\n{}", show(&answer.lines)))
}

pub fn paths(root: &Path, paths: &[&str]) -> ObserveRequest {
    let query = |path: &&str| PathQuery { path: (*path).to_owned(), content: !path.contains("secret") };
    ObserveRequest {
        root: Some(root.to_str().unwrap().to_owned()),
        paths: paths.iter().map(query).collect(),
        ..ObserveRequest::default()
    }
}

#[test]
fn every_type_is_seen_as_what_it_is() {
    for shell in Shell::all() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::write(at("file"), "one\ntwo\n").unwrap();
        fs::set_permissions(at("file"), PermissionsExt::from_mode(0o4640)).unwrap();
        fs::write(at("empty"), "").unwrap();
        fs::write(at("secret"), "hush").unwrap();
        fs::write(at("bytes"), [0, 1, 31, 10, 255, 10, 10]).unwrap();
        fs::write(at("big"), vec![b'x'; 300_000]).unwrap();
        fs::create_dir(at("dir")).unwrap();
        symlink(std::ffi::OsStr::from_bytes(b"to \xff\x1f\nnowhere\n"), at("link")).unwrap();
        symlink("dir", at("alias")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        let names = [
            "/file",
            "/empty",
            "/secret",
            "/bytes",
            "/big",
            "/dir",
            "/link",
            "/fifo",
            "/socket",
            "/none",
            "/no/where",
            "/file/below",
            "/alias/x",
        ];
        let seen = observe(&shell, &[], &paths(root.path(), &names)).paths;
        let kinds: Vec<&str> = names.iter().map(|name| seen[*name].kind.as_str()).collect();
        let expected = [
            "file",
            "file",
            "file",
            "file",
            "file",
            "directory",
            "link",
            "fifo",
            "socket",
            "absent",
            "absent",
            "unreadable",
            "absent",
        ];
        assert_eq!(kinds, expected, "{shell:?}");
        assert_eq!(seen["/file"].content.as_deref(), Some(&b"one\ntwo\n"[..]));
        assert_eq!(seen["/file"].mode, "4640");
        assert_eq!(seen["/file"].size, 8);
        assert_eq!(seen["/empty"].content.as_deref(), Some(&b""[..]));
        assert_eq!(seen["/bytes"].content.as_deref(), Some(&[0, 1, 31, 10, 255, 10, 10][..]));
        assert_eq!(seen["/secret"].content, None);
        assert_eq!(seen["/secret"].sha256, Some(zdt::resource::sha256(b"hush")));
        assert_eq!(seen["/big"].content, None);
        assert_eq!(seen["/big"].sha256, Some(zdt::resource::sha256(&[b'x'; 300_000])));
        assert_eq!(seen["/link"].target.as_deref(), Some(&b"to \xff\x1f\nnowhere\n"[..]));
        assert_eq!(seen["/file/below"].error.as_deref(), Some("Not a directory"));
        let resolved = root.path().canonicalize().unwrap();
        assert_eq!(seen["/alias/x"].parent.as_deref(), Some(resolved.join("dir").as_os_str().as_bytes()));
        assert_eq!(seen["/no/where"].parent, None);
    }
}

#[test]
fn what_cannot_be_looked_at_is_not_absent() {
    if !is_root() || find("setpriv").is_none() {
        return skip("root and setpriv");
    }
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    for shell in Shell::all() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).unwrap();
        fs::create_dir(at("closed")).unwrap();
        fs::set_permissions(at("closed"), PermissionsExt::from_mode(0o700)).unwrap();
        fs::write(at("closed/there"), "").unwrap();
        fs::write(at("mine"), "").unwrap();
        fs::set_permissions(at("mine"), PermissionsExt::from_mode(0o600)).unwrap();
        fs::write(at("open"), "open").unwrap();
        // busybox's links lie in a closed folder of our own.
        let before: &[&str] = if shell.name == "busybox" { continue } else { &nobody };
        let names = ["/mine", "/closed/there", "/closed/not", "/open"];
        let observation = observe(&shell, before, &paths(root.path(), &names));
        for name in &names[..3] {
            let seen = &observation.paths[*name];
            assert_eq!(
                (seen.kind.as_str(), seen.error.as_deref()),
                ("unreadable", Some("Permission denied")),
                "{name}"
            );
        }
        assert_eq!(observation.paths["/open"].content.as_deref(), Some(&b"open"[..]));
        assert_eq!(observation.session.uid, 65534);
    }
}

#[test]
fn names_are_never_code() {
    let names = [
        "/$(touch pwned)",
        "/`touch pwned`",
        "/a b",
        "/quote'\"",
        "/back\\slash",
        "/-n",
        "/*",
        "/~",
        "/é ü",
        "/a;b&c|d",
        "/%s%n",
        "/'",
        "/\\n",
    ];
    for shell in Shell::all() {
        let root = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(root.path().join(&name[1..]), name).unwrap();
        }
        let seen = observe(&shell, &[], &paths(root.path(), &names)).paths;
        for name in names {
            assert_eq!(seen[name].content.as_deref(), Some(name.as_bytes()), "{shell:?} {name}: {:?}", seen[name]);
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), names.len());
        let mut with_absent: Vec<String> = names.iter().map(|name| format!("{name}.not")).collect();
        with_absent.push("/a b".to_owned());
        let with_absent: Vec<&str> = with_absent.iter().map(String::as_str).collect();
        let seen = observe(&shell, &[], &paths(root.path(), &with_absent)).paths;
        for name in &with_absent[..names.len()] {
            assert_eq!(seen[*name].kind, "absent", "{shell:?} {name}: {:?}", seen[*name]);
        }
    }
}

#[test]
fn users_session_and_lock() {
    for shell in Shell::all() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("var/lib/zdt/open")).unwrap();
        fs::write(root.path().join("var/lib/zdt/open/who"), "me since noon\n").unwrap();
        fs::write(root.path().join("var/lib/zdt/open/manifest"), "id\u{1f}t1\u{1f}\n").unwrap();
        let lock = fs::File::create(root.path().join("var/lib/zdt/lock")).unwrap();
        let mut request = paths(root.path(), &[]);
        request.users = ["root", "no-such-user", "0"].map(str::to_owned).to_vec();
        request.groups = ["no-such-group", "root", "daemon", "a.*"].map(str::to_owned).to_vec();
        let seen = observe(&shell, &[], &request);
        assert_eq!(seen.missing_users, ["no-such-user"]);
        assert_eq!(seen.missing_groups, ["no-such-group", "a.*"]);
        assert_eq!(seen.session.uid, rustix::process::geteuid().as_raw());
        assert!(!seen.session.hostname.is_empty());
        assert!(seen.session.clock > 1_700_000_000);
        let open =
            |state| OpenSeen { id: "t1".to_owned(), state, who: "me since noon".to_owned(), reason: String::new() };
        assert_eq!(seen.open, Some(open(OpenState::Left)), "{shell:?}");
        lock.lock().unwrap();
        assert_eq!(observe(&shell, &[], &request).open, Some(open(OpenState::Held)), "{shell:?}");
        lock.unlock().unwrap();
        fs::write(root.path().join("var/lib/zdt/open/stuck"), "no\nluck\n").unwrap();
        let stuck = OpenSeen { reason: "no\nluck".to_owned(), ..open(OpenState::Stuck) };
        assert_eq!(observe(&shell, &[], &request).open, Some(stuck), "{shell:?}");
    }
}

#[test]
fn facts_without_their_programs_are_absent_and_unknown_kinds_are_named() {
    for shell in Shell::all() {
        let release = tempfile::tempdir().unwrap();
        fs::write(release.path().join("Gemfile.lock"), "GEM\n  specs:\n    puma (6.4.2)\n      nio4r (~> 2.0)\n")
            .unwrap();
        let fact = |name: &str, kind: &str, arguments: &[&str]| FactQuery {
            name: name.to_owned(),
            kind: kind.to_owned(),
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        };
        let request = ObserveRequest {
            units: vec!["x.service".to_owned()],
            facts: vec![
                fact("app", "puma", &["no-such.service", release.path().to_str().unwrap()]),
                fact("odd", "touch", &["/tmp/x"]),
            ],
            ..ObserveRequest::default()
        };
        let seen = observe(&shell, &[], &request);
        assert_eq!(seen.facts["app"].get("version").map(String::as_str), Some("6.4.2"));
        assert_eq!(seen.facts["app"].get("version_source").map(String::as_str), Some("Gemfile.lock"));
        assert_eq!(seen.facts["app"].get("titled"), None);
        assert_eq!(seen.unknown_facts["odd"], "touch");
        let unit = &seen.units["x.service"];
        assert!(unit.error.is_some() || unit.properties.contains_key("LoadState"), "{unit:?}");
    }
}

#[test]
fn a_lock_file_that_never_ends_holds_nobody_up() {
    for shell in Shell::all() {
        for zero in [false, true] {
            let release = tempfile::tempdir().unwrap();
            let file = release.path().join("Gemfile.lock");
            if zero {
                symlink("/dev/zero", file).unwrap();
            } else {
                assert!(std::process::Command::new("mkfifo").arg(file).status().unwrap().success());
            }
            let fact = FactQuery {
                name: "app".to_owned(),
                kind: "puma".to_owned(),
                arguments: vec!["no-such.service".to_owned(), release.path().to_str().unwrap().to_owned()],
            };
            let request = ObserveRequest { facts: vec![fact], ..ObserveRequest::default() };
            let start = std::time::Instant::now();
            let seen = observe(&shell, &["timeout", "-s", "KILL", "30"], &request);
            assert_ne!(seen.facts["app"].get("version_source").map(String::as_str), Some("Gemfile.lock"));
            assert!(start.elapsed().as_secs() < 8, "{shell:?}");
        }
    }
}

/// A package upgrade leaves a Puma that runs what is no longer there.
#[test]
fn a_ruby_that_was_replaced_is_named_by_what_is_there_now() {
    for shell in Shell::all() {
        let place = tempfile::tempdir().unwrap();
        let ruby = place.path().join("ruby3.3");
        fs::copy(find("sleep").unwrap(), &ruby).unwrap();
        let mut child = std::process::Command::new(&ruby).arg("60").spawn().unwrap();
        let script = format!("echo LoadState=loaded; echo ActiveState=active; echo MainPID={}", child.id());
        shell.stand_in("systemctl", &script);
        shell.stand_in("ruby", "exit 0");
        let found = |shell: &Shell| {
            let arguments = vec!["x.service".to_owned(), "/no/release".to_owned()];
            let fact = FactQuery { name: "app".to_owned(), kind: "puma".to_owned(), arguments };
            let request =
                ObserveRequest { units: vec!["x.service".to_owned()], facts: vec![fact], ..ObserveRequest::default() };
            observe(shell, &[], &request).facts["app"]["ruby"].clone()
        };
        let now = found(&shell);
        fs::remove_file(&ruby).unwrap();
        let removed = found(&shell);
        fs::write(&ruby, "").unwrap();
        let unusable = found(&shell);
        fs::set_permissions(&ruby, PermissionsExt::from_mode(0o755)).unwrap();
        let replaced = found(&shell);
        child.kill().unwrap();
        child.wait().unwrap();
        let path = ruby.to_str().unwrap();
        assert_eq!((now.as_str(), replaced.as_str()), (path, path), "{shell:?}");
        for other in [removed, unusable] {
            assert!(other.ends_with("/ruby") && Path::new(&other).exists(), "{shell:?} {other}");
        }
    }
}

/// The facts about a Puma that is a process of ours: with workers or without, by these units and this journal.
fn puma(shell: &Shell, workers: bool, pruned: bool, unit: &str, journal: &str) -> BTreeMap<String, String> {
    // Both end with the pipe that is their input.
    let script = if workers { "(exec -a 'puma: cluster worker 0: 7 [r]' cat) <&0 & wait" } else { "read end" };
    let mut puma = std::process::Command::new(find("bash").unwrap());
    puma.arg0("puma 6.6.0 (unix:///s) [r]").args(["-c", script]).stdin(std::process::Stdio::piped());
    if pruned {
        puma.env("PUMA_BUNDLER_PRUNED", "1");
    }
    let mut puma = puma.spawn().unwrap();
    let children = format!("/proc/{0}/task/{0}/children", puma.id());
    let is_up = || {
        let children = fs::read_to_string(&children).unwrap();
        let title = |pid: &str| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        !workers || children.split_whitespace().any(|pid| title(pid).starts_with(b"puma: cluster"))
    };
    while !is_up() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let shown = format!("printf 'LoadState=loaded\\nActiveState=active\\nMainPID={}\\n{unit}'", puma.id());
    shell.stand_in("systemctl", &shown);
    shell.stand_in("journalctl", &format!("[ \"$9\" = x.service ] || exit 1; {journal}"));
    let arguments = vec!["x.service".to_owned(), "/no/release".to_owned()];
    let fact = FactQuery { name: "app".to_owned(), kind: "puma".to_owned(), arguments };
    let request =
        ObserveRequest { units: vec!["x.service".to_owned()], facts: vec![fact], ..ObserveRequest::default() };
    let mut facts = observe(shell, &[], &request).facts["app"].clone();
    drop(puma.stdin.take());
    puma.wait().unwrap();
    facts.retain(|key, _| !matches!(key.as_str(), "main_pid" | "ruby"));
    facts
}

#[test]
fn what_runs_tells_how_it_can_be_restarted() {
    const BOOTED: &str = "printf '%s\\n' 'GET / 200' '[7] - Worker 1 (PID: 9) booted in 2.13s, phase: 0' '[7] - Worker 0 (PID: 8) booted in 9.9s, phase: 0'";
    const COMMON: &[(&str, &str)] = &[
        ("load_state", "loaded"),
        ("active_state", "active"),
        ("titled", "yes"),
        ("binds", "unix:///s"),
        ("version", "6.6.0"),
        ("version_source", "process"),
    ];
    type Case<'a> = (bool, bool, &'a str, &'a str, &'a [(&'a str, &'a str)]);
    let cases: &[Case<'_>] = &[
        (
            true,
            true,
            "Type=notify\\nTriggeredBy=x.socket\\n",
            BOOTED,
            &[
                ("unit_type", "notify"),
                ("socket_activated", "yes"),
                ("mode", "cluster"),
                ("phased", "yes"),
                ("last_boot", "2.13"),
            ],
        ),
        (
            true,
            false,
            "Type=simple\\nTriggeredBy=x.timer\\n",
            "echo 'booted in 7s'",
            &[("unit_type", "simple"), ("socket_activated", "no"), ("mode", "cluster")],
        ),
        // Whatever its environment says.
        (
            false,
            true,
            "TriggeredBy=\\n",
            "exec sleep 30",
            &[("socket_activated", "no"), ("mode", "single"), ("phased", "no")],
        ),
        (false, false, "", "exit 1", &[("mode", "single"), ("phased", "no")]),
    ];
    for shell in Shell::all() {
        for (workers, pruned, unit, journal, expected) in cases {
            let start = std::time::Instant::now();
            let facts = puma(&shell, *workers, *pruned, unit, journal);
            assert!(start.elapsed().as_secs() < 10, "{shell:?}");
            let word = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            let expected: BTreeMap<String, String> = COMMON.iter().chain(*expected).map(word).collect();
            assert_eq!(facts, expected, "{shell:?} {unit}");
        }
    }
}

#[test]
fn a_folder_holds_what_nobody_looks_at_whatever_its_name() {
    let names: [&[u8]; 7] = [b".hidden", b"..odd", b"*", b"two\nlines", b"-n", b"[a]", b"\xff\x1f"];
    for (shell, name) in Shell::all().iter().flat_map(|shell| names.map(|name| (shell, name))) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("d")).unwrap();
        fs::write(root.path().join("d/known"), "").unwrap();
        let mut request = paths(root.path(), &["/d", "/d/known"]);
        request.folders = vec!["/d".to_owned()];
        assert_eq!(observe(shell, &[], &request).paths["/d"].foreign, None, "{shell:?}");
        symlink("nowhere", root.path().join("d").join(std::ffi::OsStr::from_bytes(name))).unwrap();
        assert_eq!(observe(shell, &[], &request).paths["/d"].foreign.as_deref(), Some(name), "{shell:?}");
    }
}
