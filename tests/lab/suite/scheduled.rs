//! `zdt drift` as people run it at night: by cron and by a systemd timer of the host itself.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::fixture::{Host, Site, ZDT};

/// The app's own host looks after itself.
const INVENTORY: &str = "\
all:
  hosts:
    here:
      ansible_connection: local
      app_name: shop
      app_path: /srv/shop
      zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config]
";

/// Stands where cron looks for a mailer, and keeps what it would have sent.
const MAILER: &str = "#!/bin/sh\ncat >>/root/mails\n";

fn night_watch() -> (Site, Host) {
    let (site, host) = (Site::new(), Host::naive("trixie+cron"));
    for (name, text, to) in
        [("inventory", INVENTORY, "/etc/zdt/inventory.yml"), ("mailer", MAILER, "/usr/sbin/sendmail")]
    {
        let file = site.path(name);
        std::fs::write(&file, text).expect("a file in the site");
        host.sh("mkdir -p /etc/zdt /var/lib/metrics");
        host.push(&file, to);
    }
    host.push(Path::new(ZDT), "/usr/local/bin/zdt");
    host.sh("zdt apply --yes /etc/zdt/inventory.yml");
    (site, host)
}

const DRIFT: &str = "echo '# mine' >>/etc/nginx/conf.d/shop_upstream.conf";

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn cron_mails_drift_and_nothing_else() {
    let (_site, host) = night_watch();
    host.sh("zdt drift /etc/zdt/inventory.yml --only-changes --prometheus /var/lib/metrics/zdt.prom --every 1m --print-cron \
             | { echo MAILTO=root; cat; } | crontab -; systemctl start cron");
    host.until("test -s /var/lib/metrics/zdt.prom", Duration::from_secs(90));
    assert_eq!(host.sh("cat /root/mails 2>/dev/null || true"), "", "a clean host was mailed about");
    host.sh(DRIFT);
    host.until("grep -q shop_upstream.conf /root/mails", Duration::from_secs(90));
    // The same again is no news.
    host.sh("rm /root/mails /var/lib/metrics/zdt.prom");
    host.until("test -s /var/lib/metrics/zdt.prom", Duration::from_secs(90));
    assert_eq!(host.sh("cat /root/mails 2>/dev/null || true"), "", "the same drift was mailed about twice");
    assert!(host.sh("cat /var/lib/metrics/zdt.prom").contains("state=\"drifted\"} 1"));
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_timer_looks_and_its_figures_are_read_by_prometheus() {
    let (site, host) = night_watch();
    host.sh("zdt drift /etc/zdt/inventory.yml --prometheus /var/lib/metrics/zdt.prom --every 1m --install-timer --yes");
    let timer =
        host.sh("systemctl list-timers --all --plain --no-legend 'zdt-drift-*' | grep -o 'zdt-drift-[^ ]*timer'");
    let service = timer.trim().replace(".timer", ".service");
    host.sh(&format!("systemd-analyze verify /etc/systemd/system/{service}"));
    host.until("test -s /var/lib/metrics/zdt.prom", Duration::from_secs(120));
    host.until(&format!("systemctl show -p Result {service} | grep -q success"), Duration::from_secs(20));
    host.sh(DRIFT);
    host.sh_output(&format!("systemctl start {service}"));
    let journal = host.sh(&format!("journalctl -u {service} -o cat --no-pager"));
    assert!(journal.contains("shop_upstream.conf"), "{journal}");
    let figures = site.path("zdt.prom");
    std::fs::copy(host.root().join("var/lib/metrics/zdt.prom"), &figures).expect("the figures");
    let parsed =
        Command::new("/usr/bin/python3").arg("-c").arg(READS).arg(&figures).output().expect("Debian's own python3");
    assert_eq!(String::from_utf8_lossy(&parsed.stdout), "1.0 2.0\n", "{}", String::from_utf8_lossy(&parsed.stderr));
    host.sh("zdt drift /etc/zdt/inventory.yml --remove-timer --yes");
    assert_eq!(host.sh("systemctl list-unit-files --plain --no-legend 'zdt-drift*' || true"), "");
}

/// Prometheus' own parser of its text format.
const READS: &str = "
import sys
from prometheus_client.parser import text_string_to_metric_families
samples = {}
for family in text_string_to_metric_families(open(sys.argv[1]).read()):
    for sample in family.samples:
        samples[(sample.name, sample.labels.get('state'))] = sample.value
print(samples['zdt_drift_hosts', 'drifted'], samples['zdt_drift_exit_code', None])
";
