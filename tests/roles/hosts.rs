//! What comes of a host's variables and facts.

use std::collections::BTreeMap;

use zdt::resource::Desired;
use zdt::resource::{Attribute, Disruption, Facts, Value};
use zdt::role::{Library, RoleFile, built_in};

use super::{library, own, places, variables};

const APP: &str = "app_name: shop\napp_path: /srv/shop\n";

pub(super) fn library_with(files: Vec<RoleFile>) -> Library {
    let mut all = built_in();
    all.extend(files);
    Library::parse(&all).unwrap_or_else(|faults| panic!("{}", places(&faults)))
}

pub(super) fn faults(library: &Library, lines: &str) -> String {
    let bound = library.bind(&variables(lines));
    bound.map(|bound| bound.render(&Facts::new())).map_or_else(
        |faults| places(&faults),
        |desired| desired.map_or_else(|faults| places(&faults), |_| String::new()),
    )
}

pub(super) fn desired(library: &Library, lines: &str, facts: &Facts) -> Desired {
    let bound = library.bind(&variables(lines)).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    bound.render(facts).unwrap_or_else(|faults| panic!("{}", places(&faults)))
}

fn content(desired: &Desired, path: &str) -> String {
    let resource = desired.resources.iter().find(|resource| resource.id.name == path);
    let bytes = resource.and_then(|resource| resource.desired.content()?.bytes.clone());
    String::from_utf8(bytes.unwrap_or_else(|| panic!("no {path}")).to_vec()).unwrap()
}

fn fact(name: &str, keys: &[(&str, &str)]) -> Facts {
    let keys = keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    BTreeMap::from([(name.to_owned(), keys)])
}

#[test]
fn no_zdt_roles_is_no_role() {
    assert!(library().bind(&variables(APP)).unwrap().is_empty());
}

#[test]
fn what_a_host_says_is_checked_all_at_once() {
    let cases: &[(&str, &str)] = &[
        ("zdt_roles: nginx_upstream", "inventory.yml:4: `zdt_roles` cannot hold a text here\n"),
        ("zdt_roles: [3]", "inventory.yml:4: `zdt_roles` cannot hold the number 3 here\n"),
        ("zdt_roles: [{app: {}, puma_config: {}}]", "inventory.yml:4: `zdt_roles` cannot hold a mapping here\n"),
        ("zdt_roles: [nginx_upstraem]", "inventory.yml:4: unknown role `nginx_upstraem`\n"),
        (
            "zdt_roles: [puma_config, nginx_upstream]\napp_nmae: shop",
            "inventory.yml:5: no role knows the variable `app_nmae`\n\
             inventory.yml:4: roles `puma_config`, `nginx_upstream` need the variable `app_name`\n\
             inventory.yml:4: roles `puma_config`, `nginx_upstream` need the variable `app_path`\n",
        ),
        (
            "zdt_roles: [{nginx_upstream: {app_name: a, app_path: /a, puma_wrokers: 3}}]",
            "inventory.yml:4: role `nginx_upstream` has no param `puma_wrokers`\n",
        ),
        (
            "zdt_roles: [puma_config]\napp_name: shop\napp_path: srv\npuma_workers: many\npuma_threads: [5, 1]\npuma_fork_worker: maybe\npuma_guide_literal: 2",
            "inventory.yml:6: `app_path` (role `app`) must be an absolute path, not `srv`\n\
             inventory.yml:7: `puma_workers` (role `app`) must be a whole number from 0 to 512, not `many`\n\
             inventory.yml:8: `puma_threads` (role `app`) must be two whole numbers, `[least, most]` from 0 to 1024, not `[5, 1]`\n\
             inventory.yml:10: `puma_guide_literal` (role `app`) must be true or false, not the number 2\n\
             inventory.yml:9: `puma_fork_worker` (role `puma_config`) must be true, false or auto, not `maybe`\n",
        ),
        (
            "zdt_roles: [nginx_upstream]\napp_name: 12\napp_path: /srv/shop",
            "inventory.yml:5: `app_name` (role `app`) must be a name, not the number 12\n",
        ),
    ];
    let library = library();
    for (lines, expected) in cases {
        assert_eq!(faults(&library, lines), *expected, "{lines}");
    }
}

