//! The programs that run on hosts, under every shell that a host may have, in temporary folders.

#[cfg(test)]
#[path = "shell/followed.rs"]
mod followed;
#[cfg(test)]
#[path = "shell/harness.rs"]
mod harness;
#[cfg(test)]
#[path = "shell/import.rs"]
mod import;
#[cfg(test)]
#[path = "shell/nginx.rs"]
mod nginx;

#[cfg(test)]
#[path = "shell/observe.rs"]
mod observe;
#[cfg(test)]
#[path = "shell/preflight.rs"]
mod preflight;
#[cfg(test)]
#[path = "shell/record.rs"]
mod record;
#[cfg(test)]
#[path = "shell/run.rs"]
mod run;
#[cfg(test)]
#[path = "shell/stats.rs"]
mod stats;
#[path = "shell/traps.rs"]
mod traps;
#[cfg(test)]
#[path = "shell/trouble.rs"]
mod trouble;
#[cfg(test)]
#[path = "shell/units.rs"]
mod units;

use std::process::Command;

#[test]
fn shellcheck_finds_nothing() {
    let Some(shellcheck) = harness::find("shellcheck") else { return harness::skip("shellcheck") };
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/host")).unwrap();
    let mut texts: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    texts.retain(|path| path.extension().is_some_and(|end| end == "sh"));
    assert!(texts.len() >= 2, "{texts:?}");
    texts.push(concat!(env!("CARGO_MANIFEST_DIR"), "/roles/systemd_exec_reload/templates/await-roll.tera").into());
    let output = Command::new(shellcheck).args(["-s", "sh"]).args(&texts).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
