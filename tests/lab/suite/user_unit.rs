//! Puma as a unit of the app's own user, as Capistrano's Puma plugin makes it: the whole way, on three generations.
//! The images have libpam-systemd, without which no systemd runs for a user; they have no bus for users.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::fixture::{Host, Ran, Site, Variables};
use super::stream::{Stream, Told};

const UNIT: &str = "puma_shop_production.service";
const OF_USER: Variables<'_> = &[
    ("puma_service", UNIT),
    ("puma_service_scope", "user"),
    ("puma_service_home", "/srv/shop"),
    ("zdt_roles", "[nginx_upstream, systemd_exec_reload, puma_config]"),
];

struct App {
    host: Host,
    site: Site,
    inventory: PathBuf,
}

impl App {
    fn naive(suite: &str) -> App {
        let (host, site) = (Host::naive(&format!("{suite}+libpam-systemd")), Site::new());
        host.sh(include_str!("../naive_user.sh"));
        let inventory = site.inventory(&[(&host, OF_USER)]);
        App { host, site, inventory }
    }

    fn zdt(&self, words: &str) -> Ran {
        self.site.zdt(&words.split(' ').collect::<Vec<_>>(), &self.inventory)
    }

    /// With other variables, once.
    fn zdt_with(&self, words: &str, variables: Variables<'_>) -> Ran {
        let ran =
            self.site.zdt(&words.split(' ').collect::<Vec<_>>(), &self.site.inventory(&[(&self.host, variables)]));
        self.site.inventory(&[(&self.host, OF_USER)]);
        ran
    }

    /// As the app's user, who knows nothing of root.
    fn as_shop(&self, words: &str) -> String {
        self.host.sh(&format!(
            "cd / && exec setpriv --reuid=shop --regid=shop --init-groups -- env HOME=/srv/shop \
             XDG_RUNTIME_DIR=/run/user/$(id -u shop) {words}"
        ))
    }

    fn property(&self, name: &str) -> String {
        self.as_shop(&format!("systemctl --user show --property {name} --value {UNIT}")).trim().to_owned()
    }

    fn switch(&self, release: &str) {
        self.as_shop(&format!("ln -sfn /srv/shop/releases/{release} /srv/shop/current"));
    }

    fn answering(&self) -> String {
        let asks = "for i in $(seq 40); do curl -s --max-time 20 localhost | cut -d' ' -f1; done | sort -u";
        self.host.sh(asks).trim().to_owned()
    }

    fn under_load<T>(&self, what: impl FnOnce() -> T) -> T {
        let stream = Stream::start(&self.host.address);
        let result = what();
        thread::sleep(Duration::from_millis(500));
        let Told { sent, failures, .. } = stream.tell();
        assert!(failures.is_empty() && sent > 20, "{} of {sent} failed: {failures:?}", failures.len());
        result
    }
}

