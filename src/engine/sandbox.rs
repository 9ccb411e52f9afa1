use std::collections::BTreeSet;
use std::path::Path;

use crate::engine::Trouble;
use crate::plan::HostPlan;
use crate::resource::{Attribute, Check, Desired, Subject};
use crate::transaction::{Checked, Put, STATE_DIR, Verdict};

/// Why a sandbox runs no checks and handlers, and manages no owners.
pub const REASON: &str = "a sandbox has no services";

/// Takes out what a folder cannot have: owners other than ours, and units.
pub(super) fn adapt(mut desired: Desired) -> Desired {
    desired.resources.retain(|resource| resource.id.subject == Subject::Path);
    for resource in &mut desired.resources {
        resource.desired.remove(Attribute::Owner);
        resource.desired.remove(Attribute::Group);
    }
    desired
}

/// Every check of the plan, said to be not run.
pub(super) fn checked(checks: &[Check]) -> Vec<Checked> {
    let not_run = || Verdict::NotRun { reason: REASON.to_owned() };
    checks.iter().map(|check| Checked { name: check.name.clone(), verdict: not_run() }).collect()
}

/// Owners stay whoever runs zdt, also where a state was seen with its owner.
pub(super) fn disown(put: &mut Put) {
    match put {
        Put::File { owner, group, .. }
        | Put::Directory { owner, group, .. }
        | Put::Link { owner, group, .. }
        | Put::Attributes { owner, group, .. } => {
            *owner = None;
            *group = None;
        }
        Put::Remove => {}
    }
}

/// A sandbox begins empty: the directories that a real host always has are made on demand, those that the plan makes
/// are left to it.
pub(super) fn make_parents(root: &str, plan: &HostPlan) -> Result<(), Trouble> {
    let planned: BTreeSet<&Path> = plan.changes.iter().map(|change| Path::new(&change.id.name)).collect();
    let parents = planned.iter().filter_map(|path| path.parent()).filter(|parent| !planned.contains(parent));
    for parent in parents.chain(Path::new(STATE_DIR).parent()) {
        if let Ok(below) = parent.strip_prefix("/") {
            let parent = Path::new(root).join(below);
            std::fs::create_dir_all(&parent).map_err(|cause| Trouble::Sandbox { path: parent, cause })?;
        }
    }
    Ok(())
}
