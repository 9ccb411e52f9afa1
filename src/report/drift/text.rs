use super::report::{Host, HostState, Report};

/// What is said of hosts that are not in sync.
pub fn text(report: &Report) -> String {
    let told = report.hosts.iter().filter(|host| !matches!(host.state, HostState::InSync | HostState::Pending));
    told.map(block).collect()
}

fn block(host: &Host) -> String {
    let mut out = format!("{}: {}\n", host.host, host.state.name());
    for line in host.error.iter().flat_map(|error| error.lines()) {
        out.push_str(&format!("  {line}\n"));
    }
    for finding in &host.findings {
        out.push_str(&format!("  {}: {}: {}\n", finding.id, finding.cause.name(), finding.says));
    }
    out
}

/// `Drift: 3 hosts: 1 drifted, 2 in sync.`
pub fn recap(report: &Report) -> String {
    let states = report.counts.hosts.iter().filter(|(_, number)| **number > 0);
    let states: Vec<String> = states.map(|(state, number)| format!("{number} {}", state.name())).collect();
    format!("Drift: {}: {}.", crate::words::count(report.hosts.len(), "host"), states.join(", "))
}
