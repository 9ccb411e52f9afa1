use super::fault::{Fault, Found, RootProblem};
use super::host_pattern::name_problem;
use super::variables::{Variable, Variables};
use crate::yaml::{Data, Node};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionKind {
    Ssh,
    Local,
}

/// How to reach a host, by Ansible's variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub kind: ConnectionKind,
    pub host: String,
    pub port: Option<u16>,
    pub user: Option<String>,
    /// As written: a leading `~` is the edge's to expand.
    pub private_key: Option<String>,
    /// Further words for ssh.
    pub common_args: Vec<String>,
    /// The user to become, `root` unless said otherwise; `None` where nobody is to be become.
    pub become_root: Option<String>,
    /// `zdt_root`: every path lies below it. `None` only where the variable is not set at all: nobody's sandbox may
    /// become the machine itself because a value came out empty.
    pub root: Option<String>,
}

/// Passwords that Ansible would use and zdt has no use for.
const PASSWORDS: [&str; 6] = [
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_become_password",
    "ansible_become_pass",
    "ansible_sudo_pass",
];

impl Connection {
    /// Only the variables that matter are resolved; every fault of them at once.
    pub fn of(host: &str, variables: &Variables) -> Result<Connection, Vec<Fault>> {
        let mut reader = Reader { variables, faults: Vec::new() };
        let connection = reader.connection(host);
        if reader.faults.is_empty() { Ok(connection) } else { Err(reader.faults) }
    }
}

