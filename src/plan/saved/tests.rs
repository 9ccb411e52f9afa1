use proptest::prelude::*;

use super::*;
use crate::plan::{Action, HostPlan, Obstacle, plan};
use crate::resource::{
    Attribute, Check, Content, Desired, Edit, FactQuery, Handler, Id, Level, Notice, Observation, ObserveRequest,
    PathQuery, PathSeen, Resource, State, UnitSeen, Value, sha256,
};

fn seen(content: &[u8], mode: &str) -> PathSeen {
    PathSeen {
        kind: "file".to_owned(),
        mode: mode.to_owned(),
        owner: "root".to_owned(),
        group: "root".to_owned(),
        sha256: Some(sha256(content)),
        content: Some(content.into()),
        parent: Some(b"/etc".to_vec()),
        ..PathSeen::default()
    }
}

fn absent() -> PathSeen {
    PathSeen { kind: "absent".to_owned(), parent: Some(b"/etc".to_vec()), ..PathSeen::default() }
}

fn file(content: &[u8], secret: bool) -> State {
    let content = Content { secret, ..Content::new(content) };
    State::default()
        .with_word(Attribute::Type, "file")
        .with_word(Attribute::Mode, "0644")
        .with(Attribute::Content, Value::Content(content))
}

/// One path, one unit, one fact.
fn work(before: PathSeen, wanted: State) -> Work {
    let secret = wanted.content().is_some_and(|content| content.secret);
    let resource = |id, desired, notify: &str| Resource {
        id,
        desired,
        notify: vec![notify.to_owned()],
        role: "r".into(),
        settings: true,
        edit: None,
    };
    let unit = State::default().with(Attribute::ExecReload, Value::Words(vec!["/bin/kill -USR1 $MAINPID".to_owned()]));
    let request = ObserveRequest {
        paths: vec![PathQuery { path: "/etc/x".to_owned(), content: !secret }],
        units: vec!["puma.service".to_owned()],
        facts: vec![FactQuery { name: "puma".to_owned(), kind: "puma".to_owned(), arguments: vec!["a".to_owned()] }],
        users: vec!["shop".to_owned()],
        ..ObserveRequest::default()
    };
    let handler = |name: &str| Handler {
        name: name.to_owned(),
        role: "r".to_owned(),
        kind: name.to_owned(),
        arguments: vec!["a".to_owned()],
        says: String::new(),
        took: Some("2.1".to_owned()),
        cost: crate::resource::Disruption::Reload,
    };
    let check =
        Check { name: "c".to_owned(), role: "r".to_owned(), argv: vec!["c".to_owned()], user: None, paths: vec![] };
    let desired = Desired {
        resources: vec![
            resource(Id::path("/etc/x"), wanted, "nginx_reload"),
            resource(Id::unit("puma.service"), unit, "daemon_reload"),
        ],
        checks: vec![check],
        handlers: vec![handler("nginx_reload"), handler("daemon_reload")],
        notices: vec![Notice { role: "r".to_owned(), level: Level::Info, text: "a".to_owned() }],
        unmade: vec![],
    };
    Work::of(request, desired, &observation(before)).expect("all was seen")
}

