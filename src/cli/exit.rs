use crate::engine::{Applied, Planned, Trouble};
use crate::transaction::Outcome;

/// The exit codes of zdt, from harmless to worst: of several hosts the worst decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: in sync, or applied and verified.
    Clean,
    /// 2: changes are pending.
    Pending,
    /// 3: the inventory, a role or a value is wrong; no host was touched. Or a host has changed since the saved plan was
    /// made; that one was not touched.
    Wrong,
    /// 4: a host could not be reached or read; its state is unknown.
    Unknown,
    /// 5: a host failed and was put back; it is as before.
    PutBack,
    /// 6: a host could not be put back wholly, or is not as planned after all; a person is needed.
    Stuck,
    /// 64: wrong use of the command line.
    Usage,
    /// 70: a bug in zdt.
    Bug,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Pending => 2,
            Exit::Wrong => 3,
            Exit::Unknown => 4,
            Exit::PutBack => 5,
            Exit::Stuck => 6,
            Exit::Usage => 64,
            Exit::Bug => 70,
        }
    }

    pub fn of_plan(planned: &Planned) -> Exit {
        match planned {
            Planned::Unknown(trouble) => Exit::of_trouble(trouble),
            Planned::Faulty(_) => Exit::Wrong,
            Planned::Ready(ready) if ready.open.is_some() => Exit::Unknown,
            Planned::Ready(ready) if ready.is_refused() => Exit::Wrong,
            Planned::Ready(ready) if !ready.plan.has_work() => Exit::Clean,
            Planned::Ready(_) => Exit::Pending,
        }
    }

    pub fn of_apply(applied: &Applied) -> Exit {
        match applied {
            Applied::Ended(Outcome::Committed) => Exit::Clean,
            Applied::Ended(Outcome::PutBack { .. }) | Applied::Reverted(_) | Applied::TakenBack => Exit::PutBack,
            // Somebody else is at work there, so what the host is now is not known.
            Applied::Ended(Outcome::Locked { .. } | Outcome::Unknown { .. }) => Exit::Unknown,
            Applied::Ended(Outcome::Stuck { .. }) | Applied::NotConverged(_) | Applied::NotTakenBack(_) => Exit::Stuck,
            Applied::NotVerified(trouble) | Applied::NotReached(trouble) | Applied::Lost { why: trouble, .. } => {
                Exit::of_trouble(trouble)
            }
            Applied::NotStarted => Exit::Pending,
        }
    }

    pub fn of_trouble(trouble: &Trouble) -> Exit {
        match trouble {
            Trouble::Panic(_) => Exit::Bug,
            Trouble::Host(_)
            | Trouble::Unseen(_)
            | Trouble::Faults(_)
            | Trouble::Sandbox { .. }
            | Trouble::Saved(_)
            | Trouble::Late
            | Trouble::NotTakenBack(_) => Exit::Unknown,
        }
    }
}

/// The worst of all; nothing at all is clean.
pub fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
    exits.into_iter().max().unwrap_or(Exit::Clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_host_decides() {
        assert_eq!(worst([Exit::Clean, Exit::Unknown, Exit::Pending]), Exit::Unknown);
        assert_eq!(worst([Exit::PutBack, Exit::Stuck, Exit::Unknown]), Exit::Stuck);
        assert_eq!(worst([Exit::Stuck, Exit::Bug]), Exit::Bug);
        assert_eq!(worst([]), Exit::Clean);
    }
}
