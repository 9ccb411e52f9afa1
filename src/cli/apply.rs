use std::io::IsTerminal;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::arguments::{Apply, OnFailure};
use crate::cli::saved::{self, Saved};
use crate::cli::{Exit, exit, output, screen, selection};
use crate::engine::{self, Applied, Differing, Fleet, Forecast, Planned, Purpose, WitnessLog, Work};
use crate::plan::saved::Made;
use crate::report::{
    Tally, applied_lines, apply_recap, deadline_words, json as report_json, plan_recap, schedule_lines, witness_json,
    witness_line, witness_recap,
};
use crate::words::count;

pub(super) fn run(command: &Apply) -> Exit {
    carry_out(command, &Task::Apply)
}

/// What is planned, shown, asked for and done: the same way for every task.
pub(super) enum Task {
    Apply,
    /// Nothing changes but what runs.
    Reload,
    /// Back to before this transaction; without it, the latest.
    Rollback {
        to: Option<String>,
    },
}

impl Task {
    fn command(&self) -> &'static str {
        match self {
            Task::Apply => "apply",
            Task::Reload => "reload",
            Task::Rollback { .. } => "rollback",
        }
    }
}

pub(super) fn carry_out(command: &Apply, task: &Task) -> Exit {
    attempt(command, task).unwrap_or_else(|exit| exit)
}

fn attempt(command: &Apply, task: &Task) -> Result<Exit, Exit> {
    if command.output.json && !command.yes && std::io::stdin().is_terminal() {
        output::complain("`--json` cannot ask: say `--yes` too.\n");
        return Err(Exit::Usage);
    }
    if command.terms.on_failure == OnFailure::Continue && command.terms.rolling.max_failures.is_some() {
        output::complain("`--on-failure continue` lets all hosts fail: say it, or `--max-failures`, not both.\n");
        return Err(Exit::Usage);
    }
    let (prepared, made) = if matches!(task, Task::Apply) && saved::is_named(&command.selection) {
        let saved = saved::read(&command.selection, command.prune, command.only)?;
        (saved.prepared, Some(saved.made))
    } else {
        (selection::prepare(&command.selection)?, None)
    };
    let runtime = screen::runtime()?;
    let terms = engine::Terms {
        prune: command.prune,
        only: selection::only(command.only),
        most: command.limit.most(),
        ..selection::terms(&command.terms)
    };
    let (fleet, mut events) = screen::fleet(prepared.jobs, selection::options(&command.work, terms));
    let (planned, _) = match task {
        Task::Apply => runtime.block_on(screen::plan(&fleet, &mut events, Purpose::Apply)),
        Task::Reload => runtime.block_on(screen::plan_reload(&fleet, &mut events)),
        Task::Rollback { to } => runtime.block_on(screen::plan_rollback(&fleet, &mut events, to.as_deref())),
    };
    let work = Work::of(&planned);
    let mut run = Run {
        forecast: fleet.forecast(&work),
        differing: fleet.differing(),
        hosts: fleet.hosts().map(str::to_owned).collect(),
        tally: Tally::of(&planned),
        planned,
        applied: Vec::new(),
        without_roles: prepared.without_roles,
        made,
        command: task.command(),
        witnessed: fleet.witnessed(),
    };
    if !command.output.json {
        run.print_plan(command);
    }
    if run.stopped() || run.tally.to_change == 0 {
        return Ok(run.finish(command));
    }
    if !run.forecast.batches.is_empty() && !agreed(command, task, &run.tally) {
        output::complain("Nothing was touched.\n");
        return Ok(exit::worst([run.exit(), Exit::Pending]));
    }
    let begun = Instant::now();
    let count = work.ready.len();
    run.applied = runtime.block_on(async {
        settle_on_signals(&fleet);
        screen::watch(fleet.apply(work, &transaction_id()), &mut events, "applying", count).await
    });
    if !command.output.json {
        run.print_applied(begun.elapsed());
    }
    Ok(run.finish(command))
}

/// What is known of this apply so far.
struct Run {
    hosts: Vec<String>,
    planned: Vec<Planned>,
    tally: Tally,
    forecast: Forecast,
    differing: Vec<Differing>,
    applied: Vec<(usize, Applied)>,
    without_roles: Vec<String>,
    /// Of a saved plan.
    made: Option<Made>,
    command: &'static str,
    witnessed: WitnessLog,
}

impl Run {
    /// Whether a refused host keeps all others from being touched too.
    fn stopped(&self) -> bool {
        self.planned.iter().any(saved::stops)
    }

    fn exit(&self) -> Exit {
        let planned = self.planned.iter().map(|planned| match Exit::of_plan(planned) {
            // What was pending is applied by now; what came of that decides.
            Exit::Pending => Exit::Clean,
            other => other,
        });
        // Somebody asked for a transaction that no host knows: a slip in its name must not look like a success.
        let in_vain = self.command == "rollback" && !self.planned.iter().any(Planned::could_be_taken_back);
        let planned = planned.chain(in_vain.then_some(Exit::Wrong));
        exit::worst(planned.chain(self.applied.iter().map(|(_, applied)| Exit::of_apply(applied))))
    }

