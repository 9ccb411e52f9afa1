//! What the host remembers of zdt's work: how it is read, and how it is written.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use zdt::resource::AppliedPath;
use zdt::transaction::{Checking, Outcome};

use crate::harness::{Shell, find, is_root, skip};
use crate::observe::{observe, paths};
use crate::run::{Host, file};

/// A memory of what zdt left, its lines with `|` for the separator.
fn remember(root: &Path, text: &str) {
    fs::create_dir_all(root.join("var/lib/zdt")).unwrap();
    fs::write(root.join("var/lib/zdt/applied"), text.replace('|', "\u{1f}")).unwrap();
}

#[test]
fn what_was_left_earlier_is_told_and_looked_at_too() {
    for shell in Shell::all() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("d/sub")).unwrap();
        fs::create_dir(root.path().join("e")).unwrap();
        fs::write(root.path().join("d/f"), "hush").unwrap();
        fs::write(root.path().join("asked"), "asked").unwrap();
        let line = |path: &str, kind: &str| format!("{path}|{kind}|aa|0644|root||r|=a b|~YQpi|yes|1.2.3|\n");
        let lines: String =
            [("/asked", "file"), ("/d", "directory"), ("/d/f", "file"), ("/e", "directory"), ("/gone", "file")]
                .map(|(path, kind)| line(path, kind))
                .concat();
        remember(root.path(), &format!("2\n{lines}end\n"));
        let seen = observe(&shell, &[], &paths(root.path(), &["/asked"]));
        assert_eq!(seen.applied.fault, None, "{shell:?}");
        let left = &seen.applied.paths["/d/f"];
        assert_eq!((left.handlers.as_str(), left.checks.as_str()), ("a b", "a\nb"), "{shell:?}");
        let kinds: Vec<_> = seen.paths.iter().map(|(path, seen)| (path.as_str(), seen.kind.as_str())).collect();
        let expected =
            [("/asked", "file"), ("/d", "directory"), ("/d/f", "file"), ("/e", "directory"), ("/gone", "absent")];
        assert_eq!(kinds, expected, "{shell:?}");
        assert_eq!(seen.paths["/asked"].content.as_deref(), Some(&b"asked"[..]));
        // What nobody asked for leaves the host as its hash alone.
        assert_eq!(seen.paths["/d/f"].content, None);
        assert_eq!(seen.paths["/d/f"].sha256, Some(zdt::resource::sha256(b"hush")));
        assert_eq!(seen.paths["/d"].foreign.as_deref(), Some(&b"sub"[..]), "{shell:?}");
        assert_eq!(seen.paths["/e"].foreign, None, "{shell:?}");
    }
}

const LINE: &str = "/f|file|aa|0644|root||r|=|=|yes|1.2.3|\n";

#[test]
fn a_memory_that_cannot_be_read_is_said() {
    let ended = |how: &str| ("history/000001-t1/ended", format!("{how}|||5|\n"));
    let whole = format!("2\n{LINE}end\n");
    let cases = [
        (Vec::<(&str, String)>::new(), None),
        (vec![("applied", whole.clone())], None),
        (vec![("applied", whole), ended("committed")], None),
        (vec![("applied", "2\nend\n".to_owned())], None),
        (vec![("applied", format!("1\n{LINE}"))], Some("format 1")),
        (vec![("applied", "30\nwhatever\n".to_owned())], Some("format 30")),
        (vec![("applied", String::new())], Some("it is empty")),
        (vec![("applied", "2".to_owned())], Some("it is truncated")),
        (vec![("applied", "2\n".to_owned())], Some("it is truncated")),
        (vec![("applied", format!("2\n{LINE}"))], Some("it is truncated")),
        (vec![("applied", format!("2\n{LINE}end"))], Some("it is truncated")),
        (vec![("applied", format!("2\n{LINE}{}\nend\n", &LINE[..20]))], Some("line 3 is damaged")),
        (vec![("applied", format!("2\n\u{1b}]0;x\n{LINE}end\n"))], Some("line 2 is damaged")),
        (vec![ended("committed")], Some("it is missing")),
        (vec![ended("put-back")], None),
        (vec![ended("put-back"), ("history/000002-t2/ended", "committed|||6|\n".to_owned())], Some("it is missing")),
        (vec![("history/000001-t1/manifest", "end|\n".to_owned())], None),
    ];
    for (shell, (files, fault)) in Shell::all().iter().flat_map(|shell| cases.iter().map(move |case| (shell, case))) {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("f"), "f").unwrap();
        for (name, text) in files {
            let file = root.path().join("var/lib/zdt").join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text.replace('|', "\u{1f}")).unwrap();
        }
        let seen = observe(shell, &[], &paths(root.path(), &["/f"]));
        assert_eq!(seen.applied.fault.as_deref(), *fault, "{shell:?} {files:?}");
        // The rest of the answer does not suffer.
        assert_eq!(seen.paths["/f"].kind, "file", "{shell:?} {files:?}");
        assert!(fault.is_none() || seen.applied.paths.is_empty(), "{shell:?} {files:?}");
    }
}

