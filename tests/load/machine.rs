use std::process::Command;

use super::crowd;

/// What the numbers depend on.
pub fn told(rate: u32) -> String {
    let said = |script: &str| {
        let output = Command::new("sh").args(["-c", script]).output().expect("sh");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    format!(
        "Measured {} on {}, {} processors, Linux {}, which the hosts shared; zdt {} ({}). To each host: {} requests a \
         second over {} kept connections, and one every {} ms on a connection of its own.",
        said("date -u +%F"),
        said("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1"),
        said("nproc"),
        said("uname -r"),
        env!("CARGO_PKG_VERSION"),
        said("git rev-parse --short HEAD"),
        rate,
        crowd::LOOPS,
        crowd::BETWEEN.as_millis(),
    )
}
