use super::work::{Steps, Work, World};
use crate::plan::{HostPlan, Obstacle, Refusal};
use crate::resource::{Attribute, Content, Desired, Id, Level, Notice, Observation, PathSeen, State, Value};

/// One thing at three times: when the plan was made, now, and as the plan wants it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// `None`: it could not be looked at.
    pub then: Option<State>,
    pub now: Option<State>,
    pub wanted: State,
    /// The folder that holds it, then and now, where that is what changed: a link on the way leads elsewhere.
    pub folders: Option<(String, String)>,
}

impl Work {
    /// `plan`, which was just made for `now`, if it is the saved one: same world, same steps. Where everything is as
    /// wanted by now, nothing is left to do. Otherwise a plan without any change, which says what is different.
    pub fn hold(&self, plan: HostPlan, now: &Observation) -> HostPlan {
        if plan.changes.is_empty() {
            return plan;
        }
        let world = World::of(now, &self.request);
        let mut held = HostPlan { refusals: self.moved(&world, now), moved: true, ..HostPlan::default() };
        held.notices = self.other_facts(&world);
        if held.refusals.is_empty() && held.notices.is_empty() && Steps::of(&plan) != self.steps {
            held.notices.push(refused(
                "this zdt would do something else here than the saved plan says; nothing is done. Plan again."
                    .to_owned(),
            ));
        }
        if held.refusals.is_empty() && held.notices.is_empty() { plan } else { held }
    }

    fn moved(&self, world: &World, now: &Observation) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let secret = self.secret_paths();
        let then = self.world.observation();
        let desired = self.desired.clone().settle(&then);
        for (path, before) in &self.world.paths {
            let after = world.paths.get(path);
            if after.is_some_and(|after| same(before, after)) {
                continue;
            }
            let id = Id::path(path);
            let hidden = secret.contains(path.as_str());
            let state = |observation: &Observation| observation.state(&id).ok().map(|state| masked(state, hidden));
            let folders = after.filter(|after| after.parent != before.parent);
            let folders = folders.map(|after| (folder(before), folder(after)));
            refusals.push(refusal(&desired, &id, state(&then), state(now), folders));
        }
        for (name, before) in &self.world.units {
            if world.units.get(name) != Some(before) {
                let id = Id::unit(name);
                refusals.push(refusal(&desired, &id, then.state(&id).ok(), now.state(&id).ok(), None));
            }
        }
        refusals
    }

    /// What was rendered came from facts too.
    fn other_facts(&self, world: &World) -> Vec<Notice> {
        let mut notices = Vec::new();
        let none = Default::default();
        let names: std::collections::BTreeSet<&String> = self.world.facts.keys().chain(world.facts.keys()).collect();
        for name in names {
            let (before, after) = (self.world.facts.get(name).unwrap_or(&none), world.facts.get(name).unwrap_or(&none));
            let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys.into_iter().filter(|key| before.get(*key) != after.get(*key)) {
                let word = |value: Option<&String>| value.map_or("unknown".to_owned(), |value| format!("`{value}`"));
                notices.push(refused(format!(
                    "the fact `{name}.{key}` was {} when the plan was made and is {} now. Plan again.",
                    word(before.get(key)),
                    word(after.get(key))
                )));
            }
        }
        for (what, before, after) in [
            ("user", &self.world.missing_users, &world.missing_users),
            ("group", &self.world.missing_groups, &world.missing_groups),
        ] {
            for name in after.iter().filter(|name| !before.contains(name)) {
                notices.push(refused(format!("the {what} `{name}` was there when the plan was made. Plan again.")));
            }
        }
        notices
    }
}

fn refusal(
    desired: &Desired,
    id: &Id,
    then: Option<State>,
    now: Option<State>,
    folders: Option<(String, String)>,
) -> Refusal {
    let resource = desired.resources.iter().find(|resource| resource.id == *id);
    let (role, wanted) = resource.map(|resource| (resource.role.clone(), resource.desired.clone())).unwrap_or_default();
    Refusal { id: id.clone(), role, obstacle: Obstacle::Changed(Box::new(Versions { then, now, wanted, folders })) }
}

/// As the host itself compares once more before it swaps.
fn same(before: &PathSeen, after: &PathSeen) -> bool {
    let print = |seen: &PathSeen| {
        let PathSeen { kind, mode, owner, group, target, sha256, parent, .. } = seen.clone();
        (kind, mode, owner, group, target, sha256, parent)
    };
    print(before) == print(after)
}

fn masked(state: State, secret: bool) -> State {
    match state.content().cloned() {
        Some(content) if secret => {
            state.with(Attribute::Content, Value::Content(Content { secret: true, bytes: None, ..content }))
        }
        _ => state,
    }
}

fn folder(seen: &PathSeen) -> String {
    seen.parent.as_ref().map_or("none".to_owned(), |parent| String::from_utf8_lossy(parent).into_owned())
}

fn refused(text: String) -> Notice {
    Notice { role: String::new(), level: Level::Refusal, text }
}
