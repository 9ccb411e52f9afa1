//! ssh masters that outlive a run. In the control directory, a link named by a hash of everything that makes the
//! connection what it is leads to the folder of its master; a later run finds it there and asks whether it lives.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use openssh::{ControlPersist, KnownHosts, SessionBuilder};
use sha2::{Digest, Sha256};

use super::arguments::Arguments;
use super::sweep::{forget, is_older, sweep_once};
use super::{Fault, HostKeys, Options, Target, limits, surroundings};

/// A socket's path may have 108 bytes; ssh appends about 50 to this directory's.
const LONGEST_DIRECTORY: usize = 50;
/// ssh asks a silent host this often whether it lives; after three times without an answer the connection is over, well
/// before a host that waits to be confirmed gives up.
const ALIVE: Duration = Duration::from_secs(5);
/// An unkept master that was not closed (we were killed) ends after this.
const UNKEPT: usize = 60;
/// What ssh calls the other end of a proxy.
const THROUGH_PROXY: &str = "UNKNOWN port 65535";
/// ssh takes no number of seconds that is larger than it can count.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 3600);
/// A configuration in use is written anew after this, so that no other run takes it for forgotten.
const REFRESH: Duration = Duration::from_secs(3600);

/// A connection to a host that commands can be started on.
pub(super) struct Master {
    pub session: Arc<openssh::Session>,
    /// It was there already: whether the host still answers is not known.
    pub resumed: bool,
    link: PathBuf,
}

impl Master {
    /// Finds a live master of an earlier run, or makes one.
    pub async fn open(target: &Target, options: &Options) -> Result<Master, Fault> {
        let plan = Plan::new(target, options)?;
        if options.keep.is_some()
            && let Some(session) = plan.resume(options.connect_timeout).await
        {
            return Ok(Master { session: Arc::new(session), resumed: true, link: plan.link });
        }
        plan.connect(target, options).await
    }

    /// A new one, whatever was there: the one that we found did not answer.
    pub async fn reopen(self, target: &Target, options: &Options) -> Result<Master, Fault> {
        let plan = Plan::new(target, options)?;
        forget(&self.link);
        plan.connect(target, options).await
    }
}

/// Where and how one connection is made.
struct Plan {
    directory: PathBuf,
    link: PathBuf,
    configuration: PathBuf,
    strict: KnownHosts,
}

impl Plan {
    fn new(target: &Target, options: &Options) -> Result<Plan, Fault> {
        let arguments = Arguments::parse(&target.common_args)?;
        let strict = match (arguments.strict.as_deref(), options.host_keys) {
            (Some("no" | "off"), _) => KnownHosts::Accept,
            (Some("accept-new"), _) => KnownHosts::Add,
            (Some(_), _) | (None, HostKeys::Strict) => KnownHosts::Strict,
            (None, HostKeys::AcceptNew) => KnownHosts::Add,
        };
        let directory = directory(options)?;
        let text = configuration(&target.host, &arguments)?;
        let name = key(target, &text, &strict, &surroundings::digest(&arguments));
        let configuration = directory.join(format!("{name}.conf"));
        let at_fault = |cause| control_directory(&configuration, cause);
        if is_older(&configuration, REFRESH) || fs::read_to_string(&configuration).ok().as_deref() != Some(&text) {
            let draft = tempfile::NamedTempFile::new_in(&directory).map_err(at_fault)?;
            fs::write(draft.path(), &text).map_err(at_fault)?;
            draft.persist(&configuration).map_err(|error| at_fault(error.error))?;
        }
        Ok(Plan { link: directory.join(&name), directory, configuration, strict })
    }

    async fn resume(&self, patience: Duration) -> Option<openssh::Session> {
        let folder = fs::read_link(&self.link).ok()?;
        let session = openssh::Session::resume_mux(self.directory.join(folder).join("master").into(), None);
        if let Ok(Ok(())) = tokio::time::timeout(patience, session.check()).await {
            return Some(session);
        }
        forget(&self.link);
        None
    }

