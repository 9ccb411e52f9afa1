use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::ran::Ran;
use super::terminal::Terminal;

pub const ZDT: &str = env!("CARGO_BIN_EXE_zdt");

/// The file that most tests look at, inside a sandbox.
pub const UPSTREAM: &str = "etc/nginx/conf.d/shop_upstream.conf";

/// A folder to work in: an inventory, sandboxes, and zdt's own folders.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// With `inventory.yml` that names one sandbox host, `box`, whose folder is `box`.
    pub fn new() -> Self {
        let place = Self::empty();
        place.hosts(&[("box", "")]);
        place
    }

    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("zc").tempdir_in("/tmp").expect("a folder in /tmp");
        fs::create_dir(folder.path().join("home")).expect("a home");
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a name below the place")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Writes `inventory.yml`; each host is a name and the inside of a YAML flow mapping. Its sandbox is the folder of
    /// its name, unless it says otherwise.
    pub fn hosts(&self, hosts: &[(&str, &str)]) {
        let mut yaml = "web:\n  vars:\n    zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config]\n    app_name: shop\n    \
             app_path: /srv/shop\n    zdt_facts: {nginx: {version: 1.26.3}, puma: {version: 6.6.0, active_state: active}}\n  hosts:\n"
            .to_owned();
        for (name, more) in hosts {
            let sandbox = match more.contains("ansible_connection") {
                true => String::new(),
                false => format!("ansible_connection: local, zdt_root: {name}, "),
            };
            yaml.push_str(&format!("    {name}: {{{sandbox}{more}}}\n"));
        }
        self.write("inventory.yml", yaml);
    }

    /// zdt without a terminal.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(ZDT);
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null());
        command.envs(self.environment().iter().map(|(name, value)| (name, value)));
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("SSH_AUTH_SOCK");
        command
    }

    fn environment(&self) -> [(&'static str, PathBuf); 3] {
        ["HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"].map(|name| (name, self.path("home")))
    }

    pub fn zdt(&self, words: &[&str]) -> Ran {
        Ran::of(&self.command(words).output().expect("zdt"), format!("zdt {}", words.join(" ")))
    }

    pub fn plan(&self) -> Ran {
        self.zdt(&["plan", "inventory.yml"])
    }

    pub fn apply(&self) -> Ran {
        self.zdt(&["apply", "inventory.yml"])
    }

    /// A shell text on a terminal; `zdt` in it is the one under test.
    pub fn terminal(&self, command: &str) -> Option<Terminal> {
        let environment = self.environment();
        let environment: Vec<(&str, &Path)> =
            environment.iter().map(|(name, value)| (*name, value.as_path())).collect();
        Terminal::open(&format!("zdt() {{ '{ZDT}' \"$@\"; }}; {command}"), self.folder.path(), &environment)
    }

    /// Every path below `name` with its type, mode and content, but for zdt's own folders of a user.
    pub fn tree(&self, name: &str) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        look(&self.path(name), &mut found);
        found.retain(|path, _| !path.starts_with(self.path("home")));
        found
    }
}

fn look(path: &Path, found: &mut BTreeMap<PathBuf, String>) {
    let Ok(facts) = fs::symlink_metadata(path) else { return };
    let kind = facts.file_type();
    let content = match (kind.is_file(), kind.is_symlink()) {
        (true, _) => String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned(),
        (_, true) => fs::read_link(path).expect("a link").display().to_string(),
        _ => String::new(),
    };
    found.insert(path.to_owned(), format!("{kind:?} {:o} {content}", facts.permissions().mode()));
    for entry in fs::read_dir(path).into_iter().flatten().flatten().filter(|_| kind.is_dir()) {
        look(&entry.path(), found);
    }
}

/// Waits until something is so; a test that waits in vain fails.
#[track_caller]
pub fn wait(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: waited in vain");
        thread::sleep(Duration::from_millis(10));
    }
}
