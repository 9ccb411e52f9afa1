//! A key under `hosts:`: a name or an address, ranges in it, a port behind it.

use std::net::Ipv6Addr;

use super::fault::{Fault, NameProblem};
use super::range;
use crate::source::Span;

/// More hosts than this in one inventory is a slip in a range.
pub const MAX_HOSTS: usize = 100_000;

#[derive(Debug, PartialEq, Eq)]
pub struct HostPattern {
    pub names: Vec<String>,
    pub port: Option<u16>,
}

/// `text` as Ansible reads it; `at` is where it stands.
pub fn parse(text: &str, at: &Span) -> Result<HostPattern, Fault> {
    let (address, port) = split_port(text);
    let port = match port {
        None => None,
        Some(digits) => Some(
            digits
                .parse::<u16>()
                .ok()
                .filter(|&port| port > 0)
                .ok_or_else(|| Fault::BadPort { at: at.clone(), text: digits.to_owned() })?,
        ),
    };
    let names = if address.parse::<Ipv6Addr>().is_ok() {
        vec![address.to_owned()]
    } else {
        range::expand(address, MAX_HOSTS).map_err(|problem| match problem {
            range::Problem::Range(problem) => Fault::BadRange { at: at.clone(), text: text.to_owned(), problem },
            range::Problem::TooMany => Fault::TooManyHosts { at: at.clone(), limit: MAX_HOSTS },
        })?
    };
    for name in &names {
        if let Some(problem) = name_problem(name) {
            return Err(Fault::BadHostName { at: at.clone(), name: name.clone(), problem });
        }
    }
    Ok(HostPattern { names, port })
}

/// `[2001:db8::1]:22`, `web:22`, `web[1:3]:22`; a bare IPv6 address has no port.
fn split_port(text: &str) -> (&str, Option<&str>) {
    let Some((address, port)) = text.rsplit_once(':') else { return (text, None) };
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return (text, None);
    }
    if let Some(inner) = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
        && inner.parse::<Ipv6Addr>().is_ok()
    {
        return (inner, Some(port));
    }
    // The colon of a range does not separate a port, nor do those of an IPv6 address.
    let mut inside = false;
    for character in address.chars() {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            ':' if !inside => return (text, None),
            _ => {}
        }
    }
    if inside { (text, None) } else { (address, Some(port)) }
}

/// What makes a name unfit to be handed to ssh, or to name a file under `host_vars/`.
pub fn name_problem(name: &str) -> Option<NameProblem> {
    if name.is_empty() {
        Some(NameProblem::Empty)
    } else if name.len() > 255 {
        Some(NameProblem::TooLong)
    } else if name.starts_with('-') {
        Some(NameProblem::LeadingDash)
    } else if name.chars().any(char::is_control) {
        Some(NameProblem::ControlCharacter)
    } else if name.chars().any(char::is_whitespace) {
        Some(NameProblem::Whitespace)
    } else if name.contains('/') {
        Some(NameProblem::Slash)
    } else if name.contains("..") || name == "." {
        Some(NameProblem::Dots)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn read(text: &str) -> Result<HostPattern, Fault> {
        parse(text, &Span::new(&Source::new("t", text), 0..text.len()))
    }

    #[test]
    fn names_and_ports() {
        for (text, names, port) in [
            ("web", "web", None),
            ("web:2222", "web", Some(2222)),
            ("web[1:2]:22", "web1 web2", Some(22)),
            ("10.0.0.1:22", "10.0.0.1", Some(22)),
            ("::1", "::1", None),
            ("2001:db8::22", "2001:db8::22", None),
            ("[2001:db8::1]:22", "2001:db8::1", Some(22)),
            ("10.0.0.[1:2]", "10.0.0.1 10.0.0.2", None),
        ] {
            let found = read(text).map(|found| (found.names.join(" "), found.port));
            assert_eq!(found, Ok((names.to_owned(), port)), "{text}");
        }
        assert!(matches!(read("web:70000"), Err(Fault::BadPort { .. })));
        assert!(matches!(read("web:0"), Err(Fault::BadPort { .. })));
    }

    #[test]
    fn names_that_would_do_harm() {
        for (text, expected) in [
            ("-oProxyCommand=x", NameProblem::LeadingDash),
            ("a\u{7}b", NameProblem::ControlCharacter),
            ("a/b", NameProblem::Slash),
            ("..", NameProblem::Dots),
            ("a b", NameProblem::Whitespace),
            ("", NameProblem::Empty),
        ] {
            assert!(matches!(read(text), Err(Fault::BadHostName { problem, .. }) if problem == expected), "{text:?}");
        }
    }
}
