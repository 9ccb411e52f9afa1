use std::collections::BTreeMap;

use super::*;
use crate::resource::{Attribute, Handler, PathSeen, SessionSeen, State};

const FILE: &str = "/etc/app.conf";
const UNIT: &str = "app.service";
const DROP_IN: &str = "/etc/systemd/system/app.service.d/10-x.conf";

fn seen(kind: &str, mtime: i64, ctime: i64) -> PathSeen {
    PathSeen { kind: kind.to_owned(), mode: "0644".to_owned(), mtime, ctime, ..PathSeen::default() }
}

fn observation(path: &str, seen: PathSeen, clock: i64) -> Observation {
    Observation {
        paths: BTreeMap::from([(path.to_owned(), seen)]),
        session: SessionSeen { clock, ..SessionSeen::default() },
        ..Observation::default()
    }
}

fn load(at: Option<i64>, untold: Option<&str>) -> Running {
    let load = Load {
        id: Id::path(FILE),
        role: "app".to_owned(),
        mends: Some("restart app".to_owned()),
        reader: "App".to_owned(),
        at,
        untold: untold.map(str::to_owned),
    };
    Running { loads: vec![load], ..Running::default() }
}

fn evidence(found: &[Mismatch]) -> Vec<(&str, bool)> {
    found.iter().map(|one| (one.evidence.as_str(), one.untold)).collect()
}

#[test]
fn a_file_is_stale_where_it_was_changed_after_it_was_read() {
    const READ: &str = "App read it at 1970-01-01 00:01:40 UTC, and it was changed at ";
    const UNTOLD: &str = "it was changed at 1970-01-01 00:02:00 UTC, and whether App read it since cannot be told: why";
    // The file's times, when it was read, why that is not known; the host's clock is at 200.
    type Case<'a> = (&'a str, (i64, i64), Option<i64>, Option<&'a str>, Option<(String, bool)>);
    let cases: &[Case<'_>] = &[
        ("older", (90, 90), Some(100), None, None),
        ("of the same second", (100, 100), Some(100), None, None),
        ("within what clocks blur", (101, 101), Some(100), None, None),
        ("newer", (102, 102), Some(100), None, Some((format!("{READ}1970-01-01 00:01:42 UTC"), false))),
        ("its time set back", (10, 120), Some(100), None, Some((format!("{READ}1970-01-01 00:02:00 UTC"), false))),
        (
            "the clock was set back since",
            (4000, 4000),
            Some(100),
            None,
            Some((format!("{READ}1970-01-01 01:06:40 UTC, which is yet to come by the host's clock"), false)),
        ),
        ("nothing runs that reads it", (120, 120), None, None, None),
        ("not known", (120, 120), None, Some("why"), Some((UNTOLD.to_owned(), true))),
        ("not known, but not before 100", (120, 120), Some(100), Some("why"), Some((UNTOLD.to_owned(), true))),
        ("not known, but not before the change", (90, 90), Some(100), Some("why"), None),
    ];
    for (name, (mtime, ctime), at, untold, expected) in cases {
        let observation = observation(FILE, seen("file", *mtime, *ctime), 200);
        let found = mismatches(&load(*at, *untold), &Desired::default(), &observation);
        let expected: Vec<(&str, bool)> = expected.iter().map(|(text, untold)| (text.as_str(), *untold)).collect();
        assert_eq!(evidence(&found), expected, "{name}");
        assert!(found.iter().all(|one| one.mends.as_deref() == Some("restart app")), "{name}");
    }
    for kind in ["absent", "unreadable"] {
        let observation = observation(FILE, seen(kind, 120, 120), 200);
        assert_eq!(mismatches(&load(Some(100), None), &Desired::default(), &observation), [], "{kind}");
    }
}

/// A controller's clock is never asked, so an hour between the two changes nothing.
#[test]
fn times_of_one_clock_are_compared_wherever_that_clock_stands() {
    for shift in [-3600, 0, 3600, 1_000_000] {
        for (changed, is_stale) in [(9_990, false), (10_020, true)] {
            let observation = observation(FILE, seen("file", changed + shift, changed + shift), 10_100 + shift);
            let found = mismatches(&load(Some(10_000 + shift), None), &Desired::default(), &observation);
            assert_eq!(found.len(), usize::from(is_stale), "{shift} {changed}");
            assert!(!found.iter().any(|one| one.evidence.contains("yet to come")), "{found:?}");
        }
    }
}

fn wanted(id: Id, state: State) -> Resource {
    Resource { id, desired: state, notify: Vec::new(), role: "app".to_owned(), settings: false, edit: None }
}

