use super::*;
use crate::resource::{PathSeen, remember_checks, remember_handlers};
use crate::transaction::{CheckCommand, HandlerCall, Header, Past, Record};

fn path(kind: &str, content: &str) -> PathSeen {
    PathSeen {
        kind: kind.to_owned(),
        mode: if kind == "absent" { String::new() } else { "0644".to_owned() },
        owner: if kind == "absent" { String::new() } else { "root".to_owned() },
        group: if kind == "absent" { String::new() } else { "root".to_owned() },
        sha256: (kind == "file").then(|| sha256(content.as_bytes())),
        content: (kind == "file").then(|| Arc::from(content.as_bytes())),
        parent: Some(b"/etc".to_vec()),
        ..PathSeen::default()
    }
}

/// `put` is `file` with a content, or another word of a manifest.
fn past(name: &str, put: &str, content: &str, seen: &PathSeen) -> Past {
    let file = put == "file";
    Past {
        path: name.to_owned(),
        put: put.to_owned(),
        mode: if matches!(put, "file" | "directory") { "0644".to_owned() } else { String::new() },
        owner: String::new(),
        group: String::new(),
        seen: Seen::of(seen),
        detail: if file { sha256(content.as_bytes()) } else { String::new() },
    }
}

fn ended(number: u32, outcome: Outcome, entries: Vec<Past>) -> Ended {
    let record = Record {
        name: format!("{number:06}-{number}0-{number}"),
        outcome,
        ended: 2,
        began: 1,
        kind: "apply".to_owned(),
        by: "me".to_owned(),
    };
    let handler = HandlerCall { name: "reload".to_owned(), kind: "nginx_reload".to_owned(), arguments: vec![] };
    let check = |word: &str| CheckCommand { name: word.to_owned(), argv: vec![word.to_owned()], user: None };
    let checks = vec![check("-t"), check("/etc/a")];
    Ended { record, entries, checks, handlers: vec![handler], applied: Vec::new() }
}

fn observation(paths: &[(&str, PathSeen)]) -> Observation {
    let paths = paths.iter().map(|(path, seen)| ((*path).to_owned(), seen.clone())).collect();
    Observation { paths, ..Observation::default() }
}

fn shows(paths: &[&str]) -> ObserveRequest {
    let query = |path: &&str| PathQuery { path: (*path).to_owned(), content: true };
    ObserveRequest { paths: paths.iter().map(query).collect(), ..ObserveRequest::default() }
}

fn saved(number: usize, content: &str, record: &str) -> Saved {
    Saved::from([(record.to_owned(), BTreeMap::from([(number, Arc::from(content.as_bytes()))]))])
}

const FIRST: &str = "000001-10-1";

/// `/etc/a` was made, then written twice; what came between was put back.
fn history() -> Vec<Ended> {
    let (one, two, three) = (path("file", "one"), path("file", "two"), path("absent", ""));
    let put_back = Outcome::PutBack { step: "check".to_owned(), reason: String::new() };
    vec![
        ended(1, Outcome::Committed, vec![past("/etc/a", "file", "two", &one)]),
        ended(2, put_back, vec![past("/etc/a", "file", "bad", &two)]),
        ended(3, Outcome::Committed, vec![past("/etc/a", "file", "three", &two), past("/etc/b", "file", "b", &three)]),
    ]
}

#[test]
fn the_oldest_state_among_those_taken_back_counts() {
    let now = observation(&[("/etc/a", path("file", "three")), ("/etc/b", path("file", "b"))]);
    let latest = Rollback::of(&history(), None, &shows(&["/etc/a"])).expect("one to take back");
    assert_eq!(latest.records().into_iter().collect::<Vec<_>>(), ["000003-30-3"]);
    let plan = latest.with_saved(saved(1, "two", "000003-30-3")).plan(&now).expect("all was seen");
    let bytes = |plan: &HostPlan| plan.changes[0].desired.content().and_then(|content| content.bytes.clone());
    assert_eq!(bytes(&plan).as_deref(), Some(&b"two"[..]));
    assert_eq!((plan.changes[1].id.name.as_str(), plan.changes[1].action), ("/etc/b", Action::Remove));
    assert_eq!(plan.handlers[0].because, [Id::path("/etc/a"), Id::path("/etc/b")]);

    for to in ["10-1", FIRST] {
        let all = Rollback::of(&history(), Some(to), &shows(&["/etc/a"])).expect("two to take back");
        assert_eq!(all.undone().len(), 2, "what was put back left nothing");
        let plan = all.with_saved(saved(1, "one", FIRST)).plan(&now).expect("all was seen");
        assert_eq!(bytes(&plan).as_deref(), Some(&b"one"[..]));
        assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    }
}