#[test]
fn somebody_elses_variables_can_be_ignored_and_unowned_ones_are() {
    let lines = format!("zdt_roles: [nginx_upstream]\n{APP}nginx_vhosts: []\nmysql_port: 3306\n");
    let library = library();
    assert_eq!(faults(&library, &lines), "inventory.yml:7: no role knows the variable `nginx_vhosts`\n");
    assert_eq!(faults(&library, &format!("{lines}zdt_ignore_variables: ['nginx_v*']\n")), "");
}

#[test]
fn text_values_are_read_as_minus_e_gives_them() {
    let lines = format!("zdt_roles: [puma_config]\n{APP}puma_workers: '3'\npuma_boot_hook: 'no'\n");
    let text = content(&desired(&library(), &lines, &Facts::new()), "/srv/shop/shared/puma.rb");
    assert!(text.contains("\nworkers 3\n") && !text.contains("worker_boot"), "{text}");
}

#[test]
fn an_entry_of_zdt_roles_wins_over_variables() {
    let lines = format!("zdt_roles: [{{puma_config: {{puma_workers: 7}}}}]\n{APP}puma_workers: 3\n");
    assert!(content(&desired(&library(), &lines, &Facts::new()), "/srv/shop/shared/puma.rb").contains("\nworkers 7\n"));
}

#[test]
fn nginx_and_puma_agree_on_the_socket() {
    let lines = format!("zdt_roles: [nginx_upstream, puma_config]\n{APP}puma_shared_path: /run/shop\n");
    let desired = desired(&library(), &lines, &Facts::new());
    assert!(
        content(&desired, "/etc/nginx/conf.d/shop_upstream.conf").contains("server unix:/run/shop/sockets/puma.sock ")
    );
    assert!(content(&desired, "/srv/shop/shared/puma.rb").contains("bind \"unix:///run/shop/sockets/puma.sock\""));
}

#[test]
fn the_request_asks_for_all_in_one_go() {
    let lines = format!("zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config]\n{APP}app_user: deploy\n");
    let bound = library().bind(&variables(&lines)).unwrap();
    let request = bound.request();
    let paths: Vec<&str> = request.paths.iter().map(|query| query.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/etc/nginx/conf.d/shop_upstream.conf",
            "/usr/local/lib/zdt",
            "/usr/local/lib/zdt/await-roll",
            "/etc/systemd/system/puma.service.d",
            "/etc/systemd/system/puma.service.d/10-zdt-exec-reload.conf",
            "/srv/shop/shared/tmp",
            "/srv/shop/shared/tmp/sockets",
            "/srv/shop/shared/tmp/pids",
            "/srv/shop/shared/puma.rb",
        ]
    );
    assert_eq!(request.units, ["puma.service"]);
    assert_eq!(
        (request.users, request.groups),
        (
            vec!["deploy".to_owned(), "root".to_owned()],
            vec!["deploy".to_owned(), "root".to_owned(), "www-data".to_owned()],
        )
    );
    // Two roles ask about Puma, and one question is asked.
    let facts: Vec<String> = request.facts.iter().map(|fact| format!("{} {:?}", fact.kind, fact.arguments)).collect();
    assert_eq!(facts, ["nginx []", "puma [\"puma.service\", \"/srv/shop/current\"]"]);
}

#[test]
fn the_unit_wants_exactly_one_command() {
    let desired = desired(&library(), &format!("zdt_roles: [systemd_exec_reload]\n{APP}"), &Facts::new());
    let unit = desired.resources.iter().find(|resource| resource.id.name == "puma.service").unwrap();
    let command = Value::Words(vec!["/bin/kill -USR1 $MAINPID".to_owned()]);
    assert_eq!(unit.desired.get(Attribute::ExecReload), Some(&command));
    assert_eq!(unit.notify, ["reload systemd"]);
}

