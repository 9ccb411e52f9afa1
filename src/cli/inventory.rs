use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::cli::arguments::Inventory as Arguments;
use crate::cli::error::{self, secret};
use crate::cli::{Exit, output, screen, selection};
use crate::engine::Problem;
use crate::inventory::{self, Inventory, Unused, UnusedFile, Variable, Variables, VarsOf};
use crate::project;
use crate::report::printable;
use crate::report::style::{FAINT, STRONG, paint};
use crate::yaml::{Data, Node};

/// In the place of a value that is not to be seen.
const MASK: &str = "‹masked›";

pub(super) fn run(command: &Arguments) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Arguments) -> Result<Exit, Exit> {
    let selection = &command.selection;
    let project = project::read(&selection.inventory, &selection.extra_vars)
        .map_err(|faults| selection::wrong(&faults.into_iter().map(Problem::Project).collect::<Vec<_>>()))?;
    let wrong = |faults: Vec<inventory::Fault>| {
        selection::wrong(&faults.into_iter().map(Problem::Inventory).collect::<Vec<_>>())
    };
    let inventory = inventory::parse(&project.texts).map_err(wrong)?;
    let hosts = inventory.select(selection.limit.as_deref()).map_err(wrong)?;
    if command.json {
        let hosts = hosts.iter().map(|host| ((*host).to_owned(), host_json(&inventory, host)));
        screen::print_json(&json!({
            "format": 1,
            "hosts": hosts.collect::<serde_json::Map<_, _>>(),
            "unused_files": inventory.unused_files().iter().map(unused_json).collect::<Vec<_>>(),
        }));
    } else {
        match hosts[..] {
            [host] => print_host(&inventory, host),
            _ => print_hosts(&inventory, &hosts),
        }
        inventory.unused_files().iter().for_each(|file| output::line(&error::unused(file)));
    }
    Ok(Exit::Clean)
}

fn print_hosts(inventory: &Inventory, hosts: &[&str]) {
    let width = hosts.iter().map(|host| host.chars().count()).max().unwrap_or(0);
    for host in hosts {
        let groups =
            inventory.groups_of(host).into_iter().filter(|group| *group != "all").collect::<Vec<_>>().join(", ");
        let roles = roles(&inventory.variables(host));
        let host = printable(host);
        output::line(&format!("{host:width$}  {}  {}", printable(&groups), paint(FAINT, printable(&roles))));
    }
}

fn unused_json(file: &UnusedFile) -> Json {
    let (meant, why) = match &file.why {
        Unused::NoSuchName { meant } => (meant.as_deref(), "no_such_name"),
        Unused::Shadowed => (None, "shadowed"),
    };
    json!({"file": file.source, "of": kind(file.of), "name": file.name, "why": why, "did_you_mean": meant})
}

fn kind(of: VarsOf) -> &'static str {
    match of {
        VarsOf::Group => "group",
        VarsOf::Host => "host",
    }
}

/// What `zdt_roles` says, in one line; as written, for a template in it is rendered only when it is used.
fn roles(variables: &Variables) -> String {
    variables.get("zdt_roles").map_or_else(|| "no zdt_roles".to_owned(), |variable| shown("zdt_roles", variable))
}

fn print_host(inventory: &Inventory, host: &str) {
    let variables = inventory.variables(host);
    output::line(&paint(STRONG, printable(host)));
    for (name, variable) in variables.iter().filter(|(name, _)| *name != "groups") {
        let from = format!("{}, {}", variable.origin, place(variable));
        output::line(&format!(
            "  {}: {}  {}",
            printable(name),
            printable(&shown(name, variable)),
            paint(FAINT, printable(&from))
        ));
    }
}

fn place(variable: &Variable) -> String {
    match variable.origin {
        inventory::Origin::Magic => "in no file".to_owned(),
        _ => variable.node.span.place(),
    }
}

/// A value in one line: scalars as they are, lists and mappings as JSON.
fn shown(name: &str, variable: &Variable) -> String {
    let (node, _) = masked(name, &variable.node);
    match node.data {
        Data::List(_) | Data::Map(_) => serde_json::to_string(&node.to_value()).unwrap_or_else(|_| node.describe()),
        _ => node.text(),
    }
}

/// A value without what must not be seen, at any depth, and whether there was any.
fn masked(name: &str, node: &Node) -> (Node, bool) {
    let text = |text: &str| Data::String(Arc::from(text));
    let mut any = false;
    let mut inner = |name: &str, node: &Node| {
        let (node, masked) = masked(name, node);
        any |= masked;
        node
    };
    let data = if node.tag.as_deref() == Some("!vault") || secret::is_secret(name) {
        any = true;
        text(MASK)
    } else {
        match &node.data {
            Data::String(value) => {
                let shown = secret::masked(value, MASK);
                any = shown != **value;
                text(&shown)
            }
            // A list's items have no names; what the list is called was looked at above.
            Data::List(items) => Data::List(items.iter().map(|item| inner("", item)).collect()),
            Data::Map(entries) => {
                Data::Map(entries.iter().map(|(key, value)| (key.clone(), inner(&key.text(), value))).collect())
            }
            other => other.clone(),
        }
    };
    (Node { data, span: node.span.clone(), tag: None }, any)
}

fn host_json(inventory: &Inventory, host: &str) -> Json {
    let variables = inventory.variables(host);
    let variables = variables.iter().filter(|(name, _)| *name != "groups").map(|(name, variable)| {
        let (node, masked) = masked(name, &variable.node);
        let value = serde_json::to_value(node.to_value()).unwrap_or_default();
        let about =
            json!({"value": value, "masked": masked, "from": variable.origin.to_string(), "place": place(variable)});
        (name.to_owned(), about)
    });
    json!({
        "groups": inventory.groups_of(host),
        "variables": variables.collect::<serde_json::Map<_, _>>(),
    })
}
