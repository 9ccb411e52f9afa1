//! What `Library::parse` refuses.

use zdt::role::{Library, built_in};

use super::{own, places};

/// `role.yml` without its description, and all that is wrong with it.
fn faults_of(role_yml: &str, more: &[(&str, &str)]) -> String {
    let text = format!("description: A role.\n{role_yml}");
    let mut files = vec![("role.yml", text.as_str())];
    files.extend(more);
    match Library::parse(&own("mine", &files)) {
        Ok(_) => String::new(),
        Err(faults) => places(&faults),
    }
}

const GOOD: &str = "params:
  size: {type: int, default: 1, description: x}
handlers:
  - {name: go, run: [daemon_reload], says: x}
";

#[test]
fn a_sound_role_has_no_fault() {
    let role =
        format!("{GOOD}resources:\n  - file: {{path: /a, content: '{{{{ size }}}}', mode: '0644'}}\n    notify: go\n");
    assert_eq!(faults_of(&role, &[]), "");
}

#[test]
fn every_fault_of_role_yml() {
    let cases: &[(&str, &str)] = &[
        ("stats: yes\n", "role.yml:2: kind must be a list with the kind first, not the boolean true\n"),
        ("stats: [uptime]\n", "role.yml:2: unknown kind of stats `uptime`\n"),
        ("stats: [puma_stats, a]\n", "role.yml:2: `puma_stats` takes 3 words, not 1\n"),
        ("stats: [puma_stats, a, b, '{{ c }}']\n", "role.yml:2: `c` is not declared\n"),
        ("stats: [puma_stats, a, b, '{{ facts.nginx.version }}']\n", "role.yml:2: `facts` is not known yet\n"),
        ("colour: red\n", "role.yml:2: unknown key `colour`\n"),
        ("params: [a]\n", "role.yml:2: params must be a mapping, not a list\n"),
        ("params:\n  a: {type: intt, description: x}\n", "role.yml:3: unknown type `intt`\n"),
        (
            "params:\n  a: {type: int, description: x, required: true, default: 1}\n",
            "role.yml:3: this param is `required` and has a `default`\n",
        ),
        (
            "params:\n  a: {type: text, auto: true, description: x}\n",
            "role.yml:3: this param has `auto`, which only a bool takes\n",
        ),
        (
            "params:\n  a: {type: int, min: 3, max: 1, description: x}\n",
            "role.yml:3: this param has a `min` above its `max`\n",
        ),
        (
            "params:\n  a: {type: choice, description: x}\n",
            "role.yml:3: this param needs `choices` with the types choice and choices, and only then\n",
        ),
        (
            "params:\n  a: {type: int, default: many, description: x}\n",
            "role.yml:3: `a` must be a whole number, not `many`\n",
        ),
        ("params:\n  facts: {type: int, description: x}\n", "role.yml:3: `facts` cannot name a param\n"),
        ("params:\n  A-b: {type: int, description: x}\n", "role.yml:3: `A-b` cannot name a param\n"),
        (
            "values: {a: '1'}\nparams:\n  a: {type: int, description: x}\n",
            "role.yml:2: the value `a` is declared twice\n",
        ),
        ("values: {a: '{{ 1 }}'}\n", "role.yml:2: this must be an expression without braces, not a text\n"),
        ("uses: [nothing]\n", "role.yml:2: unknown role `nothing`\n"),
        ("uses: [mine]\n", "role.yml:2: roles use each other in a circle: mine → mine\n"),
        ("facts: {a: {kind: [nginxx]}}\n", "role.yml:2: unknown kind of fact `nginxx`\n"),
        ("facts: {a: {kind: []}}\n", "role.yml:2: kind must be a list with the kind first, not a list\n"),
        ("facts: {a: {kind: [puma, x]}}\n", "role.yml:2: `puma` takes 2 words, not 1\n"),
        ("resources: [{fiel: {}}]\n", "role.yml:2: unknown kind of resource `fiel`\n"),
        (
            "resources: [{file: {path: /a, content: x, mode: 0644}}]\n",
            "role.yml:2: mode must be a text in quotes, such as \"0644\", not the number 420\n",
        ),
        ("resources: [{file: {path: /a, mode: '0644'}}]\n", "role.yml:2: `content` is missing\n"),
        ("resources: [{absent: {path: /a, owner: x}}]\n", "role.yml:2: unknown key `owner`\n"),
        ("resources: [{absent: {path: /a}, notfy: x}]\n", "role.yml:2: unknown key `notfy`\n"),
        ("resources: [{absent: {path: /a}, notify: go}]\n", "role.yml:2: unknown handler `go`\n"),
        (
            "resources: [{template: {src: x.tera, dest: /a, mode: '0644'}}]\n",
            "role.yml:2: there is no template `x.tera`\n",
        ),
        ("handlers: [{name: a, run: [explode], says: x}]\n", "role.yml:2: unknown kind of handler `explode`\n"),
        ("handlers: [{name: a, run: [nginx_reload], says: x}]\n", "role.yml:2: `nginx_reload` takes 1 word, not 0\n"),
        ("handlers: [{name: a, run: [daemon_reload], says: x, cost: cheap}]\n", "role.yml:2: unknown cost `cheap`\n"),
        (
            "handlers: [{name: a, run: [], says: x}]\n",
            "role.yml:2: run must be a list with the handler's kind first, not a list\n",
        ),
        (
            "checks: [{name: a, run: []}]\n",
            "role.yml:2: run must be a list with the program's name first, not a list\n",
        ),
        ("notices: [{level: loud, text: x}]\n", "role.yml:2: unknown level `loud`\n"),
        ("notices: [{level: info, text: '{{ nope }}'}]\n", "role.yml:2: `nope` is not declared\n"),
        ("notices: [{level: info, when: nope, text: x}]\n", "role.yml:2: `nope` is not declared\n"),
        ("notices: [{level: info, text: '{{ 1 |'}]\n", "role.yml:2: this is no Tera template\n"),
        ("notices: [{level: info, text: '{{ 1 | rubby }}'}]\n", "role.yml:2: this is no Tera template\n"),
        (
            "facts: {puma: {kind: [nginx]}}\nresources: [{absent: {path: '/{{ facts.puma.version }}'}}]\n",
            "role.yml:3: `facts` is not known yet\n",
        ),
        ("values: {v: '1'}\nresources: [{absent: {path: '/{{ v }}'}}]\n", "role.yml:3: `v` is not known yet\n"),
        ("facts: {a: {kind: [nginx_running, x]}}\n", "role.yml:2: running must be true for this kind, not a mapping\n"),
        (
            "facts: {a: {kind: [nginx], running: true}}\n",
            "role.yml:2: running must be false: this kind is always asked, not the boolean true\n",
        ),
        (
            "facts: {a: {kind: [nginx_running, x], running: true}}\nvalues: {v: facts.a.state}\n",
            "role.yml:3: `facts.a` is asked only when one looks for drift\n",
        ),
        (
            "facts: {a: {kind: [nginx_running, x], running: true}}\nnotices: [{level: info, when: facts.a.b is defined, text: x}]\n",
            "role.yml:3: `facts.a` is asked only when one looks for drift\n",
        ),
        (
            "facts: {a: {kind: [nginx_traps, x, y, z], rules: true}}\nnotices: [{level: info, when: facts.a.b is defined, text: x}]\n",
            "role.yml:3: `facts.a` is asked only when one looks for traps\n",
        ),
        (
            "facts: {a: {kind: [nginx_traps, x, y, z], rules: true}}\nrunning: [{about: /a, when: facts.a.b is defined, says: x}]\n",
            "role.yml:3: `facts.a` is asked only when one looks for traps\n",
        ),
        (
            "facts: {a: {kind: [nginx_traps, x, y, z]}}\n",
            "role.yml:2: rules must be true for this kind, not a mapping\n",
        ),
        (
            "rules: [{id: Bad, severity: info, when: 'true', evidence: x, fix: y}]\n",
            "role.yml:2: `Bad` cannot name a rule\n",
        ),
        (
            "rules: [{id: a, severity: bad, when: 'true', evidence: x, fix: y}]\n",
            "role.yml:2: unknown severity `bad`\n",
        ),
        (
            "rules: [{id: a, severity: info, when: 'true', evidence: x, fix: y}, {id: a, severity: info, when: 'true', evidence: x, fix: y}]\n",
            "role.yml:2: the rule `a` is declared twice\n",
        ),
        ("rules: [{id: a, severity: info, when: nope, evidence: x, fix: y}]\n", "role.yml:2: `nope` is not declared\n"),
        ("running: [{about: /a, when: 'true', says: x, mends: go}]\n", "role.yml:2: unknown handler `go`\n"),
        ("running: [{about: /a, read_by: x, at: '', says: x}]\n", "role.yml:2: `says` is not known here\n"),
        ("running: [{about: /a, when: nope, says: x}]\n", "role.yml:2: `nope` is not declared\n"),
    ];
    for (role, expected) in cases {
        assert_eq!(faults_of(role, &[]), *expected, "{role}");
    }
}