    fn print_plan(&self, command: &Apply) {
        if let Some(made) = &self.made {
            Saved::print_origin(made);
        }
        let hosts: Vec<&str> = self.hosts.iter().map(String::as_str).collect();
        screen::print_plans(&hosts, self.planned.iter(), screen::detail(&command.output));
        screen::print_without_roles(&self.without_roles);
        output::line(&plan_recap(&self.tally));
        saved::print_moved(&self.planned);
        if !self.stopped() {
            output::put(&schedule_lines(&self.forecast, &hosts, &self.differing));
        } else {
            output::line(&format!("Nothing was touched on any host: {} refused.", count(self.tally.refused, "host")));
        }
    }

    fn print_applied(&self, took: Duration) {
        let apps = self.witnessed.apps();
        for (index, applied) in &self.applied {
            let changes = match &self.planned[*index] {
                Planned::Ready(ready) => ready.plan.changes.len(),
                Planned::Unknown(_) | Planned::Faulty(_) => 0,
            };
            output::put(&applied_lines(&self.hosts[*index], applied, changes, &screen::words_for(applied)));
            for witnessed in apps.get(&self.hosts[*index]).into_iter().flatten() {
                output::line(&format!("    {}", witness_line(witnessed)));
            }
        }
        let recap = apply_recap(self.applied.iter().map(|(_, applied)| applied), &self.tally);
        output::line(&format!("{recap}{}", screen::duration(took)));
        if let Some(recap) = witness_recap(&self.witnessed.hosts()) {
            output::line(&recap);
        }
    }

    /// The exit code; before it, the one document where JSON was asked for.
    fn finish(&self, command: &Apply) -> Exit {
        let exit = self.exit();
        if command.output.json {
            let word = screen::trouble_words;
            let witnessed = self.witnessed.hosts();
            let names: Vec<&str> = self.hosts.iter().map(String::as_str).collect();
            let hosts = self.hosts.iter().zip(&self.planned);
            let plans: Vec<Value> = hosts.map(|(host, planned)| report_json::planned(host, planned, word)).collect();
            let applied: Vec<Value> = self
                .applied
                .iter()
                .map(|(index, applied)| {
                    let host = &self.hosts[*index];
                    let mut value = report_json::applied(host, applied, &screen::words_for(applied));
                    value["witness"] = witnessed.get(host).map_or(Value::Null, witness_json);
                    value
                })
                .collect();
            screen::print_json(&json!({
                "format": report_json::FORMAT,
                "command": self.command,
                "saved": self.made.as_ref().map(Saved::json),
                "exit": exit.code(),
                "hosts": plans,
                "schedule": report_json::schedule(&self.forecast, &names),
                "applied": applied,
                "without_roles": self.without_roles,
            }));
        }
        exit
    }
}

/// Asks whoever sits there, on standard error, for the plan may go into a pipe; `--yes`, or nobody there, goes on.
fn agreed(command: &Apply, task: &Task, tally: &Tally) -> bool {
    if command.yes || !std::io::stdin().is_terminal() {
        return true;
    }
    let (changes, hosts) = (count(tally.changes, "change"), count(tally.to_change, "host"));
    output::complain(&match task {
        Task::Apply => format!("Apply {changes} to {hosts}? [y/N] "),
        Task::Reload => format!("Reload {hosts}? [y/N] "),
        Task::Rollback { .. } => format!("Take back, with {changes} on {hosts}? [y/N] "),
    });
    let mut answer = String::new();
    let asked = std::io::stdin().read_line(&mut answer);
    asked.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes")
}

/// Ctrl-C, SIGTERM or SIGHUP once: no further host begins, those at work settle. Twice: zdt leaves, the hosts settle by
/// themselves.
fn settle_on_signals(fleet: &Fleet) {
    let (stop, at_work) = (fleet.stopper(), fleet.at_work());
    let Ok(mut signals) = Signals::new() else {
        output::complain("zdt: signals cannot be caught; Ctrl-C will end it at once\n");
        return;
    };
    tokio::spawn(async move {
        signals.next().await;
        output::complain("Starting no further host; those at work settle. Once more leaves them to themselves.\n");
        stop();
        signals.next().await;
        let now = SystemTime::now();
        for (host, deadline) in at_work.hosts() {
            output::complain(&format!("{host} was at work: {}\n", deadline_words(deadline, now)));
        }
        std::process::exit(i32::from(Exit::Unknown.code()));
    });
}

/// The signals that ask a program to end.
struct Signals([Signal; 3]);

impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    async fn next(&mut self) {
        let Signals([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Names this apply on every host: the second it began and who ran it.
fn transaction_id() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    format!("{seconds}-{}", std::process::id())
}
