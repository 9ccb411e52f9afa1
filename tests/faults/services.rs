//! What stands in for systemd, nginx and Puma: strict about the words, and it knows which configuration each has loaded.

use std::fs;
use std::path::Path;

use crate::world::{What, World};

/// Below the world: what services hold, apart from the disk that a transaction may touch.
const UNITS: &str = "root/etc/systemd/system/";
const NGINX: &str = "root/etc/nginx/";
const PUMA: &str = "root/srv/";

/// Units that a transaction itself brings and takes are no configuration.
const GUARD: &str = "zdt-recover.service";

/// The parts of `world` that the services behind `name` read.
fn read_by(world: &World, name: &str) -> String {
    let prefix = match name {
        "units" => UNITS,
        "nginx" => NGINX,
        _ => PUMA,
    };
    let seen = world.below(prefix, |path| path.contains(GUARD) || path.contains("/.zdt-"));
    let mut text = String::new();
    for (path, node) in &seen.0 {
        if matches!(node.what, What::Directory) {
            continue;
        }
        text.push_str(&format!("{path} {:o} {:?}\n", node.mode, world.text(path)));
    }
    text
}

/// A host that has been up for a while: nginx runs, the application is stopped.
pub fn start(world: &mut World) {
    world.write("host/units/nginx.service", RUNNING);
    world.write("host/units/app.service", STOPPED);
    for name in ["units", "nginx"] {
        let text = read_by(world, name);
        world.write(&format!("host/loaded/{name}"), &text);
    }
    workers(world, 100);
    world.write("host/boot_id", "first\n");
}

fn workers(world: &mut World, pid: u32) {
    world.write("host/proc/10/task/10/children", &format!("{pid} \n"));
    world.write(&format!("host/proc/{pid}/cmdline"), "nginx: worker process");
}

/// The host starts anew and systemd reads its units; nothing else runs yet. Timers made at run time are gone.
pub fn boot(world: &mut World) {
    world.0.retain(|path, _| !path.starts_with("host/timers/"));
    start(world);
    world.0.remove("host/loaded/nginx");
    world.0.remove("host/loaded/puma");
    world.write("host/units/nginx.service", STOPPED);
    world.write("host/boot_id", "second\n");
}

/// Every service has started, and reads what is there.
pub fn booted(world: &mut World) {
    let text = read_by(world, "nginx");
    world.write("host/loaded/nginx", &text);
    world.write("host/units/nginx.service", RUNNING);
}

/// Whether every service runs with what is on the disk; else what is wrong.
pub fn fault(world: &World, app_runs: bool) -> Option<String> {
    for name in ["units", "nginx", "puma"] {
        let loaded = world.text(&format!("host/loaded/{name}"));
        if name == "puma" && !app_runs {
            if loaded.is_some() {
                return Some("the application runs and shall not".to_owned());
            }
            continue;
        }
        if loaded.as_ref() != Some(&read_by(world, name)) {
            return Some(format!("{name} runs with\n{loaded:?}\non the disk is\n{:?}", read_by(world, name)));
        }
    }
    let timers = world.below("host/timers/", |_| false);
    (!timers.0.is_empty()).then(|| format!("timers are left: {timers:?}"))
}

/// Does what a command says, on the world that lies in `folder`; false where the real one would fail.
pub fn act(folder: &Path, words: &str) -> bool {
    let mut world = World::of(folder);
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let load = |world: &World, name: &str| {
        let text = read_by(world, name);
        let bad = text.contains("bad");
        if !bad {
            write(&format!("host/loaded/{name}"), &text);
        }
        !bad
    };
    let words: Vec<&str> = words.split(' ').collect();
    match words[..] {
        ["systemctl", "daemon-reload"] => load(&world, "units"),
        ["systemctl", "reload", "--", "nginx.service"] => {
            // A signal alone cannot fail; but then no new worker comes, and waiting for it is slow even without a clock.
            load(&world, "nginx") && {
                let now = world.text("host/proc/10/task/10/children").unwrap();
                let next = if now.starts_with("100") { 101 } else { 100 };
                workers(&mut world, next);
                for path in ["host/proc/10/task/10/children".to_owned(), format!("host/proc/{next}/cmdline")] {
                    write(&path, &world.text(&path).unwrap());
                }
                true
            }
        }
        ["systemctl", "start", "--", "app.service"] => {
            let started = load(&world, "puma");
            let state = if started { "ActiveState=active\nMainPID=20\n" } else { "ActiveState=failed\nMainPID=0\n" };
            write("host/units/app.service", state);
            write("host/proc/20/task/20/children", "");
            write("host/proc/20/task/20/comm", "puma srv\n");
            write("host/proc/20/cmdline", "puma 6.4.2 (unix:///x) [app]");
            started
        }
        ["systemctl", "stop", "--", "app.service"] => {
            let failed = world.text("host/units/app.service").unwrap().contains("failed");
            write("host/units/app.service", if failed { FAILED } else { STOPPED });
            drop(fs::remove_file(folder.join("host/loaded/puma")));
            true
        }
        ["systemctl", "reset-failed", "--", "app.service"] => {
            let failed = world.text("host/units/app.service").unwrap().contains("failed");
            if failed {
                write("host/units/app.service", STOPPED);
            }
            true
        }
        // A pattern that matches nothing is no failure.
        ["systemctl", "stop", "zdt-recover-*.timer"] => {
            for path in world.below("host/timers/", |_| false).0.keys() {
                drop(fs::remove_file(folder.join(path)));
            }
            true
        }
        [
            "systemd_run",
            "--quiet",
            "--collect",
            unit,
            "--on-active=10",
            "--on-unit-inactive=5",
            "--timer-property=AccuracySec=1s",
            "/bin/sh",
            program,
            "recover",
            _,
            _,
        ] => {
            assert!(Path::new(program).exists(), "the guard has nothing to run");
            let unit = unit.strip_prefix("--unit=").unwrap();
            let free = !world.has(&format!("host/timers/{unit}.timer"));
            write(&format!("host/timers/{unit}.timer"), "");
            free
        }
        _ => panic!("nobody knows `{words:?}`"),
    }
}

const RUNNING: &str = "ActiveState=active\nMainPID=10\n";
const STOPPED: &str = "ActiveState=inactive\nMainPID=0\n";
const FAILED: &str = "ActiveState=failed\nMainPID=0\n";
