//! A host of the lab, an inventory that names it, and zdt run against it. What a test boots, its end takes down.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub use super::ran::Ran;
use super::running::Running;

pub const ZDT: &str = env!("CARGO_BIN_EXE_zdt");

/// Names are short: they become parts of socket paths, which end at 108 bytes.
static NEXT: AtomicUsize = AtomicUsize::new(0);

fn lab() -> Command {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab"));
    if std::env::var_os("ZDT_LAB_RUN").is_none() {
        command.env("ZDT_LAB_RUN", format!("tests-{}", std::process::id()));
    }
    // A later run of the lab sweeps up if this process is killed.
    command.env("ZDT_LAB_OWNER", std::process::id().to_string());
    command
}

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn text(command: &mut Command) -> String {
    let output = run(command);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}: {stderr}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// One booted host with the naive app on it.
pub struct Host {
    pub name: String,
    pub address: String,
}

impl Host {
    pub fn naive(suite: &str) -> Self {
        let name = format!("{}-{}", suite.replace('+', "-"), NEXT.fetch_add(1, Ordering::Relaxed));
        text(lab().args(["up", &name, suite, "--naive"]));
        let address = text(lab().args(["address", &name])).trim().to_owned();
        Self { name, address }
    }

    /// Runs a shell text inside, as root, without ssh. The text is the test's own, never a value.
    pub fn sh(&self, script: &str) -> String {
        text(lab().args(["exec", &self.name, "sh", "-c", script]))
    }

    /// Likewise, but a failure is an answer too.
    pub fn sh_output(&self, script: &str) -> Output {
        run(lab().args(["exec", &self.name, "sh", "-c", script]))
    }

    pub fn push(&self, file: &Path, to: &str) {
        text(lab().arg("push").arg(&self.name).arg(file).arg(to));
    }

    /// Kills all its processes at once, and boots it again.
    pub fn crash(&self) {
        text(lab().args(["crash", &self.name]));
    }

    pub fn cut(&self) {
        text(lab().args(["cut", &self.name]));
    }

    pub fn mend(&self) {
        text(lab().args(["mend", &self.name]));
    }

    /// The host's root, as this machine sees it.
    pub fn root(&self) -> PathBuf {
        PathBuf::from(text(lab().args(["root", &self.name])).trim())
    }

