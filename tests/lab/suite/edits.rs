//! Files that a team owns: its site with the upstream in it, its puma.rb with comments and a condition. zdt sets its part under
//! load, leaves the rest, and tells a change of the one from a change of the other.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::fixture::{Host, Site};
use super::story::without_a_failed_request;

const SITE: &str = "/etc/nginx/sites-available/shop";
const PUMA: &str = "/srv/shop/shared/puma.rb";
const OUR_SITE: &str = "# Ask Ann before you change it.
upstream shop {
  server unix:/srv/shop/shared/tmp/sockets/puma.sock; # the app
}

server {
    listen 80 default_server;

    location / {
        proxy_pass http://shop;
        proxy_set_header Host $http_host;
    }
}
";
const OUR_PUMA: &str = "# Ours. Ann, 2023.
workers 2
threads 1, 5 # more did not help
environment \"production\"
bind \"unix:///srv/shop/shared/tmp/sockets/puma.sock\"

# Not in production.
if ENV[\"SLOW\"]
  worker_timeout 600
end
";

/// A naive host whose files are the team's own.
fn host(suite: &str) -> Host {
    let host = Host::naive(suite);
    host.sh(&format!(
        "rm /etc/nginx/conf.d/shop_upstream.conf && cat >{SITE} <<'E' && cat >{PUMA} <<'F'\n{OUR_SITE}E\n{OUR_PUMA}F\n"
    ));
    host.sh(&format!(
        "chown root:adm {SITE} && chmod 0640 {SITE} && chmod 0604 {PUMA} && nginx -t -q && systemctl reload nginx && systemctl restart puma"
    ));
    host.until("curl -fs http://127.0.0.1/", Duration::from_secs(20));
    // Workers that have only just booted may hang when told to end (tests/lab/README.md).
    thread::sleep(Duration::from_secs(2));
    host
}

fn inventory(host: &Host, site: &Site) -> PathBuf {
    let edits = [("nginx_upstream_mode", "edit"), ("nginx_upstream_path", SITE), ("puma_config_mode", "settings")];
    site.inventory(&[(host, &edits)])
}

fn files(host: &Host) -> [String; 3] {
    [
        host.sh(&format!("cat {SITE}")),
        host.sh(&format!("cat {PUMA}")),
        host.sh(&format!("stat -c '%n %a %U %G' {SITE} {PUMA}")),
    ]
}

fn theirs_stays(suite: &str) {
    let (host, site) = (host(suite), Site::new());
    // In the wrong file the plan names the right one.
    let wrong = [("nginx_upstream_mode", "edit"), ("nginx_upstream_path", "/etc/nginx/nginx.conf")];
    let lost = site.zdt(&["plan"], &site.inventory(&[(&host, &wrong)]));
    lost.ended_with(3).says("/etc/nginx/nginx.conf: it has no `upstream shop`");
    lost.says("`upstream shop` stands in `/etc/nginx/sites-enabled/shop:2`");
    lost.says(&format!("set `nginx_upstream_path: {SITE}`"));
    let inventory = inventory(&host, &site);
    let before = files(&host);
    assert_eq!((before[0].as_str(), before[1].as_str()), (OUR_SITE, OUR_PUMA));

    let planned = host.snapshot();
    site.plan(&inventory).ended_with(2).says("nginx reads the upstream").says("puma loads its configuration");
    let touched = planned.difference(&host.snapshot());
    assert!(touched.is_empty(), "plan has touched the host:\n{touched}");
    without_a_failed_request(&host.address, || site.apply(&inventory)).ended_with(0);
    site.plan(&inventory).ended_with(0);
    site.zdt(&["drift"], &inventory).ended_with(0);
    let [upstream, puma, owners] = files(&host);
    assert_eq!(owners, before[2]);
    for kept in ["# Ask Ann before you change it.\n", "# the app", "proxy_set_header Host $http_host;"] {
        assert!(upstream.contains(kept), "{upstream}");
    }
    assert_eq!(upstream.matches("max_fails=0 fail_timeout=0;").count(), 2, "{upstream}");
    for kept in ["# Ours. Ann, 2023.\n", "# more did not help\n", "  worker_timeout 600\n"] {
        assert!(puma.contains(kept), "{puma}");
    }
    assert!(puma.contains("threads 1, 3 # more did not help") && puma.contains("preload_app! false"), "{puma}");

    site.zdt(&["rollback", "--yes"], &inventory).ended_with(0);
    assert_eq!(files(&host), before);
    host.until("curl -fs http://127.0.0.1/", Duration::from_secs(20));
    thread::sleep(Duration::from_secs(2));
    site.apply(&inventory).ended_with(0);

    // The team goes on, and has nothing read anew.
    thread::sleep(Duration::from_secs(3));
    host.sh(&format!(
        "sed -i 's/worker_timeout 600/worker_timeout 900/' {PUMA} && sed -i 's/# Ask Ann/# Ask Bob/' {SITE}"
    ));
    let drift = site.zdt(&["drift"], &inventory);
    drift.ended_with(0);
    assert_eq!(drift.stdout, "", "{}", drift.all());
    site.plan(&inventory).ended_with(0);

    host.sh(&format!("sed -i 's/^workers 2/workers 3/' {PUMA}"));
    site.zdt(&["drift"], &inventory).ended_with(2).says("somebody changed it on the server");
    site.zdt(&["apply", "--yes", "--only", "drifted"], &inventory).ended_with(0);
    let [upstream, puma, owners] = files(&host);
    assert!(puma.contains("\nworkers 2\n") && puma.contains("worker_timeout 900"), "{puma}");
    assert!(upstream.contains("# Ask Bob"), "{upstream}");
    assert_eq!(owners, before[2]);
    site.plan(&inventory).ended_with(0);
    host.nothing_is_left();
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_is_theirs_stays_on_bookworm() {
    theirs_stays("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_is_theirs_stays_on_trixie() {
    theirs_stays("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn what_is_theirs_stays_on_sid() {
    theirs_stays("sid");
}