fn tell(suite: &str) {
    let app = App::naive(suite);
    // Nobody has said whose unit it is.
    let before = app.host.snapshot();
    app.zdt_with("check", &[("puma_service", UNIT)]).says("systemd-user-unit").says("puma_service_scope: user");
    let elsewhere = &[("puma_service", UNIT), ("puma_service_scope", "user")];
    app.zdt_with("plan", elsewhere).ended_with(3).says("puma_service_home: /srv/shop");
    let ran = app.zdt("plan");
    ran.ended_with(2);
    ran.says(&format!("/srv/shop/.config/systemd/user/{UNIT}.d/10-zdt-exec-reload.conf"));
    let difference = before.difference(&app.host.snapshot());
    // Where there is a logind, a login itself leaves its session there.
    let touched: Vec<&str> = difference.lines().filter(|line| !line[1..].starts_with(" /run/systemd/")).collect();
    assert!(touched.is_empty(), "{suite}: plan has touched the host: {touched:?}");

    app.under_load(|| app.zdt("apply --yes")).ended_with(0).says(" 0 failed, longest");
    app.zdt("plan").ended_with(0);
    app.host.nothing_is_left();
    assert_eq!(app.property("NRestarts"), "0", "{suite}");
    assert!(app.property("ExecReload").contains("/usr/local/lib/zdt/await-roll"), "{suite}");
    let owned = "stat -c %U:%G /srv/shop/.config/systemd/user/*.d /srv/shop/.config/systemd/user/*.d/*";
    assert_eq!(app.host.sh(owned), "shop:shop\nshop:shop\n", "{suite}");
    app.zdt("drift").ended_with(0);
    app.zdt("check --rule systemd-user-unit --rule systemd-user-linger").ended_with(0);
    app.zdt("stats").ended_with(0).says("6 threads");

    // Whoever deploys needs no root.
    thread::sleep(Duration::from_secs(2));
    app.switch("r2");
    app.under_load(|| app.as_shop(&format!("systemctl --user reload {UNIT}")));
    assert_eq!(app.answering(), "release=r2", "{suite}");

    app.switch("r1");
    app.under_load(|| app.zdt("reload --yes"))
        .ended_with(0)
        .says("reload puma [phased restart]")
        .says(" 0 failed, longest");
    assert_eq!(app.answering(), "release=r1", "{suite}");

    app.host.sh("mkdir /srv/shop/releases/r3 && echo 'raise \"no such table\"' >/srv/shop/releases/r3/config.ru");
    app.switch("r3");
    let ran = app.under_load(|| app.zdt("reload --yes"));
    ran.ended_with(5);
    ran.says("`r3` does not boot, a trial showed: nothing was restarted").says("no such table");
    app.under_load(|| app.zdt("reload --yes --no-trial")).ended_with(5).says("points to `r1` again");
    assert_eq!(app.answering(), "release=r1", "{suite}");
    app.host.nothing_is_left();

    // Another drop-in decides by now, and systemd has not read it.
    app.as_shop(&format!(
        "sh -c \"printf '[Service]\\nExecReload=\\nExecReload=/bin/true\\n' >/srv/shop/.config/systemd/user/{UNIT}.d/99.conf\""
    ));
    app.as_shop("systemctl --user daemon-reload");
    app.zdt("drift").ended_with(2).says(&format!("unit {UNIT} of user shop"));
    app.host.sh(&format!("rm /srv/shop/.config/systemd/user/{UNIT}.d/99.conf"));
    app.zdt("apply --yes").ended_with(0).says("reload the user's systemd");
    app.zdt("drift").ended_with(0);

    app.under_load(|| app.zdt("rollback --yes")).ended_with(0);
    app.as_shop(&format!("systemctl --user stop {UNIT}"));
    app.host.sh("systemd-run --quiet --wait loginctl disable-linger shop");
    app.host.until("! [ -e /run/user/$(id -u shop) ]", Duration::from_secs(30));
    app.zdt("plan").ended_with(4).says("no systemd runs for `shop`").says("loginctl enable-linger shop");
    app.host.sh("systemd-run --quiet --wait loginctl enable-linger shop");
    app.host.until("curl -sf localhost", Duration::from_secs(30));
    app.host.nothing_is_left();
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn bookworm_has_its_app_as_a_unit_of_its_user() {
    tell("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn trixie_has_its_app_as_a_unit_of_its_user() {
    tell("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn sid_has_its_app_as_a_unit_of_its_user() {
    tell("sid");
}

/// What the app's user says of itself counts for what is that user's, and for nothing else.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_users_systemd_cannot_have_root_signal_other_processes() {
    let app = App::naive("trixie");
    app.zdt("apply --yes").ended_with(0);
    // Another user's process that calls itself Puma, named as the main process of the unit.
    app.host.sh("useradd --create-home other; setsid setpriv --reuid=other --regid=other --clear-groups bash -c \
         'exec -a \"puma 6.6.0 (unix:///x) [r1]\" sleep 600' >/dev/null 2>&1 </dev/null &");
    app.host.until("pgrep -u other sleep", Duration::from_secs(5));
    let other = app.host.sh("pgrep -u other sleep").trim().to_owned();
    app.host.sh(&format!(
        "mkdir -p /srv/shop/bin && printf '#!/bin/sh\\nPATH=/usr/bin:/bin\\ncase \" $* \" in *MainPID*) echo ActiveState=active; \
         echo MainPID={other};; *) exec /usr/bin/systemctl.real \"$@\";; esac\\n' >/root/systemctl && chmod 0755 /root/systemctl && \
         mv /usr/bin/systemctl /usr/bin/systemctl.real && printf '#!/bin/sh\\n[ \"$(id -un)\" = root ] || exec /usr/local/sbin/lies \
         \"$@\"\\nexec /usr/bin/systemctl.real \"$@\"\\n' >/usr/bin/systemctl && chmod 0755 /usr/bin/systemctl && \
         install -m 0755 /root/systemctl /usr/local/sbin/lies"
    ));
    let ran = app.zdt("reload --yes --no-witness");
    assert_ne!(ran.code, Some(0), "{} {}", ran.stdout, ran.stderr);
    assert_eq!(app.host.sh("pgrep -u other sleep").trim(), other, "root has signalled somebody else's process");
}
