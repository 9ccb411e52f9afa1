//! From the history of a host to the plan that takes the latest transactions back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Ended, Entry, Manifest, Outcome, Put, Seen};
use crate::plan::{self, Action, Change, HostPlan, Obstacle, Refusal, Unknown};
use crate::resource::{
    AppliedPath, Attribute, Check, Content, Disruption, Handler, Id, Level, Notice, Observation, ObserveRequest,
    PathQuery, Resource, State, Subject, Value, recall_checks, recall_handlers, sha256,
};

/// Contents that the host saved: `NNNNNN-ID` → number of the entry → bytes.
pub type Saved = BTreeMap<String, BTreeMap<usize, Arc<[u8]>>>;

/// What a rollback takes back, and to what each path returns.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// Oldest first.
    undone: Vec<Ended>,
    /// The states from before, by path.
    paths: BTreeMap<String, Before>,
    /// What the host remembered of the paths back then.
    remembered: BTreeMap<String, AppliedPath>,
    saved: Saved,
    /// The paths whose contents may be shown.
    shown: BTreeSet<String>,
    /// A sandbox's directory: there are no owners there.
    root: Option<String>,
}

#[derive(Debug, Clone)]
struct Before {
    /// Which record holds the old file, and under which number.
    record: String,
    number: usize,
    seen: Seen,
    /// What the latest of the transactions left there.
    left: AppliedPath,
}

/// Why there is nothing that could be taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRollback {
    #[error("no transaction in its history changed anything")]
    Nothing,
    #[error("its history has no transaction `{to}`; old ones are pruned")]
    NotKnown { to: String },
    #[error("transaction {id} did not end: what it left is not known")]
    Stuck { id: String },
}

impl Rollback {
    /// Takes back all from transaction `to` on; without it, the latest that was committed. `request` is what the roles
    /// ask of the host: only contents that they may see may be shown.
    pub fn of(history: &[Ended], to: Option<&str>, request: &ObserveRequest) -> Result<Rollback, NoRollback> {
        let first = match to {
            Some(to) => history
                .iter()
                .position(|ended| ended.id() == to || ended.record.name == to)
                .ok_or_else(|| NoRollback::NotKnown { to: to.to_owned() })?,
            // One that only had something read anew, or renewed the host's memory, has nothing to take back.
            None => history
                .iter()
                .rposition(|ended| ended.is_committed() && !ended.entries.is_empty())
                .ok_or(NoRollback::Nothing)?,
        };
        let (before, undone) = history.split_at(first);
        let stuck = |ended: &&Ended| !matches!(ended.record.outcome, Outcome::Committed | Outcome::PutBack { .. });
        if let Some(ended) = undone.iter().find(stuck) {
            return Err(NoRollback::Stuck { id: ended.id().to_owned() });
        }
        // What was put back left nothing, and a reload put nothing anywhere.
        let undone: Vec<Ended> =
            undone.iter().filter(|ended| ended.is_committed() && ended.record.kind != "reload").cloned().collect();
        if undone.is_empty() {
            return Err(NoRollback::Nothing);
        }
        let mut paths: BTreeMap<String, Before> = BTreeMap::new();
        for ended in &undone {
            for (index, past) in ended.entries.iter().enumerate() {
                let oldest = paths.entry(past.path.clone()).or_insert_with(|| Before {
                    record: ended.record.name.clone(),
                    number: index + 1,
                    seen: past.seen.clone(),
                    left: past.left(),
                });
                oldest.left = past.left();
            }
        }
        let mut remembered = BTreeMap::new();
        for applied in before.iter().filter(|ended| ended.is_committed()).flat_map(|ended| &ended.applied) {
            remembered.insert(applied.path.clone(), applied.clone());
        }
        let shown = request.paths.iter().filter(|query| query.content).map(|query| query.path.clone()).collect();
        Ok(Rollback { undone, paths, remembered, saved: Saved::new(), shown, root: request.root.clone() })
    }

    pub fn undone(&self) -> &[Ended] {
        &self.undone
    }

    /// What to ask of the host.
    pub fn request(&self) -> ObserveRequest {
        let folder = |before: &Before| before.seen.kind == "directory" || before.left.kind == "directory";
        let query = |path: &String| PathQuery { path: path.clone(), content: self.shown.contains(path) };
        ObserveRequest {
            root: self.root.clone(),
            paths: self.paths.keys().map(query).collect(),
            folders: self.paths.iter().filter(|(_, before)| folder(before)).map(|(path, _)| path.clone()).collect(),
            ..ObserveRequest::default()
        }
    }

