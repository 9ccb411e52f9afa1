//! `--limit`: Ansible's host patterns. First what adds, then what intersects (`&`), then what excludes (`!`).

use std::collections::HashSet;

use indexmap::IndexSet;

use super::fault::Fault;
use super::model::Inventory;
use super::{glob, range};
use crate::words;

impl Inventory {
    /// The hosts that `limit` names, in the inventory's order; all without one. A part that matches nothing is a
    /// fault, and so is a limit that leaves no host: nobody types one to do nothing.
    pub fn select(&self, limit: Option<&str>) -> Result<Vec<&str>, Vec<Fault>> {
        let Some(limit) = limit else { return Ok(self.hosts().collect()) };
        let parts = split(limit);
        if parts.is_empty() {
            // `--limit "$HOST"` with HOST unset must not mean everything.
            return Err(vec![Fault::EmptyPattern]);
        }
        let mut faults = Vec::new();
        let (mut chosen, mut within, mut without) = (HashSet::new(), Vec::new(), Vec::new());
        let mut adds = false;
        let mut empty = Vec::new();
        for part in parts {
            let (list, name) = match part.split_at_checked(1) {
                Some(("&", name)) => (Some(&mut within), name),
                Some(("!", name)) => (Some(&mut without), name),
                _ => (None, part),
            };
            adds |= list.is_none();
            let found = self.one(name);
            // A `!` of an empty group takes nothing away: it is not why.
            if !part.starts_with('!') && found.as_ref().is_ok_and(IndexSet::is_empty) {
                empty.push(name.to_owned());
            }
            match (found, list) {
                (Ok(hosts), Some(list)) => list.push(hosts),
                (Ok(hosts), None) => chosen.extend(hosts),
                (Err(fault), _) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let selected: Vec<&str> = self
            .hosts()
            .filter(|host| !adds || chosen.contains(host))
            .filter(|host| within.iter().all(|hosts| hosts.contains(host)))
            .filter(|host| !without.iter().any(|hosts| hosts.contains(host)))
            .collect();
        if selected.is_empty() {
            return Err(vec![Fault::NothingSelected { pattern: limit.to_owned(), empty }]);
        }
        Ok(selected)
    }

    /// One part, without its `&` or `!`.
    fn one(&self, part: &str) -> Result<IndexSet<&str>, Fault> {
        if part.starts_with(['~', '@']) {
            return Err(Fault::PatternUnsupported { part: part.to_owned() });
        }
        if let Some((host, _)) = self.hosts.get_key_value(part) {
            return Ok(IndexSet::from([host.as_str()]));
        }
        if let Some((name, subscript)) = subscript(part) {
            let (hosts, matched) = self.matching(name);
            if matched {
                return cut(&hosts, &subscript)
                    .ok_or_else(|| Fault::SubscriptOutOfRange { part: part.to_owned(), hosts: hosts.len() });
            }
        }
        // Beyond Ansible: a range as in the inventory, `web[01:03]`, where no group of that name takes a subscript.
        // Ansible would read the brackets as a class of characters, the colon among them.
        if part.contains('[')
            && let Ok(names) = range::expand(part, 10_000)
        {
            let hosts: IndexSet<&str> =
                names.iter().filter_map(|name| self.hosts.get_key_value(name)).map(|(name, _)| name.as_str()).collect();
            if !hosts.is_empty() {
                return Ok(hosts);
            }
        }
        let (hosts, matched) = self.matching(part);
        if matched {
            return Ok(hosts);
        }
        let names = self.groups().chain(self.hosts());
        Err(Fault::NoMatch { part: part.to_owned(), known: words::did_you_mean(part, names).map(str::to_owned) })
    }

    /// The hosts that an expression stands for, and whether it matched a group or host at all.
    fn matching(&self, expression: &str) -> (IndexSet<&str>, bool) {
        let mut hosts = IndexSet::new();
        let mut matched = false;
        let expression = if expression == "*" { "all" } else { expression };
        for group in self.groups().filter(|group| glob::matches(expression, group)) {
            matched = true;
            hosts.extend(self.hosts_of(group));
        }
        if !matched || expression.contains(['.', '?', '*', '[']) {
            let named = self.hosts().filter(|host| glob::matches(expression, host));
            let before = hosts.len();
            hosts.extend(named);
            matched |= hosts.len() > before;
        }
        (hosts, matched)
    }
}

/// Commas separate; without one, colons do, but not those in brackets or in an IPv6 address.
fn split(limit: &str) -> Vec<&str> {
    let parts: Vec<&str> = if limit.contains(',') {
        limit.split(',').collect()
    } else if limit.trim().parse::<std::net::Ipv6Addr>().is_ok() {
        vec![limit]
    } else {
        let mut depth = 0usize;
        limit
            .split(|character: char| {
                match character {
                    '[' => depth += 1,
                    ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && (character == ':' || character.is_whitespace())
            })
            .collect()
    };
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

enum Subscript {
    At(i64),
    /// Both ends included; without an end, to the last.
    From(usize, Option<usize>),
}

/// `name[0]`, `name[-1]`, `name[1:3]`, `name[1:]`.
fn subscript(part: &str) -> Option<(&str, Subscript)> {
    let (name, inside) = part.strip_suffix(']')?.rsplit_once('[')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let subscript = match inside.split_once([':', '-']) {
        Some(("", last)) if inside.starts_with('-') && digits(last) => Subscript::At(-last.parse().ok()?),
        Some((first, "")) if digits(first) => Subscript::From(first.parse().ok()?, None),
        Some((first, last)) if digits(first) && digits(last) => {
            Subscript::From(first.parse().ok()?, Some(last.parse().ok()?))
        }
        None if digits(inside) => Subscript::At(inside.parse().ok()?),
        _ => return None,
    };
    (!name.is_empty()).then_some((name, subscript))
}

fn cut<'a>(hosts: &IndexSet<&'a str>, subscript: &Subscript) -> Option<IndexSet<&'a str>> {
    let taken: IndexSet<&str> = match *subscript {
        Subscript::At(at) => {
            let at =
                if at < 0 { hosts.len().checked_sub(usize::try_from(-at).ok()?)? } else { usize::try_from(at).ok()? };
            hosts.get_index(at).copied().into_iter().collect()
        }
        Subscript::From(first, last) => {
            let count = last.map_or(usize::MAX, |last| (last + 1).saturating_sub(first));
            hosts.iter().copied().skip(first).take(count).collect()
        }
    };
    (!taken.is_empty()).then_some(taken)
}
