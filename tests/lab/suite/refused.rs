//! What cannot load is refused by plan and by apply, with the checker's own words, before a live byte changes.

use std::fs;
use std::path::Path;

use super::fixture::{Host, Site, Variables};

/// Copies a built-in role beside the inventory and appends to each of its templates: the folder overrides the role.
fn spoil(site: &Site, role: &str, with: &str) {
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

fn refused(suite: &str) {
    let host = Host::naive(suite);
    // Before zdt is set loose, it is the same; after each case, it must be so again.
    let before = host.snapshot();
    let mut wrong = Vec::new();
    for case in CASES {
        let site = Site::new();
        if let Some((role, with)) = case.spoiled {
            spoil(&site, role, with);
        }
        let inventory = site.inventory(&[(&host, case.variables)]);
        for run in [Site::plan, Site::apply] {
            let ran = run(&site, &inventory);
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

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn bookworm() {
    refused("bookworm");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn trixie() {
    refused("trixie");
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn sid() {
    refused("sid");
}
