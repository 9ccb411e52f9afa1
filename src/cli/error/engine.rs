use crate::cli::error::{Report, host, quote, sentence};
use crate::engine::{Problem, Trouble};
use crate::plan::Unknown;
use crate::report::{printable, unmade_apart};
use crate::resource::Unmade;
use crate::words::count;

impl From<&Problem> for Report {
    fn from(problem: &Problem) -> Report {
        match problem {
            Problem::Project(fault) => fault.into(),
            Problem::Inventory(fault) => fault.into(),
            Problem::Role(fault) => fault.into(),
            Problem::NothingToDo { hosts, inventory } => Report::new(format!(
                "none of {} in {} has `zdt_roles`",
                count(*hosts, "selected host"),
                quote(inventory)
            ))
            .help("Say what runs where, on a group or a host: `zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config]`."),
            Problem::BadWitness { span, key, found, wanted } => Report::new(format!("`{key}` is {found} where {wanted} belongs"))
                .at(span, "here")
                .help("Such as `zdt_witness: {url: /up, rate: 20, max_failed: 0, max_stall: 1s}`; `zdt_witness: false` sends no requests. docs/witness.md lists all of it."),
            Problem::BadFacts { span, found, wanted } => Report::new(format!("`zdt_facts` holds {found} where {wanted} belongs"))
                .at(span, "here")
                .help("Facts look like `zdt_facts: {nginx: {version: \"1.26.3\"}}`."),
            Problem::BadLimit { span, found } => Report::new(format!("`zdt_max_disruption` is {found} that means nothing there"))
                .at(span, "here")
                .help("It is one of `none`, `reload`, `phased`, `hot`, `restart`."),
            Problem::NotOfGroup { span } => Report::new("`zdt_min_in_service` is set on a host, but it speaks of a group")
                .at(span, "a host's variable")
                .help("Set it on the group whose hosts stand in for each other: under its `vars`, or in its `group_vars`."),
            Problem::BadRoot { host, root } => Report::new(format!("host `{host}`: `zdt_root` {} is no usable path", quote(root)))
                .help("A sandbox's root is a folder of its own, not `/`; its path is UTF-8 without control characters and `..`."),
        }
    }
}

/// Why the state of `host` is not known, one report a cause.
pub fn trouble(host: &str, trouble: &Trouble) -> Vec<Report> {
    match trouble {
        Trouble::Host(fault) => vec![host::report(host, fault)],
        Trouble::Unseen(unknown) => unseen(host, unknown),
        Trouble::Unmade(parts) => {
            let report = |one: &Unmade| {
                let (cause, next) = unmade_apart(one);
                Report::new(format!("host `{host}`: {cause}")).help(sentence(&next))
            };
            parts.iter().map(report).collect()
        }
        Trouble::Faults(faults) => faults.iter().map(Report::from).collect(),
        Trouble::Sandbox { path, cause } => {
            vec![Report::new(format!("sandbox `{host}`: `{}` cannot be made: {cause}", path.display()))]
        }
        Trouble::Saved(why) => {
            vec![Report::new(format!("host `{host}` was unknown when the plan was made: {why}")).help(
                "The plan says nothing about it. Plan again once it can be reached, or leave it out with `--limit`.",
            )]
        }
        Trouble::NotTakenBack(why) => vec![Report::new(format!("host `{host}`: {why}")).help(format!(
            "`zdt rollback INVENTORY --limit {host}` shows what it would change, and what is in the way."
        ))],
        Trouble::Late => {
            vec![Report::new(format!("host `{host}`: it had not answered when the time given was over")).help(
                "Its state is unknown. Give more time with `--deadline`, or see what holds it up with `zdt plan`.",
            )]
        }
        Trouble::Panic(text) => vec![
            Report::new(format!("zdt has a bug, met at host `{host}`: {text}"))
                .help("Please report it, with the command and this text. Nothing further was done on that host."),
        ],
    }
}

/// One report a reason: what is in the way of one thing is mostly in the way of its neighbours too.
fn unseen(host: &str, unknown: &[Unknown]) -> Vec<Report> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for one in unknown {
        let (reason, id) = (printable(&one.why.to_string()), quote(&one.id.to_string()));
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, ids)) => ids.push(id),
            None => reasons.push((reason, vec![id])),
        }
    }
    let report = |(reason, ids): (String, Vec<String>)| {
        let help = if reason.contains("ermission denied") || reason.contains("not permitted") {
            Some("zdt must see what it manages. Does it run as root there (`ansible_become: yes`)?".to_owned())
        } else if reason.contains("ot a directory") {
            Some("Something on the way to it is a file where a folder belongs: move it away.".to_owned())
        } else {
            None
        };
        Report::new(format!("host `{host}`: {} could not be looked at: {reason}", ids.join(", "))).maybe_help(help)
    };
    reasons.into_iter().map(report).collect()
}
