// Stands in until the real editor is here.
//
// An upstream of an nginx configuration, by lines alone: `upstream NAME {` and the next line that is `}`.

use super::Why;
use crate::edit::{self, Fault, Place, Text};

struct Block<'a> {
    before: &'a str,
    lines: Vec<&'a str>,
    after: &'a str,
}

/// `whole` with its upstream as `fragment` has it.
pub fn edit(whole: &[u8], fragment: &[u8]) -> Result<Vec<u8>, Fault> {
    let (name, fragment) = fragment_of(fragment)?;
    let block = block(text(whole, Text::Whole)?, &name, Text::Whole)?;
    if meaning(&block.lines) == meaning(&fragment) {
        return Ok(whole.to_vec());
    }
    Ok(format!("{}{}\n{}", block.before, fragment.join("\n"), block.after).into_bytes())
}

/// What `whole` says of the upstream, without comments and spacing.
pub fn part(whole: &[u8], fragment: &[u8]) -> Result<Vec<u8>, Fault> {
    let (name, _) = fragment_of(fragment)?;
    Ok(meaning(&block(text(whole, Text::Whole)?, &name, Text::Whole)?.lines).into_bytes())
}

fn text(bytes: &[u8], of: Text) -> Result<&str, Fault> {
    let at = Place { text: of, line: 1, column: 1 };
    std::str::from_utf8(bytes).map_err(|_| Fault { at: Some(at), why: edit::Why::Nginx(Why::Unfinished) })
}

fn fragment_of(fragment: &[u8]) -> Result<(String, Vec<&str>), Fault> {
    let text = text(fragment, Text::Fragment)?;
    let name = text.lines().find_map(|line| line.trim().strip_prefix("upstream ")?.strip_suffix(" {"));
    let name = name.unwrap_or_default().trim().to_owned();
    let block = block(text, &name, Text::Fragment)?;
    Ok((name, block.lines))
}

fn block<'a>(text: &'a str, name: &str, of: Text) -> Result<Block<'a>, Fault> {
    let fault = |at: Option<usize>, why| {
        Err(Fault { at: at.map(|at| Place::of(of, text.as_bytes(), at)), why: edit::Why::Nginx(why) })
    };
    let head = format!("upstream {name} {{");
    let Some(begin) = text.find(&head) else { return fault(None, Why::NoUpstream { name: name.to_owned() }) };
    let Some(length) = text[begin..].find('}') else { return fault(Some(begin), Why::Unfinished) };
    let end = begin + length + 1;
    let after = text[end..].strip_prefix('\n').unwrap_or(&text[end..]);
    Ok(Block { before: &text[..begin], lines: text[begin..end].lines().collect(), after })
}

fn meaning(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| format!("{line}\n")).collect()
}
