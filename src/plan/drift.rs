use crate::plan::{Cause, Change, Orphan, Unknown, cause, diff, orphan};
use crate::resource::{Desired, Id, Mismatch, Notice, Observation, State, Unmade};

/// What a look at one host found, beside what is as wanted.
#[derive(Debug, Clone, Default)]
pub struct HostDrift {
    /// In the order of ids; what is in sync is not among them.
    pub findings: Vec<Finding>,
    /// How many resources are as wanted.
    pub in_sync: usize,
    /// What earlier transactions left and nobody wants any more.
    pub orphans: Vec<Orphan>,
    /// What runs is not what the files say.
    pub mismatches: Vec<Mismatch>,
    /// Parts of files that cannot be set, and so cannot be told from others either.
    pub unmade: Vec<Unmade>,
    /// What is said of the host whatever was found.
    pub notices: Vec<Notice>,
    /// Why the host's memory could not be read, and what would mend that: then no cause is known, and the host's state is not known either.
    pub record_fault: Option<String>,
}

/// A resource that is not in sync, or was brought to what is wanted by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub id: Id,
    pub role: String,
    pub cause: Cause,
    /// What zdt last left there, as far as the host remembers: of a content the hash alone.
    pub applied: Option<State>,
    /// What an apply would do about it; `None` where it is as wanted by now.
    pub change: Option<Change>,
    /// When it was last changed, by the host's clock, seconds since 1970; `None` for units and for what is gone.
    pub changed_at: Option<i64>,
}

/// Compares what was left, what is there and what is wanted. `Err` when anything wanted could not be looked at.
pub fn drift(
    desired: &Desired,
    mismatches: Vec<Mismatch>,
    observation: &Observation,
) -> Result<HostDrift, Vec<Unknown>> {
    let mut unknown = Vec::new();
    let mut found = HostDrift {
        mismatches,
        unmade: desired.unmade.clone(),
        notices: desired.notices.clone(),
        record_fault: observation.applied.told(),
        ..HostDrift::default()
    };
    for resource in &desired.resources {
        let observed = match resource.observed(observation) {
            Ok(observed) => observed,
            Err(why) => {
                unknown.push(Unknown { id: resource.id.clone(), why });
                continue;
            }
        };
        let applied = observation.applied.state(&resource.id);
        match cause(applied.as_ref(), &observed, &resource.desired) {
            Cause::InSync => found.in_sync += 1,
            cause => {
                let seen = observation.paths.get(&resource.id.name).filter(|seen| seen.kind != "absent");
                found.findings.push(Finding {
                    id: resource.id.clone(),
                    role: resource.role.clone(),
                    cause,
                    applied,
                    change: diff(resource, &observed),
                    changed_at: seen.map(|seen| seen.mtime),
                });
            }
        }
    }
    if !unknown.is_empty() {
        return Err(unknown);
    }
    found.findings.sort_by(|a, b| a.id.cmp(&b.id));
    found.orphans = orphan::orphans(desired, observation);
    Ok(found)
}

impl HostDrift {
    /// Whether something did not come from our own files.
    pub fn has_drift(&self) -> bool {
        self.mismatches.iter().any(|mismatch| !mismatch.untold)
            || self.findings.iter().any(|finding| finding.cause.is_drift())
    }

    /// Whether something could not be told, so that the host must not be called clean.
    pub fn is_untold(&self) -> bool {
        let untold = self.record_fault.is_some() || !self.unmade.is_empty();
        untold || self.mismatches.iter().any(|mismatch| mismatch.untold)
    }

    /// Whether an apply has something to bring about that we changed ourselves.
    pub fn is_pending(&self) -> bool {
        self.findings.iter().any(|finding| finding.cause == Cause::Pending)
    }
}
