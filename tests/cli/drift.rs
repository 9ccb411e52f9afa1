//! `zdt drift` as cron runs it: silent or short, never twice, never "clean" by mistake, and without a trace on the host.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::place::{Place, UPSTREAM};
use super::ran::Ran;

const DRIFT: [&str; 2] = ["drift", "inventory.yml"];

fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&DRIFT, more].concat()
}

fn converged() -> Place {
    let place = Place::new();
    place.apply().ended_with(0);
    place
}

fn drifted() -> Place {
    let place = converged();
    move_it(&place);
    place
}

fn move_it(place: &Place) {
    place.write(&format!("box/{UPSTREAM}"), "# by hand\n");
}

/// Every path below `folder` with all that can be seen of it but the time of the last access.
fn seen(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let facts = fs::symlink_metadata(&path).expect("facts");
            let content = if facts.is_file() { fs::read(&path).expect("a content") } else { Vec::new() };
            let (mtime, ctime) = ((facts.mtime(), facts.mtime_nsec()), (facts.ctime(), facts.ctime_nsec()));
            let line = format!("{:o} {} {mtime:?} {ctime:?} {content:?}", facts.mode(), facts.ino());
            all.insert(path.display().to_string(), line);
            if facts.is_dir() {
                folders.push(path);
            }
        }
    }
    all
}

#[test]
fn a_look_leaves_no_trace_on_the_host() {
    for place in [converged(), drifted()] {
        let before = seen(&place.path("box"));
        assert!(before.len() > 10, "{before:?}");
        place.zdt(&DRIFT);
        assert_eq!(seen(&place.path("box")), before);
    }
}