#[test]
fn a_role_yml_that_is_no_mapping_is_named() {
    let expected = "roles/mine/role.yml:1: `roles/mine/role.yml` of role `mine` must be a mapping, not nothing\n";
    for text in ["", "# nothing yet\n"] {
        let mut files = own("mine", &[("role.yml", text)]);
        files[0].source = zdt::source::Source::new("roles/mine/role.yml", text);
        assert_eq!(places(&Library::parse(&files).map(|_| ()).unwrap_err()), expected, "{text}");
    }
}

#[test]
fn yaml_faults_and_missing_keys_come_from_the_decoder() {
    for role in [
        "a: [",
        "checks: [{run: [a]}]\n",
        "params:\n  a: {type: int}\n",
        "params:\n  a: {type: int, description: x, x: 1}\n",
    ] {
        assert!(faults_of(role, &[]).starts_with("role.yml:"), "{role}");
    }
}

#[test]
fn faults_of_templates_point_into_the_template() {
    let role = "params:\n  size: {type: int, default: 1, description: x}\nresources:\n  - template: {src: a.tera, dest: /a, mode: '0644'}\n";
    let cases = [
        ("first\n{{ sise }}\n", "templates/a.tera:2: `sise` is not declared\n"),
        ("first\n\n{% if size %}\n", "templates/a.tera:3: this is no Tera template\n"),
        ("{{ size | rubby }}\n", "templates/a.tera:1: this is no Tera template\n"),
        ("{% for size in [1] %}{{ size }}{% endfor %}{% set x = size %}{{ x }}\n", ""),
    ];
    for (template, expected) in cases {
        assert_eq!(faults_of(role, &[("templates/a.tera", template)]), expected, "{template}");
    }
}

