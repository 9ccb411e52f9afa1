//! What every host is put through. A step is a name and what it does; it says why it went wrong.

use super::stage::Repeated::{Never, UntilEnough};
use super::stage::{Done, Repeated, Stage, ended};

pub type Act = fn(&mut Stage) -> Done;

pub type Step = (&'static str, Repeated, Act);

const ADOPTION: &str = "adoption, naive to guide";
const ACTIVATION: &str = "socket activation";

const ROLES: &str = "[nginx_upstream, systemd_exec_reload, puma_config, puma_socket]";

const STEPS: [Step; 24] = [
    ("nothing (for comparison)", Never, |_| Ok(())),
    (ADOPTION, Never, adoption),
    ("setting: threads, and back", UntilEnough, |stage| setting(stage, "puma_threads", "[2, 4]")),
    ("setting: workers, and back", UntilEnough, |stage| setting(stage, "puma_workers", "3")),
    ("setting: environment, and back", UntilEnough, |stage| setting(stage, "puma_environment", "staging")),
    ("setting: a line of its own, and back", UntilEnough, |stage| {
        setting(stage, "puma_extra_lines", "['persistent_timeout 25']")
    }),
    ("nginx: the upstream, and back", UntilEnough, nginx_change),
    ("phased restart to a new release, and back", UntilEnough, phased_restart),
    ("hot restart to a new release, and back", UntilEnough, hot_restart),
    ("phased restart by systemctl reload, and back", UntilEnough, systemctl_reload),
    ("phased restart, unbootable release", UntilEnough, unbootable_phased),
    ("hot restart, unbootable release", UntilEnough, unbootable_hot),
    ("a setting that Puma does not know", UntilEnough, unknown_setting),
    ("a setting with which Puma cannot boot", UntilEnough, |stage| {
        deadly_setting(stage, "['rackup \"no_such.ru\"']", "No application configured")
    }),
    ("an address that Puma cannot have", UntilEnough, |stage| {
        deadly_setting(stage, "['bind \"tcp://192.0.2.1:9292\"']", "192.0.2.1")
    }),
    ("one worker: unbootable release, phased and hot, and back", UntilEnough, |stage| {
        unbootable_with(stage, "puma_workers", "1")
    }),
    ("preloading: unbootable release, phased and hot, and back", UntilEnough, |stage| {
        unbootable_with(stage, "puma_extra_lines", "['preload_app!']")
    }),
    ("setting, and rollback", UntilEnough, rollback),
    (ACTIVATION, Never, activation),
    ("full restart: threads, and back", UntilEnough, |stage| setting(stage, "puma_threads", "[1, 4]")),
    ("full restart to a new release, and back", UntilEnough, full_restart),
    ("full restart, unbootable release", UntilEnough, unbootable_hot),
    ("socket activation, given up", Never, without_activation),
    ("rollback to before zdt, and adoption", UntilEnough, to_the_beginning_and_back),
];

pub fn chosen(only: &str) -> Vec<Step> {
    // What is done to a held socket needs one.
    let held = only.contains("full restart");
    let is_needed = |name: &str| name == ADOPTION || (held && name == ACTIVATION);
    STEPS.into_iter().filter(|(name, _, _)| name.contains(only) || is_needed(name)).collect()
}

pub fn play(stage: &mut Stage, steps: &[Step]) {
    for (name, repeated, act) in steps {
        stage.step(name, *repeated, act);
        stage.mend_after_a_fault();
    }
}

fn adoption(stage: &mut Stage) -> Done {
    stage.applies(0)?;
    stage.answers("r1")
}

fn setting(stage: &mut Stage, name: &'static str, value: &'static str) -> Done {
    stage.with(name, value, |stage| {
        stage.applies(0)?;
        ended(&stage.zdt(&["plan"]), 0)?;
        stage.answers("r1")
    })?;
    stage.applies(0)?;
    stage.answers("r1")?;
    stage.never_died()
}

/// One line alone may lose a request when a worker ends; none ends here.
fn nginx_change(stage: &mut Stage) -> Done {
    stage.with("nginx_upstream_servers", "1", |stage| stage.applies(0))?;
    stage.applies(0)?;
    stage.answers("r1")
}

fn phased_restart(stage: &mut Stage) -> Done {
    for release in ["r2", "r1"] {
        let phase = stage.phase()?;
        stage.points_to(release);
        ended(&stage.zdt(&["reload", "--yes"]), 0)?;
        stage.settles_in_phase(phase + 1)?;
        stage.answers(release)?;
    }
    stage.never_died()
}

/// As a deployment does it: through the drop-in, which waits for the end.
fn systemctl_reload(stage: &mut Stage) -> Done {
    for release in ["r2", "r1"] {
        stage.points_to(release);
        let output = stage.host.sh_output("systemctl reload puma.service");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        stage.answers(release)?;
    }
    stage.never_died()
}

fn hot_restart(stage: &mut Stage) -> Done {
    stage.points_to("r2");
    stage.with("puma_threads", "[2, 5]", |stage| stage.applies(0))?;
    stage.answers("r2")?;
    stage.points_to("r1");
    stage.applies(0)?;
    stage.answers("r1")?;
    stage.never_died()
}

/// What served goes on serving; pointed back and signalled again, all is as before.
fn unbootable_phased(stage: &mut Stage) -> Done {
    stage.has_a_release_that_raises();
    // Found out by the trial; and where there is none, taken back by the roll itself, the link too.
    for words in [&["reload", "--yes"][..], &["reload", "--yes", "--no-trial"]] {
        stage.points_to("r3");
        let ran = stage.zdt(words);
        if words.len() == 2 {
            stage.points_to("r1");
        }
        ended(&ran, 5)?;
        stage.answers("r1")?;
    }
    stage.never_died()
}

fn unbootable_hot(stage: &mut Stage) -> Done {
    stage.has_a_release_that_raises();
    stage.points_to("r3");
    let ran = stage.with("puma_threads", "[2, 6]", |stage| stage.applies(5));
    stage.points_to("r1");
    if !ran?.all().contains("no such table: orders") {
        return Err("what the release raised is not told".to_owned());
    }
    stage.answers("r1")?;
    stage.never_died()
}

/// With a Puma that has no old workers to fall back on: the trial alone stands between the release and the site.
fn unbootable_with(stage: &mut Stage, name: &'static str, value: &'static str) -> Done {
    stage.has_a_release_that_raises();
    stage.with(name, value, |stage| {
        stage.applies(0)?;
        stage.points_to("r3");
        let phased = stage.zdt(&["reload", "--yes"]);
        let hot = stage.with("puma_threads", "[2, 6]", |stage| stage.zdt(&["apply", "--yes"]));
        stage.points_to("r1");
        for ran in [phased, hot] {
            ended(&ran, 5)?;
            if !ran.all().contains("no such table: orders") {
                return Err(format!("what the release raised is not told: {}", ran.all()));
            }
        }
        stage.answers("r1")
    })?;
    stage.applies(0)?;
    stage.answers("r1")?;
    stage.never_died()
}

/// From here on systemd holds the socket, and a full restart is what settings need.
fn activation(stage: &mut Stage) -> Done {
    stage.keep("zdt_roles", ROLES);
    stage.keep("puma_socket_activation", "true");
    let ran = stage.applies(0)?;
    if !ran.all().contains("full restart") {
        return Err(format!("no full restart: {}", ran.all()));
    }
    stage.answers("r1")?;
    ended(&stage.zdt(&["plan"]), 0)
}

/// By zdt and by a person: nothing that a phased restart could do.
fn full_restart(stage: &mut Stage) -> Done {
    stage.points_to("r2");
    stage.with("puma_threads", "[1, 5]", |stage| stage.applies(0))?;
    stage.answers("r2")?;
    stage.points_to("r1");
    stage.host.sh("systemctl restart puma.service");
    stage.answers("r1")?;
    stage.applies(0)?;
    stage.answers("r1")
}

fn without_activation(stage: &mut Stage) -> Done {
    stage.keep("puma_socket_activation", "false");
    let plan = stage.zdt(&["plan", "--prune"]);
    stage.allow_what_is_announced(&plan);
    ended(&stage.zdt(&["apply", "--yes", "--prune"]), 0)?;
    stage.answers("r1")?;
    stage.never_died()
}

/// Refused by the plan's checks: nothing is touched.
fn unknown_setting(stage: &mut Stage) -> Done {
    let ran = stage.with("puma_extra_lines", "['no_such_setting 1']", |stage| stage.zdt(&["apply", "--yes"]));
    if !matches!(ran.code, Some(3..=5)) || !ran.all().contains("no_such_setting") {
        return Err(ran.all());
    }
    stage.answers("r1")?;
    stage.never_died()
}

/// The file can be read, and passes every check; who boots with it ends.
fn deadly_setting(stage: &mut Stage, lines: &'static str, says: &str) -> Done {
    let ran = stage.with("puma_extra_lines", lines, |stage| stage.applies(5))?;
    if !ran.all().contains(says) {
        return Err("what Puma died of is not told".to_owned());
    }
    stage.answers("r1")?;
    stage.never_died()
}

fn rollback(stage: &mut Stage) -> Done {
    stage.with("puma_threads", "[2, 7]", |stage| stage.applies(0))?;
    rolls_back(stage, &["rollback", "--yes"])?;
    ended(&stage.zdt(&["plan"]), 0)?;
    stage.answers("r1")?;
    stage.never_died()
}

/// The plan comes before it begins.
fn rolls_back(stage: &mut Stage, words: &[&str]) -> Done {
    let ran = stage.zdt(words);
    stage.allow_what_is_announced(&ran);
    ended(&ran, 0)
}

fn to_the_beginning_and_back(stage: &mut Stage) -> Done {
    let first = stage.host.sh("ls /var/lib/zdt/history | head -n 1");
    rolls_back(stage, &["rollback", "--yes", "--to", first.trim()])?;
    stage.answers("r1")?;
    stage.never_died()?;
    adoption(stage)
}
