use std::sync::Arc;

use crate::engine::{Goal, Planned, Ready, Trouble};
use crate::plan::saved::SavedState;
use crate::plan::{HostPlan, Obstacle};
use crate::resource::{Desired, Disruption, Facts, Level, Notice, Observation, ObserveRequest};
use crate::role::{self, Bound};

/// Where it stands what is wanted of a host: in its roles, or in a saved plan, which is then held to the letter.
#[derive(Debug)]
pub enum Wanted {
    Roles(Bound),
    Saved(SavedState),
}

impl Wanted {
    pub fn request(&self) -> ObserveRequest {
        match self {
            Wanted::Roles(bound) => bound.request(),
            Wanted::Saved(SavedState::Planned(work)) => work.request.clone(),
            Wanted::Saved(_) => ObserveRequest::default(),
        }
    }

    pub fn render(&self, facts: &Facts) -> Result<Desired, Vec<role::Fault>> {
        match self {
            Wanted::Roles(bound) => bound.render(facts),
            Wanted::Saved(SavedState::Planned(work)) => Ok(work.desired.clone()),
            Wanted::Saved(_) => Ok(Desired::default()),
        }
    }

    /// What is said of a host without looking at it: a saved plan has nothing for one that was refused or unknown.
    pub(super) fn settled(&self, sandbox: bool) -> Option<Planned> {
        match self {
            Wanted::Roles(_) | Wanted::Saved(SavedState::Planned(_)) => None,
            Wanted::Saved(SavedState::Unknown(why)) => Some(Planned::Unknown(Trouble::Saved(why.clone()))),
            Wanted::Saved(SavedState::Refused(why)) => {
                let text = format!("refused when the plan was made: {why}");
                let notices = vec![Notice { role: String::new(), level: Level::Refusal, text }];
                Some(without_look(HostPlan { notices, ..HostPlan::default() }, sandbox))
            }
        }
    }

    /// The plan that was just made, unless a saved one has been overtaken.
    pub(super) fn hold(&self, plan: HostPlan, observation: &Observation) -> HostPlan {
        match self {
            Wanted::Saved(SavedState::Planned(work)) => work.hold(plan, observation),
            _ => plan,
        }
    }

    /// What was planned when a saved plan was made, without any host.
    pub(super) fn as_planned(&self, sandbox: bool, most: Option<Disruption>) -> Option<Planned> {
        let Wanted::Saved(SavedState::Planned(work)) = self else { return self.settled(sandbox) };
        Some(match work.plan() {
            Ok(mut plan) => {
                // Who changed what only the host can tell.
                plan.changes.iter_mut().for_each(|change| change.cause = None);
                if sandbox {
                    // As when it was made: `apply` makes the directories that every real host has.
                    plan.refusals.retain(|refusal| !matches!(refusal.obstacle, Obstacle::NoParent { .. }));
                }
                if let Some(most) = most {
                    plan.allow(most);
                }
                without_look(plan, sandbox)
            }
            Err(unknown) => Planned::Unknown(Trouble::Unseen(unknown)),
        })
    }
}

fn without_look(plan: HostPlan, sandbox: bool) -> Planned {
    let (observation, goal) = (Observation::default(), Goal::Roles { prune: false, only: None });
    Planned::Ready(Arc::new(Ready { plan, checked: Vec::new(), observation, sandbox, open: None, goal }))
}
