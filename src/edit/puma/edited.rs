use super::change::Changes;
use super::wanted::{One, Wanted};
use super::{Call, Repeated, Settings, Standing, Why, listeners};
use crate::edit::{Fault, Place, Text};

pub(super) fn edit(whole: &[u8], fragment: &[u8], remove: &[&str]) -> Result<Vec<u8>, Fault> {
    let wanted = Wanted::read(fragment, remove)?;
    let settings = Settings::read(Text::Whole, whole)?;
    let changes = changes(whole, &settings, &wanted)?;
    if changes.is_empty() {
        return Ok(whole.to_vec());
    }
    let edited = changes.apply(whole, &settings)?;
    // Ruby has more corners than anybody knows: what does not read back as asked for never leaves this function.
    let again = Settings::read(Text::Whole, &edited);
    if again.is_ok_and(|again| self::changes(&edited, &again, &wanted).is_ok_and(|changes| changes.is_empty())) {
        Ok(edited)
    } else {
        Err(Fault { at: None, why: Why::NotTaken.into() })
    }
}

fn changes<'f>(whole: &[u8], settings: &Settings, wanted: &'f Wanted) -> Result<Changes<'f>, Fault> {
    let mut changes = Changes::default();
    if wanted.is_empty() {
        return Ok(changes);
    }
    if let Some(unseen) = settings.unseen.first() {
        return Err(unseen.clone());
    }
    for (key, repeated) in wanted.keys() {
        let calls: Vec<&Call> = settings.calls.iter().filter(|call| call.setting.key == key).collect();
        let ours = wanted.calls(key);
        let decided = Decided { whole, wanted, calls, ours };
        match repeated {
            Repeated::Last => decided.last(&mut changes)?,
            Repeated::First => decided.first(&mut changes)?,
            Repeated::More => decided.more(&mut changes)?,
            Repeated::Listener => listeners::change(whole, wanted, &decided.calls, ours, &mut changes)?,
        }
    }
    Ok(changes)
}

/// One setting: how the file makes it, and how we want it.
struct Decided<'a, 'f> {
    whole: &'a [u8],
    wanted: &'f Wanted,
    calls: Vec<&'a Call>,
    ours: &'f [One],
}

impl<'f> Decided<'_, 'f> {
    /// The last call that always runs is made right. Those before it have no effect and stay; a condition behind it decides.
    fn last(&self, changes: &mut Changes<'f>) -> Result<(), Fault> {
        let last = self.calls.iter().rposition(|call| call.is_plain());
        let removes = self.removes();
        let from = if removes { 0 } else { last.map_or(0, |last| last + 1) };
        unconditional(self.whole, &self.calls[from..])?;
        if removes {
            let replaced = last.filter(|_| !self.ours.is_empty());
            let others = self.calls.iter().enumerate().filter(|(index, _)| Some(*index) != replaced);
            for (_, call) in others.filter(|(_, call)| !self.is_ours(call)) {
                changes.remove(self.whole, call)?;
            }
        }
        match (self.ours.first(), last) {
            (Some(one), Some(last)) if self.calls[last].canonical() != one.canonical => {
                changes.replace(self.whole, self.calls[last], &one.source)
            }
            (Some(one), None) => {
                changes.add(&one.source);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Which of several counts differs between versions: one is left.
    fn first(&self, changes: &mut Changes<'f>) -> Result<(), Fault> {
        unconditional(self.whole, &self.calls)?;
        let Some(one) = self.ours.first() else {
            return self.calls.iter().try_for_each(|call| changes.remove(self.whole, call));
        };
        let other = |call: &&&Call| call.canonical() != one.canonical;
        match self.calls.split_first() {
            None => changes.add(&one.source),
            Some((first, rest)) => {
                if other(&first) {
                    changes.replace(self.whole, first, &one.source)?;
                }
                rest.iter().filter(other).try_for_each(|call| changes.remove(self.whole, call))?;
            }
        }
        Ok(())
    }

    /// Ours has to be among them, once.
    fn more(&self, changes: &mut Changes<'f>) -> Result<(), Fault> {
        for one in self.ours {
            let same: Vec<&Call> =
                self.calls.iter().copied().filter(|call| call.canonical() == one.canonical).collect();
            if !same.iter().any(|call| call.is_plain()) {
                unconditional(self.whole, &same)?;
                changes.add(&one.source);
            }
        }
        if self.removes() {
            for call in self.calls.iter().filter(|call| !self.is_ours(call)) {
                unconditional(self.whole, &[call])?;
                changes.remove(self.whole, call)?;
            }
        }
        Ok(())
    }

    fn is_ours(&self, call: &Call) -> bool {
        self.ours.iter().any(|one| one.canonical == call.canonical())
    }

    fn removes(&self) -> bool {
        self.calls.iter().any(|call| self.wanted.removes(call))
    }
}

/// No condition decides over any of `calls`.
pub(super) fn unconditional(whole: &[u8], calls: &[&Call]) -> Result<(), Fault> {
    for call in calls {
        if let Standing::Under { what, line } = &call.standing {
            let why = Why::Conditional { name: call.name.clone(), under: what.clone(), line: *line };
            return Err(Fault { at: Some(Place::of(Text::Whole, whole, call.span.start)), why: why.into() });
        }
    }
    Ok(())
}
