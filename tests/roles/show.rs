use zdt::cli::role::{list, show};

use super::library;

#[test]
fn list_has_a_line_a_role() {
    let text = list(&library());
    let names: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(
        names,
        ["app", "capistrano_tasks", "nginx_upstream", "puma_config", "puma_socket", "systemd_exec_reload"]
    );
}

#[test]
fn show_tells_what_to_set_and_what_comes_of_it() {
    let text = show(&library(), "nginx_upstream").unwrap();
    for expected in [
        "  app_name  name, required\n",
        "  nginx_upstream_servers  int, default 2\n",
        "  nginx_upstream_path  path, default /etc/nginx/conf.d/{{ app_name }}_upstream.conf\n",
        "\nManages\n\n  template {{ nginx_upstream_path }}\n",
        "\nChecks\n\n  nginx reads the upstream\n",
        "\nHandlers\n\n  reload nginx (nginx_reload)\n",
        "\nLooked at in what runs, by zdt drift\n\n  unit nginx.service: not when facts.running.lost is defined\n  unit nginx.service: not when facts.running.state is defined and \
         facts.running.state == \"failed\"\n  {{ nginx_upstream_path }}: was it read by nginx's workers since it was changed?\n",
        "  zdt_roles: [nginx_upstream]\n  app_name: shop\n",
        "        server unix:/srv/shop/shared/tmp/sockets/puma.sock max_fails=0 fail_timeout=0;\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
}

#[test]
fn an_unknown_role_is_named_with_the_one_that_was_meant() {
    let report = show(&library(), "puma_confg").unwrap_err();
    assert_eq!(report.message, "there is no role `puma_confg`");
    assert_eq!(report.help.as_deref(), Some("did you mean `puma_config`?"));
    let report = show(&library(), "\u{1b}[2Jnothing").unwrap_err();
    assert_eq!(report.message, "there is no role `\\u{1b}[2Jnothing`");
    assert_eq!(report.help.as_deref(), Some("`zdt role list` names them all"));
}

#[test]
fn every_role_can_be_shown() {
    let library = library();
    for name in library.names() {
        let text = show(&library, name).unwrap();
        assert!(text.starts_with(&format!("{name}\n\n")), "{text}");
        assert!(!text.lines().any(|line| line.ends_with(' ')), "trailing blanks in:\n{text}");
    }
}
