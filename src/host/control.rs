//! ssh masters that outlive a run. In the control directory, a link named by a hash of everything that makes the
//! connection what it is leads to the folder of its master; a later run finds it there and asks whether it lives.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use openssh::{ControlPersist, KnownHosts, SessionBuilder};
use sha2::{Digest, Sha256};

use super::arguments::Arguments;
use super::{Fault, HostKeys, Options, Target};

/// A socket's path may have 108 bytes; ssh appends about 50 to this directory's.
const LONGEST_DIRECTORY: usize = 50;
/// An unkept master that was not closed (we were killed) ends after this.
const UNKEPT: usize = 60;
/// What the handshake and the authentication may take beyond `connect_timeout`, which covers the way there.
const HANDSHAKE: Duration = Duration::from_secs(30);

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
        let text = configuration(&arguments)?;
        let name = key(target, &text, &strict);
        let configuration = directory.join(format!("{name}.conf"));
        let at_fault = |cause| Fault::ControlDirectory { path: configuration.clone(), cause };
        if fs::read_to_string(&configuration).ok().as_deref() != Some(&text) {
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
        let idle = options.keep.map_or(UNKEPT, |keep| usize::try_from(keep.as_secs()).unwrap_or(usize::MAX));
        let mut builder = SessionBuilder::default();
        builder
            .known_hosts_check(self.strict.clone())
            .connect_timeout(options.connect_timeout.max(Duration::from_secs(1)))
            .server_alive_interval(Duration::from_secs(10))
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
        let limit = options.connect_timeout + HANDSHAKE;
        let session = tokio::time::timeout(limit, builder.connect_mux(&target.host))
            .await
            .map_err(|_| Fault::Deadline { verb: "connect".to_owned(), after: limit })?
            .map_err(of_connect)?;
        let session = if options.keep.is_some() { self.keep(session) } else { session };
        Ok(Master { session: Arc::new(session), resumed: false, link: self.link.clone() })
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

/// Removes a dead master's link and folder; that it cannot be removed changes nothing for us.
fn forget(link: &Path) {
    if let Ok(folder) = fs::read_link(link)
        && let Some(directory) = link.parent()
    {
        remove_folder(&directory.join(folder));
    }
    drop(fs::remove_file(link));
}

fn remove_folder(folder: &Path) {
    let ours = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".ssh-connection"));
    if ours {
        drop(fs::remove_dir_all(folder));
    }
}

/// Once a process: removes what dead masters left. A live master answers on its socket; a folder without one is young.
fn sweep_once(directory: &Path) {
    static SWEPT: OnceLock<()> = OnceLock::new();
    SWEPT.get_or_init(|| {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                if !path.exists() {
                    drop(fs::remove_file(&path));
                }
                continue;
            }
            let socket = path.join("master");
            let refused =
                UnixStream::connect(&socket).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
            let old = entry
                .metadata()
                .and_then(|data| data.modified())
                .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > Duration::from_secs(600)));
            if refused || (old && !socket.exists()) {
                remove_folder(&path);
            }
        }
    });
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
    let at_fault = |cause| Fault::ControlDirectory { path: path.clone(), cause };
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

fn configuration(arguments: &Arguments) -> Result<String, Fault> {
    let mut text = String::from("Host *\n");
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
            text.push_str(&format!("Include \"{name}\"\n"));
        }
        None => text.push_str("Include ~/.ssh/config\nInclude /etc/ssh/ssh_config\n"),
    }
    Ok(text)
}

fn key(target: &Target, configuration: &str, strict: &KnownHosts) -> String {
    let text = format!(
        "1\0{}\0{:?}\0{:?}\0{:?}\0{configuration}\0{strict:?}",
        target.host, target.port, target.user, target.private_key
    );
    Sha256::digest(text.as_bytes()).iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

fn of_connect(error: openssh::Error) -> Fault {
    match error {
        openssh::Error::Connect(cause) if cause.raw_os_error() == Some(rustix::io::Errno::NOENT.raw_os_error()) => {
            Fault::NoSsh
        }
        openssh::Error::Connect(cause) => Fault::of_ssh(&cause.to_string()),
        other => Fault::Unreachable { text: chain(&other) },
    }
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
        let with = |config: &str| configuration(&Arguments { config: Some(config.to_owned()), ..Arguments::default() });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        let name = file.to_str().unwrap();
        assert!(matches!(with(name), Err(Fault::Configuration { .. })));
        fs::write(&file, "").unwrap();
        assert_eq!(with(name).unwrap(), format!("Host *\nInclude \"{name}\"\n"));
        // As `-F` takes it: from where we are, not from `~/.ssh`.
        let here = std::env::current_dir().unwrap().join("Cargo.toml");
        assert_eq!(with("Cargo.toml").unwrap(), format!("Host *\nInclude \"{}\"\n", here.display()));
        assert_eq!(with("none").unwrap(), "Host *\n");
    }
}
