//! What holds of causes on every host: they are those of the table, an untouched host shows none, and they never steer.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::resource::{
    AppliedPath, Attribute, Check, Content, Desired, Handler, Id, Observation, PathSeen, Resource, State, Value, sha256,
};

const WORDS: [Option<&str>; 3] = [None, Some("root"), Some("deploy")];

fn content(text: &str) -> Value {
    Value::Content(Content::new(text.as_bytes()))
}

/// Every state of a few values, each attribute that may be unmanaged also without one.
fn states() -> Vec<State> {
    let word = |state: State, attribute, word: Option<&str>| match word {
        Some(word) => state.with_word(attribute, word),
        None => state,
    };
    let kind = |kind| State::default().with_word(Attribute::Type, kind);
    let mut states = vec![kind("absent")];
    for owner in WORDS {
        for mode in [None, Some("0600"), Some("0644")] {
            states.push(word(word(kind("directory"), Attribute::Mode, mode), Attribute::Owner, owner));
            for text in [None, Some("a"), Some("b")] {
                let file = word(word(kind("file"), Attribute::Mode, mode), Attribute::Owner, owner);
                states.push(text.map_or(file.clone(), |text| file.with(Attribute::Content, content(text))));
            }
        }
        for target in ["/a", "/b"] {
            states.push(word(kind("link").with_word(Attribute::Target, target), Attribute::Owner, owner));
        }
    }
    for words in [vec![], vec!["kill"], vec!["kill", "true"]] {
        let words = words.into_iter().map(str::to_owned).collect();
        states.push(State::default().with(Attribute::ExecReload, Value::Words(words)));
    }
    states
}

/// One hash of all that `managed` names of `state`.
fn hash(state: &State, managed: &State) -> String {
    let mut text = String::new();
    for (attribute, _) in managed.iter() {
        let value = match state.get(attribute) {
            None => "nothing".to_owned(),
            Some(Value::Word(word)) => format!("word {word:?}"),
            Some(Value::Words(words)) => format!("words {words:?}"),
            Some(Value::Content(content)) => format!("content {}", content.sha256),
        };
        text.push_str(&format!("{} {value}\n", attribute.name()));
    }
    sha256(text.as_bytes())
}

/// The table of the design, row by row: of the hashes applied, observed, desired, those that must be the same and those
/// that must not.
fn table(applied: Option<&str>, observed: &str, desired: &str) -> Cause {
    let Some(applied) = applied else {
        return if observed == desired { Cause::InSync } else { Cause::New };
    };
    let rows = [
        (true, true, true, Cause::InSync),
        (true, false, false, Cause::Pending),
        (false, false, true, Cause::Drifted),
        (false, false, false, Cause::Conflict),
        (false, true, false, Cause::ConvergedByHand),
    ];
    let row = (applied == observed, observed == desired, applied == desired);
    rows.into_iter().find(|(a, b, c, _)| (*a, *b, *c) == row).map(|(.., cause)| cause).expect("a row of the table")
}

#[test]
fn the_cause_is_the_tables_for_every_combination() {
    let states = states();
    let mut met = BTreeMap::new();
    for desired in &states {
        let hashes: Vec<String> = states.iter().map(|state| hash(state, desired)).collect();
        let wanted = hash(desired, desired);
        for (observed, there) in states.iter().zip(&hashes) {
            for (applied, left) in states.iter().zip(&hashes).map(|(state, hash)| (Some(state), Some(hash.as_str()))) {
                let by_table = table(left, there, &wanted);
                *met.entry(by_table).or_insert(0) += 1;
                assert_eq!(cause(applied, observed, desired), by_table, "{applied:?}\n{observed:?}\n{desired:?}");
            }
            let by_table = table(None, there, &wanted);
            *met.entry(by_table).or_insert(0) += 1;
            assert_eq!(cause(None, observed, desired), by_table, "{observed:?}\n{desired:?}");
        }
    }
    let met: Vec<Cause> = met.into_keys().collect();
    let all = [Cause::InSync, Cause::Pending, Cause::Drifted, Cause::Conflict, Cause::ConvergedByHand, Cause::New];
    assert_eq!(met, all, "a cause that no combination has is not held to anything");
}

