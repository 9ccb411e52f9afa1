//! Values that would be code if they could: each is refused, or stands in the file as the value that it is; no file
//! appears outside its sandbox, and nothing of it runs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use super::place::Place;

/// `@` is the absolute path of a file that must never appear.
const HOSTILE: &[&str] = &[
    "$(touch @)",
    "`touch @`",
    "'; touch @; '",
    "\"; touch @; \"",
    "#{`touch @`}",
    "a; touch @",
    "/srv/odd/$(touch @)/x",
    "/srv/odd/`touch @`",
    "/srv/odd/'; touch @; '",
    "/srv/odd/a\"b",
    "a\ntouch @",
    "/srv/odd/a\ntouch @",
    "a\rb",
    "\u{1b}[31m",
    "\u{1f}",
    "-rf",
    "--help",
    "-",
    "../../canary",
    "/../../canary",
    "/srv/../../../canary",
    "/srv/./shop/..",
    "/srv//shop",
    "/",
    ".",
    "~root",
    "*",
    "/srv/odd/*",
    "%n$HOME",
    "/srv/odd/shop with space",
    "/srv/odd/shöp",
    "",
];

/// Parameters of the built-in roles whose values are words, with their types.
fn parameters() -> Vec<(String, String)> {
    let roles = Path::new(env!("CARGO_MANIFEST_DIR")).join("roles");
    let mut found = Vec::new();
    for role in fs::read_dir(roles).expect("roles") {
        let text = fs::read_to_string(role.expect("an entry").path().join("role.yml")).expect("a role");
        let role: serde_yaml::Value = serde_yaml::from_str(&text).expect("a role");
        for (name, param) in role["params"].as_mapping().expect("params") {
            let type_ = param["type"].as_str().expect("a type").to_owned();
            if !["bool", "int", "pair"].contains(&type_.as_str()) {
                found.push((name.as_str().expect("a name").to_owned(), type_));
            }
        }
    }
    found
}

#[test]
fn no_value_of_any_parameter_becomes_code_or_leaves_its_sandbox() {
    let parameters = parameters();
    for one in ["app_name", "app_path", "puma_environment", "puma_service", "puma_extra_lines", "nginx_upstream_path"] {
        assert!(parameters.iter().any(|(name, _)| name == one), "`{one}` was not found");
    }
    let place = Place::empty();
    let canary = place.path("canary").display().to_string();
    let mut yaml = String::from(
        "all:\n  vars: {ansible_connection: local, zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config], \
         app_name: shop, app_path: /srv/shop}\n  hosts:\n",
    );
    let mut cases = Vec::new();
    for (parameter, type_) in &parameters {
        for (number, hostile) in HOSTILE.iter().enumerate() {
            let value = hostile.replace('@', &canary);
            let host = format!("{}-{number}", parameter.replace('_', "-"));
            // JSON is YAML, and quotes whatever there is.
            let quoted = serde_json::Value::from(value.as_str());
            let written = if type_ == "lines" { format!("[{quoted}]") } else { quoted.to_string() };
            yaml.push_str(&format!("    {host}:\n      zdt_root: in/{host}/root\n      {parameter}: {written}\n"));
            if ["socket_dropin", "puma_activated_socket_path", "puma_socket_unit"].contains(&parameter.as_str()) {
                // They stand somewhere only where systemd holds the socket.
                yaml.push_str(
                    "      puma_socket_activation: true\n      zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config, \
                     puma_socket]\n",
                );
            }
            if parameter.starts_with("capistrano_") {
                yaml.push_str("      zdt_roles: [capistrano_tasks]\n");
                let needed = ["capistrano_path: /srv/checkout", "capistrano_user: shop"];
                for line in needed.iter().filter(|line| !line.starts_with(&format!("{parameter}:"))) {
                    yaml.push_str(&format!("      {line}\n"));
                }
            }
            if parameter == "puma_service_home" {
                yaml.push_str("      puma_service_scope: user\n");
            }
            cases.push((host, parameter.as_str(), type_.as_str(), value));
        }
    }
    place.write("inventory.yml", yaml);
    let outside = |place: &Place| {
        let mut tree = place.tree("");
        tree.retain(|path, _| !path.starts_with(place.path("in")));
        tree
    };
    let before = outside(&place);
    let beyond: BTreeSet<_> = names(Path::new("/tmp/canary")).chain(names(Path::new("/canary"))).collect();
    let accepted: usize = thread::scope(|scope| {
        let work = |part: usize| {
            let (place, cases) = (&place, &cases);
            let mine = move || cases.iter().skip(part).step_by(3).filter(|case| attempt(place, case)).count();
            scope.spawn(mine)
        };
        let workers: Vec<_> = (0..3).map(work).collect();
        workers.into_iter().map(|worker| worker.join().expect("every case holds")).sum()
    });
    assert!(
        accepted > 10 && accepted < cases.len() / 2,
        "{accepted} of {} accepted: that looks at nothing",
        cases.len()
    );
    assert_eq!(outside(&place), before, "something appeared outside the sandboxes");
    let now: BTreeSet<_> = names(Path::new("/tmp/canary")).chain(names(Path::new("/canary"))).collect();
    assert_eq!(now, beyond);
    for entry in fs::read_dir(place.path("in")).expect("sandboxes") {
        let entry = entry.expect("an entry");
        // Beside `root` there is nothing.
        let inside: Vec<_> =
            fs::read_dir(entry.path()).expect("a folder").flatten().map(|one| one.file_name()).collect();
        assert_eq!(inside, ["root"], "{}", entry.path().display());
    }
}