    async fn connect(&self, target: &Target, options: &Options) -> Result<Master, Fault> {
        sweep_once(&self.directory);
        if let Some(path) = target.private_key.as_ref().filter(|path| !path.to_string_lossy().contains('%')) {
            // ssh would go on with other keys, and the host would be blamed.
            fs::metadata(path).map_err(|cause| Fault::PrivateKey { path: path.clone(), cause })?;
        }
        let limit = options.connect_timeout.clamp(Duration::from_secs(1), LONGEST_TIMEOUT);
        let idle = options.keep.map_or(UNKEPT, |keep| usize::try_from(keep.as_secs()).unwrap_or(usize::MAX));
        let mut builder = SessionBuilder::default();
        builder
            .known_hosts_check(self.strict.clone())
            .connect_timeout(limit)
            .server_alive_interval(ALIVE)
            .control_directory(&self.directory)
            .control_persist(ControlPersist::IdleFor(NonZeroUsize::new(idle).unwrap_or(NonZeroUsize::MIN)))
            .config_file(&self.configuration);
        if let Some(user) = &target.user {
            builder.user(user.clone());
        }
        if let Some(port) = target.port {
            builder.port(port);
        }
        if let Some(key) = &target.private_key {
            builder.keyfile(key);
        }
        // ssh's own limit ends with the server's greeting: what comes after it may wait for ever.
        let silent = || Fault::Unreachable { text: format!("no answer within {} s", limit.as_secs()) };
        let session = tokio::time::timeout(limit, builder.connect_mux(&target.host))
            .await
            .map_err(|_| silent())?
            .map_err(|error| self.of_connect(error))?;
        let session = if options.keep.is_some() { self.keep(session) } else { session };
        Ok(Master { session: Arc::new(session), resumed: false, link: self.link.clone() })
    }

    fn of_connect(&self, error: openssh::Error) -> Fault {
        if let Some(fault) = limits::fault(&error) {
            return fault;
        }
        match error {
            // ssh's log may be missing too.
            openssh::Error::Connect(cause) if cause.raw_os_error() == Some(rustix::io::Errno::NOENT.raw_os_error()) => {
                if is_ssh_there() {
                    Fault::Unreachable { text: "ssh ended without a word".to_owned() }
                } else {
                    Fault::NoSsh
                }
            }
            openssh::Error::Connect(cause) => match Fault::of_ssh(&cause.to_string()) {
                Fault::Configuration { text } => Fault::Configuration { text: self.with_words(&text) },
                Fault::Unreachable { text } if text.contains(THROUGH_PROXY) => {
                    Fault::Unreachable { text: format!("{text}\n{}", self.proxy()) }
                }
                fault => fault,
            },
            other => Fault::Unreachable { text: chain(&other) },
        }
    }

    /// What a proxy says of its own failure goes to nobody; so it is at least named.
    fn proxy(&self) -> String {
        let configuration = fs::read_to_string(&self.configuration).unwrap_or_default();
        let named = configuration.lines().find(|line| line.to_ascii_lowercase().starts_with("proxy"));
        let named = named.map_or_else(|| "the proxy of ssh's configuration".to_owned(), |line| format!("`{line}`"));
        format!("this was on the way through {named}: does `ssh` get there?")
    }