/// What somebody may do to a path behind our back.
#[derive(Debug, Clone, Copy)]
enum Edit {
    Content,
    Mode,
    Owner,
    Group,
    Target,
    Removed,
    OtherType,
}

const EDITS: [Edit; 7] =
    [Edit::Content, Edit::Mode, Edit::Owner, Edit::Group, Edit::Target, Edit::Removed, Edit::OtherType];

/// What is there once `desired` is.
fn brought_about(desired: &State) -> PathSeen {
    let word = |attribute| desired.word(attribute).unwrap_or_default().to_owned();
    let or = |attribute, default: &str| desired.word(attribute).unwrap_or(default).to_owned();
    PathSeen {
        kind: word(Attribute::Type),
        mode: or(Attribute::Mode, "0777"),
        owner: or(Attribute::Owner, "somebody"),
        group: or(Attribute::Group, "somebody"),
        target: desired.word(Attribute::Target).map(|target| target.as_bytes().to_vec()),
        sha256: (word(Attribute::Type) == "file")
            .then(|| desired.content().map_or_else(|| sha256(b"theirs"), |content| content.sha256.clone())),
        parent: Some(b"/etc".to_vec()),
        ..PathSeen::default()
    }
}

/// `seen` after `edit`; `None` where the edit is of something that it does not have, or that is not managed.
fn edited(seen: &PathSeen, desired: &State, edit: Edit) -> Option<PathSeen> {
    let mut seen = seen.clone();
    let managed = |attribute| desired.get(attribute).is_some();
    let applies = match edit {
        Edit::Content => managed(Attribute::Content),
        Edit::Mode => managed(Attribute::Mode),
        Edit::Owner => managed(Attribute::Owner),
        Edit::Group => managed(Attribute::Group),
        Edit::Target => managed(Attribute::Target),
        Edit::Removed | Edit::OtherType => seen.kind != "absent",
    };
    match edit {
        Edit::Content => seen.sha256 = Some(sha256(b"another")),
        Edit::Mode => seen.mode = "0666".to_owned(),
        Edit::Owner => seen.owner = "mallory".to_owned(),
        Edit::Group => seen.group = "mallory".to_owned(),
        Edit::Target => seen.target = Some(b"/elsewhere".to_vec()),
        Edit::Removed => seen = PathSeen { kind: "absent".to_owned(), parent: seen.parent, ..PathSeen::default() },
        Edit::OtherType => seen.kind = "socket".to_owned(),
    }
    applies.then_some(seen)
}

fn left(path: &str, desired: &State, seen: &PathSeen) -> AppliedPath {
    let word = |attribute| desired.word(attribute).unwrap_or_default().to_owned();
    AppliedPath {
        path: path.to_owned(),
        kind: seen.kind.clone(),
        detail: seen.detail(),
        mode: word(Attribute::Mode),
        owner: word(Attribute::Owner),
        group: word(Attribute::Group),
        role: "r".to_owned(),
        handlers: "[]".to_owned(),
        checks: "[]".to_owned(),
        made: true,
        signature: String::new(),
    }
}

/// As roles want it: what is there has an owner and a mode, a file a content.
fn desired() -> impl Strategy<Value = State> {
    let kind = |kind| State::default().with_word(Attribute::Type, kind);
    let owned = |state: State| {
        (Just(state), "root|deploy", "root|www").prop_map(|(state, owner, group)| {
            state.with_word(Attribute::Owner, owner).with_word(Attribute::Group, group)
        })
    };
    prop_oneof![
        1 => Just(kind("absent")),
        4 => (owned(kind("file")), "0[0-7]00", "[a-c]{0,3}").prop_map(|(state, mode, text)| {
            state.with_word(Attribute::Mode, mode).with(Attribute::Content, content(&text))
        }),
        2 => (owned(kind("directory")), "0[0-7]55").prop_map(|(state, mode)| state.with_word(Attribute::Mode, mode)),
        2 => (owned(kind("link")), "/[a-c]").prop_map(|(state, target)| state.with_word(Attribute::Target, target)),
    ]
}

