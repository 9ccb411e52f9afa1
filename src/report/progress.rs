use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::engine::{Event, Stage};
use crate::report::{pause_line, printable, witness_line};
use crate::transaction::{self, Trial};

/// One live line on stderr while hosts are at work; nothing where stderr is no terminal.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// `visible`: whether to draw at all; `verb` says what goes on: `planning`, `applying`.
    pub fn new(visible: bool, verb: &'static str, hosts: usize) -> Progress {
        let bar = if visible { ProgressBar::new(hosts as u64) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {pos}/{len}  {wide_msg:.dim}") {
            bar.set_style(style);
        }
        bar.set_prefix(verb);
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress { bar }
    }

    pub fn event(&self, event: &Event) {
        match event {
            Event::Stage { host, stage } => self.bar.set_message(format!("{host}: {}", stage_words(*stage))),
            Event::Progress { host, progress } => {
                self.bar.set_message(printable(&format!("{host}: {}", progress_words(progress))))
            }
            Event::Pause { batch, lasts } => self.bar.set_message(pause_line(*batch, *lasts)),
            Event::Broken { .. } | Event::Batch { .. } => {}
            Event::Planned { .. } | Event::Applied { .. } => self.bar.inc(1),
        }
    }

    /// Prints something beside the live line.
    pub fn aside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    pub fn done(self) {
        self.bar.finish_and_clear();
    }
}

fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect => "connecting",
        Stage::Observe => "looking",
        Stage::Preflight => "checking the candidates",
        Stage::Run => "changing",
        Stage::Recover => "settling what was left open",
        Stage::Follow => "the connection broke: asking what became of it",
        Stage::Judge => "looking over a fresh connection",
        Stage::Verify => "looking again",
        Stage::TakeBack => "taking it back",
    }
}

fn progress_words(progress: &transaction::Progress) -> String {
    match progress {
        transaction::Progress::Step(step) => step.clone(),
        transaction::Progress::Waiting { who } => format!("waiting for {who}"),
        transaction::Progress::Recovering { who, .. } => format!("recovering what {who} left open"),
        transaction::Progress::Recovered(_) => "recovered what was left open".to_owned(),
        transaction::Progress::Await { .. } => "waiting to be confirmed".to_owned(),
        transaction::Progress::Checked(checked) => checked.name.clone(),
        transaction::Progress::Tried(Trial::Boots { milliseconds }) => {
            format!("it boots, in {:.1} s", *milliseconds as f64 / 1000.0)
        }
        transaction::Progress::Tried(Trial::Fails) => "it does not boot".to_owned(),
        transaction::Progress::Tried(Trial::Untried { reason }) => format!("not tried: {reason}"),
        transaction::Progress::Rolled { fresh, wanted, release, sent, failed } => {
            let counted = if *sent > 0 { format!("; {sent} requests, {failed} failed") } else { String::new() };
            format!("{fresh} of {wanted} workers run {release}{counted}")
        }
        transaction::Progress::Repaired { .. } => "old code was still serving: once more".to_owned(),
        transaction::Progress::Witnessed(witnessed) => witness_line(witnessed),
        transaction::Progress::Unwitnessed { reason } => format!("requests are not counted: {reason}"),
        transaction::Progress::HandlerStarted(name) | transaction::Progress::Handled { name, .. } => name.clone(),
    }
}