#[test]
fn a_memory_that_is_closed_to_us_is_no_memory_that_is_missing() {
    if !is_root() || find("setpriv").is_none() {
        return skip("root and setpriv");
    }
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).unwrap();
    remember(root.path(), "2\nend\n");
    fs::set_permissions(root.path().join("var/lib/zdt"), PermissionsExt::from_mode(0o700)).unwrap();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    // busybox's links lie in a closed folder of our own.
    for shell in Shell::all().iter().filter(|shell| shell.name != "busybox") {
        let seen = observe(shell, &nobody, &paths(root.path(), &[]));
        assert_eq!(seen.applied.fault.as_deref(), Some("permission denied"), "{shell:?}");
    }
}

/// A host that is a folder, with a transaction that makes `f` anew and leaves all else.
fn host() -> Host {
    let mut host = Host::new();
    fs::create_dir_all(host.at("box/d")).unwrap();
    fs::write(host.at("box/known"), "known").unwrap();
    std::os::unix::fs::symlink("known", host.at("box/l")).unwrap();
    host.manifest.header.state_dir = host.at("box/var/lib/zdt").to_str().unwrap().to_owned();
    host.put("box/f", file(b"new\n", "0600"));
    host
}

fn left(path: &str, kind: &str, made: bool) -> AppliedPath {
    let (path, kind, handlers) = (path.to_owned(), kind.to_owned(), "a\nb".to_owned());
    let signature = match path.as_str() {
        "/f" => AppliedPath::NOW,
        "/known" => "4.5.6",
        _ => "",
    };
    let (role, signature) = ("r".to_owned(), signature.to_owned());
    AppliedPath { path, kind, handlers, made, role, signature, ..AppliedPath::default() }
}

/// As the host writes it, `|` for the separator. Only what the transaction has put there is signed, which is `f`; what
/// was known keeps its signature.
fn line(host: &Host, left: &AppliedPath) -> String {
    let data = host.at("box/f").symlink_metadata();
    let signature = match left.path.as_str() {
        "/f" => data.map(|data| format!("{}.{}.{}", data.ino(), data.ctime(), data.mtime())).unwrap_or_default(),
        "/known" => "4.5.6".to_owned(),
        _ => String::new(),
    };
    let made = if left.made { "yes" } else { "no" };
    format!("{}|{}|||||r|~YQpi|=|{made}|{signature}|\n", left.path, left.kind)
}

fn record(host: &Host) -> String {
    fs::read_to_string(host.at("box/var/lib/zdt/applied")).unwrap().replace('\u{1f}', "|")
}

