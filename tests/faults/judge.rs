//! Says whether a host is exactly as before or exactly as after, from what is there; and whether its own word agrees.

use crate::rig::{ID, US};
use crate::scenario::{STATE, Scenario};
use crate::services;
use crate::world::{SIGNED, What, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Before,
    After,
}

/// What has been promised already in `world`, where a transaction stands open.
pub fn promised(world: &World) -> Option<End> {
    let first = |text: String| match text.split(US).next() {
        Some("committed" | "confirmed") => Some(End::After),
        Some("put-back" | "reverted") => Some(End::Before),
        _ => None,
    };
    let ended = world.text(&format!("{STATE}/open/ended")).and_then(first);
    ended.or_else(|| world.text(&format!("{STATE}/open/verdict-{ID}")).and_then(first))
}

/// How `world` has ended, or why it is torn.
pub fn judge(scenario: &Scenario, world: &World) -> Result<End, String> {
    let records = |path: &str| path.starts_with(STATE);
    let now = world.below("root", records);
    let end = if now == scenario.before.below("root", records) {
        End::Before
    } else if now == scenario.after.below("root", records) {
        End::After
    } else {
        return Err(format!(
            "torn; against before:\n{}against after:\n{}",
            now.difference(&scenario.before.below("root", records)),
            now.difference(&scenario.after.below("root", records))
        ));
    };
    let runs = end == End::After && scenario.starts_app();
    if let Some(fault) = services::fault(world, runs) {
        return Err(format!("{end:?}, but {fault}"));
    }
    left_behind(world)?;
    let said = word(world)?;
    let agrees = match said.as_deref() {
        Some("committed") => end == End::After,
        Some("put-back") | None => end == End::Before,
        Some(_) => false,
    };
    if !agrees {
        return Err(format!("the host is as {end:?}, its history says {said:?}"));
    }
    if end == End::After {
        remembered(scenario, world)?;
    } else {
        let memory = |world: &World| world.below(&format!("{STATE}/applied"), |_| false);
        if memory(world) != memory(&scenario.before) {
            return Err(format!("nothing was applied: {}", memory(world).difference(&memory(&scenario.before))));
        }
    }
    Ok(end)
}

/// Nothing but the lock, the history and what was applied may be left.
fn left_behind(world: &World) -> Result<(), String> {
    for path in world.below(&format!("{STATE}/"), |_| false).0.keys() {
        let name = &path[STATE.len() + 1..];
        let mut parts = name.split('/');
        let known = match (parts.next(), parts.next(), parts.next()) {
            (Some("lock" | "history" | "applied" | "applied.other"), None, None) => true,
            (Some("history"), Some(_), None) => true,
            (Some("history"), Some(_), Some(file)) => {
                ["manifest", "journal", "ended", "who"].contains(&file)
                    || file.starts_with("verdict-")
                    || file.ends_with(".old")
                    || file.ends_with(".theirs")
            }
            _ => false,
        };
        if !known {
            return Err(format!("`{name}` is left behind"));
        }
    }
    Ok(())
}

/// How the history says that it ended.
fn word(world: &World) -> Result<Option<String>, String> {
    let history = format!("{STATE}/history/");
    let records: Vec<&String> =
        world.0.keys().filter(|path| path.starts_with(&history) && !path[history.len()..].contains('/')).collect();
    match records[..] {
        [] => Ok(None),
        [record] => {
            let ended = world.text(&format!("{record}/ended")).ok_or("a record without its end")?;
            Ok(ended.split(US).next().map(str::to_owned))
        }
        _ => Err(format!("one transaction, many records: {records:?}")),
    }
}

/// A committed record keeps the old files, and the host what was applied.
fn remembered(scenario: &Scenario, world: &World) -> Result<(), String> {
    for (place, (path, put)) in scenario.entries.iter().enumerate() {
        let Some(old) = scenario.before.0.get(&format!("root/{path}")) else { continue };
        if old.what == What::Directory {
            continue;
        }
        let record = format!("{STATE}/history/000001-t1/{}.old", place + 1);
        let Some(kept) = world.0.get(&record) else { return Err(format!("{put:?} of {path}: the old is not kept")) };
        // A file whose mode alone changed is swapped like any other.
        if world.text(&record) != scenario.before.text(&format!("root/{path}"))
            || (kept.mode, kept.uid, kept.gid, kept.old) != (old.mode, old.uid, old.gid, old.old)
        {
            return Err(format!("{path}: was {old:?}, kept is {kept:?}"));
        }
    }
    let (wanted, aside) = scenario.remembered();
    let applied = world.text(&format!("{STATE}/applied")).unwrap_or_default();
    let lines: Vec<&str> = applied.lines().collect();
    let is_signed = |line: &str| line.ends_with(&format!("{US}{SIGNED}{US}"));
    let signed = lines.iter().filter(|line| is_signed(line)).count();
    let kept = wanted.iter().filter(|line| is_signed(line)).count();
    let whole = lines.len() == wanted.len()
        && applied.ends_with("\nend\n")
        && lines.iter().zip(&wanted).all(|(line, wanted)| line.starts_with(wanted.as_str()))
        // One look for all: where it fails, none is signed.
        && (signed == wanted.len() - 2 || signed == kept);
    if !whole {
        return Err(format!("applied is\n{applied}wanted {wanted:?}"));
    }
    let other = world.text(&format!("{STATE}/applied.other"));
    if other == aside { Ok(()) } else { Err(format!("set aside is {other:?}, wanted {aside:?}")) }
}
