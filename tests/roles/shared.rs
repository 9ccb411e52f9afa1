//! What several roles, or one role several times, want of one host.

use zdt::resource::{Attribute, Facts};
use zdt::role::RoleFile;

use super::hosts::{desired, faults, library_with};
use super::{library, own};

#[test]
fn what_one_role_leaves_alone_another_may_manage() {
    let role = |name, attributes| {
        own(name, &[("role.yml", &format!("description: x\nresources: [{{directory: {{path: /d{attributes}}}}}]\n"))])
    };
    let mut files = role("one", "");
    files.extend(role("two", ", mode: '0750'"));
    let desired = desired(&library_with(files), "zdt_roles: [one, two]\n", &Facts::new());
    assert_eq!(desired.resources.len(), 1);
    assert_eq!(desired.resources[0].desired.word(Attribute::Mode), Some("0750"));
}

fn shared(name: &str, mode: &str, handler: &str) -> Vec<RoleFile> {
    let role = format!(
        "description: x\nresources:\n  - file: {{path: /shared, content: same, mode: '{mode}'}}\n    notify: {handler}\n\
         handlers:\n  - {{name: {handler}, run: [nginx_reload, {handler}.service], says: x}}\n"
    );
    own(name, &[("role.yml", &role)])
}

#[test]
fn the_same_thing_wanted_twice_is_one_and_wanted_differently_a_fault() {
    let mut files = shared("one", "0644", "first");
    files.extend(shared("two", "0644", "second"));
    let same = desired(&library_with(files), "zdt_roles: [one, two]\n", &Facts::new());
    assert_eq!(same.resources.len(), 1);
    assert_eq!(same.resources[0].notify, ["first", "second"]);
    for name in &same.resources[0].notify {
        assert!(same.handlers.iter().any(|handler| handler.role == "one" && handler.name == *name), "{name}");
    }
    let mut files = shared("one", "0644", "first");
    files.extend(shared("two", "0600", "first"));
    let faults = faults(&library_with(files), "zdt_roles: [one, two]\n");
    assert_eq!(faults, "roles `one` and `two` want `/shared` differently: its mode, `0644` and `0600`\n");
}

#[test]
fn one_role_twice_serves_two_apps() {
    let lines = "zdt_roles:\n  - nginx_upstream: {app_name: a, app_path: /srv/a}\n  - nginx_upstream: {app_name: b, app_path: /srv/b}\n";
    let desired = desired(&library(), lines, &Facts::new());
    let found: Vec<(&str, &str)> =
        desired.resources.iter().map(|resource| (resource.role.as_str(), resource.id.name.as_str())).collect();
    assert_eq!(
        found,
        [
            ("nginx_upstream", "/etc/nginx/conf.d/a_upstream.conf"),
            ("nginx_upstream (2)", "/etc/nginx/conf.d/b_upstream.conf"),
        ]
    );
}
