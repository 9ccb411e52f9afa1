//! Roles that set a part of a file.

use zdt::resource::{Desired, Facts};
use zdt::role::{Library, RoleFile};

use super::{own, places, variables};

const PART: &str = "description: x
params:
  key: {type: text, secret: true, default: a, description: x}
  workers: {type: int, default: 2, description: x}
  fork: {type: bool, default: false, description: x}
resources:
  - puma_settings_in:
      path: /srv/puma.rb
      src: a.tera
      remove: [\"{% if not fork %}fork_worker{% endif %}\", tag]
";

fn role(name: &str, template: &str) -> Vec<RoleFile> {
    own(name, &[("role.yml", PART), ("templates/a.tera", template)])
}

fn rendered(files: &[RoleFile], host: &str) -> Result<Desired, String> {
    let library = Library::parse(files).map_err(|faults| places(&faults))?;
    let bound = library.bind(&variables(host)).map_err(|faults| places(&faults))?;
    bound.render(&Facts::new()).map_err(|faults| places(&faults))
}

#[test]
fn a_part_carries_its_fragment_and_what_shall_be_gone() {
    for (fork, remove) in [("false", &["fork_worker", "tag"][..]), ("true", &["tag"])] {
        let files = role("mine", "workers {{ workers }}\n");
        let desired = rendered(&files, &format!("zdt_roles: [mine]\nfork: {fork}")).unwrap();
        let edit = desired.resources[0].edit.as_ref().unwrap();
        assert_eq!(&edit.fragment[..], b"workers 2\n");
        assert_eq!(edit.remove, remove);
    }
}

#[test]
fn a_question_is_asked_only_where_its_condition_holds() {
    let role = "description: x
params: {mine_mode: {type: choice, choices: [file, edit], default: file, description: x}}
facts: {declared: {kind: [nginx_upstream, /etc/x, shop], when: mine_mode == \"edit\"}}
resources: [{file: {path: /x, content: \"{{ facts.declared.elsewhere | default(value='none') }}\", mode: '0600'}}]
";
    let library = Library::parse(&own("mine", &[("role.yml", role)])).unwrap();
    for (mode, asked, content) in [("file", 0, "none"), ("edit", 1, "/y")] {
        let bound = library.bind(&variables(&format!("zdt_roles: [mine]\nmine_mode: {mode}"))).unwrap();
        assert_eq!(bound.request().facts.len(), asked, "{mode}");
        let facts = Facts::from([("declared".to_owned(), [("elsewhere".to_owned(), "/y".to_owned())].into())]);
        let desired = bound.render(&facts).unwrap();
        let bytes = desired.resources[0].desired.content().unwrap().bytes.clone().unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), content, "{mode}");
    }
    // A condition that needs an answer comes too late.
    let late = role.replace("mine_mode == \"edit\"}}\nres", "facts.declared.elsewhere is defined}}\nres");
    assert!(Library::parse(&own("mine", &[("role.yml", &late)])).is_err());
}

#[test]
fn no_secret_stands_in_a_file_that_is_shown() {
    let told = rendered(&role("mine", "tag {{ key | ruby }}\n"), "zdt_roles: [mine]").unwrap_err();
    assert_eq!(told, "templates/a.tera:1: `key` is a secret, or made from one, and a part of a file is printed\n");
}

#[test]
fn one_file_is_not_wanted_in_two_ways() {
    let whole = "description: x\nresources: [{file: {path: /srv/puma.rb, content: workers 9, mode: '0600'}}]\n";
    let mut files = role("mine", "workers {{ workers }}\n");
    files.extend(own("other", &[("role.yml", whole)]));
    for roles in ["mine, other", "other, mine"] {
        let told = rendered(&files, &format!("zdt_roles: [{roles}]")).unwrap_err();
        assert!(told.contains("want `/srv/puma.rb` differently"), "{told}");
    }
    let twice = "zdt_roles: [mine: {workers: 2}, mine: {workers: 3}]";
    let told = rendered(&files, twice).unwrap_err();
    assert!(told.contains("want `/srv/puma.rb` differently"), "{told}");
    assert!(rendered(&files, "zdt_roles: [mine, mine]").is_ok());
}
