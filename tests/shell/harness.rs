//! Runs the host programs without a transport, under each shell that a host may have.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zdt::host::Program;

/// A POSIX shell and the commands that it finds.
#[derive(Debug)]
pub struct Shell {
    pub name: &'static str,
    argv: Vec<String>,
    /// Holds busybox's links, and nothing else.
    path: Option<tempfile::TempDir>,
    /// Commands that stand in for the machine's.
    stand_ins: tempfile::TempDir,
}

impl Shell {
    /// `sh` as this machine has it, dash, and busybox with busybox's own commands; those that are there.
    pub fn all() -> Vec<Shell> {
        let mut shells = vec![Shell {
            name: "sh",
            argv: vec!["sh".to_owned()],
            path: None,
            stand_ins: tempfile::tempdir().unwrap(),
        }];
        match find("dash") {
            Some(dash) => shells.push(Shell {
                name: "dash",
                argv: vec![dash],
                path: None,
                stand_ins: tempfile::tempdir().unwrap(),
            }),
            None => skip("dash"),
        }
        match find("busybox") {
            Some(busybox) => shells.push(Shell::busybox(busybox)),
            None => skip("busybox"),
        }
        shells
    }

    fn busybox(busybox: String) -> Shell {
        let path = tempfile::tempdir().unwrap();
        let list = Command::new(&busybox).arg("--list").output().unwrap();
        for applet in String::from_utf8(list.stdout).unwrap().lines() {
            symlink(&busybox, path.path().join(applet)).unwrap();
        }
        // Debian builds busybox without this one, and has that of util-linux on every host.
        let own = path.path().join("flock");
        if !own.exists() {
            symlink(find("flock").unwrap(), own).unwrap();
        }
        Shell {
            name: "busybox",
            argv: vec![busybox, "sh".to_owned()],
            path: Some(path),
            stand_ins: tempfile::tempdir().unwrap(),
        }
    }

    /// A command that runs `text`, perhaps behind others (`unshare`, `setpriv`).
    pub fn command(&self, before: &[&str], text: &str) -> Command {
        let mut words: Vec<&str> = before.to_vec();
        words.extend(self.argv.iter().map(String::as_str));
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg("-c").arg(text);
        let path = match &self.path {
            Some(path) => path.path().as_os_str().to_owned(),
            None => std::env::var_os("PATH").unwrap_or_default(),
        };
        let mut places = vec![self.stand_ins.path().to_owned()];
        places.extend(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(places).unwrap());
        command
    }

    pub fn remove_stand_in(&self, name: &str) {
        drop(std::fs::remove_file(self.stand_ins.path().join(name)));
    }

    /// Puts a shell script in the place of a command.
    pub fn stand_in(&self, name: &str, script: &str) {
        let file = self.stand_ins.path().join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
}

pub struct Answer {
    pub lines: Vec<Vec<u8>>,
    pub status: String,
    pub stderr: String,
}

/// One request to a session that was given `programs`.
pub fn ask(shell: &Shell, before: &[&str], programs: &[Program], verb: &str, input: &[u8]) -> Answer {
    let mut child = shell
        .command(before, &Program::session())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let loads: String = programs.iter().map(Program::load).collect();
    let input = [b"\x1f\n", loads.as_bytes(), verb.as_bytes(), b"\n", input].concat();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    drop(writer.join().unwrap());
    let mut lines: Vec<Vec<u8>> = output.stdout.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let start = lines.iter().position(|line| line.ends_with(b"\x1ezdt ready"));
    let start = start.unwrap_or_else(|| panic!("{shell:?} never was ready: {stderr}"));
    lines.drain(..=start);
    let end = lines.iter().position(|line| line.starts_with(b"\x1ezdt end "));
    let end = end.unwrap_or_else(|| panic!("{shell:?} never ended: {stderr}{}", show(&lines)));
    let status = String::from_utf8_lossy(&lines[end][9..]).trim().to_owned();
    lines.truncate(end);
    Answer { lines, status, stderr }
}

pub fn show(lines: &[Vec<u8>]) -> String {
    lines.iter().map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect()
}

pub fn find(program: &str) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.push(Path::new("/usr/sbin").to_owned());
    places
        .into_iter()
        .map(|place| place.join(program))
        .find(|file| file.exists())
        .map(|file| file.display().to_string())
}

/// Says aloud that a part of the tests does not run here.
pub fn skip(what: &str) {
    eprintln!("SKIPPED: no `{what}` on this machine");
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
