//! What cannot load is refused by plan and by apply, with the checker's own words, before a live byte changes.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::fixture::{Host, Ran, Site, Variables, ZDT};

/// Copies a built-in role beside the inventory and appends to each of its templates: the folder overrides the role.
pub fn spoil(site: &Site, role: &str, with: &str) {
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("roles").join(role);
    let ours = site.path("roles").join(role);
    copy(&built_in, &ours);
    let templates = fs::read_dir(ours.join("templates")).expect("a role's templates");
    for template in templates {
        let path = template.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a template");
        fs::write(&path, format!("{}\n{with}\n", text.trim_end())).expect("a template");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a file");
        }
    }
}

struct Case {
    name: &'static str,
    /// A role to spoil, and what its templates get appended.
    spoiled: Option<(&'static str, &'static str)>,
    variables: Variables<'static>,
    says: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "an upstream that nginx does not load",
        spoiled: Some(("nginx_upstream", "upstream nobody {\n}")),
        variables: &[],
        says: "no servers are inside upstream",
    },
    Case {
        name: "a word that nginx does not know",
        spoiled: Some(("nginx_upstream", "upstreem nobody;")),
        variables: &[],
        says: "unknown directive",
    },
    Case {
        name: "puma.rb with a syntax error",
        spoiled: None,
        variables: &[("puma_extra_lines", "['if (']")],
        says: "syntax error",
    },
    Case {
        name: "puma.rb with a setting that no Puma knows",
        spoiled: None,
        variables: &[("puma_extra_lines", "['no_such_setting 1']")],
        says: "no_such_setting",
    },
    Case {
        name: "puma.rb that raises",
        spoiled: None,
        variables: &[("puma_extra_lines", "['raise \"the database is away\"']")],
        says: "the database is away",
    },
    Case {
        name: "a unit line that systemd does not know",
        spoiled: Some(("systemd_exec_reload", "ExecReloaad=/bin/true")),
        variables: &[],
        says: "ExecReloaad",
    },
    Case {
        // Reset first: systemd 252 looks at the first program of a list alone.
        name: "a unit line whose program is not there",
        spoiled: Some(("systemd_exec_reload", "ExecReload=\nExecReload=/no/such/program")),
        variables: &[],
        says: "/no/such/program",
    },
];

#[derive(Clone, Copy)]
enum Way {
    Root,
    Deploy,
    Local,
}

/// Runs zdt where this way has it stand.
fn run(way: Way, site: &Site, host: &Host, variables: Variables<'_>, words: &[&str]) -> Ran {
    let more: Variables<'_> = match way {
        Way::Root => &[],
        Way::Deploy => &[("ansible_user", "deploy"), ("ansible_become", "true")],
        Way::Local => &[("ansible_connection", "local")],
    };
    let inventory = site.inventory(&[(host, &[variables, more].concat())]);
    let Way::Local = way else { return site.zdt(words, &inventory) };
    // Into /root, which no snapshot looks at, and with the roles beside it.
    fs::create_dir_all(site.path("roles")).expect("a folder");
    let packed = site.path("inside.tar");
    let mut tar = Command::new("tar");
    tar.arg("-cf").arg(&packed).arg("-C").arg(site.path("")).args(["inventory.yml", "roles"]);
    assert!(tar.status().expect("tar").success());
    host.push(&packed, "/root/inside.tar");
    let unpack = "cd /root && rm -rf roles && tar --no-same-owner -xf inside.tar";
    let script = format!("{unpack} && NO_COLOR=1 ./zdt {} inventory.yml {}", words[0], words[1..].join(" "));
    Ran::of(&host.sh_output(&script), format!("zdt {}, inside", words.join(" ")))
}

fn refused(suite: &str, way: Way) {
    let host = Host::naive(suite);
    if let Way::Local = way {
        host.push(ZDT.as_ref(), "/root/zdt");
    }
    // Before zdt is set loose, it is the same; after each case, it must be so again.
    let before = host.snapshot();
    let mut wrong = Vec::new();
    for case in CASES {
        let site = Site::new();
        if let Some((role, with)) = case.spoiled {
            spoil(&site, role, with);
        }
        for words in [&["plan"][..], &["apply", "--yes"]] {
            let ran = run(way, &site, &host, case.variables, words);
            let held = std::panic::catch_unwind(|| {
                ran.refused().says(case.says);
            });
            if held.is_err() {
                wrong.push(format!("{}: {}", case.name, ran.what));
            }
            let touched = before.difference(&host.snapshot());
            if !touched.is_empty() {
                wrong.push(format!("{}: {} has touched the host:\n{touched}", case.name, ran.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! refused {
    ($($name:ident: $suite:literal, $way:ident;)*) => {$(
        #[test]
        #[ignore = "boots hosts: needs root, see tests/run"]
        fn $name() {
            refused($suite, Way::$way);
        }
    )*};
}

refused! {
    bookworm: "bookworm", Root;
    trixie: "trixie", Root;
    sid: "sid", Root;
    trixie_as_a_user_with_sudo: "trixie", Deploy;
    sid_from_inside_the_host: "sid", Local;
}
