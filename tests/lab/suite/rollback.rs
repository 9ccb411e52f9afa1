//! Back to before a transaction, on a host whose services must follow; and what no role wants any more.

use super::fixture::{Host, Site};

const PUMA: &str = "grep -E '^workers|^threads' /srv/shop/shared/puma.rb";
const EXEC_RELOAD: &str = "systemctl show --property ExecReload --value puma.service";

fn back_and_forth(suite: &str) {
    let (host, site) = (Host::naive(suite), Site::new());
    let three: &[(&str, &str)] = &[("puma_workers", "3")];
    let before = (host.sh("cat /srv/shop/shared/puma.rb"), host.sh("stat -c '%a %U %G %Y' /srv/shop/shared/puma.rb"));
    site.apply(&site.inventory(&[(&host, &[])])).ended_with(0);
    let first = host.sh("ls /var/lib/zdt/history");
    site.apply(&site.inventory(&[(&host, three)])).ended_with(0);
    let inventory = site.inventory(&[(&host, &[])]);

    site.zdt(&["rollback", "--yes"], &inventory).ended_with(0).says("restart puma").says("committed, 1 change");
    assert!(host.sh(PUMA).contains("workers 2"));
    site.plan(&inventory).ended_with(0);

    // To before zdt came: the services run with what was there, from the host's own copies.
    site.zdt(&["rollback", "--yes", "--to", first.trim()], &inventory).ended_with(0).says("reload nginx");
    let now = (host.sh("cat /srv/shop/shared/puma.rb"), host.sh("stat -c '%a %U %G %Y' /srv/shop/shared/puma.rb"));
    assert_eq!(now, before);
    assert_eq!(host.sh(EXEC_RELOAD).trim(), "");
    assert_eq!(host.sh("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/"), "200");
    assert_eq!(host.sh("ls /var/lib/zdt | tr '\\n' ' '").trim(), "applied history lock");

    // And zdt comes again; then one role is not wanted any more.
    site.apply(&inventory).ended_with(0);
    let fewer: &[(&str, &str)] = &[("zdt_roles", "[nginx_upstream, puma_config]")];
    let inventory = site.inventory(&[(&host, fewer)]);
    site.plan(&inventory).ended_with(0).says("No longer wanted: 4 paths");
    assert!(host.sh(EXEC_RELOAD).contains("await-roll"));
    site.zdt(&["apply", "--yes", "--prune"], &inventory).ended_with(0).says("reload systemd");
    assert_eq!(host.sh(EXEC_RELOAD).trim(), "", "systemd runs with what is there");
    site.zdt(&["rollback", "--yes"], &inventory).ended_with(0);
    assert!(host.sh(EXEC_RELOAD).contains("await-roll"));
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn back_and_forth_on_bookworm() {
    back_and_forth("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn back_and_forth_on_trixie() {
    back_and_forth("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn back_and_forth_on_sid() {
    back_and_forth("sid");
}
