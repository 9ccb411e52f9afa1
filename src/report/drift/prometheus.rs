use std::fmt::{Display, Write};

use super::report::{HostState, Report};

/// The text format that Prometheus' node exporter collects from files. `last_success`: when every host could be looked at
/// for the last time, seconds since 1970.
pub fn prometheus(report: &Report, last_success: Option<i64>) -> String {
    let mut out = String::new();
    let inventory = label("inventory", &report.inventory);
    family(&mut out, "zdt_drift_hosts", "Hosts by what a look for drift found.");
    for (state, number) in &report.counts.hosts {
        sample(&mut out, "zdt_drift_hosts", &[&inventory, &label("state", &word(state.name()))], number);
    }
    family(&mut out, "zdt_drift_resources", "Resources by cause, on the hosts that could be looked at.");
    for (cause, number) in &report.counts.resources {
        sample(&mut out, "zdt_drift_resources", &[&inventory, &label("cause", &word(cause.name()))], number);
    }
    family(&mut out, "zdt_drift_host_state", "1 for the state that a host is in, 0 for the others.");
    for host in &report.hosts {
        for state in HostState::ALL {
            let labels = [&inventory, &label("host", &host.host), &label("state", &word(state.name()))];
            sample(&mut out, "zdt_drift_host_state", &labels, u8::from(host.state == state));
        }
    }
    let mut single = |name: &str, help: &str, value: &dyn Display| {
        family(&mut out, name, help);
        sample(&mut out, name, &[&inventory], value);
    };
    single("zdt_drift_last_run_timestamp_seconds", "When the last look began.", &report.began);
    if let Some(last) = last_success {
        let help = "When the last look began in which every host could be looked at.";
        single("zdt_drift_last_success_timestamp_seconds", help, &last);
    }
    single("zdt_drift_duration_seconds", "How long the last look took.", &(seconds(report.took_ms)));
    single("zdt_drift_exit_code", "What it came to: 0 in sync, 2 drift, 4 a host unknown.", &report.exit);
    out
}

/// `in_sync`: as labels are mostly written.
fn word(name: &str) -> String {
    name.replace(' ', "_")
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

fn family(out: &mut String, name: &str, help: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn label(name: &str, value: &str) -> String {
    format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn sample(out: &mut String, name: &str, labels: &[&String], value: impl Display) {
    let labels: Vec<&str> = labels.iter().map(|label| label.as_str()).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{name}{{{}}} {value}", labels.join(","));
}
