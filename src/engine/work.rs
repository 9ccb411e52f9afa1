use std::sync::Arc;

use crate::engine::{Planned, Ready};

/// What an apply has to do, and of which hosts nothing is known; hosts by the index of their job.
#[derive(Debug, Default)]
pub struct Work {
    pub ready: Vec<(usize, Arc<Ready>)>,
    pub unknown: Vec<usize>,
}

impl Work {
    pub fn of<'a>(planned: impl IntoIterator<Item = &'a Planned>) -> Work {
        let mut work = Work::default();
        for (index, planned) in planned.into_iter().enumerate() {
            match planned {
                Planned::Unknown(_) => work.unknown.push(index),
                Planned::Ready(ready) if ready.open.is_some() => work.unknown.push(index),
                Planned::Ready(ready) if ready.plan.has_work() && !ready.is_refused() => {
                    work.ready.push((index, Arc::clone(ready)));
                }
                Planned::Ready(_) | Planned::Faulty(_) => {}
            }
        }
        work
    }
}
