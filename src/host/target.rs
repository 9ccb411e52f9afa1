use std::path::PathBuf;
use std::time::Duration;

use super::Fault;

/// Where a host is and who we want to be on it.
#[derive(Debug, Clone)]
pub struct Target {
    pub kind: Kind,
    /// As ssh takes it: a name, an alias of `~/.ssh/config`, an address.
    pub host: String,
    /// `None`: as ssh's own configuration says.
    pub port: Option<u16>,
    pub user: Option<String>,
    pub private_key: Option<PathBuf>,
    /// The words of `ansible_ssh_common_args`.
    pub common_args: Vec<String>,
    /// The user that the programs run as, through `sudo` unless we are it already.
    pub r#become: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ssh,
    Local,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKeys {
    /// Only hosts in `known_hosts`.
    Strict,
    /// A host seen for the first time is added; a changed key is still refused.
    AcceptNew,
}

/// How every host is spoken to.
#[derive(Debug, Clone)]
pub struct Options {
    pub connect_timeout: Duration,
    /// How long an idle connection stays open for the next run; `None`: it is closed.
    pub keep: Option<Duration>,
    pub host_keys: HostKeys,
    /// Where control sockets lie, instead of `$XDG_RUNTIME_DIR/zdt` or `/tmp/zdt-$UID`.
    pub control_directory: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            connect_timeout: Duration::from_secs(10),
            keep: Some(Duration::from_secs(600)),
            host_keys: HostKeys::Strict,
            control_directory: None,
        }
    }
}

impl Target {
    /// A target on this machine.
    pub fn local() -> Target {
        Target {
            kind: Kind::Local,
            host: "localhost".to_owned(),
            port: None,
            user: None,
            private_key: None,
            common_args: Vec::new(),
            r#become: None,
        }
    }

    /// Refuses names that ssh or sudo would take for something else than a name.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let hostile = |name: &str| {
            name.is_empty()
                || name.starts_with('-')
                || name.starts_with("ssh://")
                || name.chars().any(|c| c.is_control() || c.is_whitespace())
        };
        if self.kind == Kind::Ssh && hostile(&self.host) {
            return Err(Fault::Name { what: "host", name: self.host.clone() });
        }
        if let Some(user) = self.user.as_ref().filter(|user| hostile(user)) {
            return Err(Fault::Name { what: "user", name: user.clone() });
        }
        let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if let Some(user) = self.r#become.as_ref().filter(|user| hostile(user) || !plain(user)) {
            return Err(Fault::Name { what: "become user", name: user.clone() });
        }
        Ok(())
    }
}
