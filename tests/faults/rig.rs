//! Runs host programs on a world of its own, and is asked before and after each thing that they do to it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use zdt::host::Program;

use crate::services;
use crate::world::World;

pub const US: char = '\x1f';
/// The transaction that all of this is about.
pub const ID: &str = "t1";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shell {
    Dash,
    Busybox,
}

/// How a program is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Call {
    /// A verb of a new session, and what it reads.
    Verb(&'static str, String),
    /// `S/program` as the guard calls it: `recover` or `boot`.
    Guard(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before a command that may write; it can be made to fail.
    Before,
    After,
    /// Before a command that only reads; it can be made to fail.
    Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Go,
    Fail,
    /// Everything that works on the host is killed with -9, whatever it is at.
    Kill,
}

pub struct Rig {
    pub shell: Shell,
    /// The world lies here, always: its records hold paths.
    pub folder: PathBuf,
    /// Where the prelude listens, apart from the world.
    ear: PathBuf,
    programs: [String; 2],
    session: String,
    /// Whose it is, removes it all.
    #[expect(dead_code, reason = "held for its end")]
    temporary: Option<tempfile::TempDir>,
    argv: Vec<String>,
    path: String,
}

impl Rig {
    /// With `mend`, which may spoil the text of the program that runs.
    pub fn new(shell: Shell, mend: impl Fn(String) -> String) -> Option<Rig> {
        let ram = Path::new("/dev/shm");
        let temporary = match ram.is_dir().then(|| tempfile::tempdir_in(ram)) {
            Some(Ok(folder)) => folder,
            _ => tempfile::tempdir().unwrap(),
        };
        let folder = temporary.path().join("w");
        let ear = temporary.path().join("z");
        fs::create_dir(&ear).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let (argv, path) = match shell {
            Shell::Dash => (vec![find("dash")?], path),
            Shell::Busybox => {
                let busybox = find("busybox")?;
                let applets = temporary.path().join("applets");
                fs::create_dir(&applets).unwrap();
                let list = Command::new(&busybox).arg("--list").output().unwrap();
                for applet in String::from_utf8(list.stdout).unwrap().lines() {
                    symlink(&busybox, applets.join(applet)).unwrap();
                }
                // Debian builds busybox without this one, and has that of util-linux on every host.
                if !applets.join("flock").exists() {
                    symlink(find("flock")?, applets.join("flock")).unwrap();
                }
                (vec![busybox, "sh".to_owned()], applets.to_str().unwrap().to_owned())
            }
        };
        let place = |text: String| {
            let host = folder.join("host");
            let host = host.to_str().unwrap();
            text.replace("/proc/$", &format!("{host}/proc/$"))
                .replace("/proc/uptime", ear.join("uptime").to_str().unwrap())
                .replace("/proc/self/mountinfo", ear.join("mountinfo").to_str().unwrap())
                .replace("/proc/sys/kernel/random/boot_id", &format!("{host}/boot_id"))
                .replace("/run/systemd/system", host)
                .replace("/etc/systemd/system", folder.join("root/etc/systemd/system").to_str().unwrap())
                .replace("systemd-run", "systemd_run")
        };
        let programs = [Program::PREFLIGHT, Program::RUN].map(|program| place(mend(program.text())));
        let mounts = format!("20 1 0:1 / / rw\n21 20 0:1 / {}/root/srv rw\n", folder.display());
        fs::write(ear.join("mountinfo"), mounts).unwrap();
        fs::write(ear.join("prelude"), include_str!("prelude.sh")).unwrap();
        let session = place(Program::session());
        Some(Rig { shell, folder, ear, programs, session, temporary: Some(temporary), argv, path })
    }

    /// Another one on the same host, who may work at the same time.
    pub fn beside(&self) -> Rig {
        let ear = self.ear.with_file_name("z2");
        drop(fs::remove_dir_all(&ear));
        fs::create_dir(&ear).unwrap();
        for name in ["mountinfo", "prelude"] {
            fs::copy(self.ear.join(name), ear.join(name)).unwrap();
        }
        let theirs = |text: &String| text.replace(&format!("{}/", self.ear.display()), &format!("{}/", ear.display()));
        Rig {
            shell: self.shell,
            folder: self.folder.clone(),
            programs: [theirs(&self.programs[0]), theirs(&self.programs[1])],
            session: theirs(&self.session),
            temporary: None,
            argv: self.argv.clone(),
            path: self.path.clone(),
            ear,
        }
    }

    pub fn at(&self, path: &str) -> String {
        self.folder.join(path).to_str().unwrap().to_owned()
    }

    /// Runs `call` to its end, or to its death. `asked` is told each step and decides. Returns what it said.
    pub fn play(&self, call: &Call, mut asked: impl FnMut(When, &str) -> Answer) -> String {
        let (mut replies, mut questions) = self.open_ear();
        let mut clock = 1000.0;
        self.set_clock(clock);
        let mut child = self.command(call).process_group(0).spawn().unwrap();
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        let (mut said, mut complained) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let waiter = std::thread::spawn({
            let out = self.ear.join("out");
            move || {
                child.wait().unwrap();
                OpenOptions::new().write(true).open(out).unwrap().write_all(b"0|x|\n").unwrap();
            }
        });
        let mut line = String::new();
        let mut failing: Vec<String> = Vec::new();
        loop {
            line.clear();
            questions.read_line(&mut line).unwrap();
            let mut words = line.trim_end_matches('\n').splitn(3, '|');
            let (pid, kind, words) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            if let Some(place) = failing.iter().position(|failed| failed == pid) {
                drop(fs::remove_file(self.ear.join(format!("fail.{}", failing.remove(place)))));
            }
            let answer = match kind {
                "x" => break,
                "b" => asked(When::Before, words),
                "a" => asked(When::After, words),
                "r" => asked(When::Reading, words),
                "e" if !services::act(&self.folder, words) => Answer::Fail,
                "s" => {
                    clock += words.parse::<f64>().unwrap();
                    self.set_clock(clock);
                    Answer::Go
                }
                _ => Answer::Go,
            };
            match answer {
                Answer::Kill => {
                    kill_process_group(group, Signal::KILL).unwrap();
                    continue;
                }
                Answer::Fail => {
                    fs::write(self.ear.join(format!("fail.{pid}")), "").unwrap();
                    failing.push(pid.to_owned());
                }
                Answer::Go => {}
            }
            replies.write_all(b"\n").unwrap();
        }
        waiter.join().unwrap();
        // Mostly nobody is left.
        kill_process_group(group, Signal::KILL).ok();
        let (mut text, mut complaints) = (String::new(), String::new());
        said.read_to_string(&mut text).unwrap();
        complained.read_to_string(&mut complaints).unwrap();
        for pid in failing {
            drop(fs::remove_file(self.ear.join(format!("fail.{pid}"))));
        }
        text + &complaints
    }

    fn open_ear(&self) -> (File, BufReader<File>) {
        let open = |name: &str| {
            let path = self.ear.join(name);
            drop(fs::remove_file(&path));
            rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
            OpenOptions::new().read(true).write(true).open(path).unwrap()
        };
        (open("in"), BufReader::new(open("out")))
    }

    /// Whole at any moment: somebody may be reading it.
    fn set_clock(&self, seconds: f64) {
        fs::write(self.ear.join("uptime.new"), format!("{seconds:.2} 0.00\n")).unwrap();
        fs::rename(self.ear.join("uptime.new"), self.ear.join("uptime")).unwrap();
    }

    fn command(&self, call: &Call) -> Command {
        let mut command = Command::new(&self.argv[0]);
        command.args(&self.argv[1..]).arg("-c");
        match call {
            Call::Verb(verb, request) => {
                let mut input = format!("{US}\n");
                for text in &self.programs {
                    input.push_str(&format!("load {}\n{text}#end\n", text.len()));
                }
                input.push_str(&format!("{verb}\n{request}"));
                fs::write(self.ear.join("input"), input).unwrap();
                command.arg(format!(". \"$Z/prelude\"\n{}", self.session));
                command.stdin(File::open(self.ear.join("input")).unwrap());
            }
            Call::Guard(mode) => {
                let state = self.at("root/var/lib/zdt");
                command.arg(format!(". \"$Z/prelude\"\n. {state}/program")).arg("sh").args([mode, state.as_str(), ID]);
                command.stdin(Stdio::null());
            }
        }
        command.env("Z", &self.ear).env("W", &self.folder).env("PATH", &self.path);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn world(&self) -> World {
        World::of(&self.folder)
    }

    /// Whether nobody holds the lock.
    pub fn is_free(&self) -> bool {
        match File::open(self.folder.join("root/var/lib/zdt/lock")) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_) => true,
        }
    }
}

pub fn find(program: &str) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let file = places.into_iter().map(|place| place.join(program)).find(|file| file.exists());
    if file.is_none() {
        eprintln!("SKIPPED: no `{program}` on this machine");
    }
    file.map(|file| file.to_str().unwrap().to_owned())
}
