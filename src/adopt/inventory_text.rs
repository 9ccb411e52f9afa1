use serde_json::Value;

use super::{Given, Note};
use crate::yaml::edit::inline;

/// What an inventory says of one server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostEntry {
    pub name: String,
    /// How it is reached, in Ansible's variables.
    pub connection: Vec<(String, Value)>,
    /// The host's own variables.
    pub variables: Vec<Given>,
    pub roles: Vec<RoleEntry>,
    pub notes: Vec<Note>,
    /// Why nothing is known of it.
    pub unknown: Option<String>,
}

/// An entry of `zdt_roles`.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleEntry {
    pub role: String,
    pub app: String,
    pub given: Vec<Given>,
}

/// An inventory in YAML: every value with where it was found behind it, and what could not be mapped at the head of each host.
pub fn inventory_text(head: &[&str], hosts: &[HostEntry]) -> String {
    let mut text = String::new();
    for line in head {
        comment(&mut text, 0, line);
    }
    text.push_str("all:\n  hosts:\n");
    for host in hosts {
        host_text(&mut text, host);
    }
    text
}

fn host_text(text: &mut String, host: &HostEntry) {
    if let Some(why) = &host.unknown {
        comment(text, 4, &format!("{}: could not be read: {why}", host.name));
    }
    for note in &host.notes {
        comment(text, 4, &format!("{}: {}: {}", note.matter.words(), note.about, note.text));
    }
    text.push_str(&format!("    {}:", inline(&Value::from(host.name.as_str()))));
    if host.connection.is_empty() && host.variables.is_empty() && host.roles.is_empty() {
        text.push_str(" {}\n");
        return;
    }
    text.push('\n');
    for (name, value) in &host.connection {
        text.push_str(&format!("      {name}: {}\n", inline(value)));
    }
    given_text(text, 6, &host.variables);
    if host.roles.is_empty() {
        return;
    }
    text.push_str("      zdt_roles:\n");
    let mut app = host.roles[0].app.as_str();
    for (index, entry) in host.roles.iter().enumerate() {
        if index == 0 || entry.app != app {
            app = &entry.app;
            if host.roles.iter().any(|other| other.app != entry.app) {
                comment(text, 8, app);
            }
        }
        if entry.given.is_empty() {
            text.push_str(&format!("        - {}\n", entry.role));
        } else {
            text.push_str(&format!("        - {}:\n", entry.role));
            given_text(text, 12, &entry.given);
        }
    }
}

fn given_text(text: &mut String, indent: usize, given: &[Given]) {
    let lines: Vec<(String, &str)> =
        given.iter().map(|one| (format!("{}: {}", one.name, inline(&one.value)), one.from.as_str())).collect();
    let widest = lines.iter().map(|(line, _)| line.chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
    for (line, from) in &lines {
        let padding = " ".repeat(widest.saturating_sub(line.chars().count()));
        text.push_str(&format!("{}{line}{padding}  # {}\n", " ".repeat(indent), plain(from)));
    }
}

fn comment(text: &mut String, indent: usize, line: &str) {
    let line = plain(line);
    let space = if line.is_empty() { "" } else { " " };
    text.push_str(&format!("{}#{space}{line}\n", " ".repeat(indent)));
}

/// A host's words must not end the comment that they stand in, nor be anything else to whoever reads it.
fn plain(text: &str) -> String {
    let hides = |character: char| {
        character.is_control()
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
    };
    text.chars().map(|character| if hides(character) { '?' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::yaml;

    #[test]
    fn a_comment_cannot_be_left_and_values_come_back() {
        let given = vec![
            Given::new("app_name", "shop", "/etc/x\n      evil: yes"),
            Given::new("app_path", "/srv/a b: #c", "here"),
            Given::new("puma_threads", serde_json::json!([1, 5]), "there"),
        ];
        let host = HostEntry {
            name: "web1".to_owned(),
            variables: given,
            notes: vec![Note::not_mapped("unit", "a\nb")],
            roles: vec![RoleEntry { role: "app".to_owned(), app: "shop".to_owned(), given: Vec::new() }],
            ..HostEntry::default()
        };
        let text = inventory_text(&["Head"], &[host]);
        let node = yaml::parse(&Source::new("text", text.as_str())).unwrap();
        let host = node.get("all").and_then(|all| all.get("hosts")).and_then(|hosts| hosts.get("web1")).unwrap();
        assert!(host.get("evil").is_none(), "{text}");
        assert_eq!(host.get("app_path").unwrap().as_str(), Some("/srv/a b: #c"));
        assert_eq!(host.get("puma_threads").unwrap().as_list().map(<[_]>::len), Some(2));
        assert!(text.starts_with("# Head\nall:\n  hosts:\n    # not mapped: unit: a?b\n    web1:\n"), "{text}");
    }
}