    /// The records whose saved contents `with_saved` wants.
    pub fn records(&self) -> BTreeSet<&str> {
        let files = self.paths.values().filter(|before| before.seen.kind == "file");
        files.map(|before| before.record.as_str()).collect()
    }

    #[must_use]
    pub fn with_saved(self, saved: Saved) -> Rollback {
        Rollback { saved, ..self }
    }

    /// What is to change. A path that somebody else changed since, or whose old content is missing, refuses the host.
    pub fn plan(&self, observation: &Observation) -> Result<HostPlan, Vec<Unknown>> {
        let mut plan = HostPlan::default();
        let mut unknown = Vec::new();
        let mut removed = BTreeSet::new();
        // What is held comes before its folder: only then is it known whether the folder becomes empty.
        for (path, before) in self.paths.iter().rev() {
            let id = Id::path(path);
            let observed = match observation.state(&id) {
                Ok(observed) => observed,
                Err(why) => {
                    unknown.push(Unknown { id, why });
                    continue;
                }
            };
            let role = self.role(path, observation);
            let resource = Resource {
                id,
                desired: self.desired(path, before),
                notify: Vec::new(),
                role,
                settings: false,
                edit: None,
            };
            let Some(change) = plan::diff(&resource, &observed) else {
                plan.in_sync += 1;
                continue;
            };
            let is_removal = change.action == Action::Remove;
            if let Some(holds) = plan::holds(path, observation, &removed).filter(|_| is_removal) {
                // Somebody else's files in it are not ours to remove; it is told, and no difference.
                let text = format!("`{path}` stays: it holds `{holds}`, which no transaction put there");
                plan.notices.push(Notice { role: change.role, level: Level::Info, text });
                continue;
            }
            if let Some(obstacle) = self.obstacle(before, &change, observation) {
                let (id, role) = (change.id.clone(), change.role.clone());
                plan.refusals.push(Refusal { id, role, obstacle });
            } else if is_removal {
                removed.insert(path.clone());
            }
            plan.changes.push(change);
        }
        if !unknown.is_empty() {
            return Err(unknown);
        }
        plan.notices.reverse();
        plan.refusals.reverse();
        plan.settle();
        self.add_handlers(&mut plan, observation);
        plan.settle();
        Ok(plan)
    }

    fn desired(&self, path: &str, before: &Before) -> State {
        let seen = &before.seen;
        let mut state = State::default().with_word(Attribute::Type, &seen.kind);
        if seen.kind == "absent" {
            return state;
        }
        if self.root.is_none() {
            state = state.with_word(Attribute::Owner, &seen.owner).with_word(Attribute::Group, &seen.group);
        }
        match seen.kind.as_str() {
            // A link has no mode of its own.
            "link" => state.with_word(Attribute::Target, target(seen)),
            "file" => {
                let bytes = self.content(before);
                let content = Content { sha256: seen.detail.clone(), bytes, secret: !self.shown.contains(path) };
                state.with_word(Attribute::Mode, &seen.mode).with(Attribute::Content, Value::Content(content))
            }
            _ => state.with_word(Attribute::Mode, &seen.mode),
        }
    }

    fn content(&self, before: &Before) -> Option<Arc<[u8]>> {
        let content = self.saved.get(&before.record)?.get(&before.number)?;
        (sha256(content) == before.seen.detail).then(|| Arc::clone(content))
    }

    fn obstacle(&self, before: &Before, change: &Change, observation: &Observation) -> Option<Obstacle> {
        let seen = observation.paths.get(&change.id.name)?;
        let changed = before.left.differs(seen);
        if !changed.is_empty() {
            return Some(Obstacle::ChangedSince { what: changed });
        }
        let needs_content =
            change.attributes.iter().any(|a| matches!(a.attribute, Attribute::Type | Attribute::Content));
        if needs_content && before.seen.kind == "file" && self.content(before).is_none() {
            return Some(Obstacle::NotSaved { record: before.record.clone() });
        }
        let parent = change.id.name.rsplit_once('/').map_or("/", |(parent, _)| parent);
        let returns = self.paths.get(parent).is_some_and(|before| before.seen.kind == "directory");
        let missing = change.action == Action::Create && seen.parent.is_none() && !returns;
        missing.then(|| Obstacle::NoParent { parent: parent.to_owned() })
    }

    /// The role that wanted the path.
    fn role(&self, path: &str, observation: &Observation) -> String {
        let now = observation.applied.paths.get(path);
        let undone = self.undone.iter().rev().flat_map(|ended| &ended.applied).filter(|applied| applied.path == path);
        let known = now.into_iter().chain(undone).chain(self.remembered.get(path));
        known
            .map(|applied| &applied.role)
            .find(|role| !role.is_empty())
            .cloned()
            .unwrap_or_else(|| "rollback".to_owned())
    }

