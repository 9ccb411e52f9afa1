use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::arguments::Drift;
use crate::cli::drift::units::{self, Scope, Timer};
use crate::cli::error::{Report as Complaint, render};
use crate::cli::{Exit, output, selection};
use crate::last_look::{Readers, replace};

/// Prints or installs what runs this very look again and again.
pub(super) fn run(command: &Drift) -> Result<Exit, Exit> {
    // What would fail every night had better fail now.
    if !command.schedule.remove_timer {
        selection::prepare(&command.selection)?;
    }
    let words = words(command)?;
    if command.schedule.print_cron {
        output::put(&units::crontab(&words, command.schedule.every).ok_or_else(|| {
            complain(
                "a time such as this cannot stand in a crontab",
                "Use minutes that divide an hour, hours that divide a day, or one day.",
            )
        })?);
        return Ok(Exit::Clean);
    }
    let timer = Timer {
        name: name(&command.selection.inventory),
        inventory: absolute(&command.selection.inventory),
        words,
        every: command.schedule.every,
        splay: command.splay,
        deadline: command.deadline,
        scope: if rustix::process::geteuid().is_root() { Scope::System } else { Scope::User },
        writes: folders(command),
    };
    if command.schedule.print_timer {
        output::put(&format!("# {0}.service\n{1}\n# {0}.timer\n{2}", timer.name, timer.service(), timer.timer()));
        return Ok(Exit::Clean);
    }
    let folder = folder(timer.scope)?;
    if command.schedule.remove_timer { remove(command, &timer, &folder) } else { install(command, &timer, &folder) }
}

fn install(command: &Drift, timer: &Timer, folder: &Path) -> Result<Exit, Exit> {
    let files =
        [(format!("{}.service", timer.name), timer.service()), (format!("{}.timer", timer.name), timer.timer())];
    ours(timer, files.iter().map(|(name, _)| folder.join(name)))?;
    for (name, text) in &files {
        output::put(&format!("# {}\n{text}\n", folder.join(name).display()));
    }
    if !agreed(command, "Install this")? {
        return Ok(Exit::Clean);
    }
    std::fs::create_dir_all(folder).map_err(|cause| disk(folder, &cause))?;
    for (name, text) in &files {
        let path = folder.join(name);
        replace(&path, text, Readers::All).map_err(|cause| disk(&path, &cause))?;
    }
    systemctl(timer.scope, &["daemon-reload"])?;
    systemctl(timer.scope, &["enable", "--now", &format!("{}.timer", timer.name)])?;
    output::line(&format!("Installed: {}.timer looks {}.", timer.name, timer.every));
    Ok(Exit::Clean)
}

fn remove(command: &Drift, timer: &Timer, folder: &Path) -> Result<Exit, Exit> {
    let paths = [".timer", ".service"].map(|end| folder.join(format!("{}{end}", timer.name)));
    if paths.iter().all(|path| !path.exists()) {
        output::line(&format!("There is no {}.timer.", timer.name));
        return Ok(Exit::Clean);
    }
    ours(timer, paths.iter().cloned())?;
    if !agreed(command, &format!("Remove {}.timer", timer.name))? {
        return Ok(Exit::Clean);
    }
    systemctl(timer.scope, &["disable", "--now", &format!("{}.timer", timer.name)])?;
    for path in paths.iter().filter(|path| path.exists()) {
        std::fs::remove_file(path).map_err(|cause| disk(path, &cause))?;
    }
    systemctl(timer.scope, &["daemon-reload"])?;
    output::line(&format!("Removed: {}.timer.", timer.name));
    Ok(Exit::Clean)
}

/// What an earlier run wrote for this inventory is ours to replace and to remove; whatever else bears its name is not.
fn ours(timer: &Timer, paths: impl Iterator<Item = PathBuf>) -> Result<(), Exit> {
    for path in paths {
        let text = match std::fs::read(&path) {
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => continue,
            read => read.map_err(|cause| {
                complain(&format!("`{}` cannot be read: {cause}", path.display()), "Look at that file.")
            })?,
        };
        if let Some(owner) = timer.owner(&String::from_utf8_lossy(&text)) {
            return Err(complain(
                &format!("`{}` {owner}", path.display()),
                "Move it away, or rename the inventory: the timer is called after it.",
            ));
        }
    }
    Ok(())
}

/// On a terminal it asks; without one, it was meant.
fn agreed(command: &Drift, question: &str) -> Result<bool, Exit> {
    if command.schedule.yes || !std::io::stdin().is_terminal() {
        return Ok(true);
    }
    output::put(&format!("{question}? [y/N] "));
    let mut answer = String::new();
    let read = std::io::stdout().flush().and_then(|()| std::io::stdin().read_line(&mut answer));
    read.map_err(|_| Exit::Usage)?;
    Ok(matches!(answer.trim(), "y" | "yes"))
}

fn systemctl(scope: Scope, words: &[&str]) -> Result<(), Exit> {
    let mut systemctl = Command::new("systemctl");
    if scope == Scope::User {
        systemctl.arg("--user");
    }
    match systemctl.args(words).output() {
        Ok(done) if done.status.success() => Ok(()),
        Ok(done) => Err(complain(
            &format!("`systemctl {}` failed: {}", words.join(" "), String::from_utf8_lossy(&done.stderr).trim()),
            "The files are written; mend what it says and run this again.",
        )),
        Err(cause) => {
            Err(complain(&format!("`systemctl` cannot be run: {cause}"), "Without systemd, use `--print-cron`."))
        }
    }
}

