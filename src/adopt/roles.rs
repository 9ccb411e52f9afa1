use super::config::Config;
use super::puma::Puma;
use super::upstream::Upstream;
use super::{Given, Keep, Note, RoleUse};

/// The settings that the guide asks for in a file that somebody else owns. Those that a file has already, in words of its own that come
/// to the same, are left to it.
const OF_GUIDE: [(&str, &str); 11] = [
    ("workers", "workers"),
    ("threads", "threads"),
    ("directory", "directory"),
    ("bind", "bind"),
    ("preload_app!", "preload"),
    ("prune_bundler", "prune"),
    ("fork_worker", "fork"),
    ("worker_shutdown_timeout", "shutdown"),
    ("state_path", "state_path"),
    ("state_permission", "state_permission"),
    ("activate_control_app", "control"),
];

/// Folders that others use too: their owner and mode are not an app's to set.
const SHARED: [&str; 12] =
    ["/", "/run", "/var/run", "/srv", "/tmp", "/var/tmp", "/dev/shm", "/var", "/var/lib", "/home", "/opt", "/etc"];

/// The roles that can do their work for this Puma; for each that cannot, a note says why.
pub fn of(puma: &Puma<'_>, upstream: Option<&Upstream>, given: &mut Vec<Given>, notes: &mut Vec<Note>) -> Vec<RoleUse> {
    let has_socket = given.iter().any(|given| given.name == "puma_socket_path");
    let mut roles = Vec::new();
    if let Some(upstream) = upstream {
        roles.push(nginx_upstream(puma, upstream, given, notes));
    }
    roles.extend(exec_reload(puma, notes));
    if has_socket {
        roles.extend(puma_config(puma, given, notes));
    }
    roles
}

fn nginx_upstream(puma: &Puma<'_>, upstream: &Upstream, given: &mut Vec<Given>, notes: &mut Vec<Note>) -> RoleUse {
    given.push(Given::new("nginx_upstream_name", upstream.name.as_str(), upstream.place.as_str()));
    given.push(Given::new("nginx_upstream_path", upstream.file.as_str(), upstream.place.as_str()));
    let about = || format!("upstream {}", upstream.name);
    for (words, place) in &upstream.others {
        notes.push(Note::doubt(
            about(),
            format!("`{words}` ({place}) is nothing that the role writes: an apply takes it out"),
        ));
    }
    for server in &upstream.servers {
        let lost: Vec<&str> = server.options.iter().map(String::as_str).filter(|option| !is_of_guide(option)).collect();
        if !lost.is_empty() {
            let text = format!(
                "`{}` ({}) is nothing that the role writes: an apply takes it out",
                lost.join(" "),
                server.place
            );
            notes.push(Note::doubt(about(), text));
        }
    }
    if upstream.passed.is_empty() {
        notes.push(Note::doubt(about(), format!("no `proxy_pass` that nginx reads leads to it ({})", upstream.place)));
    }
    let edit = |more: &[Given]| {
        let why = if upstream.alone { "as it stands in its file" } else { "its file holds more than the upstream" };
        [&[Given::new("nginx_upstream_mode", "edit", why)], more].concat()
    };
    let ways = match (puma.keep, upstream.alone) {
        (Keep::Guide, true) => vec![Vec::new()],
        (Keep::Guide, false) => vec![edit(&[])],
        (Keep::AsIs, alone) => {
            let one = Given::new("nginx_upstream_servers", 1, upstream.place.as_str());
            let literal = Given::new("puma_guide_literal", true, format!("{}: the guide's own line", upstream.place));
            let ours = alone.then(Vec::new);
            ours.into_iter().chain([edit(&[]), edit(&[one]), edit(&[literal])]).collect()
        }
    };
    RoleUse { role: "nginx_upstream".to_owned(), ways }
}

fn is_of_guide(option: &str) -> bool {
    matches!(option, "max_fails=0" | "fail_timeout=0" | "fail_timeout=0s")
}

/// A reload signals the unit's main process: it must be Puma.
fn exec_reload(puma: &Puma<'_>, notes: &mut Vec<Note>) -> Option<RoleUse> {
    let told = puma.told;
    let shell = told.one("shell");
    if told.has("below_main") || told.has("not_puma") || shell.is_some() {
        let what = shell.map_or("not Puma".to_owned(), |shell| format!("{shell} and not Puma"));
        notes.push(Note::not_mapped(puma.unit, format!(
            "its main process is {what} ({}): a reload would signal that and end it. Write `exec` before the command that starts Puma, \
             restart the service, and import again",
            puma.at("ExecStart")
        )));
        return None;
    }
    Some(RoleUse::plain("systemd_exec_reload"))
}

