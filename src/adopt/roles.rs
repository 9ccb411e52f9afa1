use super::puma::Puma;
use super::upstream::Upstream;
use super::{Given, Keep, Note, RoleUse};

/// The variable that says whose manager has a unit.
pub const UNIT_OWNER: &str = "puma_service_user";

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
        if let Some(folder) = folder.filter(|folder| SHARED.contains(folder)) {
            notes.push(Note::not_mapped(
                puma.unit,
                format!(
                    "{} lies right in {folder}, which others use too: the role sets owner and mode of what holds it",
                    path.unwrap_or_default()
                ),
            ));
            return None;
        }
    }
    given.push(Given::new("puma_config_path", real, puma.at("ExecStart")));
    let ours = told.has("config_ours");
    let settings = |more: Vec<Given>| {
        let mode = Given::new(
            "puma_config_mode",
            "settings",
            format!("{} is not zdt's own: the rest of it stays", config.file),
        );
        std::iter::once(mode).chain(more).collect::<Vec<Given>>()
    };
    let ways = match (puma.keep, ours) {
        (_, true) => vec![Vec::new()],
        (Keep::Guide, false) => vec![settings(Vec::new())],
        (Keep::AsIs, false) => {
            let flag = |name: &str, setting: &str| {
                let set = config.last(setting);
                let from = set.map_or(format!("not in {}", config.file), |setting| config.place(setting));
                Given::new(name, set.is_some(), from)
            };
            let flags = vec![
                flag("puma_prune_bundler", "prune"),
                flag("puma_boot_hook", "hook"),
                flag("puma_fork_worker", "fork"),
            ];
            vec![settings(flags)]
        }
    };
    Some(RoleUse { role: "puma_config".to_owned(), ways })
}
