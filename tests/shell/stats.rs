//! What `stats` tells of Pumas: processes that call themselves so, a systemd and a Ruby that say what they are told to.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use zdt::host::Program;
use zdt::resource::{PumaSeen, StatsQuery, StatsRequest, StatsSeen, WorkerSeen};

use crate::harness::{Shell, ask};

/// A Puma and its two workers; the second one runs another release.
const CLUSTER: &str = "cd \"$1/releases/r1\"; exec -a 'puma 8.0.2 (unix:///a) [r1]' bash -c '
    (exec -a \"puma: cluster worker 0: $$ [r1]\" sleep 60) &
    (cd ../r2 && exec -a \"puma: cluster worker 1: $$ [r2]\" sleep 60) &
    wait'";
/// A shell that stayed before its Puma.
const WRAPPED: &str = "(cd \"$1/releases/r2\"; exec -a 'puma 6.6.0 (unix:///a) [r2]' bash -c '
    (exec -a \"puma: cluster worker 12: $$ [r2]\" sleep 60) &
    wait') & wait";
const SINGLE: &str = "cd \"$1/releases/r1\"; exec -a 'puma 5.6.5 (unix:///a) [r1]' bash -c 'sleep 60 & wait'";
const OTHER: &str = "exec sleep 60";

struct Group(Child);

impl Group {
    fn of(script: &str, folder: &Path) -> Group {
        let mut command = Command::new("bash");
        Group(command.args(["-c", script, "bash"]).arg(folder).process_group(0).spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap()) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        drop(self.0.wait());
    }
}

/// The children of process `pid` once they are `count`, each under a name of its own.
fn children(pid: u32, count: usize) -> Vec<u32> {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let pids: Vec<u32> = text.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
        let is_named = |pid: &u32| {
            std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|title| !title.starts_with("bash"))
        };
        if pids.len() == count && pids.iter().all(is_named) {
            return pids;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{pid} has {pids:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ask_stats(shell: &Shell, request: &StatsRequest) -> StatsSeen {
    let answer = ask(shell, &[], &[Program::RUNNING, Program::STATS], "stats", &request.encode());
    assert_eq!((answer.stderr.as_str(), answer.status.as_str()), ("", "0"), "{shell:?}");
    let mut seen = request.decode(&answer.lines).unwrap();
    assert!(seen.clock > 1_700_000_000 && seen.uptime.is_some(), "{seen:?}");
    // How much it is, nobody knows beforehand.
    for puma in &mut seen.pumas {
        assert_eq!(puma.pid.is_some(), puma.memory.take().is_some(), "{shell:?}: {puma:?}");
        for worker in &mut puma.workers {
            assert_eq!(worker.memory.take().is_some(), worker.release.is_some(), "{shell:?}: {worker:?}");
        }
    }
    seen
}

fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_puma_is_told_with_what_the_kernel_knows() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    for release in ["r1", "r2"] {
        std::fs::create_dir_all(place.join("releases").join(release)).unwrap();
    }
    std::os::unix::fs::symlink("releases/r2", place.join("current")).unwrap();
    std::fs::write(place.join("state"), "").unwrap();
    let cluster = Group::of(CLUSTER, place);
    let wrapped = Group::of(WRAPPED, place);
    let single = Group::of(SINGLE, place);
    let other = Group::of(OTHER, place);
    let odd = Group::of(SINGLE, place);
    let workers = children(cluster.pid(), 2);
    let inner = children(wrapped.pid(), 1)[0];
    let wrapped_worker = children(inner, 1)[0];
    children(single.pid(), 1);
    children(odd.pid(), 1);
    let tell = |pid: u32, text: String| std::fs::write(place.join(format!("told-{pid}")), text).unwrap();
    let [first, second] = workers[..] else { panic!("{workers:?}") };
    tell(
        cluster.pid(),
        format!(
            "master 1789990000 1 3 2 1 8.0.2 3.3.8\nworker 1 {second} 1 yes 1789990002 1789990009 5 5 2 3 1 77\n\
             worker 0 {first} 0 yes 1789990001 1789990008 5 5 - 4 0 78\n\
             worker 2 4194304 1 no 1789990003 - - - - - - -\nend\n"
        ),
    );
    tell(
        single.pid(),
        format!("master 1789990000 0 0 0 0 - -\nworker - {} 0 yes 1789990000 - 1 5 - 5 0 9\nend\n", single.pid()),
    );
    tell(odd.pid(), "master 1789990000 0 0 0 0 5.6.5 3.1.2\nworker 1 2 3\nend\n".to_owned());
    let unit = |name: &str, load: &str, active: &str, pid: u32| {
        let text = format!("LoadState={load}\nActiveState={active}\nMainPID={pid}\n");
        std::fs::write(place.join(format!("unit-{name}")), text).unwrap();
    };
    unit("cluster", "loaded", "active", cluster.pid());
    unit("wrapped", "loaded", "active", wrapped.pid());
    unit("single", "loaded", "reloading", single.pid());
    unit("odd", "loaded", "active", odd.pid());
    unit("other", "loaded", "active", other.pid());
    unit("stopped", "loaded", "inactive", 0);
    unit("failed", "loaded", "failed", 0);
    unit("starting", "loaded", "activating", 0);
    unit("gone", "not-found", "inactive", 0);
    let names = [
        "cluster",
        "wrapped",
        "single",
        "odd",
        "other",
        "stopped",
        "failed",
        "starting",
        "gone",
        "unknown",
        "stateless",
    ];
    std::fs::copy(place.join("unit-single"), place.join("unit-stateless")).unwrap();
    let query = |name: &&str| StatsQuery {
        kind: "puma_stats".to_owned(),
        arguments: vec![
            (*name).to_owned(),
            place.join(if *name == "stateless" { "nowhere" } else { "state" }).display().to_string(),
            place.join("current").display().to_string(),
        ],
    };
    let request = StatsRequest { queries: names.iter().map(query).collect() };
    let puma = |name: &str, state: &str| PumaSeen {
        service: name.to_owned(),
        state: words(state),
        current: words("r2"),
        ..PumaSeen::default()
    };
    let untold = |name: &str, state: &str, why: &str| PumaSeen { untold: words(why), ..puma(name, state) };
    let told = |index, pid, phase, release: Option<&str>| WorkerSeen {
        index: Some(index),
        pid: Some(pid),
        phase: Some(phase),
        booted: Some(true),
        release: release.map(str::to_owned),
        ..WorkerSeen::default()
    };
    let silent = "its control server does not answer";
    let (in_r1, in_r2) = (words("r1"), words("r2"));
    let expected = [
        PumaSeen {
            pid: Some(cluster.pid()),
            puma: words("8.0.2"),
            ruby: words("3.3.8"),
            since: Some(1_789_990_000),
            phase: Some(1),
            wanted: Some(3),
            booted: Some(2),
            old: Some(1),
            release: in_r1.clone(),
            workers: vec![
                WorkerSeen {
                    since: Some(1_789_990_001),
                    checkin: Some(1_789_990_008),
                    spawned: Some(5),
                    max: Some(5),
                    capacity: Some(4),
                    backlog: Some(0),
                    requests: Some(78),
                    ..told(0, first, 0, Some("r1"))
                },
                WorkerSeen {
                    since: Some(1_789_990_002),
                    checkin: Some(1_789_990_009),
                    spawned: Some(5),
                    max: Some(5),
                    busy: Some(2),
                    capacity: Some(3),
                    backlog: Some(1),
                    requests: Some(77),
                    ..told(1, second, 1, Some("r2"))
                },
                WorkerSeen { since: Some(1_789_990_003), booted: Some(false), ..told(2, 4_194_304, 1, None) },
            ],
            ..puma("cluster", "active")
        },
        PumaSeen {
            pid: Some(inner),
            puma: words("6.6.0"),
            release: in_r2.clone(),
            workers: vec![WorkerSeen {
                index: Some(12),
                pid: Some(wrapped_worker),
                release: in_r2,
                ..WorkerSeen::default()
            }],
            ..untold("wrapped", "active", silent)
        },
        PumaSeen {
            pid: Some(single.pid()),
            // By its title, and by its Ruby.
            puma: words("5.6.5"),
            ruby: words("3.1.2"),
            since: Some(1_789_990_000),
            phase: Some(0),
            wanted: Some(0),
            booted: Some(0),
            old: Some(0),
            release: in_r1.clone(),
            workers: vec![WorkerSeen {
                index: None,
                since: Some(1_789_990_000),
                spawned: Some(1),
                max: Some(5),
                capacity: Some(5),
                backlog: Some(0),
                requests: Some(9),
                ..told(0, single.pid(), 0, Some("r1"))
            }],
            ..puma("single", "reloading")
        },
        PumaSeen {
            pid: Some(odd.pid()),
            puma: words("5.6.5"),
            ruby: words("3.1.2"),
            since: Some(1_789_990_000),
            phase: Some(0),
            wanted: Some(0),
            booted: Some(0),
            old: Some(0),
            release: in_r1.clone(),
            ..untold("odd", "active", "its stats are not as Puma tells them")
        },
        untold("other", "active", "the main process of `other` does not call itself Puma"),
        puma("stopped", "inactive"),
        puma("failed", "failed"),
        untold("starting", "activating", "systemd names no main process of `starting`, which is activating"),
        untold("gone", "inactive", "systemd knows no unit `gone`"),
        PumaSeen { state: None, ..untold("unknown", "", "`systemctl` does not tell whether `unknown` runs") },
        PumaSeen {
            pid: Some(single.pid()),
            puma: words("5.6.5"),
            release: in_r1,
            ..untold(
                "stateless",
                "reloading",
                &format!("its state file `{}` is not there or cannot be read", place.join("nowhere").display()),
            )
        },
    ];
    for shell in Shell::all() {
        shell.stand_in("systemctl", &format!("for unit; do :; done; cat '{}/unit-'\"$unit\"", place.display()));
        // The Ruby is the program that runs a Puma: here that is no Ruby.
        shell.stand_in(
            "timeout",
            &format!(
                "shift 3; for last; do :; done; case $*: in *'puts RUBY_VERSION:'*) echo 3.1.2 ;; \
                 *--disable=gems*) cat '{}/told-'\"$last\" ;; *) exec \"$@\" ;; esac",
                place.display()
            ),
        );
        let seen = ask_stats(&shell, &request);
        for (seen, expected) in seen.pumas.iter().zip(&expected) {
            // Busybox runs its own `timeout`, so that nothing can stand in for Ruby.
            if shell.name != "busybox" || expected.since.is_none() {
                assert_eq!(seen, expected, "{shell:?}");
            }
        }
        assert_eq!(seen.pumas.len(), expected.len());
    }
}
