//! What holds of parts of files that somebody else owns: the rest is theirs, whatever becomes of it.

use proptest::prelude::*;

use super::*;
use crate::resource::{
    AppliedPath, Attribute, Desired, Edit, Hindrance, Id, Load, Mismatch, Observation, PathSeen, Resource, Running,
    State, sha256,
};

const PATH: &str = "/srv/shop/puma.rb";

fn seen(kind: &str, text: &str) -> PathSeen {
    PathSeen {
        kind: kind.to_owned(),
        mode: "0640".to_owned(),
        owner: "ann".to_owned(),
        group: "team".to_owned(),
        sha256: (kind == "file").then(|| sha256(text.as_bytes())),
        content: (kind == "file").then(|| text.as_bytes().into()),
        target: (kind == "link").then(|| text.as_bytes().to_vec()),
        parent: Some(b"/srv/shop".to_vec()),
        ..PathSeen::default()
    }
}

/// A host with that file; with `left`, what zdt once left of the part.
fn host(text: &str, left: Option<&str>) -> Observation {
    let mut observation = Observation::default();
    observation.paths.insert(PATH.to_owned(), seen("file", text));
    if let Some(fragment) = left {
        let resource = wanted(fragment).settle(&observation).resources.remove(0);
        let left = AppliedPath::of(&resource.id, &resource.desired, &State::default());
        observation.applied.paths.insert(PATH.to_owned(), left);
    }
    observation
}

fn wanted(fragment: &str) -> Desired {
    let edit = Edit::named("puma_settings_in", fragment.as_bytes(), vec!["fork_worker".to_owned()]);
    let resource = Resource {
        id: Id::path(PATH),
        desired: State::default().with_word(Attribute::Type, "file"),
        notify: vec![],
        role: "r".to_owned(),
        settings: true,
        edit: Some(edit.expect("an editor")),
    };
    Desired { resources: vec![resource], ..Desired::default() }
}

fn planned(fragment: &str, observation: &Observation) -> HostPlan {
    plan(&wanted(fragment).settle(observation), observation).expect("all was seen")
}

fn found(fragment: &str, observation: &Observation) -> HostDrift {
    drift(&wanted(fragment).settle(observation), vec![], observation).expect("all was seen")
}

/// The host once `plan` is applied to it.
fn applied(plan: &HostPlan, observation: &Observation, fragment: &str) -> Observation {
    let text = match plan.changes.first() {
        Some(change) => change.desired.content().and_then(|content| content.bytes.clone()).expect("a content"),
        None => observation.paths[PATH].content.clone().expect("a content"),
    };
    host(std::str::from_utf8(&text).expect("a text"), Some(fragment))
}

/// A puma.rb of somebody else's.
fn texts() -> impl Strategy<Value = String> {
    let line = prop_oneof!["# [a-z ]{0,8}", "environment \"[a-z]{1,4}\"", "worker_timeout [1-9]", Just(String::new()),];
    (proptest::collection::vec(line, 0..5), "workers [1-9]\n|", "threads [1-9], 9 # why\n|", "fork_worker\n|").prop_map(
        |(lines, workers, threads, fork)| {
            let lines: String = lines.into_iter().map(|line| line + "\n").collect();
            format!("{workers}{lines}{threads}{fork}")
        },
    )
}

fn fragments() -> impl Strategy<Value = String> {
    "workers [1-9]\n(threads [1-9], 9\n)?"
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_applied_is_in_sync_and_stays_so_whatever_else_is_written(text in texts(), fragment in fragments(), more in "# [a-z]{0,4}\n|io_selector_backend :auto\n") {
        let before = host(&text, None);
        let first = planned(&fragment, &before);
        prop_assert!(first.refusals.is_empty(), "{:?}", first.refusals);
        let mut after = applied(&first, &before, &fragment);
        prop_assert!(planned(&fragment, &after).changes.is_empty());
        let lines = |text: &str| text.lines().filter(|line| !line.starts_with(['w', 't', 'f'])).map(str::to_owned).collect::<Vec<_>>();
        let now = String::from_utf8(after.paths[PATH].content.as_deref().unwrap_or_default().to_vec()).expect("a text");
        prop_assert_eq!(lines(&now), lines(&text), "what is theirs");

        after.paths.insert(PATH.to_owned(), PathSeen { owner: "bob".to_owned(), mode: "0600".to_owned(), ..seen("file", &format!("{more}{now}")) });
        prop_assert!(planned(&fragment, &after).changes.is_empty());
        let drift = found(&fragment, &after);
        prop_assert_eq!((drift.findings, drift.in_sync), (vec![], 1));
    }

    #[test]
    fn the_cause_is_told_by_the_part_alone(left in proptest::option::of(1_u8..4), there in 1_u8..4, wanted in 1_u8..4, theirs in 0_u8..3) {
        let part = |number: u8| format!("workers {number}\n");
        let left_part = left.map(part);
        let observation = host(&format!("# {theirs}\n{}", part(there)), left_part.as_deref());
        let expected = match (left, there == wanted) {
            (None, true) => None,
            (None, false) => Some(Cause::New),
            (Some(left), true) => (left != there).then_some(Cause::ConvergedByHand),
            (Some(left), false) if left == there => Some(Cause::Pending),
            (Some(left), false) if left == wanted => Some(Cause::Drifted),
            (Some(_), false) => Some(Cause::Conflict),
        };
        let found = found(&part(wanted), &observation).findings;
        prop_assert_eq!(found.first().map(|finding| finding.cause), expected);
        let change = planned(&part(wanted), &observation).changes.pop();
        let shown = change.map(|change| (change.cause, change.attributes.len()));
        prop_assert_eq!(shown, (there != wanted).then_some((expected, 1)));
    }
}

