//! A managed path that is not what it should be, or that cannot be written: a clear error that names it, the other
//! files as they were, the app serving.

use super::fixture::{Host, Ran, Site};
use super::stream;

const UPSTREAM: &str = "/etc/nginx/conf.d/shop_upstream.conf";

struct Case {
    name: &'static str,
    /// Run on the host first: makes the path what it must not be.
    spoils: &'static str,
    /// Run on the host last: makes the host naive again.
    mends: &'static str,
    says: &'static str,
    /// Known before anything is written, so that plan says it too.
    plan_refuses: bool,
}

const CASES: &[Case] = &[
    Case {
        name: "a folder",
        spoils: "mv $F /root/kept && mkdir $F && touch $F/somebody",
        mends: "rm -r $F && mv /root/kept $F",
        says: UPSTREAM,
        plan_refuses: true,
    },
    Case {
        name: "a link",
        spoils: "mv $F /root/kept && ln -s /etc/hostname $F",
        mends: "rm $F && mv /root/kept $F",
        says: UPSTREAM,
        plan_refuses: true,
    },
    Case {
        name: "a device",
        spoils: "mv $F /root/kept && mknod $F c 1 3",
        mends: "rm $F && mv /root/kept $F",
        says: UPSTREAM,
        plan_refuses: true,
    },
    Case {
        name: "on a read-only mount",
        spoils: "mount --bind /etc/nginx/conf.d /etc/nginx/conf.d && mount -o remount,bind,ro /etc/nginx/conf.d",
        mends: "umount /etc/nginx/conf.d",
        says: "read-only",
        plan_refuses: false,
    },
    Case {
        // A tmpfs of two pages: the folder's file fills one, and the candidate with its staging finds no room.
        name: "on a full disk",
        spoils: "cp $F /root/kept && mount -t tmpfs -o size=8k,mode=755 zdt-full /etc/nginx/conf.d && cp /root/kept $F \
                 && { head -c 65536 /dev/zero >/etc/nginx/conf.d/filler || true; }",
        mends: "umount /etc/nginx/conf.d && rm /root/kept",
        says: "no space left",
        plan_refuses: false,
    },
];

fn refuses(suite: &str) {
    let host = Host::naive(suite);
    let mut wrong = Vec::new();
    for case in CASES {
        let site = Site::new();
        let inventory = site.inventory(&[(&host, &[])]);
        host.sh(&format!("F={UPSTREAM}; {}", case.spoils));
        let before = host.snapshot();
        let plan = site.plan(&inventory);
        let touched = before.difference(&host.snapshot());
        if !touched.is_empty() {
            wrong.push(format!("{}: plan has touched the host:\n{touched}", case.name));
        }
        let mut hold = |ran: &Ran| {
            let held = std::panic::catch_unwind(|| {
                ran.refused().says(case.says);
            });
            if held.is_err() {
                wrong.push(format!("{}: {}", case.name, ran.what));
            }
        };
        if case.plan_refuses {
            hold(&plan);
        }
        let apply = site.apply(&inventory);
        hold(&apply);
        let touched = before.settled().difference(&host.snapshot().settled());
        if !touched.is_empty() {
            wrong.push(format!("{}: apply has left something:\n{touched}", case.name));
        }
        match stream::get(&host.address) {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => wrong.push(format!("{}: the app answers {}", case.name, answer.status)),
            Err(error) => wrong.push(format!("{}: the app is away: {error}", case.name)),
        }
        host.sh(&format!("F={UPSTREAM}; {}", case.mends));
    }
    // And mended, the very same host converges.
    let site = Site::new();
    let inventory = site.inventory(&[(&host, &[])]);
    site.apply(&inventory).ended_with(0);
    site.plan(&inventory).ended_with(0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn bookworm() {
    refuses("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn trixie() {
    refuses("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn sid() {
    refuses("sid");
}
