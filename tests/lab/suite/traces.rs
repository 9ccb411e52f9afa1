//! What zdt leaves on a host, at any moment and after the end, and what it costs: names in folders that services include,
//! processes, requests.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::fixture::{Host, Site};
use super::hold::{Held, Phase};

/// Where a service would take up whatever lies there.
const FOLDERS: [&str; 7] = [
    "/etc/nginx/conf.d",
    "/etc/nginx/sites-available",
    "/etc/nginx/sites-enabled",
    "/etc/systemd/system",
    "/etc/systemd/system/puma.service.d",
    "/etc/systemd/system/sysinit.target.wants",
    "/srv/shop/shared",
];
/// All that may ever appear there: what the roles manage, and the unit that recovers at boot.
const OURS: [&str; 5] = [
    "/etc/nginx/conf.d/shop_upstream.conf",
    "/etc/systemd/system/puma.service.d/10-zdt-exec-reload.conf",
    "/etc/systemd/system/sysinit.target.wants/zdt-recover.service",
    "/etc/systemd/system/zdt-recover.service",
    "/srv/shop/shared/puma.rb",
];

/// The kernel's own record of every name that came into being in these folders.
struct Watch {
    inotify: OwnedFd,
    folders: BTreeMap<i32, &'static str>,
}

impl Watch {
    fn on(root: &Path) -> Watch {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).expect("inotify");
        let watch = |folder: &'static str| {
            let path = root.join(folder.trim_start_matches('/'));
            let number = inotify::add_watch(&inotify, &path, WatchFlags::CREATE | WatchFlags::MOVED_TO);
            (number.unwrap_or_else(|error| panic!("{}: {error}", path.display())), folder)
        };
        let folders = FOLDERS.into_iter().map(watch).collect();
        Watch { inotify, folders }
    }

    /// The paths that appeared, if only for a moment.
    fn appeared(self) -> BTreeSet<String> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        let mut paths = BTreeSet::new();
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::AGAIN) => return paths,
                Err(error) => panic!("inotify: {error}"),
            };
            // Without a folder it says that events were lost.
            let folder = self.folders.get(&event.wd()).expect("all events were kept");
            let name = event.file_name().map(CStr::to_string_lossy).unwrap_or_default();
            paths.insert(format!("{folder}/{name}"));
        }
    }
}

/// The processes that are not the host's own, by their names: what a program of ours would consist of.
fn processes(host: &Host) -> String {
    host.sh("ps -eo pid=,comm=,args= | grep -v \"^ *$$ \" | grep -E '^ *[0-9]+ (sh|dash|sleep|flock|timeout|unshare|tee|cat|systemd-run) ' || true")
}

#[track_caller]
fn only_ours_appeared(watch: Watch, host: &Host) {
    let expected = OURS.map(str::to_owned).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(watch.appeared(), expected, "{}", host.name);
    host.nothing_is_left();
    assert_eq!(processes(host), "", "{}: processes of ours", host.name);
    // systemd remembers the unit of a file that is gone until it next reads its files; it is not active, and cannot start.
    assert_eq!(host.sh("systemctl list-units --plain --no-legend 'zdt*'"), "", "{}", host.name);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn no_name_but_the_managed_ones_ever_appears_where_services_look() {
    let held = Held::at("trixie", Phase::PutBack);
    held.goes_on();
    let (host, site) = (&held.host, Site::new());
    let inventory = site.inventory(&[(host, &[])]);
    host.sh("mkdir -p /etc/systemd/system/puma.service.d /etc/systemd/system/sysinit.target.wants");
    let before = host.snapshot().settled();
    let watch = Watch::on(&host.root());
    site.apply(&inventory).ended_with(5).says("reload nginx");
    only_ours_appeared(watch, host);
    let difference = before.difference(&host.snapshot().settled());
    assert!(difference.is_empty(), "not put back:\n{difference}");

    held.works_again();
    let watch = Watch::on(&host.root());
    site.apply(&inventory).ended_with(0);
    only_ours_appeared(watch, host);
    // What is in sync is not written, not even the same again.
    let watch = Watch::on(&host.root());
    site.apply(&inventory).ended_with(0);
    assert_eq!(watch.appeared(), BTreeSet::new());
}

/// Keeps what each session is sent: it stands before the host's own `sh`.
const LISTEN: &str = r#"#!/bin/dash
case ${2-} in
n=*) tee "/root/said-$(date +%s%N)" | /bin/sh "$@" ;;
*) exec /bin/sh "$@" ;;
esac
"#;

/// The requests of each session since the last look, in order: each is one round trip. What stands in programs is no
/// request.
fn requests(host: &Host) -> Vec<String> {
    let said = host.sh(r#"for said in /root/said-*; do
            awk '/^load /, /^#end$/ { next }
                /^(hello|observe|preflight|run|recover|confirm|revert|follow|history|saved|hints)$/ { printf "%s ", $0 }
                END { print "" }' "$said"
            rm "$said"
        done"#);
    said.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn round_trips_are_few() {
    let (host, site) = (Host::naive("trixie"), Site::new());
    let inventory = site.inventory(&[(&host, &[])]);
    let listener = site.path("listen");
    std::fs::write(&listener, LISTEN).expect("a file in the site");
    host.push(&listener, "/usr/local/sbin/sh");

    site.plan(&inventory).ended_with(2);
    assert_eq!(requests(&host), ["observe preflight"]);
    site.apply(&inventory).ended_with(0);
    // The plan; the change, after a greeting, for it must not be sent twice; and the look over a fresh connection.
    assert_eq!(requests(&host), ["observe preflight", "hello run", "observe confirm"]);
    for words in [&["plan"][..], &["apply", "--yes"], &["drift"]] {
        site.zdt(words, &inventory).ended_with(0);
        assert_eq!(requests(&host), ["observe"], "{words:?}");
    }
    host.sh(&format!("echo '# drift' >>{}", OURS[0]));
    // Who may have done it is asked only where something moved.
    site.zdt(&["drift"], &inventory).ended_with(2);
    assert_eq!(requests(&host), ["observe hints"]);
    site.zdt(&["apply", "--yes", "--confirm-timeout", "0"], &inventory).ended_with(0);
    assert_eq!(requests(&host), ["observe preflight", "hello run observe"]);
}
