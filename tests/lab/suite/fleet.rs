//! Several hosts one at a time, and the ways there that only the user's own ssh configuration knows.

use std::fs;
use std::process::{Command, Stdio};

use super::fails::SQUATTER;
use super::fixture::{Host, Ran, Site, ZDT};
use super::refused::spoil;

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn one_at_a_time_a_failure_stops_the_ones_behind_it() {
    let (first, second, third) = (Host::naive("bookworm"), Host::naive("trixie"), Host::naive("sid"));
    let site = Site::new();
    spoil(&site, "nginx_upstream", "server { listen 8123; return 204; }");
    let inventory = site.inventory(&[(&first, &[]), (&second, &[]), (&third, &[])]);
    second.sh(SQUATTER);
    let (second_before, third_before) = (second.snapshot(), third.snapshot());
    let ran = site.zdt(&["apply", "--yes", "--json", "--forks", "1"], &inventory);
    ran.ended_with(5);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a document");
    let outcomes: Vec<_> = document["applied"].as_array().expect("a list").iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["committed", "put back", "not started"], "{}", ran.stdout);
    let touched = second_before.settled().difference(&second.snapshot().settled());
    assert!(touched.is_empty(), "the second was not put back:\n{touched}");
    let touched = third_before.difference(&third.snapshot());
    assert!(touched.is_empty(), "the third was touched:\n{touched}");

    second.sh("systemctl stop squatter");
    site.zdt(&["apply", "--yes", "--forks", "1"], &inventory).ended_with(0).says("2 hosts changed and verified");
    site.zdt(&["plan", "--forks", "1"], &inventory).ended_with(0);
}

/// A jump host, a host behind it that nobody else reaches, and a user whose ssh configuration names both.
struct Behind {
    jump: Host,
    host: Host,
    site: Site,
}

impl Behind {
    /// `jump_line` stands in the configuration of the host behind.
    fn new(jump_line: &str) -> Self {
        let (jump, host, site) = (Host::naive("bookworm"), Host::naive("trixie"), Site::new());
        // Whoever comes from this machine finds no way back.
        let (network, _) = host.address.rsplit_once('.').expect("an address");
        host.sh(&format!("ip route add blackhole {network}.1/32"));
        let ours = site.ssh_arguments();
        let options = ours.iter().filter_map(|word| word.split_once('='));
        let options = options.fold(String::new(), |text, (name, value)| format!("{text}  {name} {value}\n"));
        let (near, far) = (&jump.address, &host.address);
        let hosts = format!("Host door\n  HostName {near}\nHost shop-behind\n  HostName {far}\n{jump_line}\n");
        fs::create_dir(site.path("home/.ssh")).expect("a folder");
        let configuration = format!("{hosts}Host *\n  User root\n{options}");
        fs::write(site.path("home/.ssh/config"), configuration).expect("a configuration");
        let inventory = "all:\n  vars:\n    zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config]\n    \
                         app_name: shop\n    app_path: /srv/shop\n    puma_threads: [1, 3]\n  hosts:\n    shop-behind:\n";
        fs::write(site.path("inventory.yml"), inventory).expect("an inventory");
        fs::copy(ZDT, site.path("zdt")).expect("zdt");
        Self { jump, host, site }
    }

    /// ssh asks the account for its home, not the environment; so for this run the account's home is ours.
    fn zdt(&self, words: &[&str]) -> Ran {
        let script = "mount --bind \"$1/home\" \"$(getent passwd \"$(id -u)\" | cut -d: -f6)\" && shift && exec \"$@\"";
        let site = &self.site;
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(site.path("")).arg(site.path("zdt")).args(words);
        command.arg(site.path("inventory.yml")).env("NO_COLOR", "1").env_remove("SSH_AUTH_SOCK");
        command.env("XDG_RUNTIME_DIR", site.path("run")).env("XDG_STATE_HOME", site.path("home"));
        Ran::of(&command.stdin(Stdio::null()).output().expect("unshare"), format!("zdt {}", words.join(" ")))
    }

    fn converges(&self, more: &[&str]) {
        self.zdt(&[&["plan"], more].concat()).ended_with(2).says("shop-behind: to change");
        self.zdt(&[&["apply", "--yes"], more].concat()).ended_with(0);
        self.zdt(&[&["plan"], more].concat()).ended_with(0);
        let upstream = |host: &Host| host.sh("cat /etc/nginx/conf.d/shop_upstream.conf");
        assert!(upstream(&self.host).contains("max_fails=0"));
        assert!(!upstream(&self.jump).contains("max_fails=0"), "the jump host was changed");
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn an_alias_and_its_jump_host_are_found_in_the_users_own_configuration() {
    Behind::new("  ProxyJump door").converges(&[]);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_jump_host_of_the_inventory_is_jumped_through_once() {
    let behind = Behind::new("");
    behind.zdt(&["plan", "--timeout", "3"]).ended_with(4).says("no answer within 3 s");
    behind.converges(&["-e", "ansible_ssh_common_args='-J door'"]);
}
