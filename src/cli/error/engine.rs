use crate::cli::error::{Report, host, quote};
use crate::engine::{Problem, Trouble};
use crate::words::count;

impl From<&Problem> for Report {
    fn from(problem: &Problem) -> Report {
        match problem {
            Problem::Project(fault) => fault.into(),
            Problem::Inventory(fault) => fault.into(),
            Problem::Role(fault) => fault.into(),
            Problem::NothingToDo { hosts, inventory } => Report::new(format!(
                "none of {} in `{}` has `zdt_roles`",
                count(*hosts, "selected host"),
                inventory.display()
            ))
            .help("Say what runs where, on a group or a host: `zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config]`."),
            Problem::BadRoot { host, root } => Report::new(format!("host `{host}`: `zdt_root` {} is no usable path", quote(root)))
                .help("A sandbox's root is a folder; its path is UTF-8 without control characters."),
        }
    }
}

/// Why the state of `host` is not known, one report a cause.
pub fn trouble(host: &str, trouble: &Trouble) -> Vec<Report> {
    match trouble {
        Trouble::Host(fault) => vec![host::report(host, fault)],
        Trouble::Unseen(unknown) => unknown
            .iter()
            .map(|unknown| {
                Report::new(format!(
                    "{} on `{host}` could not be looked at: {}",
                    quote(&unknown.id.to_string()),
                    unknown.why
                ))
                .help("zdt must see what it manages. Does it run as root there (`ansible_become: yes`)?")
            })
            .collect(),
        Trouble::Faults(faults) => faults.iter().map(Report::from).collect(),
        Trouble::Sandbox { path, cause } => {
            vec![Report::new(format!("sandbox `{host}`: `{}` cannot be made: {cause}", path.display()))]
        }
        Trouble::Panic(text) => vec![
            Report::new(format!("zdt has a bug, met at host `{host}`: {text}"))
                .help("Please report it, with the command and this text. Nothing further was done on that host."),
        ],
    }
}