fn names(path: &Path) -> impl Iterator<Item = String> {
    path.exists().then(|| path.display().to_string()).into_iter()
}

/// Applies one case; true where the value was taken, and then it stands there as itself.
fn attempt(place: &Place, (host, parameter, type_, value): &(String, &str, &str, String)) -> bool {
    let ran = place.zdt(&["apply", "inventory.yml", "--no-diff", "--limit", host]);
    let case = format!("{parameter}: {value:?}");
    let root = place.path(&format!("in/{host}/root"));
    if ran.code != Some(0) {
        ran.ended_with(3);
        assert!(ran.all().contains(parameter) || ran.all().contains("refused"), "{case}: {}", ran.all());
        assert!(!root.exists(), "{case}: refused, but there is a sandbox");
        return false;
    }
    assert!(!value.contains(char::is_control), "{case}: a control character was taken");
    let files: Vec<(String, String)> = place
        .tree(&format!("in/{host}/root"))
        .into_iter()
        .map(|(path, text)| (path.strip_prefix(&root).expect("below").display().to_string(), text))
        .filter(|(path, _)| !path.starts_with("var/lib/zdt"))
        .collect();
    let ruby = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('#', "\\#");
    let there = match *type_ {
        // Only checks use it, and a sandbox runs none.
        "path" if *parameter == "puma_ruby" => true,
        "path" if *parameter == "app_path" => files.iter().any(|(path, _)| path.starts_with(&value[1..])),
        "path" => {
            let named =
                files.iter().any(|(path, _)| *path == value[1..] || path.starts_with(&format!("{}/", &value[1..])));
            // A socket is no file of ours; it is named in others.
            // A URL can write blanks only so.
            let escaped = ruby(value).replace(' ', "%20");
            named || files.iter().any(|(_, text)| text.contains(&escaped) || text.contains(&ruby(value)))
        }
        "lines" => files.iter().any(|(_, text)| text.lines().any(|line| line == value)),
        "text" => {
            files.iter().any(|(_, text)| text.lines().any(|line| line == format!("environment \"{}\"", ruby(value))))
        }
        // A sandbox has no owners.
        "user" | "group" => true,
        _ => files.iter().any(|(path, text)| path.contains(value.as_str()) || text.contains(&ruby(value))),
    };
    assert!(there, "{case}: taken, but it stands nowhere: {files:#?}");
    place.zdt(&["plan", "inventory.yml", "--limit", host]).ended_with(0);
    true
}
