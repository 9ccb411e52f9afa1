// Stands in until the real editor is here.
//
// Settings of a puma.rb, by lines alone: a setting is a line that begins with its name, with the lines that are indented
// below it and the `end` that closes them.

use super::Why;
use crate::edit::{self, Fault, Place, Text};

struct Setting {
    name: String,
    lines: std::ops::Range<usize>,
}

/// `whole` with each setting of `fragment` set, and those in `remove` gone.
pub fn edit(whole: &[u8], fragment: &[u8], remove: &[&str]) -> Result<Vec<u8>, Fault> {
    let text_of = text(whole, Text::Whole)?;
    let wanted_text = text(fragment, Text::Fragment)?;
    let mut lines: Vec<String> = text_of.lines().map(str::to_owned).collect();
    for name in remove {
        while let Some(found) = find(&lines, name)? {
            lines.drain(found.lines);
        }
    }
    let wanted: Vec<String> = wanted_text.lines().map(str::to_owned).collect();
    for setting in settings(&wanted) {
        let new = wanted[setting.lines].to_vec();
        match find(&lines, &setting.name)? {
            Some(old) => drop(lines.splice(old.lines, new)),
            None => lines.extend(new),
        }
    }
    Ok(lines.into_iter().map(|line| line + "\n").collect::<String>().into_bytes())
}

/// What `whole` says of those settings.
pub fn part(whole: &[u8], fragment: &[u8], remove: &[&str]) -> Result<Vec<u8>, Fault> {
    let lines: Vec<String> = text(whole, Text::Whole)?.lines().map(str::to_owned).collect();
    let wanted: Vec<String> = text(fragment, Text::Fragment)?.lines().map(str::to_owned).collect();
    let names = settings(&wanted).into_iter().map(|setting| setting.name);
    let mut said = String::new();
    for name in names.chain(remove.iter().map(|name| (*name).to_owned())) {
        if let Some(found) = find(&lines, &name)? {
            lines[found.lines].iter().for_each(|line| said.push_str(&format!("{line}\n")));
        }
    }
    Ok(said.into_bytes())
}

fn text(bytes: &[u8], of: Text) -> Result<&str, Fault> {
    let at = Place { text: of, line: 1, column: 1 };
    std::str::from_utf8(bytes)
        .map_err(|_| Fault { at: Some(at), why: edit::Why::Puma(Why::Syntax { message: "no text".to_owned() }) })
}

fn settings(lines: &[String]) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let is_inside = line.starts_with(' ') || line == "end";
        match settings.last_mut() {
            Some(last) if is_inside && last.lines.end == index => last.lines.end = index + 1,
            _ if line.trim().is_empty() || line.trim_start().starts_with('#') || is_inside => {}
            _ => settings.push(Setting {
                name: line.split([' ', '(']).next().unwrap_or_default().to_owned(),
                lines: index..index + 1,
            }),
        }
    }
    settings
}

fn find(lines: &[String], name: &str) -> Result<Option<Setting>, Fault> {
    let conditional =
        lines.iter().position(|line| line.starts_with(' ') && line.trim_start().split([' ', '(']).next() == Some(name));
    if let Some(index) = conditional {
        let at = Place {
            text: Text::Whole,
            line: index + 1,
            column: lines[index].len() - lines[index].trim_start().len() + 1,
        };
        let why = edit::Why::Puma(Why::Syntax { message: format!("`{name}` depends on something") });
        return Err(Fault { at: Some(at), why });
    }
    Ok(settings(lines).into_iter().find(|setting| setting.name == name))
}