    /// What made the changes take effect makes their end take effect; what checked them checks it.
    fn add_handlers(&self, plan: &mut HostPlan, observation: &Observation) {
        let undone = self.undone.iter().flat_map(|ended| &ended.applied);
        let memory = observation.applied.paths.values().chain(undone).chain(self.remembered.values());
        let told: Vec<Handler> =
            memory.filter_map(|applied| recall_handlers(&applied.handlers, &applied.role)).flatten().collect();
        let changes = plan.changes.clone();
        // What comes back is checked as it was when it was written.
        for change in changes.iter().filter(|change| change.action != Action::Remove) {
            let before = self.remembered.get(&change.id.name);
            let checks = before.and_then(|applied| recall_checks(&applied.checks, &applied.role));
            plan.add_checks(checks.unwrap_or_default());
        }
        for (index, ended) in self.undone.iter().enumerate() {
            let mine = changes.iter().filter(|change| ended.entries.iter().any(|past| past.path == change.id.name));
            let ids: Vec<&Id> = mine.map(|change| &change.id).collect();
            if ids.is_empty() {
                continue;
            }
            let remembered = |id: &Id, handler: &Handler| {
                ended.applied.iter().any(|applied| applied.path == id.name && remembers(applied, handler))
            };
            for call in &ended.handlers {
                let known = told.iter().find(|one| one.kind == call.kind && one.arguments == call.arguments);
                let handler = known.cloned().unwrap_or_else(|| Handler {
                    name: call.name.clone(),
                    role: String::new(),
                    kind: call.kind.clone(),
                    arguments: call.arguments.clone(),
                    says: String::new(),
                    took: None,
                    cost: Disruption::at_most(&call.kind),
                });
                // Where it is not remembered whose handler it is, all may be.
                let its: Vec<&Id> = ids.iter().copied().filter(|id| remembered(id, &handler)).collect();
                let because = if its.is_empty() { &ids } else { &its };
                because.iter().for_each(|id| plan.ask(&handler, id));
            }
            // What stood there only in between was checked for things that are gone by now, and do not come back.
            if !ids.iter().any(|id| self.is_first_or_last(index, &id.name)) {
                continue;
            }
            plan.add_checks(ended.checks.iter().map(|check| Check {
                name: check.name.clone(),
                role: String::new(),
                argv: check.argv.clone(),
                user: check.user.clone(),
                paths: Vec::new(),
            }));
        }
    }

    /// Whether no transaction before, or none after, that one of `undone` put anything at `path`.
    fn is_first_or_last(&self, index: usize, path: &str) -> bool {
        let mut put = self.undone.iter().map(|ended| ended.entries.iter().any(|past| past.path == path));
        put.clone().position(|puts| puts) == Some(index) || put.rposition(|puts| puts) == Some(index)
    }

    /// Has the host take old files from its own history, and remember what it remembered back then.
    pub fn settle(&self, manifest: &mut Manifest) {
        let root = self.root.as_deref().unwrap_or_default();
        for entry in &mut manifest.entries {
            if let Some(before) = entry.path.strip_prefix(root).and_then(|path| self.paths.get(path)) {
                take_saved(entry, before);
            }
        }
        let returned = |path: &String| match self.remembered.get(path) {
            Some(applied) => applied.clone(),
            None => AppliedPath::gone(path),
        };
        // What a unit runs came from the files that change.
        let units = self.undone.iter().flat_map(|ended| &ended.applied);
        let units: BTreeSet<&String> =
            units.filter(|applied| applied.id().subject == Subject::Unit).map(|applied| &applied.path).collect();
        manifest.applied = self.paths.keys().chain(units).map(returned).collect();
    }
}

fn remembers(applied: &AppliedPath, handler: &Handler) -> bool {
    let handlers = recall_handlers(&applied.handlers, &applied.role).unwrap_or_default();
    handlers.iter().any(|one| one.kind == handler.kind && one.arguments == handler.arguments)
}

fn take_saved(entry: &mut Entry, before: &Before) {
    if let Put::File { mode, owner, group, .. } = &entry.put {
        entry.put = Put::Saved {
            record: before.record.clone(),
            number: before.number,
            sha256: before.seen.detail.clone(),
            mode: mode.clone(),
            owner: owner.clone(),
            group: group.clone(),
        };
    }
}

fn target(seen: &Seen) -> String {
    String::from_utf8_lossy(&BASE64.decode(&seen.detail).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests;