#[test]
fn the_host_takes_its_own_copy_and_remembers_what_it_did_back_then() {
    let mut history = history();
    let left = AppliedPath { path: "/etc/a".to_owned(), role: "r".to_owned(), ..AppliedPath::default() };
    history[0].applied.push(left.clone());
    // What a unit runs follows its files; what was only found as wanted does not change.
    let unit = |name: &str, detail: &str| AppliedPath {
        path: format!("unit:{name}"),
        kind: "unit".to_owned(),
        detail: detail.to_owned(),
        ..AppliedPath::default()
    };
    history[0].applied.push(unit("x.service", "b25l"));
    let last = history.iter_mut().find(|ended| ended.record.name == "000003-30-3").expect("the latest");
    last.applied.extend([unit("x.service", "dHdv"), unit("y.service", "dHdv")]);
    last.applied.push(AppliedPath { path: "/etc/found".to_owned(), ..AppliedPath::default() });
    let now = observation(&[("/etc/a", path("file", "three")), ("/etc/b", path("file", "b"))]);
    let rollback = Rollback::of(&history, None, &shows(&[])).expect("one").with_saved(saved(1, "two", "000003-30-3"));
    let plan = rollback.plan(&now).expect("all was seen");
    let mut manifest = Manifest::of(&plan, &now, Header::of("t", None), None);
    rollback.settle(&mut manifest);
    let Put::Saved { record, number, sha256: hash, mode, owner, .. } = &manifest.entries[0].put else {
        panic!("{:?}", manifest.entries)
    };
    assert_eq!((record.as_str(), number, hash), ("000003-30-3", &1, &sha256(b"two")));
    assert_eq!((mode.as_str(), owner.as_deref()), ("0644", Some("root")));
    assert!(matches!(manifest.entries[1].put, Put::Remove));
    let expected = [left, AppliedPath::gone("/etc/b"), unit("x.service", "b25l"), AppliedPath::gone("unit:y.service")];
    assert_eq!(manifest.applied, expected);
}

#[test]
fn what_somebody_changed_since_or_is_not_saved_refuses() {
    let rollback = || Rollback::of(&history(), None, &shows(&[])).expect("one to take back");
    let causes = |rollback: Rollback, a: PathSeen, b: PathSeen| {
        let plan = rollback.plan(&observation(&[("/etc/a", a), ("/etc/b", b)])).expect("all was seen");
        plan.refusals.into_iter().map(|refusal| (refusal.id.name, refusal.obstacle)).collect::<Vec<_>>()
    };
    let (three, b) = (|| path("file", "three"), || path("file", "b"));
    let good = || rollback().with_saved(saved(1, "two", "000003-30-3"));
    let changed = |path: &str, what: &'static str| vec![(path.to_owned(), Obstacle::ChangedSince { what: vec![what] })];
    assert_eq!(causes(good(), three(), b()), []);
    assert_eq!(causes(good(), path("file", "mine"), b()), changed("/etc/a", "content"));
    assert_eq!(causes(good(), three(), PathSeen { mode: "0600".to_owned(), ..b() }), changed("/etc/b", "mode"));
    // Somebody put it back, or removed it, by hand: that is what is wanted.
    assert_eq!(causes(good(), path("file", "two"), path("absent", "")), []);
    let missing = vec![("/etc/a".to_owned(), Obstacle::NotSaved { record: "000003-30-3".to_owned() })];
    assert_eq!(causes(rollback(), three(), b()), missing);
    assert_eq!(causes(rollback().with_saved(saved(1, "forged", "000003-30-3")), three(), b()), missing);
    // Nothing needs the content where nothing of it changes.
    assert_eq!(causes(rollback(), path("file", "two"), b()), []);
}

#[test]
fn contents_that_the_roles_may_not_see_are_masked() {
    let now = observation(&[("/etc/a", path("file", "three")), ("/etc/b", path("file", "b"))]);
    for (request, secret) in [(shows(&["/etc/a"]), false), (shows(&[]), true)] {
        let rollback = Rollback::of(&history(), None, &request).expect("one to take back");
        assert_eq!(rollback.request().paths[0].content, !secret);
        let plan = rollback.with_saved(saved(1, "two", "000003-30-3")).plan(&now).expect("all was seen");
        assert_eq!(plan.changes[0].desired.content().map(|content| content.secret), Some(secret));
    }
}

#[test]
fn a_folder_goes_only_when_it_becomes_empty() {
    let made = vec![
        past("/etc/d", "directory", "", &path("absent", "")),
        past("/etc/d/f", "file", "f", &PathSeen { parent: None, ..path("absent", "") }),
    ];
    let history = [ended(1, Outcome::Committed, made)];
    let rollback = Rollback::of(&history, None, &shows(&[])).expect("one to take back");
    assert_eq!(rollback.request().folders, ["/etc/d"]);
    let now = |foreign: Option<&[u8]>| {
        let folder = PathSeen { foreign: foreign.map(<[u8]>::to_vec), ..path("directory", "") };
        observation(&[("/etc/d", folder), ("/etc/d/f", path("file", "f"))])
    };
    let names = |plan: HostPlan| plan.changes.into_iter().map(|change| change.id.name).collect::<Vec<_>>();
    assert_eq!(names(rollback.plan(&now(None)).expect("all was seen")), ["/etc/d/f", "/etc/d"]);
    let kept = rollback.plan(&now(Some(b"theirs"))).expect("all was seen");
    assert!(kept.notices[0].text.contains("`/etc/d` stays: it holds `theirs`"), "{:?}", kept.notices);
    assert_eq!(names(kept), ["/etc/d/f"]);
    let after =
        observation(&[("/etc/d", now(Some(b"theirs")).paths["/etc/d"].clone()), ("/etc/d/f", path("absent", ""))]);
    assert_eq!(names(rollback.plan(&after).expect("all was seen")), [""; 0], "what stays is no difference");
}