/// This very invocation, with absolute paths and without what schedules it.
fn words(command: &Drift) -> Result<Vec<OsString>, Exit> {
    let program = std::env::current_exe().map_err(|cause| disk(Path::new("zdt"), &cause))?;
    let absolute = |path: &Path| absolute(path).into_os_string();
    let mut words = vec![program.into_os_string(), "drift".into(), absolute(&command.selection.inventory)];
    let mut flag = |name: &str, value: Option<OsString>| {
        words.push(name.into());
        words.extend(value);
    };
    if let Some(limit) = &command.selection.limit {
        flag("--limit", Some(limit.into()));
    }
    for vars in &command.selection.extra_vars {
        // A value may be a secret, and what is scheduled lies on disk for all to read.
        let Some(file) = vars.strip_prefix('@') else {
            return Err(complain(
                "a value that stands after `-e` would be written down for all to read",
                "Put it into a file that only you can read, and say `-e @FILE`.",
            ));
        };
        let mut word = OsString::from("@");
        word.push(absolute(Path::new(file)));
        flag("--extra-vars", Some(word));
    }
    let usual = |value: u64, usual: u64| (value != usual).then(|| OsString::from(value.to_string()));
    for (name, value) in [
        ("--forks", usual(u64::from(command.work.forks), 32)),
        ("--timeout", usual(command.work.timeout, 10)),
        // A timer keeps none, and says so itself.
        ("--keep", usual(command.work.keep, 600).filter(|_| command.schedule.print_cron)),
        ("--wait", usual(command.wait, 30)),
        ("--deadline", command.deadline.map(|seconds| seconds.to_string().into())),
    ] {
        if value.is_some() {
            flag(name, value);
        }
    }
    // A timer has a splay of its own.
    if command.schedule.print_cron && command.splay > 0 {
        flag("--splay", Some(command.splay.to_string().into()));
    }
    for (name, path) in [
        ("--state", &command.state),
        ("--prometheus", &command.prometheus),
        ("--junit", &command.junit),
        ("--html", &command.html),
    ] {
        if let Some(path) = path {
            let word = if path == Path::new("-") { path.clone().into_os_string() } else { absolute(path) };
            flag(name, Some(word));
        }
    }
    for (name, asked) in [
        ("--only-changes", command.only_changes),
        ("--json", command.output.json),
        ("--github", command.github),
        ("--no-diff", command.output.no_diff),
        ("--verbose", command.output.verbose),
        ("--host-keys=accept-new", command.work.host_keys == crate::cli::arguments::HostKeys::AcceptNew),
    ] {
        if asked {
            flag(name, None);
        }
    }
    if words.iter().any(|word| word.to_str().is_none()) {
        return Err(complain("a path that is no UTF-8 cannot be scheduled", "Name it otherwise."));
    }
    if words.iter().any(|word| word.as_bytes().iter().any(u8::is_ascii_control)) {
        return Err(complain("a line break in a path or variable cannot be scheduled", "Name it otherwise."));
    }
    Ok(words)
}

/// The folders of files that it writes, beside its own state.
fn folders(command: &Drift) -> Vec<PathBuf> {
    let files = [&command.state, &command.prometheus, &command.junit, &command.html];
    let files = files.into_iter().flatten().filter(|path| path.as_path() != Path::new("-"));
    let mut folders: Vec<PathBuf> =
        files.filter_map(|path| std::path::absolute(path).ok()?.parent().map(Path::to_owned)).collect();
    folders.sort();
    folders.dedup();
    folders
}

/// `zdt-drift-shop` for `/etc/shop.yml`; of an `inventory.yml` its folder says more.
fn name(inventory: &Path) -> String {
    let path = absolute(inventory);
    let stem = |path: &Path| path.file_stem().and_then(OsStr::to_str).unwrap_or("hosts").to_owned();
    let own = stem(&path);
    let said = match (own.as_str(), path.parent()) {
        ("inventory" | "hosts", Some(parent)) if parent.parent().is_some() => stem(parent),
        _ => own,
    };
    let plain: String = said.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("zdt-drift-{}", plain.trim_matches('-'))
}

fn folder(scope: Scope) -> Result<PathBuf, Exit> {
    if scope == Scope::System {
        return Ok(PathBuf::from("/etc/systemd/system"));
    }
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = named("XDG_CONFIG_HOME").or_else(|| named("HOME").map(|home| home.join(".config")));
    let config = config.ok_or_else(|| complain("there is no place for a timer of yours", "Set `HOME`."))?;
    Ok(config.join("systemd/user"))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn disk(path: &Path, cause: &std::io::Error) -> Exit {
    complain(&format!("`{}` cannot be written: {cause}", path.display()), "Look at that folder.")
}

fn complain(what: &str, help: &str) -> Exit {
    output::complain(&render(&[Complaint::new(what.to_owned()).help(help)]));
    Exit::Wrong
}
