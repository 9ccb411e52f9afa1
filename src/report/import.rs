//! What an import found, for whoever waits and for programs.

use serde_json::{Value, json};

use super::json as report_json;
use super::printable;
use crate::adopt::{Given, HostEntry, Matter, Note};
use crate::words::count;

/// A few lines for stderr: what each host came to, and what could not be mapped.
pub fn recap(hosts: &[HostEntry]) -> String {
    let mut text = String::new();
    for host in hosts {
        let name = &host.name;
        for note in &host.notes {
            let words = format!("{name}: {}: {}: {}\n", note.matter.words(), note.about, note.text);
            text.push_str(&printable(&words));
        }
        if host.unknown.is_some() {
            text.push_str(&format!("{name}: could not be read\n"));
            continue;
        }
        let mut apps: Vec<(&str, Vec<&str>)> = Vec::new();
        for entry in &host.roles {
            match apps.last_mut().filter(|(app, _)| *app == entry.app) {
                Some((_, roles)) => roles.push(&entry.role),
                None => apps.push((&entry.app, vec![&entry.role])),
            }
        }
        let each: Vec<String> = apps.iter().map(|(app, roles)| format!("{app} ({})", roles.join(", "))).collect();
        let each = if each.is_empty() { String::new() } else { format!(": {}", each.join("; ")) };
        text.push_str(&printable(&format!("{name}: {}{each}\n", count(apps.len(), "app"))));
    }
    text
}

pub fn document(hosts: &[HostEntry], inventory: &str, exit: u8) -> Value {
    let hosts: Vec<Value> = hosts.iter().map(host).collect();
    json!({
        "format": report_json::FORMAT,
        "command": "import",
        "exit": exit,
        "inventory": inventory,
        "hosts": hosts,
    })
}

fn host(host: &HostEntry) -> Value {
    let roles: Vec<Value> = host
        .roles
        .iter()
        .map(|entry| json!({"role": entry.role, "app": entry.app, "variables": given(&entry.given)}))
        .collect();
    let notes: Vec<Value> = host.notes.iter().map(note).collect();
    json!({
        "host": host.name,
        "state": if host.unknown.is_some() { "unknown" } else { "read" },
        "error": host.unknown,
        "variables": given(&host.variables),
        "roles": roles,
        "notes": notes,
    })
}

fn given(given: &[Given]) -> Value {
    given.iter().map(|one| (one.name.clone(), json!({"value": one.value, "from": one.from}))).collect()
}

fn note(note: &Note) -> Value {
    let matter = match note.matter {
        Matter::Untold => "untold",
        Matter::NotMapped => "not_mapped",
        Matter::Doubt => "doubt",
    };
    json!({"matter": matter, "about": note.about, "text": note.text})
}
