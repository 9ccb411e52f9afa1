use std::fmt::Write as _;
use std::time::Duration;

use super::stage::{MENDED, Step};

/// What one host went through. `lost` is why it did not come to its end.
pub struct Played {
    pub suite: String,
    pub versions: String,
    pub steps: Vec<Step>,
    pub lost: Option<String>,
}

/// The table of a run in Markdown, and below it what was not as it should be.
pub struct Table {
    pub text: String,
    pub verdict: String,
    pub passed: bool,
}

impl Table {
    pub fn of(machine: &str, played: Vec<Played>) -> Self {
        let mut text = format!("{machine}\n\n");
        for one in &played {
            let _infallible = writeln!(text, "* {}: {}", one.suite, one.versions);
        }
        text.push_str(HEAD);
        let (mut requests, mut failures, mut faults) = (0, 0, Vec::new());
        for one in played {
            for mut step in one.steps {
                // There is none but after a fault, so what it leaves out never makes a run look right.
                if step.name != MENDED {
                    requests += step.tally.requests();
                    failures += step.tally.failures();
                }
                text.push_str(&row(&one.suite, &mut step));
                faults.extend(faults_of(&one.suite, &mut step));
            }
            faults.extend(one.lost.map(|why| format!("{}: did not come to its end: {why}", one.suite)));
        }
        if requests == 0 {
            faults.push("no request was sent: nothing is proven".to_owned());
        }
        let passed = faults.is_empty();
        let what = if passed { "as promised".to_owned() } else { format!("NOT as promised ({})", faults.len()) };
        let verdict = format!("{} of {} requests failed; {what}", grouped(failures), grouped(requests));
        let _infallible = write!(text, "\n**{verdict}**\n");
        for fault in faults {
            let _infallible = write!(text, "\n* {fault}\n");
        }
        Self { text, verdict, passed }
    }
}

const HEAD: &str = "\n| suite | step | times | requests | failed | sent again | p50 ms | p99 ms | longest ms | allowed ms | seconds | answered |\n\
    |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n";

fn row(suite: &str, step: &mut Step) -> String {
    let tally = &mut step.tally;
    let [half, most, longest] = [50, 99, 100].map(|percent| milliseconds(tally.percentile(percent)));
    let releases = tally.releases.iter().map(|(name, count)| format!("{name}: {}", grouped(*count)));
    format!(
        "| {suite} | {} | {} | {} | {} | {} | {half} | {most} | {longest} | {} | {:.1} | {} |\n",
        step.name,
        step.times,
        grouped(tally.requests()),
        grouped(tally.failures()),
        tally.again,
        step.limit.as_millis(),
        step.lasted.as_secs_f64(),
        releases.collect::<Vec<_>>().join(", "),
    )
}

fn faults_of(suite: &str, step: &mut Step) -> Vec<String> {
    let mut faults = Vec::new();
    let what = format!("{suite}, {}", step.name);
    // What it costs follows from the fault before it, which is told.
    if step.name == MENDED {
        return step.fault.take().map(|fault| format!("{what}: {fault}")).into_iter().collect();
    }
    if step.tally.failures() > 0 {
        let kinds = step.tally.failed.iter().map(|(failure, count)| format!("{}: {count}", failure.words()));
        faults.push(format!("{what}: failed: {}", kinds.collect::<Vec<_>>().join(", ")));
    }
    let longest = step.tally.percentile(100);
    if longest > step.limit {
        faults.push(format!(
            "{what}: a request took {} ms, and {} ms was the most allowed",
            milliseconds(longest),
            step.limit.as_millis()
        ));
    }
    if step.tally.requests() == 0 {
        faults.push(format!("{what}: no request was sent meanwhile"));
    }
    // All of it is on the screen; the table is for reading.
    faults.extend(step.fault.take().and_then(|fault| fault.lines().next().map(|line| format!("{what}: {line}"))));
    faults
}

/// Tenths where they say something.
fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    if milliseconds < 10.0 { format!("{milliseconds:.1}") } else { format!("{milliseconds:.0}") }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

#[test]
fn numbers_are_grouped_and_short() {
    let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (12_000, "12,000")];
    for (number, expected) in cases {
        assert_eq!(grouped(number), expected);
    }
    let cases = [(0, "0.0"), (1_240, "1.2"), (9_940, "9.9"), (31_000_400, "31000")];
    for (micros, expected) in cases {
        assert_eq!(milliseconds(Duration::from_micros(micros)), expected);
    }
}

#[cfg(test)]
fn played(failed: bool, took: u64) -> Vec<Played> {
    use super::client::{Asked, Failure};
    use super::tally::Tally;

    let mut tally = Tally::default();
    let result = if failed { Err(Failure::Status(502)) } else { Ok("r1".to_owned()) };
    tally.count(Asked { result, again: false }, Duration::from_millis(took));
    let second = Duration::from_secs(1);
    let step = Step { name: "adoption", times: 1, lasted: second, limit: second, fault: None, tally };
    vec![Played { suite: "sid".to_owned(), versions: "nginx 1.30".to_owned(), steps: vec![step], lost: None }]
}

#[test]
fn a_failed_request_a_long_stall_and_no_request_at_all_are_no_proof() {
    let cases = [
        (played(false, 1000), "0 of 1 requests failed; as promised", ""),
        (played(true, 3), "1 of 1 requests failed; NOT as promised (1)", "\n* sid, adoption: failed: status 502: 1\n"),
        (
            played(false, 1001),
            "0 of 1 requests failed; NOT as promised (1)",
            "\n* sid, adoption: a request took 1001 ms, and 1000 ms was the most allowed\n",
        ),
        (Vec::new(), "0 of 0 requests failed; NOT as promised (1)", "\n* no request was sent: nothing is proven\n"),
    ];
    for (played, verdict, faults) in cases {
        let table = Table::of("here", played);
        assert_eq!((table.verdict.as_str(), table.passed), (verdict, faults.is_empty()));
        let (_, below) = table.text.split_once("**\n").expect("a verdict in the text");
        assert_eq!(below, faults);
    }
}