fn wants_unit() -> Desired {
    let reload = Handler {
        name: "reload systemd".to_owned(),
        role: "app".to_owned(),
        kind: "daemon_reload".to_owned(),
        arguments: Vec::new(),
        says: String::new(),
        took: None,
        cost: crate::resource::Disruption::Reload,
    };
    let drop_in = wanted(Id::path(DROP_IN), State::default().with_word(Attribute::Type, "file"));
    Desired {
        resources: vec![drop_in, wanted(Id::unit(UNIT), State::default())],
        handlers: vec![reload],
        ..Desired::default()
    }
}

#[test]
fn systemd_goes_by_the_files_that_are_there() {
    let gone = format!("systemd still goes by `{DROP_IN}`, which is no longer there");
    let unread = format!("systemd has not read `{DROP_IN}`, which is there");
    let changed = "systemd says that its files have changed since it read them (`NeedDaemonReload=yes`)".to_owned();
    let other = format!("/run/x.conf {DROP_IN}");
    let cases: &[(&str, &str, &str, Option<&String>)] = &[
        ("file", DROP_IN, "no", None),
        ("file", &other, "no", None),
        ("file", DROP_IN, "yes", Some(&changed)),
        ("file", "", "no", Some(&unread)),
        ("absent", DROP_IN, "yes", Some(&gone)),
        ("absent", "", "no", None),
        ("unreadable", DROP_IN, "no", None),
    ];
    for (kind, drop_ins, need, expected) in cases {
        let mut observation = observation(DROP_IN, seen(kind, 1, 1), 200);
        let properties = [("DropInPaths", *drop_ins), ("NeedDaemonReload", *need)];
        let properties = properties.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).into();
        observation.units.insert(UNIT.to_owned(), UnitSeen { properties, ..UnitSeen::default() });
        let found = mismatches(&Running::default(), &wants_unit(), &observation);
        let expected: Vec<(&str, bool)> = expected.iter().map(|text| (text.as_str(), false)).collect();
        assert_eq!(evidence(&found), expected, "{kind} {drop_ins} {need}");
        let mends: Vec<_> = found.iter().filter_map(|one| one.mends.as_deref()).collect();
        assert_eq!(mends, vec!["reload systemd"; found.len()]);
    }
}

/// As systemd 252 and later ones print the paths of an instance with a dash in its name.
#[test]
fn a_units_files_are_known_however_systemd_spells_them() {
    let path = r"/etc/systemd/system/puma@my\x2dapp.service.d/10.conf";
    let escaped = path.replace('\\', r"\x5c");
    for told in [path, r#""/etc/systemd/system/puma@my\\x2dapp.service.d/10.conf""#, escaped.as_str()] {
        let unit =
            UnitSeen { properties: [("DropInPaths".to_owned(), vec![told.to_owned()])].into(), ..UnitSeen::default() };
        assert_eq!(super::paths(&unit, "DropInPaths"), [path], "{told}");
    }
}

/// Of two users' units of one name, each has the drop-ins that are that user's own.
#[test]
fn a_drop_in_of_another_users_unit_is_nobody_elses() {
    let owned = |path: &str, owner| wanted(Id::path(path), State::default().with_word(Attribute::Owner, owner));
    let drop_in = owned("/home/shop/.config/systemd/user/puma.service.d/10.conf", "shop");
    assert!(super::is_drop_in(&drop_in, "shop/puma.service"));
    for other in ["blog/puma.service", "puma.service", "shop/other.service"] {
        assert!(!super::is_drop_in(&drop_in, other), "{other}");
    }
    assert!(super::is_drop_in(&owned("/etc/systemd/system/puma.service.d/10.conf", "root"), "puma.service"));
}

/// What we changed ourselves and have not applied is no drift of what runs.
#[test]
fn what_runs_is_compared_with_files_that_are_as_wanted_alone() {
    let rule = |about: Id| Mismatch {
        about,
        role: "app".to_owned(),
        evidence: "App runs with 2, and 3 is wanted.".to_owned(),
        mends: None,
        untold: false,
    };
    for (mode, expected) in [("0644", 3), ("0600", 2)] {
        let state = State::default().with_word(Attribute::Mode, mode);
        let desired = Desired { resources: vec![wanted(Id::path(FILE), state)], ..Desired::default() };
        let rules = [Id::path(FILE), Id::path("/srv/not-managed"), Id::unit(UNIT)].map(rule);
        let running = Running { mismatches: rules.to_vec(), ..Running::default() };
        let found = mismatches(&running, &desired, &observation(FILE, seen("directory", 1, 1), 200));
        assert_eq!(found.len(), expected, "{mode}");
    }
}
