//! Faults of connections, for somebody at 3 a.m.: what failed, what was said, what to do.

use crate::cli::error::Report;
use crate::host::Fault;

/// `host` is the name that the inventory gives it.
pub fn report(host: &str, fault: &Fault) -> Report {
    let (message, help) = words(host, fault);
    Report::new(message).maybe_help(help)
}

/// The message, then what to do about it.
fn words(host: &str, fault: &Fault) -> (String, Option<String>) {
    let help = |text: &str| Some(text.to_owned());
    match fault {
        Fault::Name { what, name } => (
            format!("host `{host}`: {name:?} cannot be a {what} name"),
            help("Names are not empty, do not start with `-`, and hold no blanks or control characters."),
        ),
        Fault::CommonArgument { argument } => (
            format!("host `{host}`: `{argument}` in `ansible_ssh_common_args` cannot be passed on to ssh"),
            help(
                "Taken are `-o KEY=VALUE`, `-J`, `-i`, `-p`, `-l`, `-F`, `-C`, `-4` and `-6`; put the rest into `~/.ssh/config`.",
            ),
        ),
        Fault::ControlDirectory { path, cause } => (
            format!("host `{host}`: no place for ssh's sockets: `{}`: {cause}", path.display()),
            help("Set `XDG_RUNTIME_DIR` to a folder of yours, or make room there."),
        ),
        Fault::ForeignControlDirectory { path } => (
            format!("host `{host}`: `{}` is not a folder that only you can enter", path.display()),
            help("Somebody else may have made it. Remove it, or make it yours with mode 0700."),
        ),
        Fault::NoSsh => {
            (format!("host `{host}`: there is no `ssh` on this machine"), help("Install OpenSSH's client."))
        }
        Fault::LocalLimit { text } => (
            format!("host `{host}`: this machine has no room for another connection: {}", lines(text)),
            help("Work on fewer hosts at once with `--forks`, or raise the limits: `ulimit -n`, `ulimit -u`."),
        ),
        Fault::PrivateKey { path, cause } => (
            format!("host `{host}`: the private key `{}` cannot be read: {cause}", path.display()),
            help("Look at `ansible_ssh_private_key_file`; a relative path begins where zdt was started."),
        ),
        Fault::Configuration { text } => (
            format!("host `{host}`: ssh does not accept its configuration: {}", lines(text)),
            help("Look at `~/.ssh/config` and at `ansible_ssh_common_args`."),
        ),
        Fault::Unreachable { text } => (
            format!("host `{host}` cannot be reached: {}", lines(text)),
            help("Its state is unknown. Check the address and port, and that `ssh` gets there by hand."),
        ),
        Fault::HostKeyUnknown { text } => (
            format!("host `{host}`: its key is not known: {}", first_line(text)),
            help(
                "Connect once by hand with `ssh` and compare the key, or trust at first sight with `--host-keys accept-new`.",
            ),
        ),
        Fault::HostKeyChanged { known, .. } => {
            let place = known.as_ref().map(|place| format!(" (the known one is in {place})")).unwrap_or_default();
            (
                format!("host `{host}`: its host key has changed{place}; this may be another machine"),
                help(
                    "Nothing was sent. If the host was really set up anew, remove the old key with `ssh-keygen -R HOST` (`-f FILE` where it is another file), and compare the new one.",
                ),
            )
        }
        Fault::Authentication { text } => (
            format!("host `{host}` did not let us in: {}", last_line(text)),
            help(
                "Check `ansible_user` and the key (`ansible_ssh_private_key_file`, the agent). Passwords are never asked for.",
            ),
        ),
        Fault::Sudo { user, text } => (
            format!("host `{host}`: no `sudo` to `{user}`: {}", last_line(text)),
            help("`become` needs sudo without a password: a `NOPASSWD` rule, or a connection as that user."),
        ),
        Fault::NoShell { text } => (
            format!("host `{host}`: no POSIX shell answered: {}", last_line(text)),
            help("The user needs a login shell that can run `sh`."),
        ),
        Fault::Lost { verb, text } => (
            format!("host `{host}`: the connection was lost during `{verb}`{}", after_colon(text)),
            help("Its state is unknown. Run `zdt plan` to see where it stands."),
        ),
        Fault::Deadline { verb, after } => (
            format!("host `{host}`: no answer to `{verb}` within {} s", after.as_secs()),
            help("Its state is unknown. Run `zdt plan` to see where it stands."),
        ),
        Fault::Program { verb, status, text } => (
            format!("host `{host}`: `{verb}` ended with status {status}{}", after_colon(text)),
            help("This is a fault in zdt or of the host's shell."),
        ),
        Fault::Protocol { verb, text } => (
            format!("host `{host}`: unexpected answer to `{verb}`: {text}"),
            help("Something prints into the session; look at the login files of that user."),
        ),
    }
}

/// What was said, as far as it fits: with a jump host, the line that tells is not the last.
fn lines(text: &str) -> String {
    let said: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let from = said.len().saturating_sub(5);
    match &said[from..] {
        [] => "nothing was said".to_owned(),
        [only] => (*only).to_owned(),
        many => many.iter().map(|line| format!("\n  {line}")).collect(),
    }
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or("nothing was said")
}

fn last_line(text: &str) -> &str {
    text.trim().lines().last().unwrap_or("nothing was said")
}

fn after_colon(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!(": {}", last_line(text)) }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn what_tells_is_not_cut() {
        let cases = [
            ("", "nothing was said"),
            ("one\n", "one"),
            ("jump: refused\n\nclosed\r\n", "\n  jump: refused\n  closed"),
            ("1\n2\n3\n4\n5\n6", "\n  2\n  3\n  4\n  5\n  6"),
        ];
        for (text, shown) in cases {
            assert_eq!(lines(text), shown);
        }
    }
}
