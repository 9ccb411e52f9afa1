use std::fmt::Write;

use super::plain::plain;
use super::report::{Finding, Host, HostState, Report};

/// JUnit XML: a suite a host, a case a difference, and one for all that is in sync. Drift is a failure, a host that could
/// not be looked at an error, a busy one skipped.
pub fn junit(report: &Report) -> String {
    let suites: Vec<Suite> = report.hosts.iter().map(suite).collect();
    let total = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"zdt drift {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}.{:03}\">",
        escaped(&report.inventory),
        total(|suite| suite.tests),
        total(|suite| suite.failures),
        total(|suite| suite.errors),
        report.took_ms / 1000,
        report.took_ms % 1000,
    );
    suites.iter().for_each(|suite| out.push_str(&suite.text));
    out.push_str("</testsuites>\n");
    out
}

struct Suite {
    text: String,
    tests: usize,
    failures: usize,
    errors: usize,
}

fn suite(host: &Host) -> Suite {
    let failures = host.findings.iter().filter(|finding| finding.cause.is_drift()).count();
    let could_look = !matches!(host.state, HostState::Unknown | HostState::Busy | HostState::Refused);
    let (errors, skipped) = match host.state {
        HostState::Busy => (0, 1),
        _ if could_look => (0, 0),
        _ => (1, 0),
    };
    let tests = host.findings.len() + 1;
    let name = escaped(&host.host);
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">",
    );
    let whole = match host.state {
        HostState::Busy => "could not be looked at".to_owned(),
        _ if could_look => format!("{} in sync", host.in_sync),
        _ => "could not be looked at".to_owned(),
    };
    let error = escaped(host.error.as_deref().unwrap_or_default());
    let inner = match (host.state, could_look) {
        (_, true) => String::new(),
        (HostState::Busy, _) => format!("<skipped message=\"{error}\"/>"),
        _ => format!("<error type=\"{}\" message=\"{error}\"/>", host.state.name()),
    };
    let _ = writeln!(text, "    <testcase classname=\"{name}\" name=\"{whole}\">{inner}</testcase>");
    for finding in &host.findings {
        let _ = writeln!(text, "    {}", case(&name, finding));
    }
    text.push_str("  </testsuite>\n");
    Suite { text, tests, failures, errors }
}

fn case(host: &str, finding: &Finding) -> String {
    let (name, says) = (escaped(&finding.id), escaped(&finding.says));
    let inner = if finding.cause.is_drift() {
        format!("<failure type=\"{}\" message=\"{says}\">{}</failure>", finding.cause.name(), escaped(&plain(finding)))
    } else {
        format!("<system-out>{}: {says}</system-out>", finding.cause.name())
    };
    format!("<testcase classname=\"{host}\" name=\"{name}\">{inner}</testcase>")
}

/// As text or in an attribute; what XML 1.0 cannot hold at all is shown as a replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
