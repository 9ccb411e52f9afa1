use crate::plan::{HostPlan, Obstacle, Refusal};
use crate::resource::Disruption;

impl HostPlan {
    /// The worst of what its handlers cost; `None` where none runs.
    pub fn disruption(&self) -> Option<Disruption> {
        self.handlers.iter().map(|planned| planned.handler.cost).max()
    }

    /// Refuses the host where a handler costs more than `most`.
    pub fn allow(&mut self, most: Disruption) {
        for planned in &self.handlers {
            let handler = &planned.handler;
            let Some(id) = planned.because.first().filter(|_| handler.cost.exceeds(most)) else { continue };
            let obstacle = Obstacle::TooDisruptive { handler: handler.name.clone(), needs: handler.cost, most };
            self.refusals.push(Refusal { id: id.clone(), role: handler.role.clone(), obstacle });
        }
    }

    /// Whether only a limit that somebody set stands in the way: that says nothing about other hosts.
    pub fn is_over_limit_alone(&self) -> bool {
        let over_limit = |refusal: &Refusal| matches!(refusal.obstacle, Obstacle::TooDisruptive { .. });
        !self.refusals.is_empty() && self.refusals.iter().all(over_limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlannedHandler;
    use crate::resource::{Handler, Id};

    fn plan(costs: &[Disruption]) -> HostPlan {
        let planned = |cost: &Disruption| PlannedHandler {
            handler: Handler {
                name: format!("do {}", cost.word()),
                role: "r".to_owned(),
                kind: "k".to_owned(),
                arguments: vec![],
                says: String::new(),
                took: None,
                cost: *cost,
            },
            because: vec![Id::path("/etc/x")],
            settings: vec![],
        };
        HostPlan { handlers: costs.iter().map(planned).collect(), ..HostPlan::default() }
    }

    #[test]
    fn every_handler_over_the_limit_is_named() {
        use Disruption::{Hot, None, Phased, Reload, Restart, Start};
        let cases: [(&[Disruption], Disruption, &[&str]); 5] = [
            (&[], None, &[]),
            (&[None, Start], None, &[]),
            (&[Reload, Start], None, &["do reload"]),
            (&[Reload, Hot], Phased, &["do hot"]),
            (&[Phased, Hot, Restart], Reload, &["do phased", "do hot", "do restart"]),
        ];
        for (costs, most, named) in cases {
            let mut plan = plan(costs);
            plan.allow(most);
            let refused = plan.refusals.iter().map(|refusal| match &refusal.obstacle {
                Obstacle::TooDisruptive { handler, .. } => handler.as_str(),
                other => panic!("{other:?}"),
            });
            assert_eq!(refused.collect::<Vec<_>>(), named, "{costs:?} {most:?}");
            assert_eq!(plan.is_over_limit_alone(), !named.is_empty());
            assert_eq!(plan.disruption(), costs.iter().copied().max());
        }
    }

    #[test]
    fn another_obstacle_beside_the_limit_counts() {
        let mut plan = plan(&[Disruption::Hot]);
        plan.allow(Disruption::None);
        plan.refusals.push(Refusal { id: Id::path("/a"), role: String::new(), obstacle: Obstacle::NoEffect });
        assert!(!plan.is_over_limit_alone());
    }
}
