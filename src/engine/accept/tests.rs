//! A host that answered so: what is asked of it is not what these cases are about.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::project;
use crate::resource::{PathSeen, UnitSeen};

const INVENTORY: &str = "all:\n  hosts:\n    web1:\n  vars:\n    zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config]\n    app_name: shop\n    app_path: /srv/shop\n";
const VERSION: &str = "6.6.0";

struct Case {
    _folder: tempfile::TempDir,
    asked: Asked,
    job: Job,
    observation: Observation,
}

/// A host on which all is as wanted.
fn converged(more: &str, resource: &str) -> Case {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("inventory.yml"), format!("{INVENTORY}{more}")).expect("written");
    let project = project::read(&folder.path().join("inventory.yml"), &[]).expect("read");
    let (asked, job) = Asked::new(project, "web1", resource).expect("asked");
    let puma = BTreeMap::from([("version".to_owned(), VERSION.to_owned())]);
    let mut observation = Observation::default();
    observation.facts.insert("puma".to_owned(), puma);
    for resource in job.wanted(&observation).expect("rendered").resources {
        let word = |attribute| resource.desired.word(attribute).unwrap_or_default().to_owned();
        let seen = PathSeen {
            kind: word(Attribute::Type),
            mode: word(Attribute::Mode),
            owner: word(Attribute::Owner),
            group: word(Attribute::Group),
            sha256: resource.desired.content().map(|content| content.sha256.clone()),
            content: resource.desired.content().and_then(|content| content.bytes.clone()),
            ..PathSeen::default()
        };
        if let Some(crate::resource::Value::Words(words)) = resource.desired.get(Attribute::ExecReload) {
            let unit = UnitSeen { exec_reload: words.clone(), ..UnitSeen::default() };
            observation.units.insert(resource.id.name.clone(), unit);
        } else {
            observation.paths.insert(resource.id.name.clone(), seen);
        }
    }
    Case { _folder: folder, asked, job, observation }
}

impl Case {
    fn answer(&self) -> Accepted {
        self.asked.answer(&self.job, &self.observation).expect("looked")
    }

    fn settings(&self) -> Vec<(String, Value)> {
        match self.answer() {
            Accepted::Proposed(proposal) => {
                proposal.settings.into_iter().map(|setting| (setting.name, setting.after)).collect()
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_units_effective_state_that_no_param_drives_is_beyond() {
    let mut case = converged("", "unit puma.service");
    assert!(matches!(case.answer(), Accepted::InSync));
    let unit = case.observation.units.get_mut("puma.service").expect("the unit");
    unit.exec_reload = vec!["/bin/kill -HUP $MAINPID".to_owned()];
    let Accepted::Refused(why) = case.answer() else { panic!("taken over") };
    let Refused::Beyond(beyond) = *why else { panic!("{why:?}") };
    assert_eq!((beyond.knobs.role.as_str(), beyond.rest.len()), ("systemd_exec_reload", 1));
    assert_eq!(beyond.rest[0].attribute, Attribute::ExecReload);
    assert!(!beyond.spent);
}

#[test]
fn an_owner_that_a_param_names_is_taken_over_if_nothing_else_has_it() {
    let path = "/srv/shop/shared/tmp/sockets";
    let mut case = converged("", path);
    path_of(&mut case, path).group = "nginx".to_owned();
    assert_eq!(case.settings(), [("nginx_group".to_owned(), Value::from("nginx"))]);
    path_of(&mut case, path).owner = "deploy".to_owned();
    let Accepted::Refused(why) = case.answer() else { panic!("taken over") };
    let Refused::Others { others, settings } = *why else { panic!("{why:?}") };
    let names: Vec<&str> = settings.iter().map(|setting| setting.name.as_str()).collect();
    assert_eq!(names, ["app_user", "nginx_group"]);
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    assert_eq!(others, ["/srv/shop/shared/puma.rb", "/srv/shop/shared/tmp/pids"]);
}

fn path_of<'a>(case: &'a mut Case, path: &str) -> &'a mut PathSeen {
    case.observation.paths.get_mut(path).expect("a path")
}

#[test]
fn a_variable_that_others_are_made_from_is_found_through_them() {
    // `puma_workers` of web1 comes from `cores`, which nothing but this names.
    let mut case = converged("    cores: 2\n    puma_workers: \"{{ cores }}\"\n", "/srv/shop/shared/puma.rb");
    let seen = path_of(&mut case, "/srv/shop/shared/puma.rb");
    let text = String::from_utf8_lossy(seen.content.as_deref().expect("content")).replace("workers 2", "workers 8");
    (seen.sha256, seen.content) = (Some(crate::resource::sha256(text.as_bytes())), Some(text.into_bytes().into()));
    assert_eq!(case.settings(), [("puma_workers".to_owned(), Value::from(8))]);
}

#[test]
fn a_file_that_changed_meanwhile_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let edit = |name: &str, before: Option<&str>| Edit {
        path: folder.path().join("host_vars").join(name),
        before: before.map(str::to_owned),
        after: "a: 2\n".to_owned(),
        keys: vec!["a".to_owned()],
    };
    assert!(write(&[edit("new.yml", None)]).is_ok());
    for (before, ok) in [(None, false), (Some("a: 1\n"), false), (Some("a: 2\n"), true)] {
        // The other one is not written either.
        let written = write(&[edit("other.yml", None), edit("new.yml", before)]);
        assert_eq!(written.is_ok(), ok, "{before:?}: {written:?}");
        assert_eq!(folder.path().join("host_vars/other.yml").exists(), ok);
    }
}
