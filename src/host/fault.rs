use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a host could not be spoken to. `text` is what ssh, sudo or the shell said.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("not a {what} name: {name:?}")]
    Name { what: &'static str, name: String },
    #[error("cannot be passed on to ssh: {argument}")]
    CommonArgument { argument: String },
    #[error("no place for control sockets: {}", path.display())]
    ControlDirectory {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("control directory of somebody else: {}", path.display())]
    ForeignControlDirectory { path: PathBuf },
    #[error("no ssh on this machine")]
    NoSsh,
    #[error("ssh's configuration: {text}")]
    Configuration { text: String },
    #[error("unreachable: {text}")]
    Unreachable { text: String },
    #[error("host key unknown")]
    HostKeyUnknown { text: String },
    /// `known` is `FILE:LINE` of the key that we knew.
    #[error("host key changed")]
    HostKeyChanged { known: Option<String>, text: String },
    #[error("authentication refused: {text}")]
    Authentication { text: String },
    #[error("no sudo to {user}: {text}")]
    Sudo { user: String, text: String },
    #[error("no POSIX shell: {text}")]
    NoShell { text: String },
    #[error("the connection was lost during {verb}: {text}")]
    Lost { verb: String, text: String },
    #[error("no answer to {verb} within {after:?}")]
    Deadline { verb: String, after: Duration },
    #[error("the host program failed at {verb} with status {status}: {text}")]
    Program { verb: String, status: String, text: String },
    #[error("unexpected answer to {verb}: {text}")]
    Protocol { verb: String, text: String },
}

impl Fault {
    /// `text` is what the host said in place of an answer.
    pub fn protocol(verb: &str, text: &str) -> Fault {
        let begin: String = text.chars().take(500).collect();
        Fault::Protocol { verb: verb.to_owned(), text: readable(&begin) }
    }

    /// What ssh's own words mean; there is no other way to learn it from ssh.
    pub(super) fn of_ssh(text: &str) -> Fault {
        let text = readable(text);
        let says = |part: &str| text.contains(part);
        if says("REMOTE HOST IDENTIFICATION HAS CHANGED") || says("REVOKED HOST KEY") {
            let known = text.lines().find_map(|line| {
                let (before, file) = line.split_once(" key in ")?;
                before.starts_with("Offending").then(|| file.trim().to_owned())
            });
            return Fault::HostKeyChanged { known, text };
        }
        if says("Host key verification failed") || says("host key is known for") {
            return Fault::HostKeyUnknown { text };
        }
        if says("Permission denied (") || says("Too many authentication failures") || says("Unable to negotiate") {
            return Fault::Authentication { text };
        }
        if says("Bad configuration option") || says("terminating, ") || says("unix_listener") || says("Bad owner or") {
            return Fault::Configuration { text };
        }
        Fault::Unreachable { text }
    }

    /// The shell ended before our program said that it was there: `text` is what came on stderr.
    pub(super) fn of_start(r#become: Option<&str>, text: &str) -> Fault {
        let text = readable(text);
        let sudo = text.lines().any(|line| {
            line.starts_with("sudo:")
                || line.contains("sudo: not found")
                || line.contains("sudo: command not found")
                || line.contains("is not in the sudoers file")
                || line.contains("is not allowed to execute")
                || line.contains("may not run sudo")
        });
        match r#become {
            Some(user) if sudo => Fault::Sudo { user: user.to_owned(), text },
            _ => Fault::NoShell { text },
        }
    }
}

/// What a host or ssh said, without what could steer the terminal that shows it.
pub(super) fn readable(text: &str) -> String {
    let text = text.trim().replace('\r', "");
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::Fault;

    #[test]
    fn a_host_does_not_steer_the_terminal() {
        let hostile = "\u{1b}[2Jall is well\u{9b}1m\r\nbye\u{7}";
        let clean = "\u{fffd}[2Jall is well\u{fffd}1m\nbye\u{fffd}";
        assert!(matches!(Fault::of_start(None, hostile), Fault::NoShell { text } if text == clean));
        assert!(matches!(Fault::of_ssh(hostile), Fault::Unreachable { text } if text == clean));
    }

    #[test]
    fn ssh_texts_are_told_apart() {
        let cases = [
            ("connect to host 10.0.0.1 port 22: Connection refused", "unreachable"),
            ("Could not resolve hostname nope: Name or service not known", "unreachable"),
            ("Connection timed out during banner exchange", "unreachable"),
            (
                "No ED25519 host key is known for x and you have requested strict checking.\r\nHost key verification failed.",
                "host key unknown",
            ),
            (
                "@@@\r\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nOffending ED25519 key in /k:3\r\nHost key verification failed.",
                "host key changed",
            ),
            ("deploy@x: Permission denied (publickey).", "authentication refused"),
            (
                "/c: line 1: Bad configuration option: nope\n/c: terminating, 1 bad configuration options",
                "ssh's configuration",
            ),
        ];
        for (text, begin) in cases {
            let fault = Fault::of_ssh(text);
            assert!(fault.to_string().starts_with(begin), "{text}: {fault}");
        }
        assert!(
            matches!(Fault::of_ssh(cases[4].0), Fault::HostKeyChanged { known: Some(known), .. } if known == "/k:3")
        );
    }

    #[test]
    fn sudo_is_blamed_only_for_its_own_words() {
        assert!(matches!(Fault::of_start(Some("root"), "sudo: a password is required\n"), Fault::Sudo { .. }));
        assert!(matches!(Fault::of_start(Some("root"), "sh: 1: exec: sudo: not found"), Fault::Sudo { .. }));
        assert!(matches!(Fault::of_start(Some("root"), "This account is closed."), Fault::NoShell { .. }));
        assert!(matches!(Fault::of_start(None, "sudo: x"), Fault::NoShell { .. }));
    }
}
