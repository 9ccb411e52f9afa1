use super::*;
use crate::plan::plan;
use crate::resource::{AppliedPath, Check, Content, PathSeen, Resource, UnitSeen, Value, sha256};

const PUMA: &str = "/srv/puma.rb";
const DROP_IN: &str = "/etc/puma.d/10.conf";

fn path(path: &str, text: &str, notify: &str, role: &str) -> Resource {
    let desired = State::default()
        .with_word(Attribute::Type, "file")
        .with(Attribute::Content, Value::Content(Content::new(text.as_bytes())));
    Resource {
        id: Id::path(path),
        desired,
        notify: vec![notify.to_owned()],
        role: role.to_owned(),
        settings: false,
        edit: None,
    }
}

/// Puma's settings, a drop-in, and the unit that has its reload from there.
fn desired() -> Desired {
    let reload = Value::Words(vec!["kill".to_owned()]);
    let unit = Resource {
        id: Id::unit("puma"),
        desired: State::default().with(Attribute::ExecReload, reload),
        notify: vec!["reload systemd".to_owned()],
        role: "unit".to_owned(),
        settings: false,
        edit: None,
    };
    let handler = |name: &str, role: &str, kind: &str| Handler {
        name: name.to_owned(),
        role: role.to_owned(),
        kind: kind.to_owned(),
        arguments: vec![],
        says: String::new(),
        took: None,
        cost: crate::resource::Disruption::Reload,
    };
    let check = |name: &str, role: &str, paths: &[&str]| Check {
        name: name.to_owned(),
        role: role.to_owned(),
        argv: vec![name.to_owned()],
        user: None,
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    };
    Desired {
        resources: vec![
            path(PUMA, "wanted", "restart puma", "puma"),
            path(DROP_IN, "wanted", "reload systemd", "unit"),
            unit,
        ],
        checks: vec![check("ruby -c", "puma", &[PUMA]), check("verify", "unit", &[])],
        handlers: vec![
            handler("restart puma", "puma", "puma_restart"),
            handler("reload systemd", "unit", "daemon_reload"),
        ],
        ..Desired::default()
    }
}

/// Each path with what was left there and what is there.
fn observation(paths: &[(&str, Option<&str>, &str)], reload: &str) -> Observation {
    let mut observation = Observation::default();
    for (path, left, there) in paths {
        let seen = PathSeen {
            kind: "file".to_owned(),
            sha256: Some(sha256(there.as_bytes())),
            parent: Some(b"/etc".to_vec()),
            ..PathSeen::default()
        };
        observation.paths.insert((*path).to_owned(), seen);
        if let Some(left) = left {
            let detail = sha256(left.as_bytes());
            let left = AppliedPath {
                path: (*path).to_owned(),
                kind: "file".to_owned(),
                detail,
                handlers: "[]".to_owned(),
                checks: "[]".to_owned(),
                ..AppliedPath::default()
            };
            observation.applied.paths.insert((*path).to_owned(), left);
        }
    }
    let unit = UnitSeen { exec_reload: vec![reload.to_owned()], ..UnitSeen::default() };
    observation.units.insert("puma".to_owned(), unit);
    observation
}

fn mismatch(about: Id, role: &str, mends: Option<&str>) -> Mismatch {
    Mismatch {
        evidence: format!("{about} is old"),
        about,
        role: role.to_owned(),
        mends: mends.map(str::to_owned),
        untold: false,
    }
}

fn kept(only: Only, mismatches: &[Mismatch], observation: &Observation) -> HostPlan {
    let desired = desired();
    let mut plan = plan(&desired, observation).expect("all was seen");
    plan.keep(only, mismatches, &desired, observation);
    plan
}

fn changes(plan: &HostPlan) -> Vec<(String, Cause)> {
    plan.changes.iter().map(|change| (change.id.to_string(), change.cause.expect("a cause"))).collect()
}

fn left(plan: &HostPlan) -> Vec<(String, Cause)> {
    plan.left_out.iter().map(|left| (left.id.to_string(), left.cause)).collect()
}

fn one(id: &str, cause: Cause) -> (String, Cause) {
    (id.to_owned(), cause)
}

fn handlers(plan: &HostPlan) -> Vec<&str> {
    plan.handlers.iter().map(|planned| planned.handler.name.as_str()).collect()
}