    #[track_caller]
    pub fn until(&self, what: &str, limit: Duration) {
        let begun = Instant::now();
        while !self.sh_output(what).status.success() {
            let name = &self.name;
            assert!(
                begun.elapsed() < limit,
                "{name}: `{what}` has not come true in {limit:?}\n{}",
                self.sh(
                    "ls -lR /var/lib/zdt | head -60; tail -n 40 /var/lib/zdt/open/journal /var/lib/zdt/history/*/journal; true"
                )
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// What must hold once a transaction has ended: no record open, no guard, no staging, no lock held, no process.
    #[track_caller]
    pub fn nothing_is_left(&self) {
        let left =
            self.sh("ls -d /var/lib/zdt/open /var/lib/zdt/new /var/lib/zdt/progra* /.zdt-* /etc/systemd/system/zdt* \
             /etc/systemd/system/*.wants/zdt* /etc/nginx/conf.d/.* 2>/dev/null | grep -v '/[.]*$'; \
             systemctl list-units --all --plain --no-legend 'zdt-*.timer'; pgrep -f /var/lib/zdt/progra[m]; \
             flock -n /var/lib/zdt/lock true || echo locked; true");
        assert_eq!(left, "", "{}: something is left", self.name);
    }

    /// Every path that a plan could have touched, with all that can be seen of it.
    pub fn snapshot(&self) -> Snapshot {
        let text = self.sh(include_str!("../snapshot.sh"));
        let lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert!(lines.len() > 500, "a snapshot of {} lines has looked at nothing", lines.len());
        Snapshot { lines }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // A panic while a test fails already would hide the failure.
        let output = run(lab().args(["down", &self.name]));
        if !output.status.success() {
            eprintln!("lab down {}: {}", self.name, String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[derive(PartialEq, Eq)]
pub struct Snapshot {
    lines: Vec<String>,
}

impl Snapshot {
    /// What differs, as `-` and `+` lines; empty when nothing does.
    pub fn difference(&self, after: &Self) -> String {
        let mut counts = BTreeMap::<&str, i32>::new();
        self.lines.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
        after.lines.iter().for_each(|line| *counts.entry(line).or_default() += 1);
        counts.iter().filter(|(_, count)| **count != 0).fold(String::new(), |mut text, (line, count)| {
            let _infallible = writeln!(text, "{} {line}", if *count < 0 { '-' } else { '+' });
            text
        })
    }

    /// What an undone change must have put back: all below /etc and /srv but the times of directories (an entry came
    /// and went), sockets (a restarted service makes them anew), and the state file that Puma itself writes while it runs
    /// with the new configuration.
    pub fn settled(self) -> Self {
        let lines = self.lines.into_iter().filter(|line| line.starts_with("/etc") || line.starts_with("/srv"));
        let lines = lines.filter(|line| !line.starts_with("/srv/shop/shared/tmp/pids/puma.state\t"));
        let lines = lines.filter_map(|line| {
            let (path, facts) = line.split_once('\t')?;
            let words = facts.split(' ').collect::<Vec<_>>();
            match words.first() {
                Some(&"s") => None,
                Some(&"d") => Some(format!("{path}\t{}", words[..3].join(" "))),
                _ => Some(line),
            }
        });
        Self { lines: lines.collect() }
    }
}

/// Host variables beyond the common ones, as YAML text behind the key.
pub type Variables<'a> = &'a [(&'a str, &'a str)];

/// A folder with an inventory and zdt's own folders, so that tests share neither connections nor state.
pub struct Site {
    folder: PathBuf,
}

impl Site {
    pub fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(format!("/tmp/zl{}-{number}", std::process::id()));
        fs::create_dir(&folder).expect("a folder in /tmp");
        for name in ["run", "home"] {
            fs::create_dir(folder.join(name)).expect("a folder in the site");
        }
        // ssh keeps its sockets there, and refuses to where others can write.
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(folder.join("run"), private).expect("a mode");
        fs::write(folder.join("known_hosts"), "").expect("a file in the site");
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes the inventory: the lab's, with these hosts alone.
    pub fn inventory(&self, hosts: &[(&Host, Variables<'_>)]) -> PathBuf {
        let printed = text(lab().arg("inventory"));
        let (common, _) = printed.split_once("  hosts:\n").expect("the lab's inventory lists its hosts last");
        self.keep_known_hosts();
        let ours = format!("UserKnownHostsFile={}", self.path("known_hosts").display());
        let common: String = common.split('\n').fold(String::new(), |mut all, line| {
            let words = line.split(' ').map(|word| if word.starts_with("UserKnownHostsFile=") { &ours } else { word });
            let _infallible = writeln!(all, "{}", words.collect::<Vec<_>>().join(" "));
            all
        });
        let mut yaml = format!("{}\n  hosts:\n", common.trim_end());
        for (host, variables) in hosts {
            let _infallible = writeln!(yaml, "    {}:", host.name);
            if !variables.iter().any(|(key, _)| *key == "ansible_host") {
                let _infallible = writeln!(yaml, "      ansible_host: {}", host.address);
            }
            for (key, value) in *variables {
                let _infallible = writeln!(yaml, "      {key}: {value}");
            }
        }
        let path = self.path("inventory.yml");
        fs::write(&path, yaml).expect("a file in the site");
        path
    }

    /// For an ssh of our own: the lab's key and hosts, and nothing of the user's.
    pub fn ssh_arguments(&self) -> Vec<String> {
        self.keep_known_hosts();
        let config = text(lab().arg("ssh-config"));
        let key = config.lines().find_map(|line| line.trim().strip_prefix("IdentityFile "));
        let known = format!("UserKnownHostsFile={}", self.path("known_hosts").display());
        let options = [format!("IdentityFile={}", key.expect("the lab's key")), known];
        let files = ["-F".to_owned(), "/dev/null".to_owned()];
        let more = options.into_iter().chain(["IdentitiesOnly=yes".to_owned()]);
        files.into_iter().chain(more.flat_map(|option| ["-o".to_owned(), option])).collect()
    }

    /// The hosts that the lab knows now, kept here: others come and go meanwhile.
    fn keep_known_hosts(&self) {
        let config = text(lab().arg("ssh-config"));
        let theirs = config.lines().find_map(|line| line.trim().strip_prefix("UserKnownHostsFile "));
        let theirs = theirs.expect("the lab's ssh config names its known hosts");
        fs::copy(theirs, self.path("known_hosts")).expect("known hosts");
    }

    fn command(&self, words: &[&str], inventory: &Path) -> Command {
        let mut command = Command::new(ZDT);
        command.args(&words[..1]).arg(inventory).args(&words[1..]);
        command.env("NO_COLOR", "1").env("HOME", self.path("home")).env("XDG_RUNTIME_DIR", self.path("run"));
        command.env("XDG_STATE_HOME", self.path("home")).env_remove("SSH_AUTH_SOCK");
        command
    }

    pub fn zdt(&self, words: &[&str], inventory: &Path) -> Ran {
        Ran::of(&run(&mut self.command(words, inventory)), format!("zdt {}", words.join(" ")))
    }

    /// Likewise, but does not wait for its end.
    pub fn start(&self, words: &[&str], inventory: &Path) -> Running {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let files = ["out", "err"].map(|name| self.path(&format!("{name}-{number}")));
        let [out, err] = files.each_ref().map(|path| fs::File::create(path).expect("a file in the site"));
        let mut command = self.command(words, inventory);
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().expect("zdt");
        let [out, err] = files;
        Running::new(child, out, err, format!("zdt {}", words.join(" ")))
    }

    pub fn plan(&self, inventory: &Path) -> Ran {
        self.zdt(&["plan"], inventory)
    }

    pub fn apply(&self, inventory: &Path) -> Ran {
        self.zdt(&["apply", "--yes"], inventory)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Kept connections outlive zdt by design; here they end with their test. They name our folder in their titles.
        let folder = format!("{}/", self.folder.display());
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let title = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let pid = entry.file_name().to_string_lossy().into_owned();
            if title.starts_with(b"ssh") && String::from_utf8_lossy(&title).contains(&folder) {
                run(Command::new("kill").arg(pid));
            }
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("{folder}: {error}");
        }
    }
}
