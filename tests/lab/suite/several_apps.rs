//! Two apps on one host, as instances of one template, one of them with a name that systemd escapes.

use std::path::PathBuf;
use std::time::Duration;

use super::fixture::{Host, Ran, Site};
use super::stream::{Stream, Told};

/// What all three roles take of each app.
const APPS: [&str; 2] = [
    "app_name: shop, app_path: /srv/shop, app_user: shop, app_group: shop, puma_service: puma@shop.service, \
     puma_config_path: /srv/shop/shared/puma.rb",
    r"app_name: my-app, app_path: /srv/my-app, app_user: my-app, app_group: my-app, puma_service: 'puma@my\x2dapp.service', puma_config_path: /srv/my-app/shared/puma.rb",
];

struct Apps {
    host: Host,
    site: Site,
}

impl Apps {
    fn naive(suite: &str) -> Apps {
        let (host, site) = (Host::naive(suite), Site::new());
        host.sh(include_str!("../naive_two.sh"));
        Apps { host, site }
    }

    /// The roles of both; the second app with `more`.
    fn inventory(&self, more: &str) -> PathBuf {
        let roles: Vec<String> = APPS
            .iter()
            .zip(["", more])
            .flat_map(|(app, more)| {
                ["nginx_upstream", "systemd_exec_reload", "puma_config"].map(|role| {
                    let more = if role == "puma_config" { more } else { "" };
                    format!("{{{role}: {{{app}{more}}}}}")
                })
            })
            .collect();
        self.site.inventory(&[(&self.host, &[("zdt_roles", &format!("[{}]", roles.join(", ")))])])
    }

    fn zdt(&self, words: &str, more: &str) -> Ran {
        self.site.zdt(&words.split(' ').collect::<Vec<_>>(), &self.inventory(more))
    }

    fn workers(&self, user: &str) -> String {
        self.host.sh(&format!("pgrep -u {user} -f 'puma: cluster worker' | sort"))
    }

    fn switch(&self, app: &str, release: &str) {
        self.host.sh(&format!(
            "ln -sfn /srv/{app}/releases/{release} /srv/{app}/current && chown -h {app}: /srv/{app}/current"
        ));
    }

    /// Which release of each app answers.
    fn answering(&self) -> String {
        self.host
            .sh("for host in localhost my-app.test; do for i in $(seq 30); do curl -s --max-time 20 -H \"Host: $host\" localhost | \
                 sed 's/ pid.*//'; done | sort -u; done")
            .trim()
            .replace('\n', ", ")
    }

    fn under_load(&self, what: impl FnOnce() -> Ran) -> Ran {
        let stream = Stream::start(&self.host.address);
        let ran = what();
        std::thread::sleep(Duration::from_millis(500));
        let Told { sent, failures, .. } = stream.tell();
        assert!(failures.is_empty() && sent > 20, "{} of {sent} failed: {failures:?}", failures.len());
        ran
    }
}

fn tell(suite: &str) {
    let apps = Apps::naive(suite);
    let ran = apps.under_load(|| apps.zdt("apply --yes", ""));
    ran.ended_with(0);
    ran.says("puma@shop.service: ").says(r"puma@my\x2dapp.service: ").says("Witness: 1 host");
    let reloads = ran.stdout.matches("reload nginx [reload]").count();
    assert_eq!(reloads, 1, "{suite}: nginx is reloaded once for both\n{}", ran.stdout);
    apps.zdt("plan", "").ended_with(0);
    apps.zdt("drift", "").ended_with(0);
    apps.host.nothing_is_left();
    for unit in ["puma@shop.service", r"'puma@my\x2dapp.service'"] {
        let reload = apps.host.sh(&format!("systemctl show --property ExecReload --value {unit}"));
        assert!(reload.contains("/usr/local/lib/zdt/await-roll"), "{suite} {unit}: {reload}");
    }
    let stats = apps.zdt("stats", "");
    stats.ended_with(0);
    assert!(
        stats.stdout.contains("puma@shop.service") && stats.stdout.contains(r"puma@my\x2dapp.service"),
        "{}",
        stats.stdout
    );

    // One app's settings are no other's.
    let of_shop = apps.workers("shop");
    let ran = apps.under_load(|| apps.zdt("apply --yes", ", puma_workers: 3"));
    ran.ended_with(0);
    assert!(!ran.stdout.contains("/srv/shop/shared/puma.rb") && !ran.stdout.contains("reload nginx"), "{}", ran.stdout);
    assert_eq!(apps.workers("shop"), of_shop, "{suite}: the other app's workers were restarted");
    assert_eq!(apps.workers("my-app").lines().count(), 3, "{suite}");

    let more = ", puma_workers: 3";
    apps.switch("shop", "r2");
    apps.switch("my-app", "r2");
    apps.under_load(|| apps.zdt("reload --yes", more)).ended_with(0);
    assert_eq!(apps.answering(), "release=r2, app=my-app release=r2", "{suite}");

    // What does not boot holds back both, before either is touched.
    let before = (apps.workers("shop"), apps.workers("my-app"));
    apps.switch("shop", "r1");
    apps.host.sh("mkdir /srv/my-app/releases/r3 && echo 'raise \"no such table\"' >/srv/my-app/releases/r3/config.ru");
    apps.switch("my-app", "r3");
    let ran = apps.under_load(|| apps.zdt("reload --yes", more));
    ran.ended_with(5);
    ran.says("`r3` does not boot, a trial showed").says("no such table");
    assert_eq!((apps.workers("shop"), apps.workers("my-app")), before, "{suite}");
    // Without a trial the second app fails, and the first goes back to what it served before, not to the second's.
    apps.under_load(|| apps.zdt("reload --yes --no-trial", more)).ended_with(5);
    assert_eq!(apps.answering(), "release=r2, app=my-app release=r2", "{suite}");
    let links = apps.host.sh("readlink /srv/shop/current /srv/my-app/current");
    assert_eq!(links, "/srv/shop/releases/r2\n/srv/my-app/releases/r2\n", "{suite}");

    // One that has stopped holds back both, before either is touched.
    let before = apps.workers("shop");
    apps.switch("shop", "r1");
    apps.host.sh(r"systemctl stop 'puma@my\x2dapp.service'");
    for words in ["reload --yes", "reload --yes --no-trial"] {
        apps.zdt(words, more).ended_with(5).says(r"`puma@my\x2dapp.service` is inactive: it has no workers to restart");
        assert_eq!(apps.workers("shop"), before, "{suite}");
    }
    apps.host.sh(r"systemctl start 'puma@my\x2dapp.service'");
    apps.host.until("curl -sf -H 'Host: my-app.test' localhost", Duration::from_secs(30));
    apps.switch("shop", "r2");

    apps.host.sh("echo '# moved' >>/srv/my-app/shared/puma.rb");
    let ran = apps.zdt("drift", more);
    ran.ended_with(2).says("/srv/my-app/shared/puma.rb");
    assert!(!ran.stdout.contains("/srv/shop/"), "{}", ran.stdout);
    apps.zdt("apply --yes --only drifted", more).ended_with(0);
    apps.zdt("drift", more).ended_with(0);
    apps.zdt("check", more);
    apps.host.nothing_is_left();
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn bookworm_serves_two_apps() {
    tell("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn trixie_serves_two_apps() {
    tell("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn sid_serves_two_apps() {
    tell("sid");
}