fn puma_config(puma: &Puma<'_>, given: &mut Vec<Given>, notes: &mut Vec<Note>) -> Option<RoleUse> {
    let told = puma.told;
    let Some(config) = &puma.config else {
        let text =
            format!("it reads no configuration file ({}): zdt's settings would have no reader", puma.at("ExecStart"));
        notes.push(Note::not_mapped(puma.unit, text));
        return None;
    };
    if told.has("config_untold") {
        return None;
    }
    let real = told.one("config_real").unwrap_or(&config.file);
    let releases = format!("{}/releases/", puma.root);
    if real.starts_with(&releases) || config.file.starts_with(&format!("{}/current/", puma.root)) {
        notes.push(Note::not_mapped(puma.unit, format!(
            "its configuration {} belongs to the release: the next deploy would bring its own. Have the unit name a file in {}/shared \
             (`-C`), or write the settings in the app's repository",
            config.file, puma.root
        )));
        return None;
    }
    if told.has("below_main") || told.has("not_puma") {
        notes.push(Note::not_mapped(
            puma.unit,
            format!("its settings {} take effect by a signal to the main process, which is not Puma", config.file),
        ));
        return None;
    }
    for name in ["puma_socket_path", "puma_state_path", "puma_control_socket_path"] {
        let path = given.iter().find(|given| given.name == name).and_then(|given| given.value.as_str());
        let folder =
            path.and_then(|path| path.rsplit_once('/')).map(|(folder, _)| if folder.is_empty() { "/" } else { folder });
        let shared = format!("{}/shared/", puma.root);
        let is_shared = |folder: &&str| SHARED.contains(folder) || shared.starts_with(&format!("{folder}/"));
        if let Some(folder) = folder.filter(is_shared) {
            notes.push(Note::not_mapped(
                puma.unit,
                format!(
                    "{} lies right in {folder}, which holds more than that: the role sets owner and mode of what holds it",
                    path.unwrap_or_default()
                ),
            ));
            return None;
        }
    }
    given.push(Given::new("puma_config_path", real, puma.at("ExecStart")));
    let ways = if told.has("config_ours") {
        vec![Vec::new()]
    } else {
        let mode = Given::new(
            "puma_config_mode",
            "settings",
            format!("{}: not written by zdt, so the rest of it stays", config.file),
        );
        vec![std::iter::once(mode).chain(settings(puma, config)).collect()]
    };
    Some(RoleUse { role: "puma_config".to_owned(), ways })
}

/// Which settings of somebody else's file are set, and how.
fn settings(puma: &Puma<'_>, config: &Config) -> Vec<Given> {
    let wanted = |(_, name): &&(&str, &str)| match (puma.keep, config.first(name)) {
        // Its own words stay where zdt would write the same in others, and where nobody knows what they come to.
        (_, Some(setting)) if takes_value(name) && (setting.doubtful || !setting.is_literal()) => false,
        (_, Some(_)) => true,
        // The guide has nothing to say about these.
        (Keep::Guide, None) => !matches!(*name, "threads" | "bind"),
        (Keep::AsIs, None) => false,
    };
    let chosen: Vec<&str> = OF_GUIDE.iter().filter(wanted).map(|(name, _)| *name).collect();
    let from = match puma.keep {
        Keep::Guide => format!("what the guide asks for and {} does not say in words of its own", config.file),
        Keep::AsIs => format!("what {} says", config.file),
    };
    let mut given = vec![Given::new("puma_config_settings", chosen, from)];
    if puma.keep == Keep::AsIs {
        let flag = |name: &str, setting: &str| {
            let found = config.first(setting);
            let from = found.map_or(format!("not in {}", config.file), |setting| config.place(setting));
            Given::new(name, found.is_some(), from)
        };
        given.extend([flag("puma_prune_bundler", "prune"), flag("puma_fork_worker", "fork")]);
    }
    given
}

/// Whether what a setting is set to is the server's own affair, as long as it comes to the same.
fn takes_value(name: &str) -> bool {
    !matches!(name, "preload" | "prune" | "fork" | "control" | "state_permission")
}