#[test]
fn a_host_in_sync_is_worth_no_word() {
    let ran = converged().zdt(&DRIFT);
    ran.ended_with(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}

#[test]
fn our_own_changes_are_no_drift() {
    let place = converged();
    let ran = place.zdt(&words(&["-e", "puma_workers=4"]));
    ran.ended_with(0);
    assert_eq!(ran.stdout, "", "{}", ran.all());
    place.zdt(&words(&["-e", "puma_workers=4", "--verbose"])).ended_with(0).says("pending");
}

#[test]
fn the_same_drift_is_told_once_and_its_end_once() {
    let place = drifted();
    let only = words(&["--only-changes"]);
    place.zdt(&only).ended_with(2).says(UPSTREAM);
    let again = place.zdt(&only);
    again.ended_with(2);
    assert_eq!(again.stdout, "", "told twice");
    place.write(&format!("box/{UPSTREAM}"), "# by another hand\n");
    place.zdt(&only).ended_with(2).says("another hand");
    place.apply().ended_with(0);
    place.zdt(&only).ended_with(0).says("box: no drift any more");
    let calm = place.zdt(&only);
    calm.ended_with(0);
    assert_eq!(calm.stdout, "", "told twice");
}

#[test]
fn a_look_by_hand_takes_no_news_from_cron() {
    let place = converged();
    let only = words(&["--only-changes"]);
    place.zdt(&only).ended_with(0);
    move_it(&place);
    place.zdt(&DRIFT).ended_with(2).says(UPSTREAM);
    place.zdt(&only).ended_with(2).says(UPSTREAM);
    place.apply().ended_with(0);
    place.zdt(&DRIFT).ended_with(0).says("box: no drift any more");
    place.zdt(&only).ended_with(0).says("box: no drift any more");
}

#[test]
fn a_host_that_cannot_be_looked_at_is_told_like_drift() {
    let place = Place::new();
    place.hosts(&[("away", "ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 9")]);
    let only = words(&["--only-changes"]);
    let ran = place.zdt(&only);
    ran.ended_with(4).says("unknown").says("127.0.0.1 port 9");
    assert!(ran.stdout.contains("away"), "cron mails what stands on standard output alone: {}", ran.all());
    let again = place.zdt(&only);
    assert_eq!(again.ended_with(4).stdout, "", "told twice");
}

#[test]
fn what_was_kept_and_cannot_be_read_hides_nothing() {
    let place = drifted();
    let only = words(&["--only-changes", "--state", "kept"]);
    place.zdt(&only).ended_with(2);
    for text in ["", "{\"format\":7}", "{\"format\":1,"] {
        place.write("kept", text);
        place.zdt(&only).ended_with(2).says(UPSTREAM).says("cannot be read");
    }
    let folder = place.path("folder");
    fs::create_dir(&folder).expect("a folder");
    place.zdt(&words(&["--only-changes", "--state", "folder"])).ended_with(4).says("--state FILE");
}

#[test]
fn first_seen_is_remembered_as_long_as_the_drift_is_the_same() {
    let place = drifted();
    let first_seen = || {
        let ran = place.zdt(&words(&["--json"]));
        let report: Value = serde_json::from_str(&ran.ended_with(2).stdout).expect("a document");
        (report["began"].clone(), report["hosts"][0]["findings"][0]["since"]["first_seen"].clone())
    };
    let (began, none) = first_seen();
    assert_eq!(none, Value::Null);
    assert_eq!(first_seen().1, began);
    place.write(&format!("box/{UPSTREAM}"), "# otherwise\n");
    assert_eq!(first_seen().1, Value::Null);
}

#[test]
fn first_seen_outlives_a_look_that_failed() {
    let place = drifted();
    let look = || {
        let ran = place.zdt(&words(&["--json", "--state", "kept"]));
        serde_json::from_str::<Value>(&ran.stdout).expect("a document")
    };
    let first_seen = |report: &Value| report["hosts"][0]["findings"][0]["since"]["first_seen"].clone();
    let began = look()["began"].clone();
    let memory = place.path("box/var/lib/zdt/applied");
    let kept = fs::read(&memory).expect("what the host remembers");
    fs::write(&memory, "99\n").expect("writable");
    assert_eq!(look()["hosts"][0]["state"], "unknown");
    fs::write(&memory, kept).expect("writable");
    assert_eq!(first_seen(&look()), began);
}

#[test]
fn two_looks_at_the_same_never_run_at_once() {
    let place = drifted();
    let kept = fs::File::create(place.path(".kept.zdt-lock")).expect("a lock");
    kept.lock().expect("it is ours");
    let held = place.zdt(&words(&["--state", "kept"]));
    held.ended_with(4).says("another `zdt drift` of this inventory is at work").says("--state FILE");
    place.zdt(&words(&["--state", "other"])).ended_with(2);
    drop(kept);
    place.zdt(&words(&["--state", "kept"])).ended_with(2);
}

#[test]
fn a_deadline_holds_for_the_queue_too_and_leaves_no_ssh_behind() {
    let place = Place::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("a port").port();
    let away = format!("ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: {port}");
    let names: Vec<String> = (0..12).map(|number| format!("away{number}")).collect();
    place.hosts(&names.iter().map(|name| (name.as_str(), away.as_str())).collect::<Vec<_>>());
    let log = place.path("started");
    place.write("bin/ssh", format!("#!/bin/sh\necho $$ >>'{}'\nexec /usr/bin/ssh \"$@\"\n", log.display()));
    fs::set_permissions(place.path("bin/ssh"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    let path = format!("{}:/usr/bin:/bin", place.path("bin").display());
    let begun = Instant::now();
    let mut look = place.command(&words(&["--deadline", "1", "--forks", "3", "--timeout", "600"]));
    let ran = Ran::of(&look.env("PATH", path).output().expect("zdt"), "zdt drift --deadline 1".to_owned());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    ran.ended_with(4).says("had not answered when the time given was over").says("12 unknown");
    let started = fs::read_to_string(&log).expect("ssh was started");
    assert_eq!(started.lines().count(), 3, "hosts of the queue were begun after the deadline");
    let lives =
        |pid: &str| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| words.starts_with(b"/usr/bin/ssh"));
    let patience = Instant::now() + Duration::from_secs(10);
    while started.lines().any(lives) {
        assert!(Instant::now() < patience, "ssh goes on for nobody");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn files_are_written_whole_and_a_file_that_is_not_is_told() {
    let place = drifted();
    let files = ["--prometheus", "a.prom", "--junit", "a.xml", "--html", "a.html"];
    place.zdt(&words(&files)).ended_with(2);
    for name in ["a.prom", "a.xml", "a.html"] {
        assert!(place.read(name).contains("box"), "{name}: {}", place.read(name));
        assert_eq!(fs::metadata(place.path(name)).expect("a file").mode() & 0o777, 0o644, "{name}");
    }
    let left: Vec<_> = fs::read_dir(place.path("")).expect("a folder").filter_map(|entry| entry.ok()).collect();
    assert!(!left.iter().any(|entry| entry.file_name().to_string_lossy().starts_with(".zdt")), "{left:?}");
    let nowhere = place.zdt(&words(&["--prometheus", "nowhere/a.prom"]));
    nowhere.ended_with(4).says("nowhere/a.prom").says(UPSTREAM);
}

#[test]
fn standard_output_is_one_document() {
    let place = drifted();
    let ran = place.zdt(&words(&["--prometheus", "-"]));
    ran.ended_with(2).says("zdt_drift_exit_code");
    let strange = ran.stdout.lines().find(|line| !line.starts_with('#') && !line.starts_with("zdt_drift_"));
    assert_eq!(strange, None);
    for both in [&["--json", "--html", "-"][..], &["--github", "--junit", "-"], &["--junit", "-", "--html", "-"]] {
        place.zdt(&words(both)).ended_with(64).says("standard output");
    }
}

#[test]
fn the_last_success_outlives_a_look_that_failed() {
    let place = converged();
    let success = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("zdt_drift_last_success_timestamp_seconds"));
        line.and_then(|line| line.rsplit(' ').next()).map(str::to_owned)
    };
    let looks = words(&["--prometheus", "a.prom"]);
    place.zdt(&looks).ended_with(0);
    let first = success(&place.read("a.prom")).expect("a success");
    fs::set_permissions(place.path("box/var/lib/zdt/applied"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .expect("a mode");
    place.write("box/var/lib/zdt/applied", "99\n");
    place.zdt(&looks).ended_with(4);
    assert_eq!(success(&place.read("a.prom")), Some(first));
}

#[test]
fn a_crontab_line_says_this_very_command_again() {
    let place = drifted();
    place.write("more.yml", "app_name: shop\n");
    let secret = place.zdt(&words(&["--print-cron", "-e", "token=s3cret"]));
    secret.ended_with(3).says("-e @FILE");
    assert!(!secret.all().replace(&secret.what, "").contains("s3cret"), "{}", secret.all());
    let ran =
        place.zdt(&words(&["--print-cron", "--every", "1h", "--only-changes", "-e", "@more.yml", "--limit", "box"]));
    let line = ran.ended_with(0).stdout.lines().last().expect("a line").to_owned();
    let command = line.split_once(" * * * * ").expect("an hour").1;
    let mut run = std::process::Command::new("sh");
    run.arg("-c").arg(command).env("XDG_STATE_HOME", place.path("home")).current_dir("/");
    let ran = run.output().expect("sh");
    assert_eq!(ran.status.code(), Some(2), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(String::from_utf8_lossy(&ran.stdout).contains(UPSTREAM));
    place.zdt(&words(&["--print-cron", "--every", "7m"])).ended_with(64).says("--every");
    place.zdt(&["drift", "nowhere.yml", "--print-cron"]).ended_with(3);
}

#[test]
fn a_timer_is_one_that_systemd_understands() {
    let place = converged();
    let looks = [
        "--print-timer",
        "--every",
        "15m",
        "--deadline",
        "60",
        "--splay",
        "30",
        "--keep",
        "5",
        "--prometheus",
        "a b%c.prom",
    ];
    let ran = place.zdt(&words(&looks));
    ran.ended_with(0).says("OnCalendar=*:0/15").says("RandomizedDelaySec=30").says("TimeoutStartSec=120");
    assert_eq!(ran.stdout.matches(" --keep ").count(), 1, "{}", ran.stdout);
    let Ok(verify) = std::process::Command::new("systemd-analyze").arg("--version").output() else {
        println!("SKIPPED: there is no systemd-analyze");
        return;
    };
    assert!(verify.status.success());
    let (service, timer) = ran.stdout.split_once(".timer\n").expect("two files");
    let name = service.lines().next().expect("a name").trim_start_matches("# ").to_owned();
    place.write(&format!("units/{name}"), service);
    place.write(&format!("units/{}", name.replace(".service", ".timer")), timer);
    let mut verify = std::process::Command::new("systemd-analyze");
    let said = verify
        .args(["verify", "--man=no"])
        .arg(place.path(&format!("units/{name}")))
        .output()
        .expect("systemd-analyze");
    assert_eq!(String::from_utf8_lossy(&said.stderr), "", "{}", ran.stdout);
    assert!(said.status.success());
}