fn checks(plan: &HostPlan) -> Vec<&str> {
    plan.checks.iter().map(|check| check.name.as_str()).collect()
}

#[test]
fn handlers_and_checks_are_those_of_what_is_kept() {
    let seen = observation(&[(PUMA, Some("wanted"), "edited"), (DROP_IN, Some("old"), "old")], "kill");
    let drifted = kept(Only::Drifted, &[], &seen);
    assert_eq!(
        (changes(&drifted), left(&drifted)),
        (vec![one(PUMA, Cause::Drifted)], vec![one(DROP_IN, Cause::Pending)])
    );
    assert_eq!((handlers(&drifted), checks(&drifted)), (vec!["restart puma"], vec!["ruby -c"]));
    let pending = kept(Only::Pending, &[], &seen);
    assert_eq!(
        (changes(&pending), left(&pending)),
        (vec![one(DROP_IN, Cause::Pending)], vec![one(PUMA, Cause::Drifted)])
    );
    assert_eq!((handlers(&pending), checks(&pending)), (vec!["reload systemd"], vec!["verify"]));
    assert!(drifted.refusals.is_empty() && drifted.notices.is_empty(), "{drifted:?}");
}

#[test]
fn what_runs_otherwise_is_mended_by_its_handler_once_it_is_asked_for() {
    let seen = observation(&[(PUMA, Some("wanted"), "wanted"), (DROP_IN, Some("wanted"), "wanted")], "kill");
    let older = [
        mismatch(Id::path(PUMA), "puma", Some("restart puma")),
        Mismatch {
            evidence: "it is seen elsewhere too".to_owned(),
            ..mismatch(Id::path(PUMA), "puma", Some("restart puma"))
        },
    ];
    let plan = kept(Only::Drifted, &older, &seen);
    let [change] = plan.changes.as_slice() else { panic!("{plan:?}") };
    assert_eq!((change.action, change.cause), (Action::Effect, Some(Cause::Runtime)));
    assert_eq!(change.evidence.as_deref(), Some("/srv/puma.rb is old; it is seen elsewhere too"));
    assert_eq!((handlers(&plan), checks(&plan)), (vec!["restart puma"], vec!["ruby -c"]));
    assert_eq!(plan.handlers[0].because, [Id::path(PUMA)]);
    // As after the handler has run.
    let after = kept(Only::Drifted, &[], &seen);
    assert!(after.is_empty() && after.left_out.is_empty(), "{after:?}");
}

#[test]
fn what_a_kept_change_mends_anyway_is_not_told_twice() {
    let seen = observation(&[(PUMA, Some("wanted"), "edited"), (DROP_IN, Some("wanted"), "wanted")], "kill");
    let plan = kept(Only::Drifted, &[mismatch(Id::path(PUMA), "puma", Some("restart puma"))], &seen);
    assert_eq!((changes(&plan), handlers(&plan)), (vec![one(PUMA, Cause::Drifted)], vec!["restart puma"]));
    let other = kept(Only::Drifted, &[mismatch(Id::unit("puma"), "unit", Some("reload systemd"))], &seen);
    assert_eq!(changes(&other), [one(PUMA, Cause::Drifted), one("unit puma", Cause::Runtime)]);
    assert_eq!(handlers(&other), ["reload systemd", "restart puma"]);
}

#[test]
fn what_nobody_can_mend_or_tell_is_said_and_changes_nothing() {
    let seen = observation(&[(PUMA, Some("wanted"), "wanted"), (DROP_IN, Some("wanted"), "wanted")], "kill");
    let nobodys = [
        mismatch(Id::unit("puma"), "unit", None),
        mismatch(Id::path(PUMA), "puma", Some("no such handler")),
        Mismatch { untold: true, ..mismatch(Id::path(DROP_IN), "unit", Some("reload systemd")) },
    ];
    let plan = kept(Only::Drifted, &nobodys, &seen);
    assert_eq!(changes(&plan), []);
    assert_eq!(left(&plan), [one(PUMA, Cause::Runtime), one("unit puma", Cause::Runtime)]);
    let told: Vec<_> = plan.notices.iter().map(|notice| (notice.level, notice.text.as_str())).collect();
    assert_eq!(told, [(Level::Warning, "/etc/puma.d/10.conf is old")]);
}