fn observation(path: PathSeen) -> Observation {
    let mut observation = Observation::default();
    observation.paths.insert("/etc/x".to_owned(), path);
    observation.units.insert("puma.service".to_owned(), UnitSeen::default());
    let fact = [("version", "6.6.0"), ("main_pid", "12")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    observation.facts.insert("puma".to_owned(), fact.into());
    observation
}

fn saved(state: SavedState) -> SavedPlan {
    let address = Address { connection: "ssh".to_owned(), host: "10.0.0.1".to_owned(), ..Address::default() };
    let rolling = SavedRolling {
        batch: Some(("1, 25%".to_owned(), "i.yml:3".to_owned())),
        pause: Some((30, "i.yml:4".to_owned())),
        max_failures: None,
        in_service: vec![SavedGroup { group: "web".to_owned(), size: 6, keep: 5 }],
    };
    let host = SavedHost { name: "web1".to_owned(), address, root: None, state, rolling };
    let made = Made { zdt: "0.1.0".to_owned(), seconds: 1, inventory: "inventory.yml".to_owned() };
    SavedPlan { made, hosts: vec![host], without_roles: vec!["db1".to_owned()] }
}

/// The plan as `apply` makes it anew.
fn held(work: &Work, now: &Observation) -> HostPlan {
    work.hold(plan(&work.desired, now).expect("all was seen"), now)
}

#[test]
fn the_same_world_gives_the_same_plan_and_time_alone_is_no_change() {
    let work = work(seen(b"a", "0600"), file(b"b", false));
    let mut now = observation(PathSeen { mtime: 77, ctime: 78, inode: 79, size: 1, ..seen(b"a", "0600") });
    now.facts.get_mut("puma").expect("a fact").insert("main_pid".to_owned(), "13".to_owned());
    let held = held(&work, &now);
    assert!(!held.moved);
    assert_eq!(held.changes.len(), 2);
    assert_eq!(held.changes[0].action, Action::Update);
    assert_eq!(held.handlers[0].handler.kind, "daemon_reload");
}

#[test]
fn whatever_the_host_would_compare_refuses_it() {
    let work = work(seen(b"a", "0600"), file(b"b", false));
    let before = seen(b"a", "0600");
    let cases = [
        seen(b"c", "0600"),
        seen(b"a", "0640"),
        PathSeen { owner: "shop".to_owned(), ..before.clone() },
        PathSeen { group: "shop".to_owned(), ..before.clone() },
        PathSeen { parent: Some(b"/srv".to_vec()), ..before.clone() },
        PathSeen { kind: "link".to_owned(), target: Some(b"/a".to_vec()), sha256: None, ..before },
        absent(),
    ];
    for now in cases {
        let held = held(&work, &observation(now.clone()));
        assert!(held.moved && held.changes.is_empty() && held.handlers.is_empty(), "{now:?}");
        let [refusal] = &held.refusals[..] else { panic!("{:?}", held.refusals) };
        let Obstacle::Changed(three) = &refusal.obstacle else { panic!("{refusal:?}") };
        let then = three.then.as_ref().and_then(|state| state.word(Attribute::Mode));
        assert_eq!((refusal.role.as_str(), then), ("r", Some("0600")));
        assert_eq!(three.wanted, file(b"b", false));
    }
}

#[test]
fn a_unit_a_fact_and_a_user_refuse_too() {
    let work = work(seen(b"a", "0600"), file(b"b", false));
    let mut unit = observation(seen(b"a", "0600"));
    unit.units.get_mut("puma.service").expect("a unit").exec_reload = vec!["/bin/true".to_owned()];
    assert!(matches!(held(&work, &unit).refusals[0].obstacle, Obstacle::Changed(_)));
    let mut fact = observation(seen(b"a", "0600"));
    fact.facts.get_mut("puma").expect("a fact").insert("version".to_owned(), "7.0.0".to_owned());
    let notices = held(&work, &fact).notices;
    assert!(notices[0].level == Level::Refusal && notices[0].text.contains("`6.6.0`"), "{notices:?}");
    let mut user = observation(seen(b"a", "0600"));
    user.missing_users.push("shop".to_owned());
    assert!(held(&work, &user).moved);
}

#[test]
fn where_all_is_as_wanted_by_now_nothing_is_left_to_do() {
    let work = work(absent(), file(b"b", false));
    let mut now = observation(seen(b"b", "0644"));
    now.units.get_mut("puma.service").expect("a unit").exec_reload = vec!["/bin/kill -USR1 $MAINPID".to_owned()];
    let held = held(&work, &now);
    assert!(held.is_empty() && !held.moved && held.in_sync == 2);
}

#[test]
fn other_steps_from_the_same_world_are_refused() {
    let mut work = work(absent(), file(b"b", false));
    work.steps.changes.reverse();
    let held = held(&work, &observation(absent()));
    assert!(held.moved && held.changes.is_empty() && held.notices[0].text.contains("something else"));
    let (text, secrets) = saved(SavedState::Planned(Box::new(work))).encode().expect("a text");
    let decoded = SavedPlan::decode(&text, &secrets);
    assert_eq!(decoded, Err(Undecodable::OtherSteps { host: "web1".to_owned() }));
}

/// A file of which only a part is ours.
fn part_of(whole: &str) -> Work {
    let mut work = work(seen(whole.as_bytes(), "0644"), State::default().with_word(Attribute::Type, "file"));
    let edit = Edit::named("puma_settings_in", b"workers 3\n", vec!["fork_worker".to_owned()]);
    work.desired.resources[0].edit = edit;
    Work::of(work.request, work.desired, &observation(seen(whole.as_bytes(), "0644"))).expect("all was seen")
}

#[test]
fn a_part_is_saved_as_such_and_none_of_the_rest_can_be_read() {
    let work = part_of("workers 2\nkey \"hunter1\"\nfork_worker\n");
    let whole = b"workers 3\nkey \"hunter1\"\n";
    assert_eq!(work.steps.changes[0].becomes, Some(sha256(whole)));
    let plan = saved(SavedState::Planned(Box::new(work.clone())));
    let (text, secrets) = plan.encode().expect("a text");
    assert!(text.contains("workers 3") && text.contains("fork_worker"), "{text}");
    for hidden in ["hunter1", &sha256(whole)] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    assert_eq!(SavedPlan::decode(&text, &secrets), Ok(plan));
    let other = SavedPlan::decode(&text.replace("puma_settings_in", "another_in"), &secrets);
    assert!(matches!(other, Err(Undecodable::Malformed { .. })), "{other:?}");

    let moved = seen(b"workers 2\nkey \"hunter2\"\nfork_worker\n", "0644");
    let held =
        work.hold(HostPlan { changes: work.plan().expect("seen").changes, ..HostPlan::default() }, &observation(moved));
    let Obstacle::Changed(three) = &held.refusals[0].obstacle else { panic!("{held:?}") };
    assert_eq!(three.wanted.content(), Some(&Content::new(whole)));
}

#[test]
fn another_hand_at_the_same_part_makes_another_plan() {
    let mut work = part_of("workers 2\n");
    for step in &mut work.steps.changes {
        step.becomes = step.becomes.take().map(|_| sha256(b"by another zdt"));
    }
    let (text, secrets) = saved(SavedState::Planned(Box::new(work))).encode().expect("a text");
    assert_eq!(SavedPlan::decode(&text, &secrets), Err(Undecodable::OtherSteps { host: "web1".to_owned() }));
}

#[test]
fn no_version_of_a_secret_is_in_what_can_be_read() {
    let before = PathSeen { content: None, ..seen(b"hunter1", "0600") };
    let work = work(before, file(b"hunter2", true));
    let moved = held(&work, &observation(PathSeen { content: None, ..seen(b"hunter3", "0600") }));
    let Obstacle::Changed(three) = &moved.refusals[0].obstacle else { panic!("{moved:?}") };
    for state in [three.then.as_ref(), three.now.as_ref(), Some(&three.wanted)] {
        assert!(state.and_then(State::content).is_some_and(|content| content.secret), "{three:?}");
    }
    let plan = saved(SavedState::Planned(Box::new(work)));
    let (text, secrets) = plan.encode().expect("a text");
    for hidden in [&b"hunter1"[..], b"hunter2"] {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD.encode(hidden);
        for form in [String::from_utf8_lossy(hidden).as_ref(), &sha256(hidden), &base64] {
            assert!(!text.contains(form), "{form}");
        }
    }
    assert_eq!(SavedPlan::decode(&text, &secrets), Ok(plan));
    assert!(matches!(SavedPlan::decode(&text, b"[]"), Err(Undecodable::NoSuchSecret { .. })));
}

#[test]
fn what_is_no_plan_is_told_by_how_it_fails() {
    let envelope =
        Envelope { key: "k".to_owned(), nonce: [7; 24], sealed: vec![1], plan: "{\n  \"a\": 1\n}".to_owned() };
    let text = envelope.encode().expect("a text");
    assert!(is_saved_plan(text.as_bytes()) && is_saved_plan(b" {\n \"zdt_plan\" : 2"));
    assert!(!is_saved_plan(b"all:\n  hosts:\n") && !is_saved_plan(b"{\"all\": {\"zdt_plan\": 1}}"));
    assert_eq!(Envelope::decode(&text), Ok(envelope));
    for end in 12..text.trim_end().len() {
        assert_eq!(Envelope::decode(&text[..end]), Err(Unreadable::Truncated), "{end}");
    }
    assert_eq!(Envelope::decode("all:\n"), Err(Unreadable::NotAPlan));
    for (format, why) in [(2, Unreadable::Older { format: 2 }), (4, Unreadable::Newer { format: 4 })] {
        assert_eq!(Envelope::decode(&format!("{{\"zdt_plan\": {format}, \"whatever\": []}}")), Err(why));
    }
    for (from, to) in [(":3,", ":0,"), ("\"key\"", "\"kez\""), ("BwcH", "????"), ("AQ==", "?"), (":3,", ":\"3\",")] {
        let odd = text.replacen(from, to, 1);
        assert!(matches!(Envelope::decode(&odd), Err(Unreadable::Malformed { .. })), "{odd}");
    }
}

fn a_path() -> impl Strategy<Value = PathSeen> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..24);
    prop_oneof![
        Just(absent()),
        (bytes(), "0[0-7]{3}", any::<bool>()).prop_map(|(content, mode, stayed)| {
            let seen = seen(&content, &mode);
            PathSeen { content: seen.content.clone().filter(|_| !stayed), ..seen }
        }),
        (bytes(), bytes()).prop_map(|(target, parent)| PathSeen {
            kind: "link".to_owned(),
            target: Some(target),
            parent: Some(parent),
            ..PathSeen::default()
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        before in a_path(),
        content in proptest::collection::vec(any::<u8>(), 0..24),
        secret: bool,
        words in proptest::collection::vec(".*", 0..3),
        port: Option<u16>,
    ) {
        let mut plan = saved(SavedState::Planned(Box::new(work(before, file(&content, secret)))));
        plan.hosts[0].address.common_args = words.clone();
        plan.hosts[0].address.port = port;
        for (number, state) in [SavedState::Refused(words.concat()), SavedState::Unknown(words.concat())].into_iter().enumerate() {
            plan.hosts.push(SavedHost { name: format!("web{number}"), state, ..plan.hosts[0].clone() });
        }
        let (text, secrets) = plan.encode().expect("a text");
        let envelope = Envelope { key: "k".to_owned(), nonce: [0; 24], sealed: vec![], plan: text };
        let read = Envelope::decode(&envelope.encode().expect("a text")).expect("an envelope");
        prop_assert_eq!(&read, &envelope);
        prop_assert_eq!(SavedPlan::decode(&read.plan, &secrets), Ok(plan));
    }
}
