use std::time::Duration;

use crate::engine::{Batch, Differing, Forecast, WhyNot};
use crate::report::printable;
use crate::words::{count, verb};

/// Of more hosts than this the batches are counted, not named.
const NAMED: usize = 12;

/// Why a host was not, or would not be, started.
pub fn why_not_words(why: &WhyNot) -> String {
    match why {
        WhyNot::Asked => "zdt was asked to end".to_owned(),
        WhyNot::Budget { failed, unreachable, allowed } => {
            let bad = match (*failed, *unreachable) {
                (failed, 0) => format!("{} failed", count(failed, "host")),
                (0, unreachable) => format!("{} could not be reached or read", count(unreachable, "host")),
                (failed, unreachable) => {
                    format!("{} failed, {unreachable} could not be reached or read", count(failed, "host"))
                }
            };
            match allowed {
                0 => format!("{bad}, and none may (`--max-failures`)"),
                allowed => format!("{bad}, and no more than {allowed} may (`--max-failures`)"),
            }
        }
        WhyNot::Minimum { group, size, keep, out } => {
            let minimum = format!("{keep} of the {} of `{group}` must stay in service", count(*size, "host"));
            match out {
                0 => minimum,
                out => format!("{minimum}, and {out} {} out already", verb(*out)),
            }
        }
    }
}

/// `Batch 2 of 3: web2, web3`
pub fn batch_line(batch: Batch, hosts: &[String]) -> String {
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    printable(&format!("Batch {} of {}: {}", batch.number, batch.of, named(&hosts)))
}

pub fn pause_line(batch: Batch, lasts: Duration) -> String {
    format!("Waiting {} s before batch {} of {}", lasts.as_secs(), batch.number, batch.of)
}

/// What is to be known before a run begins: which hosts begin together, which not at all, and what was made of settings
/// that differ. Nothing where one batch holds all.
pub fn schedule_lines(forecast: &Forecast, hosts: &[&str], differing: &[Differing]) -> String {
    let Forecast { batches, held } = forecast;
    let mut lines = String::new();
    if batches.len() > 1 || !(held.is_empty() || batches.is_empty()) {
        lines.push_str(&format!("Batches: {}.\n", batches_words(batches, hosts)));
        lines.extend(differing.iter().map(differing_line));
    }
    let mut reasons: Vec<(&WhyNot, Vec<&str>)> = Vec::new();
    for (index, why) in held {
        let Some(host) = hosts.get(*index).copied() else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, hosts)) => hosts.push(host),
            None => reasons.push((why, vec![host])),
        }
    }
    for (why, hosts) in reasons {
        lines.push_str(&format!("Would not be started: {}: {}.\n", named(&hosts), why_not_words(why)));
    }
    lines.lines().map(|line| format!("{}\n", printable(line))).collect()
}

fn batches_words(batches: &[Vec<usize>], hosts: &[&str]) -> String {
    if batches.iter().map(Vec::len).sum::<usize>() <= NAMED {
        let name = |index: &usize| hosts.get(*index).copied();
        let batch = |batch: &Vec<usize>| batch.iter().filter_map(name).collect::<Vec<_>>().join(", ");
        return batches.iter().map(batch).collect::<Vec<_>>().join("; then ");
    }
    let mut sizes: Vec<(usize, usize)> = Vec::new();
    for batch in batches {
        match sizes.last_mut() {
            Some((size, times)) if *size == batch.len() => *times += 1,
            _ => sizes.push((batch.len(), 1)),
        }
    }
    let words = |(size, times): (usize, usize)| match times {
        1 => count(size, "host"),
        times => format!("{}, {times} times", count(size, "host")),
    };
    sizes.into_iter().map(words).collect::<Vec<_>>().join("; then ")
}

/// `web1, web2`; of very many the first few, and how many more.
fn named(hosts: &[&str]) -> String {
    if hosts.len() <= NAMED {
        return hosts.join(", ");
    }
    let (first, rest) = hosts.split_at(NAMED / 2);
    format!("{} and {}", first.join(", "), count(rest.len(), "more host"))
}

fn differing_line(differing: &Differing) -> String {
    let values: Vec<String> = differing.values.iter().map(|(value, place)| format!("`{value}` ({place})")).collect();
    let counts = match differing.variable {
        "zdt_batch" => "at each step the smallest counts",
        "zdt_pause" => "the longest counts",
        _ => "the smallest counts",
    };
    format!("`{}` differs among the hosts: {}; {counts}.\n", differing.variable, values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: [&str; 4] = ["web1", "web2", "web3", "db1"];

    #[test]
    fn a_schedule_names_few_hosts_and_counts_many() {
        let many: Vec<Vec<usize>> = [1, 5, 5, 5, 2].iter().map(|size| (0..*size).collect()).collect();
        for (batches, words) in [
            (vec![], ""),
            (vec![vec![0, 1, 2, 3]], ""),
            (vec![vec![0], vec![1, 2], vec![3]], "Batches: web1; then web2, web3; then db1.\n"),
            (many, "Batches: 1 host; then 5 hosts, 3 times; then 2 hosts.\n"),
        ] {
            assert_eq!(schedule_lines(&Forecast { batches, held: vec![] }, &HOSTS, &[]), words);
        }
    }

    #[test]
    fn what_would_not_begin_is_said_once_a_reason() {
        let minimum = WhyNot::Minimum { group: "db".to_owned(), size: 1, keep: 1, out: 0 };
        let held = vec![(3, minimum)];
        let differing = Differing {
            variable: "zdt_batch",
            values: vec![("1".to_owned(), "i.yml:3".to_owned()), ("2".to_owned(), "i.yml:9".to_owned())],
        };
        assert_eq!(
            schedule_lines(&Forecast { batches: vec![vec![0], vec![1, 2]], held }, &HOSTS, &[differing]),
            "Batches: web1; then web2, web3.\n\
             `zdt_batch` differs among the hosts: `1` (i.yml:3), `2` (i.yml:9); at each step the smallest counts.\n\
             Would not be started: db1: 1 of the 1 host of `db` must stay in service.\n"
        );
    }

    #[test]
    fn a_reason_counts_what_went_wrong() {
        let budget = |failed, unreachable, allowed| WhyNot::Budget { failed, unreachable, allowed };
        for (why, words) in [
            (budget(1, 0, 0), "1 host failed, and none may (`--max-failures`)"),
            (budget(0, 2, 1), "2 hosts could not be reached or read, and no more than 1 may (`--max-failures`)"),
            (
                budget(2, 1, 2),
                "2 hosts failed, 1 could not be reached or read, and no more than 2 may (`--max-failures`)",
            ),
            (
                WhyNot::Minimum { group: "web".to_owned(), size: 6, keep: 5, out: 1 },
                "5 of the 6 hosts of `web` must stay in service, and 1 is out already",
            ),
        ] {
            assert_eq!(why_not_words(&why), words);
        }
    }
}
