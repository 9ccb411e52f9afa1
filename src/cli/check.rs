//! `zdt check`: holds hosts against the rules of their roles, or explains one rule.

mod pages;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::arguments::{Selection, Work};
use crate::cli::{Exit, exit, output, screen, selection};
use crate::engine::{self, Linted};
use crate::report::{check, json as report_json};
use crate::resource::Severity;

#[derive(Debug, Args)]
pub struct Check {
    /// An Ansible inventory in YAML: a file, or a folder of them
    #[arg(value_name = "INVENTORY", required_unless_present = "explain")]
    pub inventory: Option<PathBuf>,
    /// Only these hosts, in Ansible's patterns: `web:&prod:!web3`, `web*`, `web[0:2]`
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Set variables over all others: `key=value`, or `@file.yml`; may be given several times
    #[arg(short, long = "extra-vars", value_name = "VARS")]
    pub extra_vars: Vec<String>,
    #[command(flatten)]
    pub work: Work,
    /// Show, and end with 2 or 4 for, what is at least so severe
    #[arg(long, value_name = "LEVEL", default_value = "warning")]
    pub severity: Least,
    /// Only this rule; may be given several times
    #[arg(long, value_name = "ID")]
    pub rule: Vec<String>,
    /// Print the page of a rule, and look at no host
    #[arg(long, value_name = "ID", conflicts_with_all = ["inventory", "rule", "json", "limit", "extra_vars"])]
    pub explain: Option<String>,
    /// Print one JSON document on stdout instead of text (see docs/json.md)
    #[arg(long)]
    pub json: bool,
    /// Also name the rules that hold
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Least {
    Info,
    Warning,
    Error,
}

impl From<Least> for Severity {
    fn from(least: Least) -> Severity {
        match least {
            Least::Info => Severity::Info,
            Least::Warning => Severity::Warning,
            Least::Error => Severity::Error,
        }
    }
}

pub(super) fn run(command: &Check) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Check) -> Result<Exit, Exit> {
    if let Some(id) = &command.explain {
        return explain(id);
    }
    let asked = Selection {
        inventory: command.inventory.clone().unwrap_or_default(),
        limit: command.limit.clone(),
        extra_vars: command.extra_vars.clone(),
    };
    let prepared = selection::prepare(&asked)?;
    let known: Vec<&str> = prepared.jobs.iter().flat_map(engine::Job::rules).collect();
    if let Some(id) = command.rule.iter().find(|id| !known.contains(&id.as_str())) {
        return Err(unknown(id, "no role of these hosts has a rule", &known));
    }
    let runtime = screen::runtime()?;
    let (fleet, mut events) = screen::fleet(prepared.jobs, selection::options(&command.work, engine::Terms::default()));
    let hosts = fleet.hosts().count();
    let mut linted = runtime.block_on(screen::watch(fleet.check(), &mut events, "looking", hosts));
    if !command.rule.is_empty() {
        linted.iter_mut().for_each(|linted| keep(linted, &command.rule));
    }
    let least = Severity::from(command.severity);
    let exit = exit::worst(linted.iter().map(|linted| Exit::of_check(linted, least)));
    if command.json {
        let hosts: Vec<_> =
            fleet.hosts().zip(&linted).map(|(host, linted)| check::json(host, linted, screen::trouble_words)).collect();
        screen::print_json(&json!({
            "format": report_json::FORMAT,
            "command": "check",
            "exit": exit.code(),
            "hosts": hosts,
            "without_roles": prepared.without_roles,
        }));
        return Ok(exit);
    }
    for (host, linted) in fleet.hosts().zip(&linted) {
        output::line(&check::text(host, linted, least, command.verbose, screen::trouble_words));
    }
    screen::print_without_roles(&prepared.without_roles);
    output::line(&check::recap(&linted, least));
    Ok(exit)
}

fn keep(linted: &mut Linted, rules: &[String]) {
    if let Linted::Looked(rulings) = linted {
        rulings.retain(|ruling| rules.contains(&ruling.rule));
    }
}

fn explain(id: &str) -> Result<Exit, Exit> {
    match pages::page(id) {
        Some(text) => {
            output::put(text);
            Ok(Exit::Clean)
        }
        None => Err(unknown(id, "there is no page of a rule", &pages::ids())),
    }
}

fn unknown(id: &str, what: &str, known: &[&str]) -> Exit {
    let mut known = known.to_vec();
    known.sort_unstable();
    known.dedup();
    output::complain(&format!("{what} `{id}`; there are: {}\n", known.join(", ")));
    Exit::Wrong
}
