use crate::adopt::Matter;
use crate::engine::{Applied, Counted, Drifted, Imported, Linted, Planned, Trouble};
use crate::resource::{Ruling, Said, Severity};
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
            Applied::NotStarted(_) => Exit::Pending,
        }
    }

    pub fn of_drift(drifted: &Drifted) -> Exit {
        match drifted {
            Drifted::Unknown(trouble) => Exit::of_trouble(trouble),
            Drifted::Faulty(_) => Exit::Wrong,
            // Half of a change is neither clean nor drift.
            Drifted::Open(_) => Exit::Unknown,
            Drifted::Looked(looked) if looked.drift.is_untold() => Exit::Unknown,
            Drifted::Looked(looked) if looked.drift.has_drift() => Exit::Pending,
            Drifted::Looked(_) => Exit::Clean,
        }
    }

    /// A Puma that does not run is an answer; one that cannot be asked is none.
    pub fn of_stats(counted: &Counted) -> Exit {
        match counted {
            Counted::Unknown(trouble) => Exit::of_trouble(trouble),
            Counted::Told(seen) if seen.pumas.iter().any(|puma| puma.untold.is_some()) => Exit::Unknown,
            Counted::Told(_) | Counted::Sandbox | Counted::NotAsked => Exit::Clean,
        }
    }

    /// `least`: what is less severe does not count, whether it was found or could not be told.
    pub fn of_check(linted: &Linted, least: Severity) -> Exit {
        let of_ruling = |ruling: &Ruling| match ruling.said {
            _ if ruling.severity < least => Exit::Clean,
            Said::Holds => Exit::Clean,
            Said::Broken { .. } => Exit::Pending,
            Said::Untold(_) => Exit::Unknown,
        };
        match linted {
            Linted::Looked(rulings) => worst(rulings.iter().map(of_ruling)),
            Linted::Open(_) => Exit::Unknown,
            Linted::Unknown(trouble) => Exit::of_trouble(trouble),
            Linted::Faulty(_) => Exit::Wrong,
        }
    }

    /// A server on which nothing was found that a role could have is no success.
    pub fn of_import(imported: &Imported) -> Exit {
        match imported {
            Imported::Unknown(trouble) => Exit::of_trouble(trouble),
            Imported::Read(entry) if entry.notes.iter().any(|note| note.matter == Matter::Untold) => Exit::Unknown,
            Imported::Read(entry) if entry.roles.is_empty() => Exit::Wrong,
            Imported::Read(_) => Exit::Clean,
            Imported::Sandbox => Exit::Wrong,
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
            | Trouble::Unmade(_)
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
    use crate::engine::Looked;
    use crate::plan::{Cause, Finding, HostDrift};
    use crate::resource::{Id, Mismatch, OpenSeen, OpenState, PumaSeen, StatsSeen, Subject};

    fn id() -> Id {
        Id { subject: Subject::Path, name: "/a".to_owned() }
    }

    fn looked(causes: &[Cause], more: HostDrift) -> Drifted {
        let finding = |cause: &Cause| Finding {
            id: id(),
            role: "r".to_owned(),
            cause: *cause,
            applied: None,
            change: None,
            changed_at: None,
        };
        let drift = HostDrift { findings: causes.iter().map(finding).collect(), ..more };
        Drifted::Looked(Box::new(Looked { drift, sandbox: false, clock: 0, hints: Vec::new() }))
    }

    fn runs_otherwise(untold: bool) -> HostDrift {
        let mismatch = Mismatch { about: id(), role: "r".to_owned(), evidence: "e".to_owned(), mends: None, untold };
        HostDrift { mismatches: vec![mismatch], ..HostDrift::default() }
    }

    #[test]
    fn drift_has_these_codes() {
        let nothing = HostDrift::default;
        let unread = || HostDrift { record_fault: Some("damaged".to_owned()), ..nothing() };
        let open =
            |state| Drifted::Open(OpenSeen { id: "t".to_owned(), state, who: String::new(), reason: String::new() });
        for (drifted, code) in [
            (looked(&[], nothing()), 0),
            (looked(&[Cause::Pending, Cause::ConvergedByHand], nothing()), 0),
            (looked(&[Cause::Drifted], nothing()), 2),
            (looked(&[Cause::Conflict], nothing()), 2),
            (looked(&[Cause::New], nothing()), 2),
            (looked(&[Cause::Pending, Cause::Drifted], nothing()), 2),
            (looked(&[], runs_otherwise(false)), 2),
            // What could not be told is never clean, and what else was found does not make it better known.
            (looked(&[], runs_otherwise(true)), 4),
            (looked(&[Cause::Drifted], runs_otherwise(true)), 4),
            (looked(&[], unread()), 4),
            (looked(&[Cause::New], unread()), 4),
            (Drifted::Faulty(Vec::new()), 3),
            (open(OpenState::Held), 4),
            (Drifted::Unknown(Trouble::Late), 4),
            (Drifted::Unknown(Trouble::Unseen(Vec::new())), 4),
            (Drifted::Unknown(Trouble::Panic("bug".to_owned())), 70),
        ] {
            assert_eq!(Exit::of_drift(&drifted).code(), code, "{drifted:?}");
        }
    }

    #[test]
    fn stats_have_these_codes() {
        let told = |untold: &[Option<&str>]| {
            let puma = |untold: &Option<&str>| PumaSeen { untold: untold.map(str::to_owned), ..PumaSeen::default() };
            Counted::Told(StatsSeen { clock: 0, uptime: None, pumas: untold.iter().map(puma).collect() })
        };
        for (counted, code) in [
            (told(&[None, None]), 0),
            (told(&[None, Some("why")]), 4),
            (Counted::Sandbox, 0),
            (Counted::NotAsked, 0),
            (Counted::Unknown(Trouble::Late), 4),
            (Counted::Unknown(Trouble::Panic("bug".to_owned())), 70),
        ] {
            assert_eq!(Exit::of_stats(&counted).code(), code, "{counted:?}");
        }
    }

    #[test]
    fn a_check_has_these_codes() {
        let broken = || Said::Broken { evidence: "e".to_owned(), fix: "f".to_owned() };
        let untold = || Said::Untold("why".to_owned());
        let looked = |rulings: Vec<(Severity, Said)>| {
            let ruling = |(severity, said)| Ruling { rule: "r".to_owned(), severity, role: "r".to_owned(), said };
            Linted::Looked(rulings.into_iter().map(ruling).collect())
        };
        use Severity::{Error, Info, Warning};
        for (linted, least, code) in [
            (looked(vec![]), Warning, 0),
            (looked(vec![(Error, Said::Holds)]), Warning, 0),
            (looked(vec![(Info, broken())]), Warning, 0),
            (looked(vec![(Info, broken())]), Info, 2),
            (looked(vec![(Warning, broken())]), Warning, 2),
            (looked(vec![(Warning, broken())]), Error, 0),
            (looked(vec![(Warning, untold())]), Error, 0),
            (looked(vec![(Error, broken()), (Warning, untold())]), Warning, 4),
            (Linted::Faulty(Vec::new()), Error, 3),
            (Linted::Unknown(Trouble::Late), Error, 4),
        ] {
            assert_eq!(Exit::of_check(&linted, least).code(), code, "{linted:?}");
        }
    }

    #[test]
    fn the_worst_host_decides() {
        assert_eq!(worst([Exit::Clean, Exit::Unknown, Exit::Pending]), Exit::Unknown);
        assert_eq!(worst([Exit::PutBack, Exit::Stuck, Exit::Unknown]), Exit::Stuck);
        assert_eq!(worst([Exit::Stuck, Exit::Bug]), Exit::Bug);
        assert_eq!(worst([]), Exit::Clean);
    }
}
