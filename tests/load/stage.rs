//! One host, the crowd that asks it, and zdt, which is run against it step by step.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::crowd::Crowd;
use super::fixture::{Host, Ran, Site};
use super::tally::Tally;

/// Where nothing else was announced.
const MAX_STALL: Duration = Duration::from_secs(1);
/// "About one boot", where the plan says no number: the app boots in 0.3 s, and Ruby on a machine that works.
const ONE_BOOT: Duration = Duration::from_secs(3);
/// A worker's boot is not all: before it the old workers end, and Puma itself starts.
const BOOTS: f64 = 2.0;
/// What a step broke shows in the moments after it, too.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// Workers that have only just booted may hang when told to end, on Ruby 3.3 (tests/lab/README.md).
pub const OLD_ENOUGH: Duration = Duration::from_secs(4);
const SETTLED: Duration = Duration::from_secs(60);

pub const MENDED: &str = "(mended by hand)";

pub type Done = Result<(), String>;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    Never,
    UntilEnough,
}

/// What a step was, and what became of it.
pub struct Step {
    pub name: &'static str,
    pub times: u32,
    pub lasted: Duration,
    pub limit: Duration,
    /// Why it did not do what it should.
    pub fault: Option<String>,
    pub tally: Tally,
}

pub struct Stage {
    pub host: Host,
    site: Site,
    crowd: Crowd,
    share: u64,
    limit: Duration,
    steps: Vec<Step>,
    variables: Vec<(&'static str, &'static str)>,
}

impl Stage {
    /// `share` is how many requests each step is to have, at least.
    pub fn new(suite: &str, rate: u32, share: u64) -> Self {
        let host = Host::naive(suite);
        let address: SocketAddr = format!("{}:80", host.address).parse().expect("an address");
        let crowd = Crowd::start(address, rate);
        Self { host, site: Site::new(), crowd, share, limit: MAX_STALL, steps: Vec::new(), variables: Vec::new() }
    }

    /// What leaves a host as it was is done again and again until the step has had its share of the requests.
    pub fn step(&mut self, name: &'static str, repeated: Repeated, act: impl Fn(&mut Self) -> Done) {
        if !self.steps.is_empty() {
            self.crowd.next_step();
        }
        let failed = self.crowd.failed();
        let (begun, until) = (Instant::now(), self.crowd.answered() + self.share);
        self.limit = MAX_STALL;
        let mut times = 0;
        let fault = loop {
            times += 1;
            let fault = act(self).err();
            thread::sleep(AFTERWARDS);
            if fault.is_some() || repeated == Repeated::Never || self.crowd.answered() >= until {
                break fault;
            }
        };
        while self.crowd.answered() < until && fault.is_none() {
            thread::sleep(Duration::from_millis(20));
        }
        let lasted = begun.elapsed();
        eprintln!("{}: {name}: {times} times in {:.1} s", self.host.name, lasted.as_secs_f64());
        let failed = self.crowd.failed() - failed;
        if let Some(fault) = &fault {
            eprintln!("{}: {fault}", self.host.name);
        }
        if fault.is_some() || failed > 0 {
            eprintln!("{}: {failed} requests failed; the host's last words:\n{}", self.host.name, self.last_words());
        }
        self.steps.push(Step { name, times, lasted, limit: self.limit, fault, tally: Tally::default() });
    }

    /// So that one step that went wrong does not make all that follow go wrong. What it costs is in the table, too.
    pub fn mend_after_a_fault(&mut self) {
        if self.steps.last().is_some_and(|step| step.fault.is_some()) {
            self.step(MENDED, Repeated::Never, |stage| {
                stage.points_to("r1");
                thread::sleep(OLD_ENOUGH);
                stage.host.sh("systemctl reset-failed puma.service; systemctl restart puma.service");
                thread::sleep(OLD_ENOUGH);
                let ran = stage.zdt(&["apply", "--yes"]);
                thread::sleep(OLD_ENOUGH);
                ended(&ran, 0)
            });
        }
    }

    pub fn end(self) -> Vec<Step> {
        let mut tallies = self.crowd.end().into_iter();
        let mut steps = self.steps;
        steps.iter_mut().for_each(|step| step.tally = tallies.next().unwrap_or_default());
        steps
    }

    /// With one variable more in the inventory, or another value of it; afterwards the inventory is as it was.
    pub fn with<T>(&mut self, name: &'static str, value: &'static str, act: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.variables.clone();
        self.keep(name, value);
        let result = act(self);
        self.variables = before;
        result
    }

