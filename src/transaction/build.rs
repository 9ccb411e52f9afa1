use crate::plan::{Action, Change, HostPlan, OrphanState};
use crate::resource::{AppliedPath, Attribute, Check, Id, Observation, PathSeen, remember_checks, remember_handlers};
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
                seen: observation.paths.get(&change.id.name).map(Seen::of).unwrap_or_else(absent),
            })
            .collect();
        let (checks, handlers) = match root {
            Some(_) => (Vec::new(), Vec::new()),
            None => (checks(plan), handlers(plan)),
        };
        let (applied, renew) = (applied(plan, observation), plan.renew_record.is_some());
        Manifest { entries, checks, handlers, applied, renew, ..Manifest::new(header) }
    }
}

/// What the host is to remember once all is as wanted, with what it takes to take a path away again; and what to forget.
fn applied(plan: &HostPlan, observation: &Observation) -> Vec<AppliedPath> {
    let known = |id: &Id| observation.applied.left(id);
    let mut applied: Vec<AppliedPath> = plan
        .orphans
        .iter()
        .filter(|orphan| orphan.state == OrphanState::Gone)
        .map(|orphan| AppliedPath::gone(&orphan.left.path))
        .chain(plan.forgotten.iter().cloned())
        .chain(plan.settled.iter().cloned())
        .collect();
    for change in &plan.changes {
        match change.action {
            // Nobody wants it, not even to be absent.
            Action::Remove if change.cause.is_none() => {
                applied.extend(known(&change.id).map(|left| AppliedPath::gone(&left.path)));
            }
            // Of what was there before and only got another mode or owner nothing is ours to take away.
            Action::Create | Action::Update => {
                let made = change.action == Action::Create || is_whole(change);
                let made = made || known(&change.id).is_some_and(|left| left.made);
                let left = left(plan, change);
                let made = made && !left.is_part();
                let mut left = AppliedPath { made, signature: AppliedPath::NOW.to_owned(), ..left };
                // Nothing has it read anew this time; what would is not forgotten.
                if let Some(known) = known(&change.id).filter(|_| change.sense.is_without_effect()) {
                    left.handlers.clone_from(&known.handlers);
                }
                applied.push(left);
            }
            // What runs is brought to what the files say: those are as wanted, and remembered as that.
            Action::Effect if change.evidence.is_some() => {}
            Action::Remove | Action::Effect => applied.push(AppliedPath {
                role: change.role.clone(),
                ..AppliedPath::of(&change.id, &change.desired, &change.observed)
            }),
        }
    }
    applied
}

fn left(plan: &HostPlan, change: &Change) -> AppliedPath {
    let left = AppliedPath::of(&change.id, &change.desired, &change.observed);
    let handlers = plan.handlers.iter().filter(|planned| planned.because.contains(&change.id));
    let concerns = |check: &&Check| {
        if check.paths.is_empty() { check.role == change.role } else { check.paths.contains(&change.id.name) }
    };
    AppliedPath {
        mode: match put(change) {
            Put::File { mode, .. } | Put::Directory { mode, .. } if !left.is_part() => mode,
            _ => left.mode,
        },
        role: change.role.clone(),
        handlers: remember_handlers(handlers.map(|planned| &planned.handler)),
        checks: remember_checks(plan.checks.iter().filter(concerns)),
        ..left
    }
}

/// Whether the path is put anew, not only given other attributes.
fn is_whole(change: &Change) -> bool {
    let differs = |attribute| change.attributes.iter().any(|a| a.attribute == attribute);
    differs(Attribute::Type) || differs(Attribute::Content) || differs(Attribute::Target)
}

/// The wanted word; where it is not managed, the one that is there.
fn word(change: &Change, attribute: Attribute) -> Option<String> {
    change.desired.word(attribute).or_else(|| change.observed.word(attribute)).map(str::to_owned)
}