struct Reader<'a> {
    variables: &'a Variables,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn connection(&mut self, host: &str) -> Connection {
        let kind = self.kind();
        // Of several names for one thing Ansible takes the last that is set.
        let address = self.name(&["ansible_host", "ansible_ssh_host"], "a host name or address");
        let user = self.name(&["ansible_user", "ansible_ssh_user"], "a user name");
        let port = self.port();
        let private_key = self.text(&["ansible_private_key_file", "ansible_ssh_private_key_file"], "a path");
        let mut common_args = self.words("ansible_ssh_common_args");
        common_args.extend(self.words("ansible_ssh_extra_args"));
        let become_root = self.become_user();
        let root = self.root(kind);
        for password in PASSWORDS {
            if let Some(variable) = self.variables.get(password).filter(|variable| !is_nothing(&variable.node)) {
                self.faults.push(Fault::Password { place: variable.node.span.place(), variable: password.to_owned() });
            }
        }
        let host = address.unwrap_or_else(|| host.to_owned());
        let kind = kind.unwrap_or(ConnectionKind::Ssh);
        Connection { kind, host, port, user, private_key, common_args, become_root, root }
    }

    /// `None`: a fault is noted.
    fn kind(&mut self) -> Option<ConnectionKind> {
        let before = self.faults.len();
        let Some((name, variable)) = self.find(&["ansible_connection"]) else {
            return (self.faults.len() == before).then_some(ConnectionKind::Ssh);
        };
        match variable.node.as_str() {
            Some("ssh" | "smart" | "paramiko" | "paramiko_ssh" | "ansible.builtin.ssh") => Some(ConnectionKind::Ssh),
            Some("local" | "ansible.builtin.local") => Some(ConnectionKind::Local),
            _ => {
                self.bad(name, &variable, "`ssh` or `local`");
                None
            }
        }
    }

    /// Unlike every other variable here, set to nothing is not unset.
    fn root(&mut self, kind: Option<ConnectionKind>) -> Option<String> {
        self.variables.get("zdt_root")?;
        let variable = match self.variables.resolve("zdt_root") {
            Ok(variable) => variable?,
            Err(fault) => {
                self.faults.push(fault);
                return None;
            }
        };
        let at = variable.node.span.clone();
        if kind == Some(ConnectionKind::Ssh) {
            let connection = self.variables.get("ansible_connection").map(|variable| variable.node.span.clone());
            self.faults.push(Fault::RootNotLocal { at: at.clone(), connection });
        }
        let text = match &variable.node.data {
            Data::Null => "",
            Data::String(text) => text,
            _ => {
                self.bad("zdt_root", &variable, "a path");
                return None;
            }
        };
        match root_problem(text) {
            None => Some(text.to_owned()),
            Some(problem) => {
                self.faults.push(Fault::BadRoot { at, root: text.to_owned(), problem });
                None
            }
        }
    }

    fn port(&mut self) -> Option<u16> {
        let (name, variable) = self.find(&["ansible_port", "ansible_ssh_port"])?;
        let number = match &variable.node.data {
            Data::Int(number) => u16::try_from(*number).ok(),
            Data::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let port = number.filter(|&port| port > 0);
        if port.is_none() {
            self.bad(name, &variable, "a port from 1 to 65535");
        }
        port
    }

    fn become_user(&mut self) -> Option<String> {
        let user = self.name(&["ansible_become_user", "ansible_sudo_user"], "a user name");
        if let Some((name, method)) = self.find(&["ansible_become_method"])
            && !matches!(method.node.as_str(), Some("sudo" | "ansible.builtin.sudo"))
        {
            self.bad(name, &method, "`sudo`");
        }
        let (name, variable) = self.find(&["ansible_become"])?;
        match truth(&variable.node) {
            Some(true) => Some(user.unwrap_or_else(|| "root".to_owned())),
            Some(false) => None,
            None => {
                self.bad(name, &variable, "`true` or `false`");
                None
            }
        }
    }

    /// The words of a shell line.
    fn words(&mut self, name: &'static str) -> Vec<String> {
        let Some((name, variable)) = self.find(&[name]) else { return Vec::new() };
        let words = variable.node.as_str().and_then(shlex::split).filter(|words| !has_control(words));
        words.unwrap_or_else(|| {
            self.bad(name, &variable, "words for ssh, quoted as for a shell");
            Vec::new()
        })
    }

    /// A text that ssh or sudo must not take for an option.
    fn name(&mut self, names: &[&'static str], expected: &'static str) -> Option<String> {
        let (name, variable) = self.find(names)?;
        let Some(text) = scalar(&variable.node) else {
            self.bad(name, &variable, expected);
            return None;
        };
        match name_problem(&text) {
            None => Some(text),
            Some(problem) => {
                let at = variable.node.span.clone();
                self.faults.push(Fault::BadName { at, variable: name.to_owned(), name: text, problem });
                None
            }
        }
    }

    fn text(&mut self, names: &[&'static str], expected: &'static str) -> Option<String> {
        let (name, variable) = self.find(names)?;
        let text = variable.node.as_str().filter(|text| !text.is_empty() && !text.chars().any(char::is_control));
        if text.is_none() {
            self.bad(name, &variable, expected);
        }
        text.map(str::to_owned)
    }

    /// The last of `names` that is set, resolved.
    fn find(&mut self, names: &[&'static str]) -> Option<(&'static str, Variable)> {
        let set = |name: &&&'static str| self.variables.get(name).is_some_and(|variable| !is_nothing(&variable.node));
        let name = *names.iter().rev().find(set)?;
        match self.variables.resolve(name) {
            Ok(variable) => Some((name, variable.filter(|variable| !is_nothing(&variable.node))?)),
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    fn bad(&mut self, name: &str, variable: &Variable, expected: &'static str) {
        let found = match variable.node.as_str() {
            Some(text) => Found::Text(text.to_owned()),
            None => Found::Other(variable.node.describe()),
        };
        self.faults.push(Fault::BadValue {
            at: variable.node.span.clone(),
            variable: name.to_owned(),
            found,
            expected,
        });
    }
}

fn root_problem(root: &str) -> Option<RootProblem> {
    if root.trim().is_empty() {
        Some(RootProblem::Empty)
    } else if root.starts_with('~') {
        Some(RootProblem::Home)
    } else if root.chars().any(char::is_control) {
        Some(RootProblem::ControlCharacter)
    } else {
        above(root)
    }
}

/// `/`, `//.` and `/srv/..` come out at the machine's own root; `../..` comes out above the inventory, and how far is
/// not known here.
fn above(root: &str) -> Option<RootProblem> {
    let absolute = root.starts_with('/');
    let (mut depth, mut up) = (0usize, 0usize);
    for part in root.split('/') {
        match part {
            "" | "." => {}
            ".." if depth > 0 => depth -= 1,
            ".." => up += 1,
            _ => depth += 1,
        }
    }
    match depth {
        0 if absolute => Some(RootProblem::WholeMachine),
        0 if up > 0 => Some(RootProblem::AboveInventory),
        _ => None,
    }
}

/// Ansible takes an empty text for "not set" here.
fn is_nothing(node: &Node) -> bool {
    matches!(node.data, Data::Null) || node.as_str() == Some("")
}

fn scalar(node: &Node) -> Option<String> {
    match &node.data {
        Data::String(text) => Some(text.to_string()),
        Data::Int(_) => Some(node.text()),
        _ => None,
    }
}

/// A boolean in any spelling that Ansible takes.
fn truth(node: &Node) -> Option<bool> {
    match &node.data {
        Data::Bool(value) => Some(*value),
        Data::Int(1) => Some(true),
        Data::Int(0) => Some(false),
        Data::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn has_control(words: &[String]) -> bool {
    words.iter().any(|word| word.chars().any(char::is_control))
}
