use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::arguments::{Selection, Work};
use crate::cli::error::{Report, render};
use crate::cli::{Exit, exit, output, screen, selection};
use crate::engine::{self, Counted, Fleet};
use crate::report::stats::{Looks, document, fleet_stats, host_stats};
use crate::resource::Rates;
use crate::words::utc;

mod canvas;

use canvas::Canvas;

#[derive(Debug, Args)]
pub struct Stats {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    work: Work,
    /// Look again every so many seconds (without a number 5, as often as workers tell), until Ctrl-C
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "5", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    watch: Option<u64>,
    /// Print one JSON document on stdout instead of text; with --watch a line for each look (see docs/stats.md)
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Stats) -> Exit {
    attempt(command).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Stats) -> Result<Exit, Exit> {
    let prepared = selection::prepare(&command.selection)?;
    if prepared.jobs.iter().all(|job| job.stats_request().is_none()) {
        let report = Report::new("none of the selected hosts has a role that runs Puma".to_owned());
        output::complain(&render(&[
            report.help("A role says so with `stats`; of the built-in ones `puma_config` does.")
        ]));
        return Err(Exit::Wrong);
    }
    let runtime = screen::runtime()?;
    let (fleet, mut events) = screen::fleet(prepared.jobs, selection::options(&command.work, engine::Terms::default()));
    let teller = Teller { fleet: &fleet, json: command.json, without_roles: &prepared.without_roles };
    let Some(seconds) = command.watch else {
        let hosts = fleet.hosts().count();
        let counted = runtime.block_on(screen::watch(fleet.stats(), &mut events, "asking", hosts));
        if command.json {
            screen::print_json(&teller.document(&counted, Looks::Once));
        } else {
            output::put(&teller.text(&counted, Looks::Once));
        }
        return Ok(teller.exit(&counted));
    };
    // Nobody draws what they say.
    drop(events);
    runtime.block_on(teller.repeat(Duration::from_secs(seconds)))
}

/// Says what was told of a fleet.
struct Teller<'a> {
    fleet: &'a Fleet,
    json: bool,
    without_roles: &'a [String],
}

impl Teller<'_> {
    /// Looks until a signal comes or nobody reads any more; the last look decides how it ends.
    async fn repeat(&self, every: Duration) -> Result<Exit, Exit> {
        let no_signals = |cause| {
            output::complain(&format!("zdt cannot catch signals: {cause}\n"));
            Exit::Bug
        };
        let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
        let mut ticks = tokio::time::interval(every);
        // A look that took long is not made up for.
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut rates, mut canvas) = (Rates::default(), Canvas::new());
        let mut last = Exit::Unknown;
        loop {
            let look = async {
                ticks.tick().await;
                self.fleet.stats().await
            };
            let mut counted = tokio::select! {
                counted = look => counted,
                _ = interrupt.recv() => return Ok(last),
                _ = terminate.recv() => return Ok(last),
            };
            for (index, one) in counted.iter_mut().enumerate() {
                if let Counted::Told(seen) = one {
                    rates.note(index, seen);
                }
            }
            last = self.exit(&counted);
            let is_read = if self.json {
                output::put_while_read(&format!("{}\n", self.document(&counted, Looks::Repeated)))
            } else {
                let every = every.as_secs();
                let when = format!("{}, every {every} s; Ctrl-C ends it\n\n", utc(now().unsigned_abs()));
                canvas.show(&format!("{when}{}", self.text(&counted, Looks::Repeated)))
            };
            if !is_read {
                return Ok(last);
            }
        }
    }

    fn exit(&self, counted: &[Counted]) -> Exit {
        exit::worst(counted.iter().map(Exit::of_stats))
    }

    fn document(&self, counted: &[Counted], looks: Looks) -> serde_json::Value {
        let hosts: Vec<_> = self.fleet.hosts().zip(counted).collect();
        let mut document = document(&hosts, looks, now(), screen::trouble_words);
        document.insert("exit".to_owned(), json!(self.exit(counted).code()));
        document.insert("without_roles".to_owned(), json!(self.without_roles));
        document.into()
    }

    fn text(&self, counted: &[Counted], looks: Looks) -> String {
        let mut text = String::new();
        for (host, counted) in self.fleet.hosts().zip(counted) {
            text.push_str(&host_stats(host, counted, looks, screen::trouble_words));
            text.push('\n');
        }
        text.push_str(&fleet_stats(counted, looks));
        if let Some(words) = screen::without_roles(self.without_roles) {
            text.push_str(&words);
        }
        text
    }
}

/// Seconds since 1970, by our clock.
fn now() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(passed.as_secs()).unwrap_or(i64::MAX)
}
