use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::transaction::Witnessed;
use crate::words::count;

/// `1,842 requests, 0 failed, longest 140 ms (p50 2 ms, p99 9 ms)`, and what failed, and who answered.
pub fn witness_line(witnessed: &Witnessed) -> String {
    let Witnessed { about, sent, failed, p50, p99, longest, allowed, kinds, answers, excused } = witnessed;
    let about = about.as_ref().map(|unit| format!("{unit}: ")).unwrap_or_default();
    let list = |counts: &[(String, u64)], name: fn(&str) -> String| {
        counts
            .iter()
            .map(|(word, number)| format!("{} {}", grouped(*number), name(word)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let failures = if kinds.is_empty() { String::new() } else { format!(" ({})", list(kinds, failure)) };
    let announced = match allowed {
        Some(allowed) if *longest > 1000 && longest <= allowed => ", as announced",
        None if *longest > 1000 => ", how long its boot takes was not known",
        _ => "",
    };
    let by = if answers.is_empty() {
        String::new()
    } else {
        format!("; answered: {}", list(answers, |word| word.to_owned()))
    };
    let excuse = if *excused { "; the site did not answer before either, so nothing was judged" } else { "" };
    let requests = if *sent == 1 { "request" } else { "requests" };
    format!(
        "{about}{} {requests}, {} failed{failures}, longest {}{announced} (p50 {}, p99 {}){by}{excuse}",
        grouped(*sent),
        grouped(*failed),
        milliseconds(*longest),
        milliseconds(*p50),
        milliseconds(*p99)
    )
}

/// `Witness: 3 hosts, 1,842 requests, 0 failed, longest 140 ms.`; nothing where nothing was counted.
pub fn witness_recap(hosts: &BTreeMap<String, Witnessed>) -> Option<String> {
    let sent: u64 = hosts.values().map(|one| one.sent).sum();
    let failed: u64 = hosts.values().map(|one| one.failed).sum();
    let longest = hosts.values().map(|one| one.longest).max()?;
    Some(format!(
        "Witness: {}, {} requests, {} failed, longest {}.",
        count(hosts.len(), "host"),
        grouped(sent),
        grouped(failed),
        milliseconds(longest)
    ))
}

pub fn witness_json(witnessed: &Witnessed) -> Value {
    let Witnessed { about: _, sent, failed, p50, p99, longest, allowed, kinds, answers, excused } = witnessed;
    let map = |counts: &[(String, u64)]| counts.iter().cloned().collect::<BTreeMap<String, u64>>();
    json!({
        "sent": sent,
        "failed": failed,
        "failed_by_kind": map(kinds),
        "p50_ms": p50,
        "p99_ms": p99,
        "longest_ms": longest,
        "allowed_ms": allowed,
        "answers": map(answers),
        "judged": !excused,
    })
}

fn failure(kind: &str) -> String {
    match kind {
        "refused" => "refused".to_owned(),
        "broken" => "broken off".to_owned(),
        "timeout" => "without an answer".to_owned(),
        status => status.replacen("status-", "answered ", 1),
    }
}

/// `140 ms`, `2.7 s`.
fn milliseconds(number: u64) -> String {
    if number < 1000 { format!("{number} ms") } else { format!("{}.{} s", number / 1000, number % 1000 / 100) }
}

/// `1,842`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for place in (first..digits.len()).step_by(3) {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&digits[place..place + 3]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_said_in_one_line() {
        let quiet = Witnessed { sent: 1842, p50: 2, p99: 9, longest: 140, allowed: Some(1000), ..Witnessed::default() };
        assert_eq!(witness_line(&quiet), "1,842 requests, 0 failed, longest 140 ms (p50 2 ms, p99 9 ms)");
        let waited = Witnessed { longest: 2740, allowed: Some(4000), ..quiet.clone() };
        assert_eq!(witness_line(&waited), "1,842 requests, 0 failed, longest 2.7 s, as announced (p50 2 ms, p99 9 ms)");
        let bad = Witnessed {
            failed: 1003,
            kinds: vec![("status-502".to_owned(), 1000), ("timeout".to_owned(), 3)],
            answers: vec![("r1".to_owned(), 12)],
            excused: true,
            ..quiet.clone()
        };
        assert_eq!(
            witness_line(&bad),
            "1,842 requests, 1,003 failed (1,000 answered 502, 3 without an answer), longest 140 ms (p50 2 ms, p99 9 ms); \
             answered: 12 r1; the site did not answer before either, so nothing was judged"
        );
        let one = Witnessed { about: Some("puma@shop.service".to_owned()), ..quiet.clone() };
        assert!(witness_line(&one).starts_with("puma@shop.service: 1,842 requests, "));
        assert_eq!(witness_line(&one.and(quiet.clone())).split(',').next(), Some("3"));
        let hosts = BTreeMap::from([("a".to_owned(), quiet.clone()), ("b".to_owned(), waited)]);
        assert_eq!(
            witness_recap(&hosts).as_deref(),
            Some("Witness: 2 hosts, 3,684 requests, 0 failed, longest 2.7 s.")
        );
        assert_eq!(witness_recap(&BTreeMap::new()), None);
        assert_eq!(
            ["0", "12", "999", "1,000", "1,234,567"],
            [0, 12, 999, 1000, 1_234_567].map(grouped).each_ref().map(String::as_str)
        );
    }
}
