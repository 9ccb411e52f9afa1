//! Several hosts one at a time, and the ways there that only the user's own ssh configuration knows.

use std::fs;
use std::process::Command;

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

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_jump_host_and_an_alias_are_found_in_the_users_own_configuration() {
    let (jump, behind) = (Host::naive("bookworm"), Host::naive("trixie"));
    let site = Site::new();
    // Only the jump host can reach it: whoever comes from elsewhere finds no way back.
    let rule = "ip route add blackhole";
    let machine = behind.address.rsplit_once('.').expect("an address").0.to_owned() + ".1";
    behind.sh(&format!("{rule} {machine}/32"));
    let config = site.ssh_arguments();
    let options: Vec<&str> = config.iter().filter(|word| word.contains('=')).map(String::as_str).collect();
    let common =
        options.iter().fold(String::new(), |text, option| format!("{text}  {}\n", option.replacen('=', " ", 1)));
    let ssh = site.path("home/.ssh");
    fs::create_dir(&ssh).expect("a folder");
    let text = format!(
        "Host door\n  HostName {}\nHost shop-behind\n  HostName {}\n  ProxyJump door\nHost *\n  User root\n{common}",
        jump.address, behind.address
    );
    fs::write(ssh.join("config"), text).expect("a configuration");
    let roles = "zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config]";
    let app = "app_name: shop\n    app_path: /srv/shop\n    puma_threads: [1, 3]";
    fs::write(
        site.path("inventory.yml"),
        format!("all:\n  vars:\n    {roles}\n    {app}\n  hosts:\n    shop-behind:\n"),
    )
    .expect("an inventory");
    fs::copy(ZDT, site.path("zdt")).expect("zdt");

    // ssh asks the account for its home, not the environment; so for this run the account's home is ours.
    let script = "mount --bind \"$1/home\" \"$(getent passwd \"$(id -u)\" | cut -d: -f6)\" && shift && exec \"$@\"";
    let zdt = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(site.path("")).arg(site.path("zdt")).args(words);
        command.arg(site.path("inventory.yml")).env("NO_COLOR", "1").env_remove("SSH_AUTH_SOCK");
        command.env("XDG_RUNTIME_DIR", site.path("run")).env("XDG_STATE_HOME", site.path("home"));
        Ran::of(
            &command.output().expect("unshare"),
            format!("zdt {}, as a user with this configuration", words.join(" ")),
        )
    };
    zdt(&["plan"]).ended_with(2).says("shop-behind: to change");
    zdt(&["apply", "--yes"]).ended_with(0);
    zdt(&["plan"]).ended_with(0);
    assert!(behind.sh("cat /etc/nginx/conf.d/shop_upstream.conf").contains("max_fails=0"));
    assert!(!jump.sh("cat /etc/nginx/conf.d/shop_upstream.conf").contains("max_fails=0"), "the jump host was changed");

    // The same with `-J` in the inventory, without the alias' own jump.
    let text = fs::read_to_string(ssh.join("config")).expect("a configuration").replace("  ProxyJump door\n", "");
    fs::write(ssh.join("config"), text).expect("a configuration");
    let words = ["plan", "-e", "ansible_ssh_common_args='-J door'"];
    zdt(&words).ended_with(0);
    zdt(&["plan", "--timeout", "3", "--keep", "0"]).ended_with(4);
}