#[test]
fn the_restart_says_what_it_costs_on_this_host() {
    let library = library();
    type Keys<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(Keys<'_>, [&str; 2])] = &[
        (
            &[("active_state", "active"), ("titled", "yes")],
            ["hot", "Puma reads its settings only then (USR2); requests wait about one boot; none fails"],
        ),
        (
            &[("active_state", "activating"), ("last_boot", "2.1")],
            [
                "hot",
                "Puma reads its settings only then (USR2); requests wait about one boot, 2.1 s when it last booted, and up to 4 s more if an old worker hangs; none fails",
            ],
        ),
        (
            &[("active_state", "active"), ("titled", "no"), ("last_boot", "2.1")],
            [
                "hot",
                "USR2, if the main process of puma.service becomes Puma: now it is something else, and a signal could kill it",
            ],
        ),
        (&[("active_state", "inactive"), ("last_boot", "2.1")], ["start", "Puma is not running"]),
        (&[("active_state", "failed")], ["start", "Puma is not running"]),
        (&[], ["hot", "USR2 where Puma runs, else a start"]),
    ];
    for (keys, [cost, expected]) in cases {
        let desired = desired(&library, &format!("zdt_roles: [puma_config]\n{APP}"), &fact("puma", keys));
        let says: Vec<&str> = desired.handlers.iter().map(|handler| handler.says.as_str()).collect();
        assert_eq!(says, [*expected]);
        assert_eq!(desired.handlers[0].cost.word(), *cost, "{keys:?}");
    }
}

#[test]
fn a_cost_is_one_of_the_words_and_without_it_the_most_that_the_kind_can_be() {
    let role = |kind: &str, cost: &str| {
        let text = format!(
            "description: x\nparams:\n  word: {{type: text, default: hot, description: x}}\nhandlers:\n  \
             - {{name: go, run: {kind}, says: x{cost}}}\n"
        );
        library_with(own("mine", &[("role.yml", text.as_str())]))
    };
    let (nginx, puma) = ("[nginx_reload, a]", "[puma_restart, a, b]");
    for (kind, cost, word, expected) in [
        (nginx, "", "hot", Disruption::Reload),
        (puma, "", "hot", Disruption::Hot),
        ("[daemon_reload]", "", "hot", Disruption::None),
        (puma, ", cost: start", "hot", Disruption::Start),
        (puma, ", cost: ' {{ word }} '", "phased", Disruption::Phased),
    ] {
        let desired = desired(&role(kind, cost), &format!("zdt_roles: [mine]\nword: {word}"), &Facts::new());
        assert_eq!(desired.handlers[0].cost, expected, "{kind} {cost} {word}");
    }
    let odd = faults(&role(puma, ", cost: '{{ word }}'"), "zdt_roles: [mine]\nword: cheap");
    assert!(odd.contains("unknown cost `cheap`"), "{odd}");
}

