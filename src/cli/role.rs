//! `zdt role list`, `zdt role show NAME`.
//! In: the roles. Out: text for stdout.
//! Must not know: inventories, hosts.

use serde_json::Value;

use crate::cli::arguments::{Role as Arguments, RoleWhat};
use crate::cli::error::{self, Report};
use crate::cli::{Exit, output, selection};
use crate::engine::Problem;
use crate::project;
use crate::role::{self, Example, Fallback, Library, Param, Role, RunningSpec, RunningText, Text, Type};

pub(super) fn run(command: &Arguments) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Arguments) -> Result<Exit, Exit> {
    let (RoleWhat::List { inventory } | RoleWhat::Show { inventory, .. }) = &command.what;
    let mut files = role::built_in();
    if let Some(inventory) = inventory {
        let project = project::read(inventory, &[])
            .map_err(|faults| selection::wrong(&faults.into_iter().map(Problem::Project).collect::<Vec<_>>()))?;
        files.extend(project.role_files);
    }
    let library = Library::parse(&files)
        .map_err(|faults| selection::wrong(&faults.into_iter().map(Problem::Role).collect::<Vec<_>>()))?;
    match &command.what {
        RoleWhat::List { .. } => output::put(&list(&library)),
        RoleWhat::Show { name, .. } => match show(&library, name) {
            Ok(text) => output::put(&text),
            Err(report) => {
                output::complain(&error::render(&[report]));
                return Err(Exit::Wrong);
            }
        },
    }
    Ok(Exit::Clean)
}

/// One role a line: its name and the first sentence of its description.
pub fn list(library: &Library) -> String {
    let mut roles: Vec<&Role> = library.roles().collect();
    roles.sort_by(|left, right| left.name.cmp(&right.name));
    let width = roles.iter().map(|role| role.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for role in roles {
        let own = if role.built_in { "" } else { " (from roles/)" };
        line(&mut text, &format!("{:width$}  {}{own}", role.name, first_sentence(&role.description)));
    }
    text
}

/// What one may know of a role; or what to say where there is none of that name.
pub fn show(library: &Library, name: &str) -> Result<String, Report> {
    let Some(role) = library.get(name) else {
        let help = error::meant(name, library.names()).unwrap_or_else(|| "`zdt role list` names them all".to_owned());
        return Err(Report::new(format!("there is no role {}", error::quote(name))).help(help));
    };
    let mut text = format!("{}\n\n{}\n", role.name, wrap(&role.description, 0));
    for owner in library.chain(name) {
        if owner.params.is_empty() {
            continue;
        }
        let title = if owner.name == role.name { "Params".to_owned() } else { format!("Params of {}", owner.name) };
        section(&mut text, &title);
        for param in &owner.params {
            line(&mut text, &format!("  {}  {}, {}", param.name, type_words(&param.kind), fallback(param)));
            line(&mut text, &wrap(&param.description, 6));
        }
    }
    manages(&mut text, role);
    if !role.checks.is_empty() {
        section(&mut text, "Checks");
        role.checks.iter().for_each(|check| line(&mut text, &format!("  {}", check.name)));
    }
    if !role.handlers.is_empty() {
        section(&mut text, "Handlers");
        role.handlers.iter().for_each(|handler| line(&mut text, &format!("  {} ({})", handler.name, handler.kind)));
    }
    if !role.running.is_empty() {
        section(&mut text, "Looked at in what runs, by zdt drift");
        role.running.iter().for_each(|item| line(&mut text, &of_running(item)));
    }
    if let Some(stats) = &role.stats {
        section(&mut text, "Asked by zdt stats");
        let words: Vec<&str> = stats.arguments.iter().map(written).collect();
        line(&mut text, &format!("  {} {}", stats.kind, words.join(" ")));
    }
    if !role.rules.is_empty() {
        section(&mut text, "Rules, held by zdt check");
        role.rules.iter().for_each(|rule| line(&mut text, &format!("  {} ({})", rule.id, rule.severity.name())));
    }
    example(&mut text, role);
    Ok(text)
}

fn manages(text: &mut String, role: &Role) {
    if role.resources.is_empty() {
        return;
    }
    section(text, "Manages");
    for resource in &role.resources {
        let name = resource.identity().map(written).unwrap_or_default();
        line(text, &format!("  {} {name}", resource.kind.name));
    }
}

/// The first example: what it is given, and what becomes of it.
fn example(text: &mut String, role: &Role) {
    let preferred = role.examples.iter().find(|source| source.name.ends_with("/default.yml"));
    let Some(source) = preferred.or(role.examples.last()) else { return };
    // It was read when the roles were; what cannot be read is shown by the tests, not here.
    let Ok(example) = Example::parse(&role.name, source) else { return };
    section(text, "Example");
    line(text, &format!("  {}", example.description));
    let given = source.text.lines().skip_while(|line| *line != "variables:").skip(1);
    line(text, "");
    line(text, &format!("  zdt_roles: [{}]", role.name));
    given.take_while(|line| line.starts_with(' ')).for_each(|given| line(text, given));
    for (path, content) in &example.files {
        line(text, &format!("\n  {path}:\n"));
        content.lines().for_each(|content| line(text, format!("    {content}").trim_end()));
    }
}

/// What one item of `running` is about, and what is asked of it.
fn of_running(item: &RunningSpec) -> String {
    let what = match &item.says {
        RunningText::Load { reader, .. } => format!("was it read by {} since it was changed?", written(reader)),
        RunningText::Rule { .. } => {
            let when = item.when.as_ref().map(source).unwrap_or_default();
            format!("not when {}", when.trim_start_matches(">-").split_whitespace().collect::<Vec<_>>().join(" "))
        }
    };
    format!("  {}: {what}", written(&item.about))
}

/// A template of `role.yml` as it stands there.
fn written(text: &Text) -> &str {
    source(text).trim_matches('"')
}

fn source(text: &Text) -> &str {
    text.span.source.text.get(text.span.range.clone()).unwrap_or_default()
}

fn section(text: &mut String, title: &str) {
    line(text, &format!("\n{title}\n"));
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn first_sentence(description: &str) -> &str {
    description.split_once(". ").map_or(description, |(first, _)| first).trim_end_matches('.')
}

fn type_words(of: &Type) -> String {
    match of {
        Type::Choice(choices) => choices.join(" | "),
        Type::Choices(choices) => format!("some of {}", choices.join(", ")),
        Type::Bool { auto: true } => "bool | auto".to_owned(),
        other => other.name().to_owned(),
    }
}

fn fallback(param: &Param) -> String {
    match &param.default {
        None if param.required => "required".to_owned(),
        None => "optional".to_owned(),
        Some(Fallback::Template(template)) => format!("default {}", written(template)),
        Some(Fallback::Fixed(Value::String(word))) => format!("default {word}"),
        Some(Fallback::Fixed(value)) => format!("default {value}"),
    }
}

/// `text` in lines of at most 100 columns, each after `indent` blanks.
fn wrap(text: &str, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= 100 => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(format!("{:indent$}{word}", "")),
        }
    }
    lines.join("\n")
}
