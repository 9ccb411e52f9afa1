use crate::plan::diff;
use crate::resource::{Attribute, Desired, Handler, Id, Load, Mismatch, Observation, Resource, Running, Subject};
use crate::resource::{UnitSeen, unit_parts};

/// What runs that is not what the files say: what the roles found, and what `observation` shows to be older than its files.
pub fn mismatches(running: &Running, desired: &Desired, observation: &Observation) -> Vec<Mismatch> {
    // A role compares what runs with what is wanted: where the file itself is something else, that says it all.
    let settled = |mismatch: &&Mismatch| {
        let wanted = desired.resources.iter().find(|one| one.id == mismatch.about && one.id.subject == Subject::Path);
        wanted.is_none_or(|wanted| observation.state(&wanted.id).is_ok_and(|seen| diff(wanted, &seen).is_none()))
    };
    let mut found: Vec<Mismatch> = running.mismatches.iter().filter(settled).cloned().collect();
    let more = running.loads.iter().filter(|load| !is_part_as_read(&load.id, desired, observation));
    let more = more.filter_map(|load| stale(load, observation));
    let units = desired.resources.iter().filter(|resource| resource.id.subject == Subject::Unit);
    for mismatch in more.chain(units.filter_map(|resource| unread(resource, desired, observation))) {
        if !found.contains(&mismatch) {
            found.push(mismatch);
        }
    }
    found
}

/// That a path was changed after it was last read. What is absent differs from what is wanted, and that is said elsewhere.
fn stale(load: &Load, observation: &Observation) -> Option<Mismatch> {
    let seen = observation.paths.get(&load.id.name)?;
    if matches!(seen.kind.as_str(), "absent" | "unreadable") || is_untouched(&load.id, observation) {
        return None;
    }
    load.mismatch(seen, observation.session.clock)
}

/// Whether the part of a path that is ours is what a transaction of ours had read: what else stands there is theirs to have
/// read whose file it is.
fn is_part_as_read(id: &Id, desired: &Desired, observation: &Observation) -> bool {
    let resource = desired.resources.iter().find(|resource| resource.id == *id);
    let part = resource.and_then(|resource| resource.observed(observation).ok()?.part().cloned());
    let left = observation.applied.left(id).filter(|left| left.is_part() && !left.signature.is_empty());
    left.zip(part).is_some_and(|(left, part)| left.detail == part.sha256)
}

/// Whether nobody touched a path since a transaction of ours committed: its handlers have run, whatever the clocks say.
fn is_untouched(id: &Id, observation: &Observation) -> bool {
    let left = observation.applied.left(id).zip(observation.paths.get(&id.name));
    left.is_some_and(|(left, seen)| left.is_untouched(seen))
}

/// Whether what stands there is what zdt left and what its handlers had read: nothing need read it anew for what nobody
/// reads. Two writes within one of the host's seconds look alike by time alone.
pub(super) fn is_in_effect(id: &Id, observation: &Observation) -> bool {
    let left = observation.applied.left(id).zip(observation.paths.get(&id.name));
    let is_as_left = left.is_some_and(|(left, seen)| left.differs(seen).is_empty());
    observation.in_effect.contains(&id.name) || is_as_left && is_untouched(id, observation)
}

/// That systemd runs a wanted unit by other files than those that are there.
fn unread(resource: &Resource, desired: &Desired, observation: &Observation) -> Option<Mismatch> {
    let name = &resource.id.name;
    let unit = observation.units.get(name).filter(|unit| unit.error.is_none())?;
    let read = paths(unit, "DropInPaths");
    let is_there = |path: &str| observation.paths.get(path).map(|seen| seen.kind != "absent");
    let gone = read.iter().find(|path| is_there(path.as_str()) == Some(false));
    let unseen = desired.resources.iter().find(|other| {
        is_drop_in(other, name) && !read.contains(&other.id.name) && is_there(&other.id.name) == Some(true)
    });
    let evidence = if let Some(path) = gone {
        format!("systemd still goes by `{path}`, which is no longer there")
    } else if let Some(other) = unseen {
        format!("systemd has not read `{}`, which is there", other.id.name)
    } else if listed(unit, "NeedDaemonReload") == ["yes"] {
        "systemd says that its files have changed since it read them (`NeedDaemonReload=yes`)".to_owned()
    } else {
        return None;
    };
    let whose: Vec<&str> = unit_parts(name).0.into_iter().collect();
    let mends = |handler: &&Handler| handler.kind == "daemon_reload" && handler.arguments == whose;
    let own = desired.handlers.iter().filter(|handler| handler.role == resource.role).find(mends);
    let reload = own.or_else(|| desired.handlers.iter().find(mends));
    Some(Mismatch {
        about: resource.id.clone(),
        role: resource.role.clone(),
        evidence,
        mends: reload.map(|handler| handler.name.clone()),
        untold: false,
    })
}

/// Whether a resource is a drop-in of the unit. A user's systemd reads them below that user's home, wherever that is.
fn is_drop_in(resource: &Resource, unit: &str) -> bool {
    let (user, unit) = unit_parts(unit);
    let (Some((folder, file)), Subject::Path) = (resource.id.name.rsplit_once('/'), resource.id.subject) else {
        return false;
    };
    let is_its_folder = match user {
        None => folder == format!("/etc/systemd/system/{unit}.d"),
        Some(user) => {
            folder.ends_with(&format!("/systemd/user/{unit}.d"))
                && resource.desired.word(Attribute::Owner) == Some(user)
        }
    };
    is_its_folder && file.ends_with(".conf")
}

/// Paths of units' files have no blanks, but may have backslashes, as an instance's name has one for a dash: systemd prints
/// those in quotes and doubled, or as `\x5c`.
fn paths(unit: &UnitSeen, property: &str) -> Vec<String> {
    let path = |word: &str| match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\\\\", "\\"),
        None => word.replace("\\x5c", "\\"),
    };
    listed(unit, property).into_iter().map(path).collect()
}

fn listed<'a>(unit: &'a UnitSeen, property: &str) -> Vec<&'a str> {
    unit.properties.get(property).into_iter().flatten().flat_map(|value| value.split_whitespace()).collect()
}

#[cfg(test)]
mod tests;