    /// With another value of a variable, in this step and all that follow.
    pub fn keep(&mut self, name: &'static str, value: &'static str) {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value));
    }

    /// Without the variable from here on.
    pub fn leave(&mut self, name: &str) {
        self.variables.retain(|(known, _)| *known != name);
    }

    pub fn zdt(&self, words: &[&str]) -> Ran {
        self.site.zdt(words, &self.site.inventory(&[(&self.host, &self.variables)]))
    }

    /// Plans, takes the plan at its word about who waits how long, and applies.
    pub fn applies(&mut self, code: i32) -> Result<Ran, String> {
        let plan = self.zdt(&["plan"]);
        ended(&plan, 2)?;
        self.allow_what_is_announced(&plan);
        let ran = self.zdt(&["apply", "--yes"]);
        ended(&ran, code)?;
        Ok(ran)
    }

    /// Of the plans of one step the one that announces most counts.
    pub fn allow_what_is_announced(&mut self, plan: &Ran) {
        self.limit = self.limit.max(announced(&plan.stdout));
    }

    pub fn points_to(&self, release: &str) {
        self.host.sh(&format!("cd /srv/shop && ln -s /srv/shop/releases/{release} next && mv -T next current"));
    }

    /// A release that says so and cannot boot.
    pub fn has_a_release_that_raises(&self) {
        self.host
            .sh("cd /srv/shop/releases && mkdir -p r3 && echo r3 >r3/REVISION && ln -sfn /srv/shop/shared/tmp r3/tmp \
             && echo 'raise \"no such table: orders\"' >r3/config.ru && chown -R -h shop:shop r3");
    }

    /// Who answers now, of a few requests.
    pub fn answers(&self, release: &str) -> Done {
        let script = "for i in 1 2 3 4 5 6 7 8 9 10; do curl -sS -m 60 http://127.0.0.1/; done";
        let said = self.host.sh(script);
        let right = said.lines().filter(|line| line.starts_with(&format!("release={release} "))).count();
        if right == 10 { Ok(()) } else { Err(format!("`{release}` should answer, and this did:\n{said}")) }
    }

    /// Whether Puma died of it; systemd would have started it anew.
    pub fn never_died(&self) -> Done {
        let restarts = self.host.sh("systemctl show --property NRestarts --value puma.service");
        if restarts.trim() == "0" {
            Ok(())
        } else {
            Err(format!("systemd has restarted Puma {} times", restarts.trim()))
        }
    }

    /// Waits until each worker has booted in a phase, seen twice: one look at the stats is not atomic.
    pub fn settles_in_phase(&self, phase: u64) -> Done {
        let begun = Instant::now();
        let (mut seen, mut last) = (0, None);
        while seen < 2 {
            if begun.elapsed() > SETTLED {
                return Err(format!("not in phase {phase} after {SETTLED:?}: {last:?}"));
            }
            thread::sleep(Duration::from_millis(200));
            last = self.stats();
            let workers = last.as_ref().and_then(|stats| stats["worker_status"].as_array());
            let there = workers.is_some_and(|workers| {
                !workers.is_empty() && workers.iter().all(|one| one["booted"] == true && one["phase"] == phase)
            });
            seen = if there { seen + 1 } else { 0 };
        }
        Ok(())
    }

    /// In which phase Puma is.
    pub fn phase(&self) -> Result<u64, String> {
        self.stats().and_then(|stats| stats["phase"].as_u64()).ok_or_else(|| "Puma tells no phase".to_owned())
    }

    /// Puma's own words about itself, through its control socket; none while it starts.
    fn stats(&self) -> Option<serde_json::Value> {
        let output = self.host.sh_output(
            r#"state=/srv/shop/shared/tmp/pids/puma.state
            word() { sed -n "s/^$1: *//p" "$state" | tr -d '"'; }
            socket=$(word control_url) && socket=${socket#unix://} && socket=${socket%%\?*}
            curl -fsS --max-time 5 --unix-socket "$socket" "http://puma/stats?token=$(word control_auth_token)""#,
        );
        serde_json::from_slice(&output.stdout).ok()
    }

    /// Of what serves there.
    pub fn versions(&self) -> String {
        let script = "systemctl --version | sed -n '1s/^systemd \\([0-9]*\\).*/systemd \\1/p'; nginx -v 2>&1 | sed 's/.*: //; s,/, ,'; \
            puma --version | sed 's/ version//; s/^puma/Puma/'; ruby -e 'puts \"Ruby \" + RUBY_VERSION'";
        self.host.sh(script).lines().collect::<Vec<_>>().join(", ")
    }

    fn last_words(&self) -> String {
        let output = self
            .host
            .sh_output("journalctl -u puma.service -o cat --no-pager -n 12; tail -n 3 /var/log/nginx/error.log");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

pub fn ended(ran: &Ran, code: i32) -> Done {
    if ran.code == Some(code) { Ok(()) } else { Err(format!("not {code}: {}", ran.all())) }
}

/// How long a plan says that requests may wait: not at all, a number of seconds, or "about one boot".
fn announced(plan: &str) -> Duration {
    // Long sentences are wrapped.
    let words = plan.split_whitespace().collect::<Vec<_>>();
    let Some(at) = words.windows(2).position(|two| two == ["requests", "wait"]) else { return MAX_STALL };
    let sentence = &words[at..words.len().min(at + 20)];
    let mut seconds = sentence.windows(2).filter_map(|two| match two {
        [number, unit] if unit.trim_end_matches([',', '.', ';', ')']) == "s" => {
            number.trim_start_matches('(').parse::<f64>().ok()
        }
        _ => None,
    });
    // Of a worker's boot, and what a worker that hangs may add: docs/restarts.md.
    let Some(boot) = seconds.next() else { return ONE_BOOT };
    MAX_STALL + Duration::from_secs_f64(BOOTS * boot + seconds.next().unwrap_or_default())
}

#[test]
fn a_plan_is_taken_at_its_word() {
    let cases = [
        ("reload nginx: new workers take over; nothing waits", MAX_STALL),
        ("hot restart: requests wait about one boot, none fails", ONE_BOOT),
        ("requests\n      wait about one boot, 2.5 s when it last booted", Duration::from_secs(6)),
        (
            "requests wait about one boot, 0.4 s when it last booted, and up to 4 s more if an",
            Duration::from_millis(5800),
        ),
        ("requests wait about one boot (4.1 s)", Duration::from_millis(9200)),
    ];
    for (plan, expected) in cases {
        assert_eq!(announced(plan), expected, "{plan}");
    }
}