    /// What ssh says of a line of our configuration, in the words of the one who wrote the option: `FILE: line N:`,
    /// or `FILE line N:`.
    fn with_words(&self, text: &str) -> String {
        let configuration = fs::read_to_string(&self.configuration).unwrap_or_default();
        let file = self.configuration.to_string_lossy();
        let named = |line: &str| {
            let rest = line.split_once(&*file)?.1.trim_start_matches([':', ',', ' ']).strip_prefix("line ")?;
            let (number, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
            let words = configuration.lines().nth(number.parse::<usize>().ok()?.checked_sub(1)?)?;
            Some(format!("`-o {words}`: {}", rest.trim_start_matches([':', ' '])))
        };
        let lines = text.lines().filter(|line| !line.contains(": terminating, "));
        lines.map(|line| named(line).unwrap_or_else(|| line.to_owned())).collect::<Vec<_>>().join("\n")
    }

    /// Leaves the master for the next run. Where that cannot be noted, it stays ours and ends with us.
    fn keep(&self, session: openssh::Session) -> openssh::Session {
        let socket = session.control_socket().to_owned();
        let Some(folder) = socket.parent().and_then(Path::file_name) else { return session };
        let draft = self.directory.join(format!("{}.new", folder.to_string_lossy()));
        let noted = std::os::unix::fs::symlink(folder, &draft).and_then(|()| fs::rename(&draft, &self.link));
        if noted.is_err() {
            return session;
        }
        let (socket, log) = session.detach();
        openssh::Session::resume_mux(socket, log)
    }
}

/// The directory for sockets: short, 0700, ours.
fn directory(options: &Options) -> Result<PathBuf, Fault> {
    let uid = rustix::process::getuid().as_raw();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    // `su` and `sudo` may leave us somebody else's, who could then put a configuration of theirs in the place of ours.
    let ours = |path: &PathBuf| {
        fs::metadata(path)
            .is_ok_and(|data| data.is_dir() && data.uid() == uid && data.permissions().mode() & 0o022 == 0)
    };
    let path = options
        .control_directory
        .clone()
        .or_else(|| runtime.filter(ours).map(|path| path.join("zdt")))
        .filter(|path| path.as_os_str().len() <= LONGEST_DIRECTORY)
        .unwrap_or_else(|| PathBuf::from(format!("/tmp/zdt-{uid}")));
    let at_fault = |cause| control_directory(&path, cause);
    match fs::DirBuilder::new().mode(0o700).create(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(at_fault(error)),
    }
    let data = fs::symlink_metadata(&path).map_err(at_fault)?;
    if !data.is_dir() || data.uid() != uid || data.permissions().mode() & 0o077 != 0 {
        return Err(Fault::ForeignControlDirectory { path });
    }
    Ok(path)
}

fn control_directory(path: &Path, cause: io::Error) -> Fault {
    limits::fault(&cause).unwrap_or_else(|| Fault::ControlDirectory { path: path.to_owned(), cause })
}

fn is_ssh_there() -> bool {
    let quiet = std::process::Stdio::null;
    let tried = std::process::Command::new("ssh").arg("-V").stdin(quiet()).stdout(quiet()).stderr(quiet()).status();
    !tried.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// `host` scopes what the inventory says to this host: ssh hands the file on to the ssh of a jump host, and a `ProxyJump`
/// that held there too would jump for ever.
fn configuration(host: &str, arguments: &Arguments) -> Result<String, Fault> {
    let mut text = format!("Match originalhost \"{host}\"\n");
    for line in &arguments.lines {
        text.push_str(line);
        text.push('\n');
    }
    match arguments.config.as_deref() {
        Some("none" | "/dev/null") => {}
        Some(path) => {
            // As `-F` has it: from the working directory, and an error where there is no such file. `Include` would
            // look into `~/.ssh`, find nothing, and go on without a word.
            let unusable =
                |cause: String| Fault::Configuration { text: format!("Can't open user config file {path}: {cause}") };
            let file = std::path::absolute(path).map_err(|cause| unusable(cause.to_string()))?;
            fs::File::open(&file).map_err(|cause| unusable(cause.to_string()))?;
            let plain = |name: &&str| !name.contains(|c: char| c.is_control() || "\"\\*?[]".contains(c));
            let name =
                file.to_str().filter(plain).ok_or_else(|| unusable("`Include` takes no such name".to_owned()))?;
            text.push_str(&format!("Match all\nInclude \"{name}\"\n"));
        }
        None => text.push_str("Match all\nInclude ~/.ssh/config\nInclude /etc/ssh/ssh_config\n"),
    }
    Ok(text)
}

fn key(target: &Target, configuration: &str, strict: &KnownHosts, surroundings: &[u8; 32]) -> String {
    let text = format!(
        "2\0{}\0{:?}\0{:?}\0{:?}\0{configuration}\0{strict:?}\0{surroundings:?}",
        target.host, target.port, target.user, target.private_key
    );
    Sha256::digest(text.as_bytes()).iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

/// An error and its causes on one line; the openssh crate's outermost says little.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_is_not_there_is_not_passed_over() {
        let with =
            |config: &str| configuration("h", &Arguments { config: Some(config.to_owned()), ..Arguments::default() });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        let name = file.to_str().unwrap();
        assert!(matches!(with(name), Err(Fault::Configuration { .. })));
        fs::write(&file, "").unwrap();
        assert_eq!(with(name).unwrap(), format!("Match originalhost \"h\"\nMatch all\nInclude \"{name}\"\n"));
        // As `-F` takes it: from where we are, not from `~/.ssh`.
        let here = std::env::current_dir().unwrap().join("Cargo.toml");
        assert_eq!(
            with("Cargo.toml").unwrap(),
            format!("Match originalhost \"h\"\nMatch all\nInclude \"{}\"\n", here.display())
        );
        assert_eq!(with("none").unwrap(), "Match originalhost \"h\"\n");
    }
}
