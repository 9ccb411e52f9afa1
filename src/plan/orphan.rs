use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{Change, HostPlan, diff, handler};
use crate::resource::{
    AppliedPath, Attribute, Check, Desired, Handler, Id, Level, Notice, Observation, PathSeen, Resource, State,
    Subject, recall_checks, recall_handlers,
};

/// A path that an earlier transaction left, and that no role of the host wants any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    pub left: AppliedPath,
    pub state: OrphanState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrphanState {
    /// It can go.
    AsLeft,
    /// Somebody changed these attributes of it since: a person decides.
    Changed(Vec<&'static str>),
    /// A directory that holds something which stays.
    Holds(String),
    Unreadable(String),
    /// Somebody removed it: it is only to be forgotten.
    Gone,
}

impl Orphan {
    /// Whether there is anything that somebody might decide about.
    pub fn is_there(&self) -> bool {
        self.state != OrphanState::Gone
    }
}

/// Said where the host's memory cannot be read: that nothing is said of orphans must not read as if there were none.
pub(super) fn blindness(observation: &Observation) -> Option<Notice> {
    let fault = observation.applied.fault.as_deref()?;
    if observation.applied.is_newer() {
        let text = format!("a newer zdt wrote what the host remembers ({fault}): use that one, this one would lose it");
        return Some(Notice { role: String::new(), level: Level::Refusal, text });
    }
    let text = format!(
        "what zdt left here earlier cannot be read ({fault}): nothing is known of paths that no role wants any more"
    );
    Some(Notice { role: String::new(), level: Level::Warning, text })
}

/// What of the host's memory `desired` does not name, in the order of paths.
pub(super) fn orphans(desired: &Desired, observation: &Observation) -> Vec<Orphan> {
    let wanted: BTreeSet<&str> =
        desired.ids().filter(|id| id.subject == Subject::Path).map(|id| id.name.as_str()).collect();
    let left = observation.applied.paths.values().filter(|left| left.made && !wanted.contains(left.path.as_str()));
    let mut states: BTreeMap<&str, OrphanState> =
        left.clone().map(|left| (left.path.as_str(), state(left, observation))).collect();
    // What is held comes before its folder: only then is it known whether the folder becomes empty.
    let mut removed = BTreeSet::new();
    for (path, state) in states.iter_mut().rev().filter(|(_, state)| **state == OrphanState::AsLeft) {
        match holds(path, observation, &removed) {
            Some(name) => *state = OrphanState::Holds(name),
            None => {
                removed.insert((*path).to_owned());
            }
        }
    }
    let mut orphan = |left: &AppliedPath| {
        let state = states.remove(left.path.as_str()).unwrap_or(OrphanState::Gone);
        Orphan { left: left.clone(), state }
    };
    left.map(&mut orphan).collect()
}

fn state(left: &AppliedPath, observation: &Observation) -> OrphanState {
    if recalled(left).is_none() {
        let reason = "what the host remembers of it was written by another version of zdt";
        return OrphanState::Unreadable(reason.to_owned());
    }
    let seen = match (observation.state(&Id::path(&left.path)), observation.paths.get(&left.path)) {
        (Ok(_), Some(seen)) => seen,
        (Ok(_), None) => return OrphanState::Unreadable("the host's answer does not mention it".to_owned()),
        (Err(why), _) => return OrphanState::Unreadable(why.to_string()),
    };
    if seen.kind == "absent" {
        return OrphanState::Gone;
    }
    let changed = left.differs(seen);
    if changed.is_empty() { OrphanState::AsLeft } else { OrphanState::Changed(changed) }
}

/// What lies in directory `path` and stays when `removed` are gone: its name, or a path.
pub fn holds(path: &str, observation: &Observation, removed: &BTreeSet<String>) -> Option<String> {
    let seen = observation.paths.get(path).filter(|seen| seen.kind == "directory")?;
    if let Some(name) = &seen.foreign {
        return Some(String::from_utf8_lossy(name).into_owned());
    }
    let below = format!("{path}/");
    let stays = |(other, seen): &(&String, &PathSeen)| {
        seen.kind != "absent" && other.starts_with(&below) && !removed.contains(*other)
    };
    observation.paths.iter().find(stays).map(|(other, _)| other[below.len()..].to_owned())
}

/// The handlers and checks that the host remembers of a path.
fn recalled(left: &AppliedPath) -> Option<(Vec<Handler>, Vec<Check>)> {
    Some((recall_handlers(&left.handlers, &left.role)?, recall_checks(&left.checks, &left.role)?))
}

impl HostPlan {
    /// Adds the removal of every orphan that is as it was left, with the handlers and checks that belong to it.
    pub fn prune(&mut self, observation: &Observation) {
        if let Some(notice) = blindness(observation) {
            // Asked for, and it cannot be done.
            self.notices.push(Notice { level: Level::Refusal, ..notice });
            return;
        }
        let mut removed = Vec::new();
        self.orphans.retain(|orphan| match (&orphan.state, removal(&orphan.left, observation)) {
            (OrphanState::AsLeft, Some(change)) => {
                removed.push((orphan.left.clone(), change));
                false
            }
            _ => true,
        });
        for (left, change) in removed {
            let (handlers, checks) = recalled(&left).unwrap_or_default();
            for one in handlers {
                self.ask(&one, &change.id);
            }
            self.add_checks(checks);
            self.changes.push(change);
        }
        self.settle();
    }

    /// Adds the checks that are not among the plan's yet.
    pub fn add_checks(&mut self, checks: impl IntoIterator<Item = Check>) {
        for check in checks {
            if !self.checks.iter().any(|known| known.argv == check.argv && known.user == check.user) {
                self.checks.push(check);
            }
        }
    }

    /// Has `handler` run because of `id`, once however many ask for it.
    pub fn ask(&mut self, handler: &Handler, id: &Id) {
        handler::ask(&mut self.handlers, handler, id);
    }

    /// Brings changes and handlers into their order, and drops checks of what will not be there any more.
    pub fn settle(&mut self) {
        super::order::sort(&mut self.changes);
        handler::sort(&mut self.handlers);
        let is_removed = |word: &String| {
            self.changes.iter().any(|change| change.action == super::Action::Remove && change.id.name == *word)
        };
        self.checks.retain(|check| !check.argv.iter().any(is_removed));
    }
}

/// The change that takes a path away, directories too; `None` where there is nothing to take.
fn removal(left: &AppliedPath, observation: &Observation) -> Option<Change> {
    let id = Id::path(&left.path);
    let observed = observation.state(&id).ok()?;
    let desired = State::default().with_word(Attribute::Type, "absent");
    diff(&Resource { id, desired, notify: Vec::new(), role: left.role.clone(), settings: false, edit: None }, &observed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Action, plan};
    use crate::resource::{PathSeen, remember_checks, remember_handlers};

    fn seen(kind: &str, hash: &str) -> PathSeen {
        PathSeen {
            kind: kind.to_owned(),
            mode: "0644".to_owned(),
            sha256: (kind == "file").then(|| hash.to_owned()),
            ..PathSeen::default()
        }
    }

    fn left(path: &str, kind: &str, hash: &str) -> AppliedPath {
        let handler = Handler {
            name: "reload".to_owned(),
            role: "old".to_owned(),
            kind: "nginx_reload".to_owned(),
            arguments: vec!["nginx".to_owned()],
            says: String::new(),
            took: None,
            cost: crate::resource::Disruption::Reload,
        };
        let check = |name: &str, word: &str| Check {
            name: name.to_owned(),
            role: "old".to_owned(),
            argv: vec!["look".to_owned(), word.to_owned()],
            user: None,
            paths: vec![],
        };
        AppliedPath {
            path: path.to_owned(),
            kind: kind.to_owned(),
            detail: if kind == "file" { hash.to_owned() } else { String::new() },
            mode: "0644".to_owned(),
            role: "old".to_owned(),
            made: true,
            handlers: remember_handlers([&handler]),
            checks: remember_checks([&check("all", "-t"), &check("the file", path)]),
            ..AppliedPath::default()
        }
    }

    fn observation(paths: &[(&str, PathSeen)], left: &[AppliedPath]) -> Observation {
        let mut observation = Observation::default();
        observation.paths.extend(paths.iter().map(|(path, seen)| ((*path).to_owned(), seen.clone())));
        observation.applied.paths.extend(left.iter().map(|left| (left.path.clone(), left.clone())));
        observation
    }

    fn wants(paths: &[&str]) -> Desired {
        let desired = State::default().with_word(Attribute::Type, "file");
        let resource = |path: &&str| Resource {
            id: Id::path(*path),
            desired: desired.clone(),
            notify: vec![],
            role: "r".to_owned(),
            settings: false,
            edit: None,
        };
        Desired { resources: paths.iter().map(resource).collect(), ..Desired::default() }
    }

    fn states(desired: &Desired, observation: &Observation) -> Vec<OrphanState> {
        plan(desired, observation).expect("all was seen").orphans.into_iter().map(|orphan| orphan.state).collect()
    }

    #[test]
    fn what_a_role_wants_is_no_orphan_and_what_none_wants_is_one() {
        let all = observation(
            &[("/a", seen("file", "aa")), ("/b", seen("file", "xx")), ("/c", seen("absent", ""))],
            &[left("/a", "file", "aa"), left("/b", "file", "bb"), left("/c", "file", "cc")],
        );
        let changed = || OrphanState::Changed(vec!["content"]);
        assert_eq!(states(&wants(&[]), &all), [OrphanState::AsLeft, changed(), OrphanState::Gone]);
        assert_eq!(states(&wants(&["/a"]), &all), [changed(), OrphanState::Gone]);
    }

    #[test]
    fn what_was_never_zdt_s_to_take_away_is_no_orphan_and_is_forgotten() {
        let managed = AppliedPath { made: false, ..left("/a", "file", "aa") };
        let mut all = observation(&[("/a", seen("file", "aa"))], &[managed]);
        let unit = AppliedPath { path: "unit:x.service".to_owned(), kind: "unit".to_owned(), ..AppliedPath::default() };
        all.applied.units.insert("x.service".to_owned(), unit);
        let mut plan = plan(&wants(&[]), &all).expect("all was seen");
        plan.prune(&all);
        assert_eq!((plan.changes.len(), plan.orphans.len(), plan.has_work()), (0, 0, false));
        assert_eq!(plan.forgotten, [AppliedPath::gone("/a"), AppliedPath::gone("unit:x.service")]);
        let plan = super::super::plan(&wants(&["/a"]), &all).expect("all was seen");
        assert_eq!(plan.forgotten, [AppliedPath::gone("unit:x.service")]);
    }

    #[test]
    fn what_could_not_be_read_is_never_taken_away() {
        let mut odd = left("/a", "file", "aa");
        odd.handlers = "from the future".to_owned();
        let unreadable = PathSeen { error: Some("Permission denied".to_owned()), ..seen("unreadable", "") };
        let all = observation(
            &[("/a", seen("file", "aa")), ("/b", unreadable)],
            &[odd, left("/b", "file", "bb"), left("/c", "file", "cc")],
        );
        let mut plan = plan(&wants(&[]), &all).expect("all that is wanted was seen");
        assert!(plan.orphans.iter().all(|orphan| matches!(orphan.state, OrphanState::Unreadable(_))), "{plan:?}");
        plan.prune(&all);
        assert_eq!((plan.changes.len(), plan.orphans.len()), (0, 3));
    }

    #[test]
    fn a_memory_that_cannot_be_read_is_told_and_refuses_a_prune() {
        let mut blind = observation(&[], &[]);
        blind.applied.fault = Some("format 2".to_owned());
        let mut plan = plan(&wants(&[]), &blind).expect("nothing is wanted");
        let level = |plan: &HostPlan| plan.notices.iter().map(|notice| notice.level).collect::<Vec<_>>();
        assert_eq!(level(&plan), [Level::Warning]);
        assert_eq!((plan.renew_record.as_deref(), plan.has_work()), (Some("format 2"), true));
        plan.prune(&blind);
        assert_eq!(level(&plan), [Level::Warning, Level::Refusal]);
    }

    #[test]
    fn a_folder_goes_after_what_it_holds_and_stays_with_what_is_not_ours() {
        let mut others = seen("directory", "");
        others.foreign = Some(b"theirs".to_vec());
        let all = observation(
            &[
                ("/d", seen("directory", "")),
                ("/d/f", seen("file", "aa")),
                ("/e", others),
                ("/e/f", seen("file", "aa")),
                ("/g", seen("directory", "")),
                ("/g/f", seen("file", "changed")),
            ],
            &[
                left("/d", "directory", ""),
                left("/d/f", "file", "aa"),
                left("/e", "directory", ""),
                left("/e/f", "file", "aa"),
                left("/g", "directory", ""),
                left("/g/f", "file", "aa"),
            ],
        );
        let mut plan = plan(&wants(&[]), &all).expect("all was seen");
        plan.prune(&all);
        let removed: Vec<&str> = plan.changes.iter().map(|change| change.id.name.as_str()).collect();
        assert_eq!(removed, ["/e/f", "/d/f", "/d"]);
        assert!(plan.changes.iter().all(|change| change.action == Action::Remove));
        let kept: Vec<_> = plan.orphans.iter().map(|orphan| (orphan.left.path.as_str(), &orphan.state)).collect();
        let holds = |name: &str| OrphanState::Holds(name.to_owned());
        assert_eq!(
            kept,
            [("/e", &holds("theirs")), ("/g", &holds("f")), ("/g/f", &OrphanState::Changed(vec!["content"]))]
        );
    }

    #[test]
    fn a_removal_brings_its_handlers_and_the_checks_that_still_have_something_to_look_at() {
        let all = observation(
            &[("/a", seen("file", "aa")), ("/b", seen("file", "bb"))],
            &[left("/a", "file", "aa"), left("/b", "file", "bb")],
        );
        let mut plan = plan(&wants(&[]), &all).expect("all was seen");
        assert!(plan.handlers.is_empty() && plan.checks.is_empty());
        plan.prune(&all);
        assert_eq!(plan.handlers.len(), 1);
        assert_eq!(plan.handlers[0].because, [Id::path("/a"), Id::path("/b")]);
        assert_eq!(plan.checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>(), ["all"]);
    }
}
