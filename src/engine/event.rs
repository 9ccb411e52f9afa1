use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::engine::{Deadline, End, Goal, WhyNot, rolling};
use crate::host;
use crate::plan::{Change, HostPlan, Unknown};
use crate::resource::{Level, Observation, OpenSeen, Unmade};
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
    /// The connection to a host at work broke; we try to get through again until it has settled by itself.
    Broken {
        host: String,
        deadline: Deadline,
    },
    /// These hosts begin; said where there are several batches.
    Batch {
        batch: Batch,
        hosts: Vec<String>,
    },
    /// Before these hosts begin, some time passes.
    Pause {
        batch: Batch,
        lasts: Duration,
    },
    /// One host's apply has ended.
    Applied {
        host: String,
    },
}

/// Which batch of how many, as far as can be foreseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    pub number: usize,
    pub of: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Connect,
    Observe,
    /// Something stands open on the host and is dealt with first.
    Recover,
    Preflight,
    Run,
    /// The connection broke: over a new one we ask what became of the host.
    Follow,
    /// Everything is in place: a fresh connection looks whether it may stay.
    Judge,
    Verify,
    /// Another host failed: this one goes back to what it was.
    TakeBack,
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

impl Planned {
    /// Whether this is the plan of a rollback, or not known.
    pub fn could_be_taken_back(&self) -> bool {
        match self {
            Planned::Ready(ready) => matches!(ready.goal, Goal::Rollback(_)),
            Planned::Unknown(_) | Planned::Faulty(_) => true,
        }
    }
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
        !self.plan.refusals.is_empty() || self.says_no()
    }

    /// Whether all that refuses it is a limit that somebody set.
    pub fn is_over_limit_alone(&self) -> bool {
        self.plan.is_over_limit_alone() && !self.says_no()
    }

    fn says_no(&self) -> bool {
        let refuses = |checked: &Checked| match checked.verdict {
            Verdict::Failed { .. } => true,
            Verdict::NotRun { .. } => !self.sandbox,
            Verdict::Passed { .. } | Verdict::Deferred { .. } => false,
        };
        self.plan.notices.iter().any(|notice| notice.level == Level::Refusal) || self.checked.iter().any(refuses)
    }
}

/// Why a host's state is unknown.
#[derive(Debug)]
pub enum Trouble {
    Host(host::Fault),
    Unseen(Vec<Unknown>),
    /// Parts of files cannot be set, and so nobody can tell what they are.
    Unmade(Vec<Unmade>),
    /// A role that could be rendered before no longer can, for what the host is now.
    Faults(Vec<role::Fault>),
    /// A sandbox's folder could not be made.
    Sandbox {
        path: PathBuf,
        cause: io::Error,
    },
    /// It was unknown when the saved plan was made.
    Saved(String),
    /// What was committed could not be taken back again: nothing was done, for this reason.
    NotTakenBack(String),
    /// The time given for all hosts was over before this one had answered.
    Late,
    /// A bug in zdt.
    Panic(String),
}

/// What applying to one host came to.
#[derive(Debug)]
pub enum Applied {
    /// The host program has ended with this outcome; after a commit the host was looked at again and is as planned.
    Ended(Outcome),
    /// Everything was in place, and put back because of this doubt.
    Reverted(Doubt),
    /// The transaction was committed, but a second look still finds these changes.
    NotConverged(Vec<Change>),
    /// The transaction was committed, but the second look failed.
    NotVerified(Trouble),
    /// The connection broke before anything was sent.
    NotReached(Trouble),
    /// The connection broke while the host was at work, and no other was to be had before the host settles by itself.
    Lost {
        why: Trouble,
        deadline: Deadline,
    },
    /// It had committed; as another host failed, it was taken back and is as before.
    TakenBack,
    /// It had committed, and could not be taken back: this became of it.
    NotTakenBack(Box<Applied>),
    NotStarted(WhyNot),
}

/// Why a change that was in place was not to stay.
#[derive(Debug)]
pub enum Doubt {
    /// Over a fresh connection the host was not as planned.
    Differs(Vec<Change>),
    /// Over a fresh connection it could not be seen whether it is.
    Unseen(Trouble),
    /// No fresh connection was to be had.
    NoConnection(Trouble),
}

impl Applied {
    /// A bug met while the host was at work. When it settles is not known any more; it does so by itself.
    pub(super) fn panicked(why: String) -> Applied {
        let deadline = Deadline { at: SystemTime::now(), end: End::Either };
        Applied::Lost { why: Trouble::Panic(why), deadline }
    }

    /// Whether the host is another one than before, though all is well with it or nearly so.
    pub(super) fn has_changed(&self) -> bool {
        matches!(self, Applied::Ended(Outcome::Committed) | Applied::NotConverged(_) | Applied::NotVerified(_))
    }

    /// What it counts for among the others.
    pub(super) fn end(&self) -> rolling::End {
        match self {
            Applied::Ended(Outcome::Committed) => rolling::End::Well,
            Applied::Ended(Outcome::Locked { .. } | Outcome::Unknown { .. })
            | Applied::NotReached(_)
            | Applied::NotStarted(_) => rolling::End::Unreachable,
            Applied::Ended(Outcome::PutBack { .. } | Outcome::Stuck { .. })
            | Applied::Reverted(_)
            | Applied::NotConverged(_)
            | Applied::NotVerified(_)
            | Applied::Lost { .. }
            | Applied::TakenBack
            | Applied::NotTakenBack(_) => rolling::End::Failed,
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
            let ready = Ready {
                plan,
                checked,
                observation,
                sandbox,
                open: None,
                goal: Goal::Roles { prune: false, only: None },
            };
            assert_eq!(ready.is_refused(), refused, "{:?} {sandbox}", ready.checked);
        }
    }
}