#[test]
fn checks_of_what_goes_are_left_out_and_handlers_say_what_they_do() {
    let mut one = ended(1, Outcome::Committed, vec![past("/etc/a", "file", "a", &path("absent", ""))]);
    let says = Handler {
        name: "reload".to_owned(),
        role: "r".to_owned(),
        kind: "nginx_reload".to_owned(),
        arguments: vec![],
        says: "new workers".to_owned(),
        took: None,
        // Nothing ran then; now it may.
        cost: Disruption::Start,
    };
    let handlers = remember_handlers([&says]);
    one.applied.push(AppliedPath {
        path: "/etc/a".to_owned(),
        role: "r".to_owned(),
        handlers,
        ..AppliedPath::default()
    });
    let plan =
        Rollback::of(&[one], None, &shows(&[])).expect("one").plan(&observation(&[("/etc/a", path("file", "a"))]));
    let plan = plan.expect("all was seen");
    assert_eq!(plan.checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>(), ["-t"]);
    assert_eq!((plan.handlers[0].handler.says.as_str(), plan.changes[0].role.as_str()), ("new workers", "r"));
    assert_eq!(plan.handlers[0].handler.cost, Disruption::Reload);
}

#[test]
fn what_stood_there_only_in_between_is_checked_no_more() {
    let states = ["one", "two", "three", "four"].map(|content| path("file", content));
    let wrote = |number: u32, content: &str, check: &str| {
        let entry = past("/etc/a", "file", content, &states[number as usize - 1]);
        let mut ended = ended(number, Outcome::Committed, vec![entry]);
        ended.checks[1].argv = vec![check.to_owned()];
        ended.checks[1].name = check.to_owned();
        ended
    };
    let history = [wrote(1, "two", "first"), wrote(2, "three", "between"), wrote(3, "four", "last")];
    let rollback = Rollback::of(&history, Some("10-1"), &shows(&["/etc/a"])).expect("three to take back");
    let plan = rollback.with_saved(saved(1, "one", FIRST)).plan(&observation(&[("/etc/a", states[3].clone())]));
    let plan = plan.expect("all was seen");
    let mut names: Vec<&str> = plan.checks.iter().map(|check| check.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["-t", "first", "last"]);
    // What makes it take effect is asked for all the same.
    assert_eq!(plan.handlers.len(), 1);
}

#[test]
fn what_comes_back_is_checked_as_when_it_was_written() {
    let check = Check {
        name: "of old".to_owned(),
        role: "r".to_owned(),
        argv: vec!["look".to_owned(), "/etc/a".to_owned()],
        user: None,
        paths: vec![],
    };
    let file = path("file", "a");
    let mut written = ended(1, Outcome::Committed, vec![past("/etc/a", "file", "a", &path("absent", ""))]);
    let checks = remember_checks([&check]);
    written.applied.push(AppliedPath {
        path: "/etc/a".to_owned(),
        role: "r".to_owned(),
        checks,
        ..AppliedPath::default()
    });
    let mut removed = ended(2, Outcome::Committed, vec![past("/etc/a", "remove", "", &file)]);
    removed.checks.clear();
    let rollback = Rollback::of(&[written, removed], None, &shows(&[])).expect("one to take back");
    let plan = rollback.with_saved(saved(1, "a", "000002-20-2")).plan(&observation(&[("/etc/a", path("absent", ""))]));
    let plan = plan.expect("all was seen");
    assert_eq!(plan.checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>(), ["of old"]);
}

#[test]
fn what_cannot_be_taken_back_is_said() {
    let no = |history: &[Ended], to| Rollback::of(history, to, &shows(&[])).err();
    let put_back = || vec![history().remove(1)];
    assert_eq!(no(&[], None), Some(NoRollback::Nothing));
    assert_eq!(no(&put_back(), None), Some(NoRollback::Nothing));
    assert_eq!(no(&put_back(), Some("20-2")), Some(NoRollback::Nothing));
    assert_eq!(no(&history(), Some("7-7")), Some(NoRollback::NotKnown { to: "7-7".to_owned() }));
    let stuck = Outcome::Stuck { step: "swap".to_owned(), reason: String::new() };
    assert_eq!(no(&[ended(4, stuck, vec![])], Some("40-4")), Some(NoRollback::Stuck { id: "40-4".to_owned() }));
}
