//! `zdt import`: reads existing servers and writes an inventory that describes them.

use std::path::PathBuf;

use clap::Args;

use crate::adopt::{HostEntry, Keep, inventory_text};
use crate::cli::arguments::Work;
use crate::cli::error::{Report, render};
use crate::cli::{Exit, exit, output, screen, selection};
use crate::engine::{self, Imported, Job, Manner, Problem, Trouble};
use crate::project::{self, Project};
use crate::report::import::{document, recap};
use crate::report::refusal_words;

mod connection;
mod destination;
mod place;

use connection::connection;
use destination::Destination;
use place::Place;

#[derive(Debug, Args)]
pub struct Import {
    /// Servers as ssh takes them: `web1`, `user@web1:2222`, an alias of ~/.ssh/config; with --inventory its hosts, or patterns
    #[arg(value_name = "HOST", required = true)]
    hosts: Vec<String>,
    /// Take the hosts, and how they are reached, from this inventory; its other variables count for nothing
    #[arg(short, long, value_name = "INVENTORY", conflicts_with_all = ["user", "become"])]
    inventory: Option<PathBuf>,
    /// Log in as this user
    #[arg(short, long, value_name = "USER")]
    user: Option<String>,
    /// Become root through sudo
    #[arg(short, long)]
    r#become: bool,
    /// Set variables over all others: `key=value`, or `@file.yml`; may be given several times
    #[arg(short, long = "extra-vars", value_name = "VARS")]
    extra_vars: Vec<String>,
    #[command(flatten)]
    work: Work,
    /// Describe what is there so that a plan right after changes nothing; what no role can say so is left out, and said
    #[arg(long)]
    as_is: bool,
    /// Write the inventory to this file, which must not be there yet
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over the file of --out
    #[arg(long, requires = "out")]
    force: bool,
    /// Print one JSON document on stdout instead of the inventory (see docs/json.md)
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Import) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Import) -> Result<Exit, Exit> {
    let place = command.out.as_deref().map(|path| Place::find(path, command.force)).transpose().map_err(refused)?;
    let (prepared, library) = prepare(command)?;
    let entries: Vec<HostEntry> = prepared.jobs.iter().map(bare_entry).collect();
    let runtime = screen::runtime()?;
    let (fleet, mut events) = screen::fleet(prepared.jobs, selection::options(&command.work, engine::Terms::default()));
    let keep = if command.as_is { Keep::AsIs } else { Keep::Guide };
    let manner = Manner { library, keep, words: refusal_words };
    let hosts = entries.len();
    let imported = runtime.block_on(screen::watch(fleet.import(&manner), &mut events, "reading", hosts));
    let exit = exit::worst(imported.iter().map(Exit::of_import));
    for (host, one) in fleet.hosts().zip(&imported) {
        complain(host, one);
    }
    let entries: Vec<HostEntry> = entries.into_iter().zip(&imported).map(filled).collect();
    let text = inventory_text(head(command), &entries);
    // An inventory of nothing is written over none that says something.
    let is_read = entries.iter().any(|entry| entry.unknown.is_none());
    if let Some(place) = place.as_ref().filter(|_| is_read) {
        place.write(&text).map_err(refused)?;
    }
    if command.json {
        screen::print_json(&document(&entries, &text, exit.code()));
    } else if place.is_none() {
        output::put(&text);
    }
    output::complain(&recap(&entries));
    if let Some(path) = &command.out {
        let path = path.display();
        output::complain(&if is_read {
            format!("Written to {path}. Look through it, then: zdt plan {path}\n")
        } else {
            format!("No host was read: {path} was not written.\n")
        });
    }
    Ok(exit)
}

fn head(command: &Import) -> &'static [&'static str] {
    if command.as_is {
        &[
            "Read by `zdt import --as-is`: a plan of this inventory changes nothing on servers that are as they were then.",
            "Behind each value stands where it was found. What is not named has its role's default.",
        ]
    } else {
        &[
            "Read by `zdt import`: a plan of this inventory changes what the guide to restarts without lost requests asks for.",
            "Behind each value stands where it was found. What is not named has its role's default.",
        ]
    }
}

fn prepare(command: &Import) -> Result<(engine::Prepared, std::sync::Arc<crate::role::Library>), Exit> {
    let wrong =
        |faults: Vec<project::Fault>| selection::wrong(&faults.into_iter().map(Problem::Project).collect::<Vec<_>>());
    let (project, limit): (Project, Option<String>) = match &command.inventory {
        Some(inventory) => {
            (project::read(inventory, &command.extra_vars).map_err(wrong)?, Some(command.hosts.join(",")))
        }
        None => {
            let destinations = destinations(command)?;
            let text = Destination::inventory(&destinations);
            (project::described(&text, &command.extra_vars).map_err(wrong)?, None)
        }
    };
    engine::visits(&project, limit.as_deref()).map_err(|problems| selection::wrong(&problems))
}

fn destinations(command: &Import) -> Result<Vec<Destination>, Exit> {
    let mut destinations: Vec<Destination> = Vec::new();
    for word in &command.hosts {
        let Some(mut destination) = Destination::parse(word) else {
            let report = Report::new(format!("{} is no host as ssh takes it", crate::cli::error::quote(word)));
            output::complain(&render(&[report.help("Write `web1`, `user@web1` or `user@web1:2222`.")]));
            return Err(Exit::Usage);
        };
        destination.user = destination.user.or_else(|| command.user.clone());
        destination.r#become = command.r#become;
        match destinations.iter().find(|known| known.name() == destination.name()) {
            None => destinations.push(destination),
            Some(known) if *known == destination => {}
            Some(_) => {
                let name = crate::cli::error::quote(&destination.name());
                let report = Report::new(format!("{name} is named twice, and reached in two ways"));
                let next =
                    "Name each server once; one that answers on two ports needs an alias of ~/.ssh/config for each.";
                output::complain(&render(&[report.help(next)]));
                return Err(Exit::Usage);
            }
        }
    }
    Ok(destinations)
}

fn bare_entry(job: &Job) -> HostEntry {
    HostEntry { name: job.host.clone(), connection: connection(&job.host, &job.target), ..HostEntry::default() }
}

fn filled((entry, imported): (HostEntry, &Imported)) -> HostEntry {
    match imported {
        Imported::Read(read) => HostEntry { connection: entry.connection, ..(**read).clone() },
        Imported::Sandbox => HostEntry { unknown: Some("it is a sandbox: nothing runs there".to_owned()), ..entry },
        Imported::Unknown(trouble) => {
            let words = screen::trouble_words(&entry.name, trouble);
            let unknown = words.lines().next().unwrap_or_default().to_owned();
            HostEntry { unknown: Some(unknown), ..entry }
        }
    }
}

/// What is wrong with a host goes to whoever waits, whatever becomes of the inventory.
fn complain(host: &str, imported: &Imported) {
    let trouble: Option<&Trouble> = match imported {
        Imported::Unknown(trouble) => Some(trouble),
        Imported::Read(_) => None,
        Imported::Sandbox => {
            let report =
                Report::new(format!("host {} is a sandbox: nothing runs there", crate::cli::error::quote(host)));
            output::complain(&render(&[report.help("Import reads what a real host runs.")]));
            None
        }
    };
    if let Some(trouble) = trouble {
        output::complain(&render(&crate::cli::error::trouble(host, trouble)));
    }
}

fn refused(report: Report) -> Exit {
    output::complain(&render(&[report]));
    Exit::Wrong
}
