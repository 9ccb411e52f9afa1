//! A host that stops at a phase of its transaction, so that something can happen to it just then; with the real zdt.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::fixture::{Host, Site, Snapshot};

/// What zdt's program calls on a host.
const COMMANDS: &str = "cat chmod chown cp flock ln mkdir mv rm stat sync systemctl systemd-run touch unshare";
/// How long a host may take to come to its phase.
const COMES: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Guard,
    Begin,
    Stage,
    Compare,
    Check,
    Swap,
    Activate,
    /// In place, and looked at by a zdt that has not confirmed yet.
    Confirm,
    /// A handler failed: the old files go back.
    PutBack,
    Commit,
}

impl Phase {
    /// The step of the journal, and the commands of which one is called in it.
    fn stops_at(self) -> &'static str {
        match self {
            // From here on there is a guard, and nothing for it to do yet.
            Phase::Guard => "guard systemd-run",
            Phase::Begin => "begin mv",
            Phase::Stage => "stage chmod cp sync",
            Phase::Compare => "compare ln cp",
            Phase::Check => "check unshare",
            // The first swap may be one of a folder.
            Phase::Swap => "swap mv chmod chown",
            Phase::Activate => "activate systemctl",
            // The worker calls none of it while it waits.
            Phase::Confirm => "confirm stat",
            Phase::PutBack => "put-back mv chmod chown",
            Phase::Commit => "commit sync",
        }
    }

    /// Whether the host has something to put back when nobody comes: a phase before the record may have left no trace.
    pub fn leaves_a_record(self) -> bool {
        !matches!(self, Phase::Guard | Phase::Begin)
    }
}

/// A host with the naive app that stops at one phase.
pub struct Held {
    pub host: Host,
    pub phase: Phase,
    /// root's home there, as this machine sees it.
    home: PathBuf,
}

impl Held {
    pub fn at(suite: &str, phase: Phase) -> Held {
        let host = Host::naive(suite);
        let home = host.root().join("root");
        let held = Held { host, phase, home };
        held.install();
        held
    }

    /// One host a phase, all booted at the same time.
    pub fn each(suite: &str, phases: &[Phase]) -> Vec<Held> {
        thread::scope(|scope| {
            let booting = phases.iter().map(|phase| scope.spawn(|| Held::at(suite, *phase))).collect::<Vec<_>>();
            booting.into_iter().map(|one| one.join().expect("a host")).collect()
        })
    }

    fn install(&self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/suite/hold.sh");
        self.host.push(&script, "/usr/local/sbin/zdt-hold");
        self.host.sh(&format!("for name in {COMMANDS}; do ln -s zdt-hold /usr/local/sbin/$name; done"));
        fs::write(self.home.join("hold"), self.phase.stops_at()).expect("a file on the host");
        if self.phase == Phase::PutBack {
            fs::write(self.home.join("fail"), "activate systemctl reload\n").expect("a file on the host");
        }
    }

    /// What happens next happens in the middle of the phase.
    #[track_caller]
    pub fn comes(&self) {
        let begun = Instant::now();
        while !self.home.join("held").exists() {
            assert!(
                begun.elapsed() < COMES,
                "{} has not come to {:?}\n{}",
                self.host.name,
                self.phase,
                self.host.sh("cat /var/lib/zdt/open/journal /var/lib/zdt/history/*/journal; true")
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Lets the host go on, and never stop again.
    pub fn goes_on(&self) {
        fs::remove_file(self.home.join("hold")).expect("it is held");
    }

    /// Lets every command do what it does.
    pub fn works_again(&self) {
        if self.phase == Phase::PutBack {
            fs::remove_file(self.home.join("fail")).expect("something fails");
        }
    }

    /// Waits until the host has settled with nobody's help, and sees that it did: it is as `before`, or, where it was
    /// decided so, it has committed; it serves; and nothing is left.
    #[track_caller]
    pub fn settled_alone(&self, before: &Snapshot, limit: Duration) {
        let host = &self.host;
        let record = if self.phase.leaves_a_record() { "test -e /var/lib/zdt/history" } else { "true" };
        host.until(&format!("{record} && ! test -e /var/lib/zdt/open && ! test -e /var/lib/zdt/program"), limit);
        let ended = host.sh("cat /var/lib/zdt/history/*/ended 2>/dev/null; true");
        let expected = if self.phase == Phase::Commit { "committed\u{1f}" } else { "put-back\u{1f}" };
        let silent = ended.is_empty() && !self.phase.leaves_a_record();
        assert!(silent || ended.starts_with(expected), "{} {:?}: {ended}", host.name, self.phase);
        let difference = before.difference(&host.snapshot().settled());
        assert_eq!(difference.is_empty(), self.phase != Phase::Commit, "{:?}:\n{difference}", self.phase);
        self.serves();
        host.nothing_is_left();
    }

    #[track_caller]
    pub fn serves(&self) {
        self.host.until("curl -fsS -m 2 -o /dev/null http://127.0.0.1/", Duration::from_secs(20));
    }
}

/// A site whose inventory names all of these hosts.
pub fn site_of(held: &[Held]) -> (Site, PathBuf) {
    let site = Site::new();
    let hosts = held.iter().map(|one| (&one.host, &[][..])).collect::<Vec<_>>();
    let inventory = site.inventory(&hosts);
    (site, inventory)
}
