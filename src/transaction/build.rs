use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::plan::{Action, Change, HostPlan};
use crate::resource::{Attribute, Observation, PathSeen, State};
use crate::transaction::{CheckCommand, Entry, HandlerCall, Header, Manifest, Put, Seen};

impl Manifest {
    /// The bytes-to-be of `plan`: exactly its changes, in its order, each with the fingerprint that it was made from.
    /// `root` is a sandbox's directory, under which every path lies.
    pub fn of(plan: &HostPlan, observation: &Observation, header: Header, root: Option<&str>) -> Manifest {
        let rooted = |path: &str| format!("{}{path}", root.unwrap_or_default());
        let entries = plan
            .changes
            .iter()
            .filter(|change| change.action != Action::Effect)
            .map(|change| Entry {
                path: rooted(&change.id.name),
                put: put(change),
                seen: observation.paths.get(&change.id.name).map(fingerprint).unwrap_or_else(absent),
            })
            .collect();
        let (checks, handlers) = match root {
            Some(_) => (Vec::new(), Vec::new()),
            None => (checks(plan), handlers(plan)),
        };
        Manifest { entries, checks, handlers, ..Manifest::new(header) }
    }
}

fn put(change: &Change) -> Put {
    let word = |attribute| {
        let pick = |state: &State| state.word(attribute).map(str::to_owned);
        pick(&change.desired).or_else(|| pick(&change.observed))
    };
    let (owner, group) = (word(Attribute::Owner), word(Attribute::Group));
    if change.action == Action::Remove {
        return Put::Remove;
    }
    let differs = |attribute| change.attributes.iter().any(|a| a.attribute == attribute);
    let whole = differs(Attribute::Type) || differs(Attribute::Content) || differs(Attribute::Target);
    if !whole {
        let changed = |attribute| differs(attribute).then(|| word(attribute)).flatten();
        return Put::Attributes {
            mode: changed(Attribute::Mode),
            owner: changed(Attribute::Owner),
            group: changed(Attribute::Group),
        };
    }
    match change.desired.word(Attribute::Type) {
        Some("directory") => Put::Directory { mode: mode_or(word(Attribute::Mode), "0755"), owner, group },
        Some("link") => {
            Put::Link { target: change.desired.word(Attribute::Target).unwrap_or_default().to_owned(), owner, group }
        }
        _ => Put::File {
            content: change.desired.content().and_then(|content| content.bytes.clone()).unwrap_or_default(),
            mode: mode_or(word(Attribute::Mode), "0644"),
            owner,
            group,
        },
    }
}

fn mode_or(mode: Option<String>, default: &str) -> String {
    mode.unwrap_or_else(|| default.to_owned())
}

fn checks(plan: &HostPlan) -> Vec<CheckCommand> {
    plan.checks
        .iter()
        .map(|check| CheckCommand { name: check.name.clone(), argv: check.argv.clone(), user: check.user.clone() })
        .collect()
}

fn handlers(plan: &HostPlan) -> Vec<HandlerCall> {
    plan.handlers
        .iter()
        .map(|planned| HandlerCall {
            name: planned.handler.name.clone(),
            kind: planned.handler.kind.clone(),
            arguments: planned.handler.arguments.clone(),
        })
        .collect()
}

fn fingerprint(seen: &PathSeen) -> Seen {
    Seen {
        kind: seen.kind.clone(),
        mode: seen.mode.clone(),
        owner: seen.owner.clone(),
        group: seen.group.clone(),
        detail: match (&seen.sha256, &seen.target) {
            (Some(sha256), _) => sha256.clone(),
            (None, Some(target)) => STANDARD.encode(target),
            (None, None) => String::new(),
        },
        parent: seen.parent.clone(),
    }
}

fn absent() -> Seen {
    fingerprint(&PathSeen { kind: "absent".to_owned(), ..PathSeen::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::resource::{Content, Desired, Id, Resource, Value};

    fn wanted(desired: State) -> Desired {
        let resource = Resource { id: Id::path("/etc/x"), desired, notify: vec![], role: "r".to_owned() };
        Desired { resources: vec![resource], ..Desired::default() }
    }

    fn file(content: &[u8]) -> State {
        State::default()
            .with_word(Attribute::Type, "file")
            .with_word(Attribute::Mode, "0640")
            .with(Attribute::Content, Value::Content(Content::new(content)))
    }

    fn seen(content: &[u8]) -> Observation {
        let path = PathSeen {
            kind: "file".to_owned(),
            mode: "0644".to_owned(),
            owner: "root".to_owned(),
            group: "adm".to_owned(),
            sha256: Some(crate::resource::sha256(content)),
            content: Some(content.into()),
            parent: Some(b"/etc".to_vec()),
            ..PathSeen::default()
        };
        Observation { paths: [("/etc/x".to_owned(), path)].into(), ..Observation::default() }
    }

    fn manifest(desired: State, observation: &Observation) -> Manifest {
        let plan = plan(&wanted(desired), observation).expect("all was seen");
        Manifest::of(&plan, observation, Header::of("t1", None), None)
    }

    #[test]
    fn a_mode_alone_does_not_rewrite_the_file() {
        let manifest = manifest(file(b"a"), &seen(b"a"));
        let Put::Attributes { mode, owner, group } = &manifest.entries[0].put else { panic!("{:?}", manifest.entries) };
        assert_eq!((mode.as_deref(), owner, group), (Some("0640"), &None, &None));
    }

    #[test]
    fn a_new_content_keeps_the_owner_that_is_not_managed() {
        let manifest = manifest(file(b"b"), &seen(b"a"));
        let Put::File { content, mode, owner, group } = &manifest.entries[0].put else {
            panic!("{:?}", manifest.entries)
        };
        assert_eq!(&content[..], b"b");
        assert_eq!(mode, "0640");
        assert_eq!((owner.as_deref(), group.as_deref()), (Some("root"), Some("adm")));
        assert_eq!(manifest.entries[0].seen.detail, crate::resource::sha256(b"a"));
    }
}
