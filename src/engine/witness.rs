//! How requests are to be watched on a host: the variable `zdt_witness`.

use std::time::Duration;

use crate::engine::Problem;
use crate::inventory::Variables;
use crate::transaction::{Place, Witness};
use crate::yaml::Node;

const KEYS: &str = "`url`, `host`, `rate`, `method`, `expect`, `release_header`, `max_failed` or `max_stall`";

/// `false`: none; unset: as it is by default.
pub(super) fn of(variables: &Variables) -> Result<Option<Witness>, Vec<Problem>> {
    let variable = match variables.resolve("zdt_witness") {
        Ok(Some(variable)) => variable,
        Ok(None) => return Ok(Some(Witness::default())),
        Err(fault) => return Err(vec![Problem::Inventory(fault)]),
    };
    match (variable.node.as_map(), variable.node.text().as_str()) {
        (Some(entries), _) => read(entries).map(Some),
        (None, "true") => Ok(Some(Witness::default())),
        (None, "false") => Ok(None),
        (None, _) => Err(vec![wrong(&variable.node, "zdt_witness", "a mapping, or `false`")]),
    }
}

fn wrong(node: &Node, key: &str, wanted: &'static str) -> Problem {
    Problem::BadWitness { span: node.span.clone(), key: key.to_owned(), found: node.describe(), wanted }
}

fn read(entries: &[(Node, Node)]) -> Result<Witness, Vec<Problem>> {
    let mut witness = Witness::default();
    let mut problems = Vec::new();
    for (key, value) in entries {
        let name = key.text();
        match set(&mut witness, &name, &value.text()) {
            Ok(()) => {}
            Err(Some(wanted)) => problems.push(wrong(value, &name, wanted)),
            Err(None) => problems.push(wrong(key, "zdt_witness", KEYS)),
        }
    }
    if problems.is_empty() { Ok(witness) } else { Err(problems) }
}

/// `Err`: what belongs there; of a key that there is not, nothing.
fn set(witness: &mut Witness, key: &str, text: &str) -> Result<(), Option<&'static str>> {
    match key {
        "url" => {
            let (place, path) = url(text).ok_or("a URL such as `http://127.0.0.1:8080/up`, or a path such as `/up`")?;
            witness.at = place;
            witness.path = path;
        }
        "host" => witness.host = Some(word(text).ok_or("a host name")?),
        "method" => {
            let safe = ["GET", "HEAD", "OPTIONS"].contains(&text);
            witness.method =
                safe.then(|| text.to_owned()).ok_or("`GET`, `HEAD` or `OPTIONS`: it is sent many times")?;
        }
        "rate" => {
            let rate = text.parse().ok().filter(|rate| (1..=200).contains(rate));
            witness.rate = rate.ok_or("requests a second, 1 to 200")?;
        }
        "expect" => {
            let status = text.parse().ok().filter(|status| (100..=599).contains(status));
            witness.expect = Some(status.ok_or("the status of a right answer, such as 200")?);
        }
        "release_header" => witness.header = Some(word(text).ok_or("the name of a header of the answers")?),
        "max_failed" => witness.max_failed = text.parse().map_err(|_| "a number of requests")?,
        "max_stall" => witness.max_stall = duration(text).ok_or("a time such as `1s` or `500ms`")?,
        _ => return Err(None),
    }
    Ok(())
}

fn word(text: &str) -> Option<String> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-:".contains(character);
    (!text.is_empty() && text.chars().all(plain)).then(|| text.to_owned())
}

/// Where to connect, unless it is only a path; and the path.
fn url(text: &str) -> Option<(Option<Place>, String)> {
    let graphic = text.chars().all(|character| character.is_ascii_graphic());
    if !graphic {
        return None;
    }
    if text.starts_with('/') {
        return Some((None, text.to_owned()));
    }
    let (scheme, rest) = text.split_once("://")?;
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (address, port) = match authority.rsplit_once(':') {
        Some((address, port)) => (address, port.parse().ok().filter(|port| *port > 0)?),
        None => (authority, default),
    };
    let address = word(address).filter(|address| !address.contains(':'))?;
    let path = if path.is_empty() { "/" } else { path };
    Some((Some(Place { scheme: scheme.to_owned(), address, port }), path.to_owned()))
}

fn duration(text: &str) -> Option<Duration> {
    let milliseconds = match text.strip_suffix("ms") {
        Some(number) => number.trim().parse::<u64>().ok()?,
        None => {
            let seconds: f64 = text.strip_suffix('s').unwrap_or(text).trim().parse().ok()?;
            if !(0.0..=3600.0).contains(&seconds) {
                return None;
            }
            return Some(Duration::from_secs_f64(seconds));
        }
    };
    (milliseconds <= 3_600_000).then(|| Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_others_refused() {
        let place = |scheme: &str, port| Place { scheme: scheme.to_owned(), address: "127.0.0.1".to_owned(), port };
        for (text, wanted) in [
            ("/up", Some((None, "/up"))),
            ("http://127.0.0.1", Some((Some(place("http", 80)), "/"))),
            ("https://127.0.0.1:8443/up?x=1", Some((Some(place("https", 8443)), "/up?x=1"))),
            ("ftp://127.0.0.1/", None),
            ("http://127.0.0.1:x/", None),
            ("http:///", None),
            ("/a b", None),
        ] {
            assert_eq!(url(text), wanted.map(|(place, path)| (place, path.to_owned())), "{text}");
        }
        for (key, text, right) in [
            ("rate", "50", true),
            ("rate", "0", false),
            ("method", "POST", false),
            ("expect", "200", true),
            ("max_failed", "-1", false),
            ("max_stall", "1.5s", true),
            ("max_stall", "500ms", true),
            ("max_stall", "soon", false),
            ("host", "shop.example", true),
            ("host", "a\r\nb", false),
            ("hots", "a", false),
        ] {
            let mut witness = Witness::default();
            assert_eq!(set(&mut witness, key, text).is_ok(), right, "{key} {text}");
            assert_eq!(witness != Witness::default(), right, "{key} {text}");
        }
    }
}
