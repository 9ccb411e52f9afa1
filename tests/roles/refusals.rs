//! What the roles refuse to do to a host, for the site would go down.

use std::collections::BTreeMap;

use zdt::resource::{Facts, Level};

use super::{library, places, variables};

/// The texts of the refusals of `puma_config` on a host that has these variables and facts.
fn refusals(lines: &str, facts: &[(&str, &[(&str, &str)])]) -> Vec<String> {
    let keys = |keys: &[(&str, &str)]| keys.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    let facts: Facts = facts.iter().map(|(name, known)| ((*name).into(), keys(known))).collect::<BTreeMap<_, _>>();
    let lines = format!("zdt_roles: [puma_config]\napp_name: shop\napp_path: /srv/shop\n{lines}");
    let bound = library().bind(&variables(&lines)).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let desired = bound.render(&facts).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let refusals = desired.notices.into_iter().filter(|notice| notice.level == Level::Refusal);
    refusals.map(|notice| notice.text).collect()
}

#[test]
fn a_folder_that_would_shut_nginx_out_is_refused() {
    let cases: &[(&str, &str, &str, bool)] = &[
        ("nginx", "nginx", "", true),
        ("nginx", "nginx,www-data-too", "", true),
        ("nginx", "nginx", "nginx_group: nginx", false),
        ("nginx", "nginx,www-data", "", false),
        ("www-data", "www-data", "", false),
        ("root", "root", "", false),
        ("shop", "shop", "", false),
    ];
    for (user, groups, line, is_refused) in cases {
        let found = refusals(line, &[("nginx", &[("worker_user", user), ("worker_groups", groups)])]);
        assert_eq!(found.len(), usize::from(*is_refused), "{user} {groups} {line}: {found:?}");
        assert!(found.iter().all(|text| text.contains("Set `nginx_group` to a group of theirs, such as `nginx`;")));
    }
    assert_eq!(refusals("", &[("nginx", &[("version", "1.22.1")])]), [""; 0]);
}

#[test]
fn a_socket_that_puma_holds_under_other_words_is_refused() {
    const PATH: &str = "/srv/shop/shared/tmp/sockets/puma.sock";
    let cases = [
        (format!("unix://{PATH}?umask=0117"), "", true),
        (format!("unix:{PATH}"), "", true),
        (format!("tcp://0.0.0.0:80,unix://{PATH}?backlog=9"), "", true),
        (format!("unix://{PATH}?umask=0117"), "puma_socket_umask: '0117'", false),
        (format!("tcp://0.0.0.0:80,unix://{PATH}"), "", false),
        (format!("unix://{PATH}2"), "", false),
        (format!("unix:///old{PATH}"), "", false),
        ("tcp://0.0.0.0:80".to_owned(), "", false),
    ];
    for (binds, line, is_refused) in &cases {
        let found = refusals(line, &[("puma", &[("active_state", "active"), ("binds", binds)])]);
        assert_eq!(found.len(), usize::from(*is_refused), "{binds} {line}: {found:?}");
        for text in found {
            assert!(text.contains("`puma_socket_umask`") && text.contains("stop Puma first"), "{text}");
        }
    }
    assert_eq!(refusals("", &[("puma", &[("active_state", "inactive")])]), [""; 0]);
}
