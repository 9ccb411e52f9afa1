//! Each way to set up nginx and Puma that the guide or a tutorial knows, rolled under load: which lose requests, and who waits.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use super::stage::Repeated::Never;
use super::stage::{Done, OLD_ENOUGH, Stage, Step, ended};

struct Variant {
    name: &'static str,
    /// What zdt is told.
    variables: &'static [(&'static str, &'static str)],
    /// What no role writes: lines of the upstream, `@` for the socket.
    upstream: Option<&'static str>,
    /// The version of nginx from which on it is another thing than the one before it.
    since_nginx: (u32, u32, u32),
}

const fn told(name: &'static str, variables: &'static [(&'static str, &'static str)]) -> Variant {
    Variant { name, variables, upstream: None, since_nginx: (0, 0, 0) }
}

const fn by_hand(name: &'static str, upstream: &'static str) -> Variant {
    Variant { name, variables: &[], upstream: Some(upstream), since_nginx: (0, 0, 0) }
}

/// The first is what zdt writes by itself.
const VARIANTS: [Variant; 10] = [
    told(DEFAULT, &[]),
    // To the letter it does not boot where `puma.rb` is not in a release: zdt takes such a change back.
    Variant {
        upstream: Some("server @ fail_timeout=0;"),
        ..told("the guide: one line, fail_timeout=0, fork_worker, 2 workers", &[("puma_fork_worker", "true")])
    },
    told("one server line", &[("nginx_upstream_servers", "1")]),
    by_hand("two lines, fail_timeout=0 without max_fails=0", "server @ fail_timeout=0; server @ fail_timeout=0;"),
    by_hand("two lines without parameters", "server @; server @;"),
    by_hand(
        "two lines, keepalive 16",
        "server @ max_fails=0 fail_timeout=0; server @ max_fails=0 fail_timeout=0; keepalive 16;",
    ),
    Variant {
        since_nginx: (1, 29, 7),
        ..by_hand(
            "two lines, nginx's own keepalive",
            "server @ max_fails=0 fail_timeout=0; server @ max_fails=0 fail_timeout=0;",
        )
    },
    told(
        "one server line, queue_requests false",
        &[("nginx_upstream_servers", "1"), ("puma_extra_lines", "['queue_requests false']")],
    ),
    told("fork_worker, 2 workers", &[("puma_fork_worker", "true")]),
    told("fork_worker, 3 workers", &[("puma_fork_worker", "true"), ("puma_workers", "3")]),
];

const DEFAULT: &str = "zdt's defaults, 2 workers";
const SWITCH: &str = "(from one to the next)";
const SOCKET: &str = "unix:/srv/shop/shared/tmp/sockets/puma.sock";
const UPSTREAM: &str = "/etc/nginx/conf.d/shop_upstream.conf";

/// Puts the host through every variant that its nginx knows and whose name holds `only`, each with so many rolls.
pub fn play(stage: &mut Stage, rolls: u32, only: &str) {
    let nginx = nginx_version(stage);
    let is_asked = |variant: &&Variant| nginx >= variant.since_nginx && variant.name.contains(only);
    for variant in VARIANTS.iter().filter(is_asked) {
        stage.step(SWITCH, Never, |stage| switch(stage, variant));
        stage.step(variant.name, Never, |stage| (0..rolls).try_for_each(|_| roll(stage)));
        variant.variables.iter().for_each(|(name, _)| stage.leave(name));
    }
}

fn switch(stage: &mut Stage, variant: &Variant) -> Done {
    variant.variables.iter().for_each(|(name, value)| stage.keep(name, value));
    let plan = stage.zdt(&["plan"]);
    if plan.code != Some(0) {
        ended(&stage.zdt(&["apply", "--yes", "--no-witness"]), 0)?;
    }
    if let Some(lines) = variant.upstream {
        let lines = lines.replace('@', SOCKET);
        stage
            .host
            .sh(&format!("printf 'upstream shop {{ {lines} }}\\n' >{UPSTREAM} && nginx -t && systemctl reload nginx"));
    }
    thread::sleep(OLD_ENOUGH);
    Ok(())
}

/// As a deployment does it, to the release that does not serve.
fn roll(stage: &mut Stage) -> Done {
    let phase = stage.phase()?;
    let now = stage.host.sh("basename $(readlink /srv/shop/current)");
    stage.points_to(if now.trim() == "r1" { "r2" } else { "r1" });
    let output = stage.host.sh_output("systemctl reload puma.service");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    stage.settles_in_phase(phase + 1)?;
    thread::sleep(OLD_ENOUGH);
    Ok(())
}

fn nginx_version(stage: &Stage) -> (u32, u32, u32) {
    let said = stage.host.sh("nginx -v 2>&1");
    let mut numbers = said.trim().rsplit('/').next().unwrap_or_default().split(|other: char| !other.is_ascii_digit());
    let mut next = || numbers.next().and_then(|digits| digits.parse().ok()).expect("nginx tells its version");
    (next(), next(), next())
}

/// The rows of one host, and what was not as it should be: of the defaults a lost request, of any a roll that did not end.
pub fn rows(suite: &str, rolls: u32, steps: Vec<Step>) -> (String, Vec<String>) {
    let (mut text, mut faults) = (String::new(), Vec::new());
    for mut step in steps {
        faults.extend(step.fault.take().map(|fault| format!("{suite}, {}: {fault}", step.name)));
        if step.name == SWITCH {
            continue;
        }
        let [half, most, longest] = [50, 99, 100].map(|percent| step.tally.percentile(percent).as_secs_f64() * 1000.0);
        let (requests, failures) = (step.tally.requests(), step.tally.failures());
        let kinds = step.tally.failed.iter().map(|(failure, count)| format!("{}: {count}", failure.words()));
        let each = step.lasted.saturating_sub(OLD_ENOUGH * rolls).as_secs_f64() / f64::from(rolls.max(1));
        let _infallible = writeln!(
            text,
            "| {suite} | {} | {rolls} | {requests} | {failures} | {} | {half:.1} | {most:.0} | {longest:.0} | {each:.1} |",
            step.name,
            kinds.collect::<Vec<_>>().join(", "),
        );
        if requests == 0 {
            faults.push(format!("{suite}, {}: no request was sent", step.name));
        }
        if step.name == DEFAULT && (failures > 0 || longest > MAX_STALL.as_secs_f64() * 1000.0) {
            faults.push(format!("{suite}, {DEFAULT}: {failures} of {requests} failed, longest {longest:.0} ms"));
        }
    }
    (text, faults)
}

const MAX_STALL: Duration = Duration::from_secs(1);

pub const HEAD: &str = "| suite | variant | rolls | requests | failed | how | p50 ms | p99 ms | longest ms | seconds a roll |\n\
    |---|---|--:|--:|--:|---|--:|--:|--:|--:|\n";
