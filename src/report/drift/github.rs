use super::plain::plain;
use super::report::{Host, HostState, Report};

/// Annotations as GitHub reads them from a job's output: drift is a warning, a host that could not be looked at an error,
/// what came from ourselves a notice.
pub fn github(report: &Report) -> String {
    report.hosts.iter().flat_map(annotations).collect()
}

fn annotations(host: &Host) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(error) = &host.error {
        let level = if host.state == HostState::Busy { "warning" } else { "error" };
        all.push(annotation(level, &format!("{}: {}", host.host, host.state.name()), error));
    }
    for finding in &host.findings {
        let level = if finding.cause.is_drift() { "warning" } else { "notice" };
        let title = format!("{}: {} {}", host.host, finding.id, finding.cause.name());
        all.push(annotation(level, &title, &plain(finding)));
    }
    all
}

fn annotation(level: &str, title: &str, message: &str) -> String {
    let message = message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = title.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = title.replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={title}::{message}\n")
}