#[test]
fn a_unit_is_not_promised_without_the_file_that_it_needs() {
    // Both changed the drop-in, and the unit is new to the host.
    let seen = observation(&[(PUMA, Some("wanted"), "wanted"), (DROP_IN, Some("old"), "edited")], "other");
    let plan = kept(Only::Pending, &[], &seen);
    assert_eq!(changes(&plan), [one("unit puma", Cause::New)]);
    let [refusal] = plan.refusals.as_slice() else { panic!("{plan:?}") };
    let needed = Obstacle::NeedsLeftOut { needed: Id::path(DROP_IN), cause: Cause::Conflict };
    assert_eq!((&refusal.id, &refusal.obstacle), (&Id::unit("puma"), &needed));
}

#[test]
fn what_is_left_out_and_takes_effect_all_the_same_is_warned_of() {
    let mut desired = desired();
    desired.resources.push(path("/srv/other.rb", "wanted", "restart puma", "puma"));
    let there = [
        (PUMA, Some("wanted"), "edited"),
        ("/srv/other.rb", Some("old"), "edited"),
        (DROP_IN, Some("wanted"), "wanted"),
    ];
    let seen = observation(&there, "kill");
    let mut plan = plan(&desired, &seen).expect("all was seen");
    plan.keep(Only::Drifted, &[], &desired, &seen);
    let told: Vec<_> = plan.notices.iter().map(|notice| (notice.level, notice.text.as_str())).collect();
    let text = "`/srv/other.rb` (conflict) is left out, and takes effect as it is on the server now";
    assert_eq!(told, [(Level::Warning, text)]);
}

fn missing(desired: &Desired, left_out: &[LeftOut], mismatches: &[Mismatch], seen: &Observation) -> HostPlan {
    let mut plan = plan(desired, seen).expect("all was seen");
    plan.leave(left_out, mismatches, desired);
    plan
}

#[test]
fn afterwards_all_that_was_not_left_out_must_be_as_wanted() {
    let desired = desired();
    let before = observation(&[(PUMA, Some("old"), "old"), (DROP_IN, Some("wanted"), "edited")], "kill");
    let left_out = kept(Only::Pending, &[], &before).left_out;
    assert_eq!(left_out.iter().map(|left| &left.id).collect::<Vec<_>>(), [&Id::path(DROP_IN)]);
    for (there, missed) in [
        // Brought about; not brought about; something else came to be there, which is a conflict by now.
        ("wanted", vec![]),
        ("old", vec![one(PUMA, Cause::Pending)]),
        ("another", vec![one(PUMA, Cause::Conflict)]),
    ] {
        let after = observation(&[(PUMA, Some("old"), there), (DROP_IN, Some("wanted"), "edited")], "kill");
        assert_eq!(changes(&missing(&desired, &left_out, &[], &after)), missed, "{there}");
    }
    // A file that stays as it is excuses nothing that runs.
    let older = [mismatch(Id::path(DROP_IN), "unit", Some("reload systemd"))];
    let seen = observation(&[(PUMA, Some("old"), "wanted"), (DROP_IN, Some("wanted"), "edited")], "kill");
    assert_eq!(changes(&missing(&desired, &left_out, &older, &seen)), [one(DROP_IN, Cause::Runtime)]);
    let unmended = LeftOut { id: Id::path(DROP_IN), cause: Cause::Runtime, evidence: None };
    let left_out = [left_out, vec![unmended]].concat();
    assert_eq!(changes(&missing(&desired, &left_out, &older, &seen)), []);
}

#[test]
fn without_a_memory_nothing_is_chosen() {
    let mut seen = observation(&[(PUMA, None, "edited"), (DROP_IN, None, "wanted")], "kill");
    seen.applied.fault = Some("format 1".to_owned());
    for only in [Only::Drifted, Only::Pending] {
        let plan = kept(only, &[], &seen);
        assert!(plan.notices.iter().any(|notice| notice.level == Level::Refusal), "{plan:?}");
    }
    // Where nothing differs there is nothing to choose.
    let mut same = observation(&[(PUMA, None, "wanted"), (DROP_IN, None, "wanted")], "kill");
    same.applied.fault = Some("format 1".to_owned());
    let plan = kept(Only::Drifted, &[], &same);
    assert!(plan.changes.is_empty() && plan.notices.iter().all(|notice| notice.level == Level::Warning), "{plan:?}");
}
