//! Servers as teams have them are read into an inventory: as they are, a plan of it changes nothing; else an apply of it brings them to
//! the guide, and nobody's request fails meanwhile.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::fixture::{Host, Ran, Site};
use super::stream::{Stream, Told};

struct Server {
    host: Host,
    site: Site,
}

impl Server {
    fn laid_out(suite: &str, layouts: &[&str]) -> Server {
        let (host, site) = (Host::naive(suite), Site::new());
        layouts.iter().for_each(|layout| drop(host.sh(layout)));
        Server { host, site }
    }

    /// The inventory that zdt made of it, and what zdt said.
    fn import(&self, name: &str, words: &[&str]) -> (PathBuf, Ran) {
        let known = self.site.inventory(&[(&self.host, &[])]);
        let out = self.site.path(name);
        let (known, file) = (known.display().to_string(), out.display().to_string());
        let all = [&["import", "-i", &known, "--out", &file], words].concat();
        let before = self.host.snapshot();
        let ran = self.site.zdt(&all, Path::new(&self.host.name));
        let difference = before.difference(&self.host.snapshot());
        // Where there is a logind, a login itself leaves its session there.
        let touched: Vec<&str> = difference.lines().filter(|line| !line[1..].starts_with(" /run/systemd/")).collect();
        assert!(touched.is_empty(), "import has touched the host: {touched:?}");
        (out, ran)
    }

    /// As it is, nothing changes. Answers with the inventory.
    #[track_caller]
    fn stays_as_it_is(&self, name: &str) -> String {
        let (inventory, ran) = self.import(name, &["--as-is"]);
        ran.ended_with(0);
        self.site.plan(&inventory).ended_with(0).says("in sync");
        std::fs::read_to_string(inventory).expect("an inventory")
    }

    #[track_caller]
    fn comes_to_the_guide(&self) -> (String, Ran) {
        let (inventory, ran) = self.import("guide.yml", &[]);
        ran.ended_with(0);
        self.site.plan(&inventory).ended_with(2);
        let stream = Stream::start(&self.host.address);
        let applied = self.site.apply(&inventory);
        thread::sleep(Duration::from_millis(500));
        let Told { sent, failures, .. } = stream.tell();
        applied.ended_with(0);
        assert!(
            failures.is_empty() && sent > 20,
            "{} of {sent} failed: {failures:?}\n{}",
            failures.len(),
            applied.all()
        );
        self.site.plan(&inventory).ended_with(0);
        self.host.nothing_is_left();
        (std::fs::read_to_string(inventory).expect("an inventory"), ran)
    }
}

#[track_caller]
fn holds(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
}

fn unit_of_the_system(suite: &str) {
    let server = Server::laid_out(suite, &[]);
    holds(&server.stays_as_it_is("before.yml"), &["        - app\n", "# not mapped: puma.service: role `puma_config`"]);
    let (inventory, _) = server.comes_to_the_guide();
    holds(
        &inventory,
        &["puma_config_mode: settings", "[1, 5]", "- nginx_upstream\n", "- systemd_exec_reload\n", "- puma_config\n"],
    );
    // The team's comments and settings are theirs, and what zdt has set can be said as it is.
    let after = server.stays_as_it_is("after.yml");
    holds(&after, &["- nginx_upstream", "- systemd_exec_reload", "- puma_config"]);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_unit_of_the_system_with_an_upstream_of_its_own_is_read_on_bookworm() {
    unit_of_the_system("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_unit_of_the_system_with_an_upstream_of_its_own_is_read_on_trixie() {
    unit_of_the_system("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_unit_of_a_user_with_an_upstream_in_the_sites_file_is_read() {
    let layouts = [include_str!("../naive_user.sh"), include_str!("../naive_site.sh")];
    let server = Server::laid_out("trixie+libpam-systemd", &layouts);
    // The guide's own line is there already.
    let before = server.stays_as_it_is("before.yml");
    holds(&before, &["- nginx_upstream", "puma_guide_literal: true", "nginx_upstream_mode: edit"]);
    let (inventory, _) = server.comes_to_the_guide();
    holds(
        &inventory,
        &[
            "puma_service: puma_shop_production.service",
            "puma_service_scope: user",
            "puma_service_home: /srv/shop",
            "nginx_upstream_mode: edit",
            "nginx_upstream_path: /etc/nginx/sites-available/shop",
        ],
    );
    let site = server.host.sh("cat /etc/nginx/sites-available/shop");
    holds(
        &site,
        &["# The team's own.", "map $http_upgrade", "max_fails=0 fail_timeout=0;", "proxy_set_header Host $http_host;"],
    );
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn two_apps_under_login_shells_are_read_as_far_as_they_can_be() {
    let layouts = [include_str!("../naive_two.sh"), include_str!("../naive_wrapped.sh")];
    let server = Server::laid_out("bookworm", &layouts);
    server.stays_as_it_is("before.yml");
    let (inventory, ran) = server.comes_to_the_guide();
    holds(&inventory, &["# shop\n", "# my-app\n", "app_path: /srv/my-app", "puma_service: my-app.service"]);
    assert_eq!(inventory.matches("- nginx_upstream:").count(), 2, "{inventory}");
    assert_eq!(inventory.matches("- puma_config:").count(), 1, "{inventory}");
    ran.says("my-app.service: its main process is /usr/bin/bash and not Puma");
    ran.says("/etc/systemd/system/my-app.service:7");
    assert!(!format!("{}{inventory}", ran.all()).contains("hunter2"), "{}", ran.all());
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn whoever_may_not_look_says_so() {
    let server = Server::laid_out("trixie", &[]);
    let known = server.site.inventory(&[(&server.host, &[("ansible_user", "nosudo")])]);
    let known = known.display().to_string();
    let ran = server.site.zdt(&["import", "-i", &known], Path::new(&server.host.name));
    ran.ended_with(4).says("could not look");
}
