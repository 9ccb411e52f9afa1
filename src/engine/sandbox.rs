use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::engine::Trouble;
use crate::plan::{Change, HostPlan, Obstacle, Refusal};
use crate::resource::{Attribute, Check, Desired, Observation, Subject};
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
        | Put::Saved { owner, group, .. }
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

/// The changes that a link in their way would lead out of the sandbox.
pub(super) fn escapes(root: &str, plan: &HostPlan, observation: &Observation) -> Vec<Refusal> {
    let inside = std::fs::canonicalize(root).unwrap_or_else(|_| PathBuf::from(root));
    let parent_of = |change: &Change| {
        let parent = observation.paths.get(&change.id.name)?.parent.as_deref()?;
        Some(PathBuf::from(OsStr::from_bytes(parent)))
    };
    let outside = |change: &Change| {
        // A folder that is not there yet is made under the nearest one that is.
        let parent =
            parent_of(change).or_else(|| nearest(&Path::new(root).join(change.id.name.trim_start_matches('/'))))?;
        (!parent.starts_with(&inside) && !inside.starts_with(&parent)).then_some(parent)
    };
    let refusal = |(change, parent): (&Change, PathBuf)| Refusal {
        id: change.id.clone(),
        role: change.role.clone(),
        obstacle: Obstacle::OutsideSandbox { parent: parent.to_string_lossy().into_owned() },
    };
    plan.changes.iter().filter_map(|change| Some((change, outside(change)?))).map(refusal).collect()
}

/// The nearest folder above `path` that exists, links resolved.
fn nearest(path: &Path) -> Option<PathBuf> {
    path.ancestors().skip(1).find_map(|above| std::fs::canonicalize(above).ok())
}
