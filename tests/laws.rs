//! Laws that hold for every host: applying a plan to a model of a host leaves nothing for the next plan.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use zdt::plan::{Action, HostPlan, plan};
use zdt::resource::{
    Attribute, Content, Desired, Disruption, Handler, Id, Observation, PathSeen, Resource, State, UnitSeen, Value,
    sha256,
};
use zdt::transaction::{Header, Manifest, Put};

const PATHS: [&str; 6] = ["/etc/a", "/etc/a/x", "/etc/a/x/deep", "/etc/b", "/etc/b/y", "/srv/z"];
const UNIT: &str = "puma.service";

/// A host of paths and one unit whose effective ExecReload follows its drop-in at a daemon-reload.
type Model = BTreeMap<String, PathSeen>;

fn seen(kind: &str, mode: &str, content: &[u8]) -> PathSeen {
    let file = kind == "file";
    PathSeen {
        kind: kind.to_owned(),
        mode: mode.to_owned(),
        owner: "root".to_owned(),
        group: "root".to_owned(),
        sha256: file.then(|| sha256(content)),
        content: file.then(|| content.into()),
        target: (kind == "link").then(|| content.to_vec()),
        ..PathSeen::default()
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map(|(parent, _)| parent).unwrap_or_default()
}

fn observe(model: &Model, exec_reload: &[String]) -> Observation {
    let is_directory =
        |path: &str| matches!(path, "/etc" | "/srv") || model.get(path).is_some_and(|p| p.kind == "directory");
    let paths = PATHS
        .iter()
        .map(|path| {
            let mut seen = model.get(*path).cloned().unwrap_or_else(|| seen("absent", "", b""));
            seen.parent = is_directory(parent(path)).then(|| parent(path).as_bytes().to_vec());
            ((*path).to_owned(), seen)
        })
        .collect();
    let unit = UnitSeen { exec_reload: exec_reload.to_vec(), ..UnitSeen::default() };
    Observation { paths, units: [(UNIT.to_owned(), unit)].into(), ..Observation::default() }
}

fn apply(model: &mut Model, exec_reload: &mut Vec<String>, plan: &HostPlan, manifest: &Manifest) {
    for entry in &manifest.entries {
        let present =
            |path: &str| matches!(path, "/etc" | "/srv") || model.get(path).is_some_and(|p| p.kind == "directory");
        match &entry.put {
            Put::Remove => {
                let held = model.keys().any(|path| parent(path) == entry.path);
                assert!(!held, "{} was removed before what it holds", entry.path);
                model.remove(&entry.path);
            }
            Put::Attributes { mode, .. } => {
                let there = model.get_mut(&entry.path).expect("attributes of what is there");
                there.mode = mode.clone().unwrap_or_else(|| there.mode.clone());
            }
            put => {
                assert!(present(parent(&entry.path)), "{} came before its parent", entry.path);
                let made = match put {
                    Put::File { content, mode, .. } => seen("file", mode, content),
                    Put::Directory { mode, .. } => seen("directory", mode, b""),
                    Put::Link { target, .. } => seen("link", "0777", target.as_bytes()),
                    Put::Saved { .. } => unreachable!("a plan restores nothing"),
                    Put::Attributes { .. } | Put::Remove => unreachable!("handled above"),
                };
                model.insert(entry.path.clone(), made);
            }
        }
    }
    let kinds: Vec<_> = plan.handlers.iter().map(|h| h.handler.kind.as_str()).collect();
    let distinct: BTreeSet<_> = kinds.iter().collect();
    assert_eq!(kinds.len(), distinct.len(), "a handler runs once");
    if kinds.contains(&"daemon_reload") {
        *exec_reload = vec!["/bin/kill -USR1 $MAINPID".to_owned()];
    }
}

fn desired() -> impl Strategy<Value = State> {
    let mode = prop_oneof![Just("0644"), Just("0755"), Just("0600")];
    prop_oneof![
        (proptest::collection::vec(any::<u8>(), 0..4), mode.clone()).prop_map(|(content, mode)| {
            State::default()
                .with_word(Attribute::Type, "file")
                .with_word(Attribute::Mode, mode)
                .with(Attribute::Content, Value::Content(Content::new(&content)))
        }),
        mode.prop_map(|mode| State::default().with_word(Attribute::Type, "directory").with_word(Attribute::Mode, mode)),
        "[a-c]".prop_map(|target| State::default()
            .with_word(Attribute::Type, "link")
            .with_word(Attribute::Target, target)),
        Just(State::default().with_word(Attribute::Type, "absent")),
    ]
}

fn present() -> impl Strategy<Value = PathSeen> {
    let mode = prop_oneof![Just("0644"), Just("0755")];
    (prop_oneof![Just("file"), Just("directory"), Just("link"), Just("device")], mode, "[a-c]")
        .prop_map(|(kind, mode, text)| seen(kind, mode, text.as_bytes()))
}

/// A model in which whatever exists has a directory above it.
fn model() -> impl Strategy<Value = Model> {
    proptest::collection::vec(proptest::option::of(present()), PATHS.len()).prop_map(|states| {
        let mut model = Model::new();
        for (path, state) in PATHS.iter().zip(states) {
            let above = matches!(parent(path), "/etc" | "/srv")
                || model.get(parent(path)).is_some_and(|p| p.kind == "directory");
            if let Some(state) = state.filter(|_| above) {
                model.insert((*path).to_owned(), state);
            }
        }
        model
    })
}

fn wanted(states: Vec<Option<State>>, exec: bool) -> Desired {
    let mut resources: Vec<Resource> = PATHS
        .iter()
        .zip(states)
        .filter_map(|(path, state)| {
            let notify = vec!["reload units".to_owned()];
            Some(Resource {
                id: Id::path(*path),
                desired: state?,
                notify,
                role: "r".to_owned(),
                settings: false,
                edit: None,
            })
        })
        .collect();
    if exec {
        let words = Value::Words(vec!["/bin/kill -USR1 $MAINPID".to_owned()]);
        resources.push(Resource {
            id: Id::unit(UNIT),
            desired: State::default().with(Attribute::ExecReload, words),
            notify: vec!["reload units".to_owned()],
            role: "r".to_owned(),
            settings: false,
            edit: None,
        });
    }
    let handler = |name: &str, kind: &str| Handler {
        name: name.to_owned(),
        role: "r".to_owned(),
        kind: kind.to_owned(),
        arguments: vec![],
        says: String::new(),
        took: None,
        cost: Disruption::None,
    };
    Desired { resources, handlers: vec![handler("reload units", "daemon_reload")], ..Desired::default() }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        max_global_rejects: 50_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_plan_applied_leaves_nothing_to_plan(
        mut model in model(),
        states in proptest::collection::vec(proptest::option::of(desired()), PATHS.len()),
        exec in any::<bool>(),
    ) {
        let wanted = wanted(states, exec);
        let mut exec_reload = vec![];
        let observation = observe(&model, &exec_reload);
        let first = plan(&wanted, &observation).expect("all was seen");
        prop_assert_eq!(first.changes.len() + first.in_sync, wanted.resources.len());
        // A refused host is not touched; there is nothing to apply.
        prop_assume!(first.refusals.is_empty());
        // What is removed while something wanted stays below it, or is held by what nobody manages, is for the host to refuse.
        let removed: Vec<_> = first.changes.iter().filter(|c| c.action == Action::Remove).collect();
        prop_assume!(removed.iter().all(|c| !model.keys().any(|path| parent(path) == c.id.name)));

        let manifest = Manifest::of(&first, &observation, Header::of("t", None), None);
        apply(&mut model, &mut exec_reload, &first, &manifest);
        let second = plan(&wanted, &observe(&model, &exec_reload)).expect("all was seen");
        prop_assert_eq!(second.changes, vec![]);
        prop_assert_eq!(second.handlers, vec![]);
    }

    #[test]
    fn what_stands_in_the_way_is_refused_and_never_replaced(
        model in model(),
        states in proptest::collection::vec(proptest::option::of(desired()), PATHS.len()),
    ) {
        let wanted = wanted(states, false);
        let plan = plan(&wanted, &observe(&model, &[])).expect("all was seen");
        for change in &plan.changes {
            let seen = model.get(&change.id.name).map_or("absent", |p| p.kind.as_str());
            let want = change.desired.word(Attribute::Type).expect("every path has a type");
            let harmless = seen == "absent" || seen == want || (want == "absent" && matches!(seen, "file" | "link"));
            let refused = plan.refusals.iter().any(|r| r.id == change.id);
            prop_assert!(harmless || refused, "{} is a {} and {} is wanted", change.id, seen, want);
        }
    }
}
