use super::{Call, Repeated, Setting, Settings, Why};
use crate::edit::{Fault, Place, Text};

/// What a fragment and a list of names ask for.
pub(super) struct Wanted {
    pub(super) groups: Vec<Group>,
    /// The settings of which nothing but the fragment's shall be left.
    pub(super) removed: Vec<&'static Setting>,
}

/// The calls of the fragment that make one setting.
pub(super) struct Group {
    pub(super) key: &'static str,
    pub(super) repeated: Repeated,
    pub(super) calls: Vec<One>,
}

/// A call as the fragment has it, and what it comes to.
pub(super) struct One {
    pub(super) canonical: String,
    pub(super) source: Vec<u8>,
}

impl Wanted {
    pub(super) fn read(fragment: &[u8], remove: &[&str]) -> Result<Wanted, Fault> {
        let settings = Settings::read(Text::Fragment, fragment)?;
        let mut groups: Vec<Group> = Vec::new();
        for statement in &settings.statements {
            let call = settings.calls.iter().find(|call| call.span.start == statement.start && call.is_plain());
            let Some(call) = call.filter(|call| call.name != "clear_binds!") else {
                let line = fragment[statement.clone()].split(|&byte| byte == b'\n').next().unwrap_or_default();
                let why = Why::NoSetting { source: super::literal::readable(line.trim_ascii()) };
                return Err(Fault { at: Some(Place::of(Text::Fragment, fragment, statement.start)), why: why.into() });
            };
            let one = One { canonical: call.canonical(), source: fragment[statement.clone()].to_vec() };
            match groups.iter_mut().find(|group| group.key == call.setting.key) {
                Some(group) => group.add(one),
                None => {
                    let (key, repeated) = (call.setting.key, call.setting.repeated);
                    groups.push(Group { key, repeated, calls: vec![one] });
                }
            }
        }
        let removed = remove.iter().map(|name| {
            let unknown = || Fault { at: None, why: Why::Unknown { name: (*name).to_owned() }.into() };
            Setting::named(name).ok_or_else(unknown)
        });
        Ok(Wanted { groups, removed: removed.collect::<Result<_, _>>()? })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.removed.is_empty()
    }

    /// Whether nothing but the fragment's shall be left of what `call` sets. Listeners go by name: whoever gives up a
    /// `port` does not give up every `bind`.
    pub(super) fn removes(&self, call: &Call) -> bool {
        self.removed.iter().any(|setting| match call.setting.repeated {
            Repeated::Listener => setting.name == call.setting.name,
            _ => setting.key == call.setting.key,
        })
    }

    /// The keys that are asked for, each once, in the order of the asking.
    pub(super) fn keys(&self) -> Vec<(&'static str, Repeated)> {
        let mut keys: Vec<_> = self.groups.iter().map(|group| (group.key, group.repeated)).collect();
        for setting in &self.removed {
            if !keys.iter().any(|(key, _)| *key == setting.key) {
                keys.push((setting.key, setting.repeated));
            }
        }
        keys
    }

    pub(super) fn calls(&self, key: &str) -> &[One] {
        self.groups.iter().find(|group| group.key == key).map_or(&[], |group| &group.calls)
    }
}

impl Group {
    /// As Puma would take the fragment alone: the last, the first, or all.
    fn add(&mut self, one: One) {
        match self.repeated {
            Repeated::Last => self.calls = vec![one],
            Repeated::First => {}
            Repeated::Listener | Repeated::More => {
                if !self.calls.iter().any(|other| other.canonical == one.canonical) {
                    self.calls.push(one);
                }
            }
        }
    }
}
