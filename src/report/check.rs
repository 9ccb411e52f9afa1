use serde_json::{Value as Json, json};

use super::printable;
use super::style::{ADDED, CHANGED, EFFECT, FAINT, REMOVED, STRONG, paint};
use crate::engine::{Linted, Trouble};
use crate::resource::{OpenSeen, Ruling, Said, Severity};
use crate::words::count;

/// What there is to say of one host. `least`: what is less severe is only counted. `trouble` words a fault.
pub fn text(
    host: &str,
    linted: &Linted,
    least: Severity,
    verbose: bool,
    trouble: impl Fn(&str, &Trouble) -> String,
) -> String {
    let rulings = match linted {
        Linted::Looked(rulings) => rulings,
        other => return unknown(host, &why(host, other, trouble)),
    };
    let mut out = format!("{}: {}\n", paint(STRONG, host), heading(rulings, least));
    for severity in Severity::ALL.into_iter().filter(|severity| *severity >= least) {
        out.extend(rulings.iter().filter(|ruling| ruling.severity == severity).map(|ruling| line(ruling, verbose)));
    }
    let hidden = rulings.iter().filter(|ruling| ruling.severity < least && ruling.said != Said::Holds).count();
    if hidden > 0 {
        out.push_str(&faint(&format!("also {} less severe: `--severity info` tells", hidden)));
    }
    let holding = rulings.iter().filter(|ruling| ruling.said == Said::Holds).count();
    if holding > 0 && !verbose {
        let hold = if holding == 1 { "holds" } else { "hold" };
        out.push_str(&format!("  {} {} {hold}\n", paint(ADDED, "✔"), count(holding, "rule")));
    }
    out
}

fn unknown(host: &str, why: &str) -> String {
    let mut out = format!("{}: {}\n", paint(STRONG, host), paint(REMOVED, "unknown"));
    out.extend(why.lines().map(|line| format!("  {line}\n")));
    out
}

fn why(host: &str, linted: &Linted, trouble: impl Fn(&str, &Trouble) -> String) -> String {
    match linted {
        Linted::Looked(_) => String::new(),
        Linted::Open(OpenSeen { id, who, .. }) => {
            let who = if who.is_empty() { "somebody" } else { who };
            format!(
                "transaction {} of {} stands open: what there is to see may be half of a change",
                printable(id),
                printable(who)
            )
        }
        Linted::Unknown(why) => trouble(host, why),
        Linted::Faulty(faults) => trouble(host, &Trouble::Faults(faults.clone())),
    }
}

fn heading(rulings: &[Ruling], least: Severity) -> String {
    let told: Vec<&Ruling> = rulings.iter().filter(|ruling| ruling.severity >= least).collect();
    let mut parts = Vec::new();
    for severity in Severity::ALL {
        let found = told.iter().filter(|ruling| ruling.severity == severity);
        let found = found.filter(|ruling| matches!(ruling.said, Said::Broken { .. })).count();
        if found > 0 {
            parts.push(paint(colour(severity), count(found, severity.name())));
        }
    }
    let untold = told.iter().filter(|ruling| matches!(ruling.said, Said::Untold(_))).count();
    if untold > 0 {
        parts.push(paint(REMOVED, format!("{} could not be told", count(untold, "rule"))));
    }
    match parts.is_empty() {
        true if rulings.is_empty() => paint(FAINT, "its roles have no rules"),
        true => paint(ADDED, "no trap found"),
        false => parts.join(", "),
    }
}

fn colour(severity: Severity) -> anstyle::Style {
    match severity {
        Severity::Error => REMOVED,
        Severity::Warning => CHANGED,
        Severity::Info => EFFECT,
    }
}

fn line(ruling: &Ruling, verbose: bool) -> String {
    let (rule, role) = (paint(STRONG, &ruling.rule), paint(FAINT, &ruling.role));
    match &ruling.said {
        Said::Holds if verbose => format!("  {} {}  {role}\n", paint(ADDED, "✔"), ruling.rule),
        Said::Holds => String::new(),
        Said::Broken { evidence, fix } => {
            let sign = match ruling.severity {
                Severity::Error => "✘",
                Severity::Warning => "!",
                Severity::Info => "·",
            };
            let sign = paint(colour(ruling.severity), sign);
            let (evidence, fix) = (printable(evidence), printable(fix));
            format!("  {sign} {rule}  {role}\n    {evidence}\n    {} {fix}\n", paint(EFFECT, "→"))
        }
        Said::Untold(why) => {
            format!("  {} {rule}  {role}\n    cannot be told: {}\n", paint(REMOVED, "?"), printable(why))
        }
    }
}

fn faint(text: &str) -> String {
    format!("  {}\n", paint(FAINT, text))
}

/// `Check: 3 hosts: 1 error, 2 warnings; 1 host unknown.`
pub fn recap(linted: &[Linted], least: Severity) -> String {
    let rulings = || {
        let looked = linted.iter().filter_map(|linted| match linted {
            Linted::Looked(rulings) => Some(rulings),
            _ => None,
        });
        looked.flatten().filter(|ruling| ruling.severity >= least)
    };
    let mut parts: Vec<String> = Vec::new();
    for severity in Severity::ALL {
        let found = |ruling: &&Ruling| ruling.severity == severity && matches!(ruling.said, Said::Broken { .. });
        let found = rulings().filter(found).count();
        if found > 0 {
            parts.push(count(found, severity.name()));
        }
    }
    let untold = rulings().filter(|ruling| matches!(ruling.said, Said::Untold(_))).count();
    if untold > 0 {
        parts.push(format!("{untold} could not be told"));
    }
    let unknown = linted.iter().filter(|linted| !matches!(linted, Linted::Looked(_))).count();
    if unknown > 0 {
        parts.push(format!("{} unknown", count(unknown, "host")));
    }
    let found = if parts.is_empty() { "no trap found".to_owned() } else { parts.join(", ") };
    format!("Check: {}: {found}.", count(linted.len(), "host"))
}

/// One host, for machines: every rule, whatever was asked to be shown.
pub fn json(host: &str, linted: &Linted, trouble: impl Fn(&str, &Trouble) -> String) -> Json {
    match linted {
        Linted::Looked(rulings) => {
            json!({"host": host, "state": "looked at", "error": null, "rules": rulings.iter().map(one).collect::<Vec<_>>()})
        }
        other => json!({"host": host, "state": "unknown", "error": why(host, other, trouble), "rules": []}),
    }
}

fn one(ruling: &Ruling) -> Json {
    let (state, evidence, fix) = match &ruling.said {
        Said::Holds => ("holds", None, None),
        Said::Broken { evidence, fix } => ("broken", Some(evidence), Some(fix)),
        Said::Untold(why) => ("untold", Some(why), None),
    };
    json!({
        "rule": ruling.rule,
        "severity": ruling.severity,
        "role": ruling.role,
        "state": state,
        "evidence": evidence,
        "fix": fix,
    })
}