#[test]
fn files_that_nothing_reads_are_faults() {
    assert_eq!(
        faults_of("", &[("templates/a.tera", "x")]),
        "templates/a.tera:1: no resource uses the template `a.tera`\n"
    );
    assert_eq!(
        faults_of("", &[("template/a.tera", "x")]),
        "template/a.tera:1: role `mine` has a file that nothing reads: `template/a.tera`\n"
    );
    assert_eq!(faults_of("", &[("README.md", "x"), ("examples/a.yml", ""), ("tasks/main.yml", "x")]), "");
}

#[test]
fn all_faults_of_all_roles_come_at_once() {
    let mut files = own("one", &[("role.yml", "colour: red\nshape: round\n")]);
    files.extend(own("two", &[("templates/a.tera", "x")]));
    let faults = places(&Library::parse(&files).unwrap_err());
    let expected = "role.yml:1: unknown key `colour`\nrole.yml:2: unknown key `shape`\nrole.yml:1: `description` is missing\n\
                    templates/a.tera:1: role `two` has no `role.yml`\n";
    assert_eq!(faults, expected);
}

#[test]
fn a_folder_replaces_the_built_in_role_wholly() {
    let mut files = built_in();
    files.extend(own("nginx_upstream", &[("role.yml", "description: My own.\n")]));
    let library = Library::parse(&files).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let role = library.get("nginx_upstream").unwrap();
    assert_eq!((role.description.as_str(), role.built_in, role.params.len()), ("My own.", false, 0));
    assert!(library.get("puma_config").unwrap().built_in);
}

#[test]
fn an_ansible_role_is_nobody_here() {
    let library = Library::parse(&own("theirs", &[("tasks/main.yml", "- debug:\n"), ("templates/x.j2", "{{ x }}")]));
    assert_eq!(library.unwrap_or_else(|faults| panic!("{}", places(&faults))).names().count(), 0);
}