#[test]
fn every_shell_remembers_the_same_and_what_it_does_not_name_stays() {
    let kept = "/kept|file|aa|0644|||r|=|=|yes|7.8.9|\n";
    for shell in Shell::all() {
        let mut host = host();
        remember(
            &host.at("box"),
            &format!("2\n/known|file|old|0600|||r|=|=|no|4.5.6|\n{kept}/gone|file|||||r|=|=|yes||\nend\n"),
        );
        let unit = AppliedPath { path: "unit:x.service".to_owned(), ..left("", "unit", false) };
        let all = [
            left("/not there", "absent", false),
            left("/d", "directory", false),
            left("/f", "file", true),
            unit,
            left("/l", "link", true),
            left("/known", "file", false),
        ];
        host.manifest.applied = all.to_vec();
        host.manifest.applied.insert(3, AppliedPath::gone("/gone"));
        host.manifest.applied.push(AppliedPath::gone("/never known"));
        let (progress, outcome) = host.run(&shell, Checking::Done);
        assert_eq!(outcome, Outcome::Committed, "{shell:?} {progress:?}");
        let lines: String = all.iter().map(|left| line(&host, left)).collect();
        assert_eq!(record(&host), format!("2\n{lines}{kept}end\n"), "{shell:?}");
        let seen = observe(&shell, &[], &paths(&host.at("box"), &[]));
        assert_eq!(seen.applied.fault, None, "{shell:?}");
        assert!(seen.applied.units.contains_key("x.service"), "{shell:?}");
        for path in ["/not there", "/d", "/f", "/l", "/known"] {
            let is_untouched = seen.applied.paths[path].is_untouched(&seen.paths[path]);
            assert_eq!(is_untouched, path == "/f", "{shell:?} {path}");
        }
        // Another mode, and back: nothing is different, and it was touched.
        for mode in [0o644, 0o600] {
            std::thread::sleep(std::time::Duration::from_millis(1100));
            fs::set_permissions(host.at("box/f"), PermissionsExt::from_mode(mode)).unwrap();
        }
        let seen = observe(&shell, &[], &paths(&host.at("box"), &[]));
        assert!(!seen.applied.paths["/f"].is_untouched(&seen.paths["/f"]), "{shell:?}");
    }
}

#[test]
fn a_memory_of_no_use_is_set_aside_and_written_anew() {
    let line_of = |path: &str| format!("{path}|file|aa|0644|||r|=|=|yes|7.8.9|\n");
    let (old, damaged) = (line_of("/old"), "/dam\n");
    for (text, renew) in [
        (format!("1\n{old}"), false),
        (format!("3\n{old}end\n"), false),
        (format!("2\n{old}"), false),
        (String::new(), false),
        (format!("2\n{old}{damaged}end\n"), true),
    ] {
        for shell in Shell::all() {
            let mut host = host();
            // Nothing at all is to be changed.
            host.manifest.entries.clear();
            remember(&host.at("box"), &text);
            (host.manifest.renew, host.manifest.applied) = (renew, vec![left("/known", "file", false)]);
            let (progress, outcome) = host.run(&shell, Checking::Again);
            assert_eq!(outcome, Outcome::Committed, "{shell:?} {progress:?}");
            assert_eq!(record(&host), "2\n/known|file|||||r|~YQpi|=|no|4.5.6|\nend\n", "{shell:?}");
            let aside = fs::read_to_string(host.at("box/var/lib/zdt/applied.other")).unwrap();
            assert_eq!(aside.replace('\u{1f}', "|"), text, "{shell:?}");
        }
    }
}

#[test]
fn whoever_commits_leaves_a_memory_even_of_nothing() {
    for shell in Shell::all() {
        let mut host = host();
        host.manifest.entries.clear();
        assert_eq!(host.run(&shell, Checking::Again).1, Outcome::Committed, "{shell:?}");
        assert_eq!(record(&host), "2\nend\n", "{shell:?}");
        host.manifest.header.id = "t2".to_owned();
        host.put("box/no/such/folder/f", file(b"", "0600"));
        host.manifest.applied = vec![left("/known", "file", false)];
        assert!(matches!(host.run(&shell, Checking::Again).1, Outcome::PutBack { .. }), "{shell:?}");
        assert_eq!(record(&host), "2\nend\n", "{shell:?}");
    }
}

/// The lookups of one line are walks, not walks of walks: with those a thousand lines took longer than anybody waits.
#[test]
fn a_long_memory_is_kept_line_by_line() {
    for shell in Shell::all() {
        let mut host = host();
        let path = |number: usize| format!("/etc/app/{number}.conf");
        let known: String =
            (0..1000).map(|number| format!("{}|file|aa|0644|||r|~YQpi|=|no|{number}.5.6|\n", path(number))).collect();
        remember(&host.at("box"), &format!("2\n{known}end\n"));
        let line =
            |number: usize| AppliedPath { signature: format!("{number}.5.6"), ..left(&path(number), "file", false) };
        host.manifest.applied = (0..1000).map(line).collect();
        let (progress, outcome) = host.run(&shell, Checking::Done);
        assert_eq!(outcome, Outcome::Committed, "{shell:?} {progress:?}");
        let expected = known.replace("|aa|0644|", "|||");
        assert_eq!(record(&host), format!("2\n{expected}end\n"), "{shell:?}");
    }
}