#[test]
fn hostile_values_come_out_as_themselves_or_are_refused() {
    let library = library();
    let refused = [
        ("app_path: '/srv/a/../../etc'", "app_path"),
        ("app_path: \"/srv/a\\nb\"", "app_path"),
        ("app_name: '$(id)'", "app_name"),
        ("app_name: '-rf'", "app_name"),
        ("app_name: '../../etc/passwd'", "app_name"),
        ("app_user: 'root; id'", "app_user"),
        ("puma_service: '--user'", "puma_service"),
        ("puma_service: 'a/b'", "puma_service"),
        ("puma_service: puma.socket", "puma_service"),
        ("puma_service: puma@.service", "puma_service"),
        ("puma_config_path: /var/lib/zdt/puma.rb", "puma_config_path"),
        ("puma_environment: ''", "puma_environment"),
        ("puma_environment: \"x\\ny\"", "puma_environment"),
        ("puma_environment: \"x\\u0001\"", "puma_environment"),
        ("puma_extra_lines: [\"a\\nb\"]", "puma_extra_lines"),
    ];
    for (line, name) in refused {
        let key = line.split(':').next().unwrap();
        let rest: String = APP.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
        let faults = faults(&library, &format!("zdt_roles: [puma_config]\n{rest}{line}\n"));
        assert!(faults.contains(&format!("`{name}`")), "{line}: {faults}");
    }
    // A socket's path that Puma's URL or nginx's word cannot hold.
    for path in ["/srv/a?b", "/srv/a#b", "/srv/a%b", "/srv/é", "/srv/a`b", &format!("/srv/{}", "a".repeat(100))] {
        let faults = faults(&library, &format!("zdt_roles: [puma_config]\napp_name: shop\napp_path: '{path}'\n"));
        assert!(faults.starts_with("inventory.yml:6: `app_path` cannot be used: "), "{path}: {faults}");
        assert_eq!(faults.lines().count(), 1, "{path}: {faults}");
    }
    let lines = "zdt_roles: [puma_config, nginx_upstream]\napp_name: shop\npuma_socket_path: /run/p.sock\npuma_control_socket_path: /run/c.sock\n\
                 app_path: '/srv/a\"b #{`id`} $(id)'\n";
    let text = content(&desired(&library, lines, &Facts::new()), "/srv/a\"b #{`id`} $(id)/shared/puma.rb");
    assert!(text.contains(r##"directory "/srv/a\"b \#{`id`} $(id)/current""##), "{text}");
}

#[test]
fn a_unit_that_is_not_there_is_not_started() {
    let facts = fact("puma", &[("load_state", "not-found"), ("active_state", "inactive")]);
    let desired = desired(&library(), &format!("zdt_roles: [puma_config]\n{APP}"), &facts);
    assert_eq!(desired.handlers, []);
    assert!(desired.resources.iter().all(|resource| resource.notify.is_empty()));
    assert!(desired.notices[0].text.contains("systemd knows no unit `puma.service`"));
}

#[test]
fn what_a_host_answers_cannot_drive_a_terminal() {
    let facts = fact("puma", &[("version", "6.0\u{1b}[2J")]);
    let desired = desired(&library(), &format!("zdt_roles: [puma_config]\n{APP}"), &facts);
    let shown = |text: &str| text.chars().any(char::is_control);
    assert!(!desired.notices.iter().any(|notice| shown(&notice.text)));
    assert!(desired.notices.iter().any(|notice| notice.text.contains("Puma 6.0")));
}

/// A role with one file whose content is `template`.
fn role(params: &str, template: &str) -> Vec<RoleFile> {
    let role = format!(
        "description: x\nparams:\n{params}\nresources:\n  - template: {{src: a.tera, dest: /a, mode: '0600'}}\n"
    );
    own("mine", &[("role.yml", &role), ("templates/a.tera", template)])
}

#[test]
fn templates_that_go_wrong_on_a_host() {
    let word = "  word: {type: text, description: x}";
    let cases = [
        ("a\n{{ word }}\n", "word: 'a b'", "templates/a.tera:2: the value `a b` is printed unquoted\n"),
        ("a\n{{ word }}\n", "word: a-b/c.d", ""),
        ("a\n{{ word | verbatim }}\n", "word: 'a b'", ""),
        ("a\n\n{{ word }}\n", "other: 1", "templates/a.tera:3: a template cannot be rendered\n"),
        (
            "{% for a in range(end=90000) %}{{ word }}{% endfor %}\n",
            "word: aaaaaaaaaaaaaaaaaaaa",
            "templates/a.tera:1: a template prints more than 1024 KiB\n",
        ),
    ];
    for (template, line, expected) in cases {
        let library = library_with(role(word, template));
        assert_eq!(faults(&library, &format!("zdt_roles: [mine]\n{line}\n")), expected, "{template}");
    }
}

#[test]
fn a_secret_is_neither_shown_nor_asked_for() {
    let library = library_with(role("  key: {type: text, secret: true, description: x}", "{{ key | ruby }}\n"));
    let bound = library.bind(&variables("zdt_roles: [mine]\nkey: s3cret\n")).unwrap();
    assert!(bound.request().paths.iter().all(|query| !query.content));
    let desired = bound.render(&Facts::new()).unwrap();
    assert!(desired.resources.iter().all(|resource| resource.desired.content().unwrap().secret));
    let faults = library.bind(&variables("zdt_roles: [mine]\nkey: [s3cret]\n")).unwrap_err();
    assert!(!places(&faults).contains("s3cret") && !format!("{faults:?}").contains("s3cret\""), "{faults:?}");
}

#[test]
fn no_fault_and_no_debug_print_shows_a_secret() {
    let key = "  key: {type: text, secret: true, description: x}\n  copy: {type: name, default: 'a {{ key }}', description: x}";
    let library = library_with(role(key, "{{ key }}\n"));
    let bound = library.bind(&variables("zdt_roles: [{mine: {copy: a}}]\nkey: s3 cret\n")).unwrap();
    let rendered = format!("{bound:?} {:?}", bound.render(&Facts::new()).unwrap_err());
    let shown = |text: &str| text.replace("key: s3 cret", "").contains("s3 cret");
    assert!(rendered.contains("Unquoted") && !shown(&rendered), "{rendered}");
    let refused = format!("{:?}", library.bind(&variables("zdt_roles: [mine]\nkey: s3 cret\n")).unwrap_err());
    assert!(refused.contains("WrongType") && !shown(&refused), "{refused}");
}

#[test]
fn no_role_writes_where_zdt_keeps_its_record() {
    let record = format!("{}/last", zdt::transaction::STATE_DIR);
    assert_eq!(zdt::resource::Syntax::Path.check(&record), Err(zdt::resource::WordFault::Reserved));
}

/// What a user is told to do about each fault.
fn helps(library: &Library, lines: &str) -> Vec<String> {
    let faults = match library.bind(&variables(lines)) {
        Ok(bound) => bound.render(&Facts::new()).map(|_| ()).unwrap_err(),
        Err(faults) => faults,
    };
    faults.iter().map(|fault| zdt::cli::error::role::report(fault).help.unwrap_or_default()).collect()
}

#[test]
fn a_value_that_a_filter_refuses_is_told_by_its_line_in_the_inventory() {
    let lines = "zdt_roles: [puma_config]\napp_name: shop\napp_path: /srv/\u{e9}\n";
    let help = "give it another value, or set `puma_socket_path`, which is made from it";
    assert_eq!(helps(&library(), lines), [help]);
    // In a template, through a name that it sets; the role is the reader's own, and shown as well.
    let params = "  a: {type: text, required: true, description: x}\n  b: {type: text, required: true, description: x}";
    let library = library_with(role(params, "{% set c = b ~ '' %}\n{{ a | ruby }}\n{{ c | nginx }}\n"));
    let given = "zdt_roles: [mine]\na: '$'\nb: '$'\n";
    assert!(
        faults(&library, given).starts_with("inventory.yml:6: `b` cannot be used: "),
        "{}",
        faults(&library, given)
    );
    let bound = library.bind(&variables(given)).unwrap();
    let found = bound.render(&Facts::new()).map(|_| ()).unwrap_err();
    let labels = zdt::cli::error::role::report(&found[0]).labels;
    let labels: Vec<String> = labels.iter().map(|(span, label)| format!("{}: {label}", span.place())).collect();
    assert_eq!(labels, ["inventory.yml:6: this value", "templates/a.tera:3: it is used here"]);
}

#[test]
fn what_follows_from_a_fault_is_not_said() {
    let role = "description: x\nparams:\n  a: {type: text, default: x, description: x}\n\
                values: {one: 'a | unix_url', two: 'one ~ one', three: two}\n";
    let library = library_with(own("mine", &[("role.yml", role)]));
    let found = faults(&library, "zdt_roles: [mine]\na: '/\u{e9}'\n");
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[test]
fn a_missing_param_is_not_mistaken_for_ansible_s_own_variables() {
    let role = "description: x\nparams:\n  group_name: {type: text, required: true, description: A group.}\n";
    let library = library_with(own("mine", &[("role.yml", role)]));
    assert_eq!(helps(&library, "zdt_roles: [mine]\n"), ["set `group_name`: A group."]);
    let near = helps(&library, "zdt_roles: [mine]\ngroup_nam: x\n");
    assert_eq!(near, ["did you mean `group_nam` (inventory.yml:5)? `group_name`: A group."]);
}

#[test]
fn a_condition_is_true_or_false() {
    let word = "params:\n  word: {type: text, default: x, description: x}\n  loud: {type: bool, default: false, description: x}\n";
    let cases = [
        ("word", "role.yml:5: a condition must be true or false, not `\"x\"`\n"),
        ("1", "role.yml:5: a condition must be true or false, not `1`\n"),
        ("loud", ""),
        ("not loud and word == 'x'", ""),
        ("true", ""),
    ];
    for (when, expected) in cases {
        let role = format!("description: x\n{word}notices: [{{level: info, text: x, when: \"{when}\"}}]\n");
        let library = library_with(own("mine", &[("role.yml", &role)]));
        assert_eq!(faults(&library, "zdt_roles: [mine]\n"), expected, "{when}");
    }
}

#[test]
fn contents_that_differ_are_told_by_their_first_lines_that_do() {
    let role = |name: &str, content: &str| {
        let role =
            format!("description: x\nresources: [{{file: {{path: /a, mode: '0644', content: \"{content}\"}}}}]\n");
        own(name, &[("role.yml", &role)])
    };
    let mut files = role("one", "same\\nleft\\nsame");
    files.extend(role("two", "same\\nright"));
    let found = faults(&library_with(files), "zdt_roles: [one, two]\n");
    assert_eq!(found, "roles `one` and `two` want `/a` differently: its content, `left` and `right`\n");
}