fn wanted(states: &[State]) -> Desired {
    let resource = |(number, desired): (usize, &State)| Resource {
        id: Id::path(format!("/etc/{number}")),
        desired: desired.clone(),
        notify: vec!["reload".to_owned()],
        role: "r".to_owned(),
        settings: true,
        edit: None,
    };
    let handler = Handler {
        name: "reload".to_owned(),
        role: "r".to_owned(),
        kind: "nginx_reload".to_owned(),
        arguments: vec![],
        says: String::new(),
        took: None,
        cost: crate::resource::Disruption::Reload,
    };
    let check =
        Check { name: "look".to_owned(), role: "r".to_owned(), argv: vec![], user: None, paths: vec!["/etc/0".into()] };
    Desired {
        resources: states.iter().enumerate().map(resource).collect(),
        handlers: vec![handler],
        checks: vec![check],
        ..Desired::default()
    }
}

/// A host to which `wanted` was just applied, and which remembers that.
fn converged(wanted: &Desired) -> Observation {
    let mut observation = Observation::default();
    for Resource { id, desired, .. } in &wanted.resources {
        let seen = brought_about(desired);
        if seen.kind != "absent" {
            observation.applied.paths.insert(id.name.clone(), left(&id.name, desired, &seen));
        }
        observation.paths.insert(id.name.clone(), seen);
    }
    observation
}

fn without_causes(plan: HostPlan) -> HostPlan {
    let unexplained = |change| Change { cause: None, ..change };
    let changes = plan.changes.into_iter().map(unexplained).collect();
    // What is remembered of what is in sync, and forgotten, changes nothing but the memory.
    HostPlan { changes, orphans: Vec::new(), settled: Vec::new(), forgotten: Vec::new(), ..plan }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_untouched_host_has_not_drifted_and_each_edit_is_found_where_it_was_made(
        states in proptest::collection::vec(desired(), 1..5),
        place in any::<prop::sample::Index>(),
    ) {
        let wanted = wanted(&states);
        let observation = converged(&wanted);
        let found = drift(&wanted, vec![], &observation).expect("all was seen");
        prop_assert_eq!((&found.findings, found.in_sync, found.has_drift()), (&vec![], states.len(), false));

        let place = place.index(states.len());
        let id = wanted.resources[place].id.clone();
        for edit in EDITS {
            let Some(seen) = edited(&observation.paths[&id.name], &states[place], edit) else { continue };
            let mut observation = observation.clone();
            observation.paths.insert(id.name.clone(), seen);
            let found = drift(&wanted, vec![], &observation).expect("all was seen");
            let causes: Vec<_> = found.findings.iter().map(|finding| (&finding.id, finding.cause)).collect();
            prop_assert_eq!(causes, [(&id, Cause::Drifted)], "{:?}", edit);
            prop_assert_eq!((found.in_sync, found.has_drift()), (states.len() - 1, true));
        }
    }

    #[test]
    fn a_cause_explains_and_never_steers(
        states in proptest::collection::vec((desired(), desired(), proptest::option::of(desired())), 1..5),
    ) {
        let wanted = wanted(&states.iter().map(|(desired, ..)| desired.clone()).collect::<Vec<_>>());
        let mut observation = Observation::default();
        for ((_, there, _), Resource { id, .. }) in states.iter().zip(&wanted.resources) {
            observation.paths.insert(id.name.clone(), brought_about(there));
        }
        let bare = plan(&wanted, &observation).expect("all was seen");
        for ((.., before), Resource { id, .. }) in states.iter().zip(&wanted.resources) {
            if let Some(before) = before {
                observation.applied.paths.insert(id.name.clone(), left(&id.name, before, &brought_about(before)));
            }
        }
        let remembered = plan(&wanted, &observation).expect("all was seen");
        prop_assert_eq!(format!("{:?}", without_causes(remembered)), format!("{:?}", without_causes(bare)));
    }
}
