use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::Goal;
use crate::host;
use crate::plan::{Change, HostPlan, Unknown};
use crate::resource::{Level, Observation, OpenSeen};
use crate::role;
use crate::transaction::{Checked, Outcome, Progress, Verdict};

/// What the engine says while it works; everything a report shows comes through here.
#[derive(Debug)]
pub enum Event {
    Stage {
        host: String,
        stage: Stage,
    },
    /// One host's plan is known, or why there is none.
    Planned {
        host: String,
    },
    Progress {
        host: String,
        progress: Progress,
    },
    /// One host's apply has ended.
    Applied {
        host: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Connect,
    Observe,
    Preflight,
    Run,
    Verify,
}

/// What planning one host came to.
#[derive(Debug)]
pub enum Planned {
    Ready(Arc<Ready>),
    /// It could not be reached or read: its state is unknown.
    Unknown(Trouble),
    /// A role cannot be rendered for what this host is.
    Faulty(Vec<role::Fault>),
}

/// A host's plan with what it was made from.
#[derive(Debug)]
pub struct Ready {
    pub plan: HostPlan,
    pub checked: Vec<Checked>,
    pub observation: Observation,
    /// A folder instead of a host: no services, no owners.
    pub sandbox: bool,
    /// What stands open on the host: what was seen may be half of a change, so its state counts as unknown.
    pub open: Option<OpenSeen>,
    pub goal: Goal,
}

impl Ready {
    /// Whether a check said no or could not look, a role said no, or something stands in the way: apply will not touch
    /// this host. A sandbox has nothing that a check could ask.
    pub fn is_refused(&self) -> bool {
        let refuses = |checked: &Checked| match checked.verdict {
            Verdict::Failed { .. } => true,
            Verdict::NotRun { .. } => !self.sandbox,
            Verdict::Passed { .. } | Verdict::Deferred { .. } => false,
        };
        !self.plan.refusals.is_empty()
            || self.plan.notices.iter().any(|notice| notice.level == Level::Refusal)
            || self.checked.iter().any(refuses)
    }
}

/// Why a host's state is unknown.
#[derive(Debug)]
pub enum Trouble {
    Host(host::Fault),
    Unseen(Vec<Unknown>),
    /// A role that could be rendered before no longer can, for what the host is now.
    Faults(Vec<role::Fault>),
    /// A sandbox's folder could not be made.
    Sandbox {
        path: PathBuf,
        cause: io::Error,
    },
    /// It was unknown when the saved plan was made.
    Saved(String),
    /// A bug in zdt.
    Panic(String),
}

/// What applying to one host came to.
#[derive(Debug)]
pub enum Applied {
    /// The host program has ended with this outcome; after a commit the host was looked at again and is as planned.
    Ended(Outcome),
    /// The transaction was committed, but a second look still finds these changes.
    NotConverged(Vec<Change>),
    /// The transaction was committed, but the second look failed.
    NotVerified(Trouble),
    /// The connection broke before anything was sent.
    NotReached(Trouble),
    /// The connection broke while the host was at work; it goes on or undoes by itself, and keeps the record.
    Lost(Trouble),
    /// Another host failed, or Ctrl-C, before this one began.
    NotStarted,
}

impl Applied {
    /// Whether the change itself went wrong, so that it must not go on to further hosts. A host that could not be
    /// reached says nothing about the others.
    pub fn is_failure(&self) -> bool {
        match self {
            Applied::Ended(Outcome::Committed | Outcome::Locked { .. } | Outcome::Unknown { .. })
            | Applied::NotReached(_)
            | Applied::NotStarted => false,
            Applied::Ended(Outcome::PutBack { .. } | Outcome::Stuck { .. })
            | Applied::NotConverged(_)
            | Applied::NotVerified(_)
            | Applied::Lost(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_could_not_look_refuses_a_host_but_no_sandbox() {
        let reason = String::new;
        let cases = [
            (Verdict::Passed { output: reason() }, false, false),
            (Verdict::Failed { code: 1, output: reason() }, false, true),
            (Verdict::NotRun { reason: reason() }, false, true),
            (Verdict::NotRun { reason: reason() }, true, false),
            (Verdict::Deferred { reason: reason() }, false, false),
        ];
        for (verdict, sandbox, refused) in cases {
            let checked = vec![Checked { name: "a".to_owned(), verdict }];
            let (plan, observation) = (HostPlan::default(), Observation::default());
            let ready = Ready { plan, checked, observation, sandbox, open: None, goal: Goal::Roles { prune: false } };
            assert_eq!(ready.is_refused(), refused, "{:?} {sandbox}", ready.checked);
        }
    }
}
