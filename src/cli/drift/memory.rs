use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cli::arguments::Drift;
use crate::cli::error::{Report as Complaint, render};
use crate::cli::{Exit, output};
use crate::last_look::{self, Before, Fault, LastLook, Picture, Place};
use crate::report::drift::{self, HostState, Report};

/// What this run knows of the one before, and will leave for the next.
pub(super) struct Memory {
    /// `None`: nothing can be kept, and nobody asked for what needs it.
    place: Option<Place>,
    before: Option<LastLook>,
    next: LastLook,
    /// Whether somebody relies on it.
    is_needed: bool,
    /// Whether this run is compared with what was told, not with what was found.
    is_only_changes: bool,
}

impl Memory {
    /// Takes the place of these looks. `Err` where another run has it, or where it is needed and cannot be had.
    pub fn of(command: &Drift) -> Result<Memory, Exit> {
        let is_needed = command.only_changes || command.state.is_some();
        let place = where_it_is(command).and_then(|path| Place::take(&path));
        let place = match place {
            Ok(place) => Some(place),
            // Whoever looks by hand need not be remembered.
            Err(Fault::Held { .. }) if !is_needed => {
                output::complain("note: another look at this inventory is at work; this one is not remembered\n");
                None
            }
            Err(Fault::Held { pid }) => {
                let who = if pid.is_empty() { String::new() } else { format!(" (process {pid})") };
                let report = Complaint::new(format!(
                    "another `zdt drift` of this inventory is at work{who}: nothing was looked at"
                ))
                .help("Wait for it, or give this one a state of its own with `--state FILE`.");
                output::complain(&render(&[report]));
                return Err(Exit::Unknown);
            }
            Err(fault) if is_needed => return Err(refuse(&fault)),
            Err(_) => None,
        };
        let mut before = None;
        if let Some(place) = &place {
            match place.before() {
                Ok(Before::None) => {}
                Ok(Before::Look(look)) => before = Some(look),
                Ok(Before::SetAside { why, to }) => output::complain(&format!(
                    "warning: what the last look found cannot be read ({why}); it was moved to {}, and all is told as new\n",
                    to.display()
                )),
                Err(fault) if is_needed => return Err(refuse(&fault)),
                Err(_) => {}
            }
        }
        Ok(Memory { place, before, next: LastLook::default(), is_needed, is_only_changes: command.only_changes })
    }

    /// Says in `report` what the look before knew of it, and returns the hosts with which all is well again.
    pub fn compare(&mut self, report: &mut Report) -> Vec<String> {
        let known = self.before.as_ref().map(|before| &before.first_seen);
        let mut first_seen = BTreeMap::new();
        for host in &mut report.hosts {
            let known = known.and_then(|known| known.get(&host.host));
            // What could not be looked at is not known to have gone.
            let stays = known.filter(|_| !was_looked_at(host.state));
            let mut here = stays.cloned().unwrap_or_default();
            for finding in &mut host.findings {
                let key = drift::finding_fingerprint(&host.host, finding);
                let first = known.and_then(|known| known.get(&key)).copied();
                finding.since.first_seen = first;
                here.insert(key, first.unwrap_or(report.began));
            }
            if !here.is_empty() {
                first_seen.insert(host.host.clone(), here);
            }
        }
        let success = report.hosts.iter().all(|host| was_looked_at(host.state)).then_some(report.began);
        let last_success = success.or(self.before.as_ref().and_then(|before| before.last_success));
        let unwell = report.hosts.iter().filter(|host| !is_well(host.state)).map(|host| host.host.clone()).collect();
        let found = Picture { fingerprint: drift::fingerprint(report), unwell };
        let before = self.before.as_ref();
        let told = before.and_then(|before| before.told.clone());
        let other = if self.is_only_changes { told.clone() } else { before.map(|before| before.found.clone()) };
        report.changed = other.as_ref().map(|other| other.fingerprint != found.fingerprint);
        let was_unwell = |name: &String| other.as_ref().is_some_and(|other| other.unwell.contains(name));
        let well = report.hosts.iter().filter(|host| is_well(host.state)).map(|host| host.host.clone());
        let again = well.filter(was_unwell).collect();
        let told = if self.is_only_changes { Some(found.clone()) } else { told };
        self.next = LastLook { found, told, last_success, first_seen, ..LastLook::default() };
        again
    }

    /// When every host could be looked at for the last time, this run included.
    pub fn last_success(&self) -> Option<i64> {
        self.next.last_success
    }

    /// Leaves all that for the next run.
    pub fn keep(&mut self, told: Told) -> Exit {
        if told == Told::Lost {
            // It is news still.
            self.next.told = self.before.take().and_then(|before| before.told);
        }
        match self.place.as_ref().map(|place| place.keep(&self.next)) {
            Some(Err(fault)) if self.is_needed => refuse(&fault),
            _ => Exit::Clean,
        }
    }
}

/// Whether what was to be told has come to where it was to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Well,
    Lost,
}

fn is_well(state: HostState) -> bool {
    matches!(state, HostState::InSync | HostState::Pending)
}

fn was_looked_at(state: HostState) -> bool {
    !matches!(state, HostState::Unknown | HostState::Busy | HostState::Refused)
}

fn where_it_is(command: &Drift) -> Result<PathBuf, Fault> {
    if let Some(path) = &command.state {
        return Ok(path.clone());
    }
    let selection = &command.selection;
    let inventory = std::path::absolute(&selection.inventory).unwrap_or_else(|_| selection.inventory.clone());
    let inventory = inventory.to_string_lossy();
    let mut words = vec![inventory.as_ref(), selection.limit.as_deref().unwrap_or_default()];
    words.extend(selection.extra_vars.iter().map(String::as_str));
    last_look::usual(&words)
}

fn refuse(fault: &Fault) -> Exit {
    let report = Complaint::new(format!("what was found cannot be kept for the next run: {fault}"));
    output::complain(&render(&[report.help("Name a file that you can write with `--state FILE`.")]));
    Exit::Unknown
}