#[test]
fn what_was_left_of_the_whole_says_nothing_of_a_part_nor_the_other_way_round() {
    let mut observation = host("workers 2\n", Some("workers 2\n"));
    let whole = State::default().with_word(Attribute::Type, "file");
    let content = |text: &[u8]| crate::resource::Value::Content(crate::resource::Content::new(text));
    let of_whole = whole.clone().with(Attribute::Content, content(b"workers 2\n"));
    let part = observation.applied.state(&Id::path(PATH));
    let there = observation.state(&Id::path(PATH)).expect("seen");
    assert_eq!(cause(part.as_ref(), &there, &of_whole), Cause::InSync);
    assert_eq!(cause(part.as_ref(), &there, &whole.with(Attribute::Content, content(b"workers 3\n"))), Cause::New);
    let left = AppliedPath::of(&Id::path(PATH), &of_whole, &there);
    observation.applied.paths.insert(PATH.to_owned(), left);
    assert_eq!(found("workers 2\n", &observation).findings, []);
    assert_eq!(found("workers 3\n", &observation).findings[0].cause, Cause::New);
}

#[test]
fn what_cannot_be_set_refuses_the_host_and_is_never_clean_and_never_an_orphan() {
    let cases = [
        (seen("absent", ""), Hindrance::Absent),
        (seen("link", "/a"), Hindrance::OtherType { seen: "link".to_owned(), target: Some("/a".to_owned()) }),
        (seen("directory", ""), Hindrance::OtherType { seen: "directory".to_owned(), target: None }),
        (PathSeen { content: None, ..seen("file", "workers 2\n") }, Hindrance::TooLarge),
    ];
    for (there, why) in cases {
        let mut observation = host("workers 2\n", Some("workers 2\n"));
        observation.paths.insert(PATH.to_owned(), there);
        let mut plan = planned("workers 2\n", &observation);
        assert_eq!(plan.refusals.iter().map(|one| &one.obstacle).collect::<Vec<_>>(), [&Obstacle::Unmade(why)]);
        assert_eq!((plan.changes.len(), plan.orphans.len(), plan.forgotten.len()), (0, 0, 0));
        plan.keep(Only::Drifted, &[], &wanted("workers 2\n").settle(&observation), &observation);
        assert_eq!(plan.refusals.len(), 1, "whether it has drifted is not known");
        let drift = found("workers 2\n", &observation);
        assert!(drift.is_untold() && drift.in_sync == 0, "{drift:?}");
    }
    let mut unreadable = host("workers 2\n", None);
    let why = PathSeen { error: Some("Permission denied".to_owned()), ..seen("unreadable", "") };
    unreadable.paths.insert(PATH.to_owned(), why);
    assert!(plan(&wanted("workers 2\n").settle(&unreadable), &unreadable).is_err());
}

#[test]
fn no_role_wants_it_any_more_and_it_is_forgotten_but_stays() {
    let observation = host("workers 2\n", Some("workers 2\n"));
    let mut plan = plan(&Desired::default(), &observation).expect("all was seen");
    plan.prune(&observation);
    assert_eq!((plan.changes.len(), plan.orphans.len()), (0, 0));
    assert_eq!(plan.forgotten, [AppliedPath::gone(PATH)]);
    let [said] = plan.notices.as_slice() else { panic!("{:?}", plan.notices) };
    assert!(said.text.starts_with(&format!("`{PATH}` keeps what role `")), "{}", said.text);
}

#[test]
fn what_they_have_not_had_read_is_theirs_and_what_we_set_is_ours() {
    let load = Load {
        id: Id::path(PATH),
        role: "r".to_owned(),
        mends: None,
        reader: "Puma".to_owned(),
        at: Some(100),
        untold: None,
    };
    let running = Running { loads: vec![load], ..Running::default() };
    let mut observation = host("workers 2\n# new\n", Some("workers 2\n"));
    observation.paths.entry(PATH.to_owned()).and_modify(|seen| seen.ctime = 200);
    let told = |observation: &Observation| -> Vec<Mismatch> {
        mismatches(&running, &wanted("workers 2\n").settle(observation), observation)
    };
    assert_eq!(told(&observation).len(), 1, "zdt has never had it read");
    let left = observation.applied.paths.get_mut(PATH).expect("a memory");
    left.signature = "1.90.90".to_owned();
    assert_eq!(told(&observation), []);
    observation.paths.insert(PATH.to_owned(), PathSeen { ctime: 200, ..seen("file", "workers 4\n") });
    assert_eq!(told(&observation).len(), 1);
}

#[test]
fn a_part_that_somebody_brought_about_is_not_known_to_be_read() {
    let mut observation = host("workers 2\n", Some("workers 2\n"));
    observation.applied.paths.entry(PATH.to_owned()).and_modify(|left| left.signature = "1.2.3".to_owned());
    let signed = |fragment: &str, observation: &Observation| planned(fragment, observation).settled.remove(0).signature;
    assert_eq!(signed("workers 2\n", &observation), "1.2.3");
    observation.paths.insert(PATH.to_owned(), seen("file", "workers 3\n"));
    assert_eq!(signed("workers 3\n", &observation), "");
}