fn put(change: &Change) -> Put {
    let word = |attribute| word(change, attribute);
    let (owner, group) = (word(Attribute::Owner), word(Attribute::Group));
    if change.action == Action::Remove {
        return Put::Remove;
    }
    let differs = |attribute| change.attributes.iter().any(|a| a.attribute == attribute);
    if !is_whole(change) {
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

impl Seen {
    /// The fingerprint of what was seen.
    pub fn of(seen: &PathSeen) -> Seen {
        Seen {
            kind: seen.kind.clone(),
            mode: seen.mode.clone(),
            owner: seen.owner.clone(),
            group: seen.group.clone(),
            detail: seen.detail(),
            parent: seen.parent.clone(),
        }
    }
}

fn absent() -> Seen {
    Seen::of(&PathSeen { kind: "absent".to_owned(), ..PathSeen::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::resource::{Content, Desired, Handler, Id, Resource, State, Value, recall_handlers};

    fn wanted(desired: State) -> Desired {
        let resource = Resource {
            id: Id::path("/etc/x"),
            desired,
            notify: vec![],
            role: "r".to_owned(),
            settings: false,
            edit: None,
        };
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
    fn what_runs_is_mended_without_a_second_memory_of_its_file() {
        let observation = seen(b"a");
        let mut plan = plan(&wanted(file_as_seen(b"a")), &observation).expect("all was seen");
        assert!(plan.changes.is_empty(), "{plan:?}");
        plan.changes.push(Change {
            id: Id::path("/etc/x"),
            action: Action::Effect,
            attributes: vec![],
            observed: State::default(),
            desired: State::default(),
            notify: vec!["restart".to_owned()],
            role: "r".to_owned(),
            cause: Some(crate::plan::Cause::Runtime),
            evidence: Some("it is older than its file".to_owned()),
            sense: crate::plan::Sense::Untold,
        });
        let applied = Manifest::of(&plan, &observation, Header::of("t1", None), None).applied;
        assert_eq!(
            applied.iter().map(|left| (left.path.as_str(), left.kind.as_str())).collect::<Vec<_>>(),
            [("/etc/x", "file")]
        );
    }

    fn file_as_seen(content: &[u8]) -> State {
        State::default()
            .with_word(Attribute::Type, "file")
            .with(Attribute::Content, Value::Content(Content::new(content)))
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

    #[test]
    fn what_is_written_is_remembered_with_what_makes_it_take_effect() {
        let handler = |name: &str| Handler {
            name: name.to_owned(),
            role: "r".to_owned(),
            kind: name.to_owned(),
            arguments: vec![],
            says: String::new(),
            took: None,
            cost: crate::resource::Disruption::Restart,
        };
        let mut wanted = wanted(file(b"b"));
        wanted.resources[0].notify = vec!["reload".to_owned()];
        wanted.handlers = vec![handler("reload"), handler("other")];
        let plan = plan(&wanted, &seen(b"a")).expect("all was seen");
        let manifest = Manifest::of(&plan, &seen(b"a"), Header::of("t1", None), Some("/box"));
        let [left] = manifest.applied.as_slice() else { panic!("{:?}", manifest.applied) };
        // In a sandbox too by the path that roles use.
        assert_eq!((left.path.as_str(), left.kind.as_str(), left.mode.as_str()), ("/etc/x", "file", "0640"));
        assert_eq!(left.detail, crate::resource::sha256(b"b"));
        assert_eq!(recall_handlers(&left.handlers, "r"), Some(vec![handler("reload")]));
    }

    #[test]
    fn all_that_is_as_wanted_is_remembered_and_only_what_was_written_is_ours() {
        let made_and_mode = |manifest: Manifest| {
            let [left] = manifest.applied.as_slice() else { panic!("{:?}", manifest.applied) };
            (left.made, left.mode.clone(), left.owner.clone(), left.detail == crate::resource::sha256(b"a"))
        };
        let is = |made, mode: &str, same| (made, mode.to_owned(), "root".to_owned(), same);
        let settled = Observation {
            paths: [("/etc/x".to_owned(), PathSeen { mode: "0640".to_owned(), ..seen(b"a").paths["/etc/x"].clone() })]
                .into(),
            ..Observation::default()
        };
        let mut knows = (seen(b"a"), settled.clone());
        for known in [&mut knows.0, &mut knows.1] {
            let left = AppliedPath { path: "/etc/x".to_owned(), made: true, ..AppliedPath::default() };
            known.applied.paths.insert("/etc/x".to_owned(), left);
        }
        for (content, observation, expected) in [
            (b"a", &settled, is(false, "0640", true)),
            (b"a", &knows.1, is(true, "0640", true)),
            (b"a", &seen(b"a"), is(false, "0640", true)),
            (b"a", &knows.0, is(true, "0640", true)),
            (b"b", &seen(b"a"), is(true, "0640", false)),
        ] {
            assert_eq!(made_and_mode(manifest(file(content), observation)), expected);
        }
    }

    #[test]
    fn a_part_is_remembered_alone_and_never_ours_to_take_away() {
        let mut desired = wanted(State::default().with_word(Attribute::Type, "file"));
        desired.resources[0].edit = crate::resource::Edit::named("puma_settings_in", b"workers 3\n", vec![]);
        let mut observation = seen(b"# theirs\nworkers 2\n");
        for made in [false, true] {
            let left = AppliedPath { path: "/etc/x".to_owned(), made, ..AppliedPath::default() };
            observation.applied.paths.insert("/etc/x".to_owned(), left);
            let plan = plan(&desired.clone().settle(&observation), &observation).expect("all was seen");
            let manifest = Manifest::of(&plan, &observation, Header::of("t1", None), None);
            let Put::File { content, mode, owner, group } = &manifest.entries[0].put else { panic!("{manifest:?}") };
            assert_eq!(&content[..], b"# theirs\nworkers 3\n");
            assert_eq!((mode.as_str(), owner.as_deref(), group.as_deref()), ("0644", Some("root"), Some("adm")));
            let [left] = manifest.applied.as_slice() else { panic!("{:?}", manifest.applied) };
            assert_eq!((left.kind.as_str(), left.made, left.signature.as_str()), ("part", false, AppliedPath::NOW));
            assert_eq!((left.mode.as_str(), left.owner.as_str(), left.group.as_str()), ("", "", ""));
        }
    }

    #[test]
    fn what_is_gone_is_remembered_to_be_so_only_where_that_is_wanted() {
        let absent = State::default().with_word(Attribute::Type, "absent");
        let remembered = |manifest: Manifest| manifest.applied.into_iter().map(|left| left.kind).collect::<Vec<_>>();
        assert_eq!(remembered(manifest(absent.clone(), &seen(b"a"))), ["absent"]);
        let mut known = seen(b"a");
        let detail = crate::resource::sha256(b"a");
        let left = AppliedPath {
            path: "/etc/x".to_owned(),
            kind: "file".to_owned(),
            made: true,
            detail,
            ..AppliedPath::default()
        };
        known.applied.paths.insert("/etc/x".to_owned(), left);
        assert_eq!(remembered(manifest(absent, &known)), ["absent"]);
        let mut pruned = plan(&Desired::default(), &known).expect("all was seen");
        pruned.prune(&known);
        let manifest = Manifest::of(&pruned, &known, Header::of("t1", None), None);
        assert_eq!(manifest.applied, [AppliedPath::gone("/etc/x")]);
    }

    #[test]
    fn a_unit_is_remembered_by_what_it_runs() {
        let commands = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let desired = State::default().with(Attribute::ExecReload, Value::Words(commands(&["a b", "c"])));
        let resource = Resource {
            id: Id::unit("x.service"),
            desired: desired.clone(),
            notify: vec![],
            role: "r".to_owned(),
            settings: false,
            edit: None,
        };
        let wanted = Desired { resources: vec![resource], ..Desired::default() };
        for running in [&["a b", "c"][..], &["old"]] {
            let unit = crate::resource::UnitSeen { exec_reload: commands(running), ..Default::default() };
            let seen = Observation { units: [("x.service".to_owned(), unit)].into(), ..Observation::default() };
            let plan = plan(&wanted, &seen).expect("all was seen");
            let manifest = Manifest::of(&plan, &seen, Header::of("t1", None), None);
            let [left] = manifest.applied.as_slice() else { panic!("{:?}", manifest.applied) };
            assert_eq!((left.path.as_str(), left.role.as_str(), left.made), ("unit:x.service", "r", false));
            assert_eq!(left.state(), desired);
        }
    }

    #[test]
    fn a_record_that_is_of_no_use_is_written_anew_whatever_changes() {
        let mut blind = seen(b"a");
        assert!(!manifest(file(b"a"), &blind).renew);
        blind.applied.fault = Some("it is truncated".to_owned());
        let renewed = manifest(file(b"a"), &blind);
        assert!(renewed.renew && renewed.applied.len() == 1);
    }
}
