use std::sync::Arc;

use super::*;
use crate::source::Source;

pub(super) fn texts(main: &str) -> Texts {
    Texts { main: vec![Source::new("inventory.yml", main)], ..Texts::default() }
}

pub(super) fn inventory(main: &str) -> Inventory {
    parse(&texts(main)).unwrap_or_else(|faults| panic!("{main}\n{faults:#?}"))
}

pub(super) fn faults(main: &str) -> Vec<Fault> {
    parse(&texts(main)).err().unwrap_or_else(|| panic!("parsed:\n{main}"))
}

fn value(variables: &Variables, name: &str) -> String {
    match variables.resolve(name) {
        Ok(Some(variable)) => serde_json::to_string(&variable.node.to_value()).expect("json"),
        Ok(None) => "undefined".to_owned(),
        Err(fault) => format!("{fault:?}").split(" {").next().unwrap_or_default().to_owned(),
    }
}

const TREE: &str = "
all:
  vars: {x: all}
  children:
    web:
      hosts:
        web[1:2].example.com: {x: host}
        web3:
      vars: {x: web, y: web}
    prod:
      children: {web:, db:}
      vars: {y: prod, z: prod}
    db:
      hosts: {db1: {ansible_host: 10.0.0.9}}
other:
  hosts:
    web3: {z: host}
lonely:
  hosts:
ungrouped:
  hosts:
    solo:
";

#[test]
fn groups_and_hosts() {
    let inventory = inventory(TREE);
    let hosts: Vec<&str> = inventory.hosts().collect();
    assert_eq!(hosts, ["web1.example.com", "web2.example.com", "web3", "db1", "solo"]);
    assert_eq!(inventory.groups_of("web3"), ["all", "other", "prod", "web"]);
    assert_eq!(inventory.groups_of("solo"), ["all", "ungrouped"]);
    assert_eq!(inventory.hosts_of("prod"), ["web1.example.com", "web2.example.com", "web3", "db1"]);
}

#[test]
fn every_layer_overrides_the_one_below() {
    // Each later layer sets one name less: `v1` is set by the first alone, `v7` by all.
    let set = |from: usize, layer: &str| (from..=7).map(|n| format!("v{n}: {layer}")).collect::<Vec<_>>();
    let flow = |from: usize, layer: &str| format!("{{{}}}", set(from, layer).join(", "));
    let main = format!(
        "all:\n  vars: {}\n  children:\n    g:\n      vars: {}\n      hosts:\n        h: {}\n",
        flow(1, "all"),
        flow(2, "group"),
        flow(5, "host"),
    );
    let file = |name: &str, from, layer| (name.to_owned(), Source::new(layer, set(from, layer).join("\n")));
    let texts = Texts {
        group_vars: vec![file("g", 4, "gv_g"), file("all", 3, "gv_all"), file("nobody", 1, "no")],
        host_vars: vec![file("h", 6, "hv"), file("nobody", 1, "no")],
        extra: vec![Extra::Pair(Source::new("-e", "v7=extra"))],
        ..texts(&main)
    };
    let variables = parse(&texts).expect("parses").variables("h");
    let found: Vec<String> = (1..=7).map(|n| value(&variables, &format!("v{n}")).replace('"', "")).collect();
    assert_eq!(found, ["all", "group", "gv_all", "gv_g", "host", "hv", "extra"]);
    let origin = |name| variables.get(name).map(|variable| variable.origin.to_string()).unwrap_or_default();
    assert_eq!(
        [origin("v1"), origin("v4"), origin("v5"), origin("v6"), origin("v7"), origin("groups")],
        ["group all", "group_vars/g", "host", "host_vars/h", "-e", "built in"]
    );
}

#[test]
fn among_groups_depth_then_priority_then_name() {
    let main = "
all:
  children:
    zz: {hosts: {h:}, vars: {a: zz, b: zz}}
    aa: {hosts: {h:}, vars: {a: aa, b: aa, ansible_group_priority: 10}}
    top: {children: {deep: {hosts: {h:}, vars: {b: deep}}}, vars: {ansible_group_priority: 99, b: top, c: top}}
";
    let variables = inventory(main).variables("h");
    assert_eq!(["a", "b", "c"].map(|name| value(&variables, name)), ["\"aa\"", "\"deep\"", "\"top\""]);
    assert!(variables.get("ansible_group_priority").is_none());
}

#[test]
fn magic_variables() {
    let variables = inventory(TREE).variables("web1.example.com");
    for (name, expected) in [
        ("inventory_hostname", "\"web1.example.com\""),
        ("inventory_hostname_short", "\"web1\""),
        ("group_names", r#"["prod","web"]"#),
        ("inventory_file", "\"inventory.yml\""),
        ("inventory_dir", "\".\""),
    ] {
        assert_eq!(value(&variables, name), expected);
    }
    let groups = variables.get("groups").expect("groups");
    assert_eq!(groups.node.get("other").and_then(crate::yaml::Node::as_list).map(<[_]>::len), Some(1));
}

#[test]
fn values_render_on_demand_and_keep_their_type() {
    let main = r#"
all:
  hosts:
    h:
      port: 80
      list: [a, b]
      app: {name: shop, jinja: "{{ lookup('env', 'X') }}"}
      plain: "{{ port }}"
      sum: "{{ port + 1 }}"
      text: "p{{ port }}-{{ app.name }}"
      whole: "{{ list }}"
      item: "{{ list[1] }}"
      key: "{{ app['name'] }}"
      nested: {a: ["{{ plain }}"]}
      first: "{{ list | first }}"
      either: "{{ nothing | default(value=port) }}"
      cond: "{% if port > 70 %}big{% else %}small{% endif %}"
      raw: !unsafe "{{ port }}"
      viaraw: "{{ raw }}"
      secret: !vault |
        $ANSIBLE_VAULT;1.1;AES256
        6161
      uses_secret: "{{ secret }}"
      a: "{{ b }}"
      b: "x{{ c }}"
      c: "{{ a }}"
      self: "{{ self }}"
      missing: "{{ nope }}"
      jinja: "{{ x | selectattr('a') | list }}"
      own: {base: /srv, full: "{{ own.base }}/app"}
      me: "{{ inventory_hostname }}"
      none: "{{ nix }}"
      nix:
"#;
    let variables = inventory(main).variables("h");
    for (name, expected) in [
        ("plain", "80"),
        ("sum", "81"),
        ("text", "\"p80-shop\""),
        ("whole", r#"["a","b"]"#),
        ("item", "\"b\""),
        ("key", "\"shop\""),
        ("nested", r#"{"a":[80]}"#),
        ("first", "\"a\""),
        ("either", "80"),
        ("cond", "\"big\""),
        ("raw", "\"{{ port }}\""),
        ("viaraw", "\"{{ port }}\""),
        ("secret", "Vault"),
        ("uses_secret", "Vault"),
        ("a", "Cycle"),
        ("self", "Cycle"),
        ("missing", "Template"),
        ("jinja", "Template"),
        ("app", "Template"),
        ("own", r#"{"base":"/srv","full":"/srv/app"}"#),
        ("me", "\"h\""),
        ("none", "null"),
        ("nobody", "undefined"),
    ] {
        assert_eq!(value(&variables, name), expected, "{name}: {:?}", variables.resolve(name));
    }
    match variables.resolve("a") {
        Err(Fault::Cycle { chain, .. }) => assert_eq!(chain, ["a", "b", "c", "a"]),
        other => panic!("{other:?}"),
    }
    match variables.resolve("missing") {
        Err(Fault::Template { problem, chain, .. }) => {
            assert!(problem.contains("nope"), "{problem}");
            assert!(!problem.contains("zdt_keep"), "{problem}");
            assert_eq!(chain, ["missing"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn templates_cannot_run_away() {
    let mut main = String::from("all:\n  hosts:\n    h:\n      v0: x\n      w0: x\n");
    for n in 1..200 {
        main.push_str(&format!("      v{n}: \"{{{{ v{} }}}}\"\n", n - 1));
    }
    for n in 1..40 {
        main.push_str(&format!("      w{n}: \"{{{{ w{0} }}}}{{{{ w{0} }}}}\"\n", n - 1));
    }
    let variables = inventory(&main).variables("h");
    assert_eq!(value(&variables, "v60"), "\"x\"");
    assert_eq!(value(&variables, "v199"), "TooNested");
    assert_eq!(value(&variables, "w39"), "TooMuchText");
}

#[test]
fn every_fault_of_every_text_at_once() {
    let texts = Texts {
        main: vec![
            Source::new("a.yml", "all:\n  hosts: {-x:, ok:}\n  childern: {}\n  vars: {zdt_rolse: [a]}\n5: {}\n"),
            Source::new("b.yml", ""),
            Source::new("c.yml", "web: [1]\n"),
            Source::new("d.yml", "[web]\nhost1\n"),
            Source::new("e.yml", "plugin: aws_ec2\nregions: [x]\n"),
        ],
        group_vars: vec![("all".to_owned(), Source::new("g", "a: 1\na: 2\n"))],
        host_vars: vec![("ok".to_owned(), Source::new("h", "$ANSIBLE_VAULT;1.1;AES256\n61\n"))],
        extra: vec![Extra::Pair(Source::new("-e", "zdt_x=1"))],
    };
    let found: Vec<String> = parse(&texts)
        .expect_err("faults")
        .iter()
        .map(|fault| format!("{fault:?}").split([' ', '(']).next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        found,
        [
            "BadHostName",
            "UnknownKey",
            "UnknownVariable",
            "NameNotText",
            "Empty",
            "NotMapping",
            "Ini",
            "Plugin",
            "Yaml",
            "VaultFile",
            "UnknownVariable"
        ]
    );
}

#[test]
fn cycles_of_groups() {
    let found = faults("all:\n  children:\n    a: {children: {b: {children: {c: {children: {a:}}}}}}\n");
    assert!(matches!(&found[..], [Fault::GroupCycle { groups, .. }] if groups.join(" ") == "a b c a"), "{found:?}");
    assert!(matches!(&faults("a: {children: {a:}}")[..], [Fault::GroupCycle { .. }]));
    assert!(matches!(&faults("a: {children: {all:}}")[..], [Fault::GroupCycle { .. }]));
}

#[test]
fn limits_select_as_in_ansible() {
    let inventory = inventory(TREE);
    for (limit, expected) in [
        ("all", "web1.example.com web2.example.com web3 db1 solo"),
        ("*", "web1.example.com web2.example.com web3 db1 solo"),
        ("web", "web1.example.com web2.example.com web3"),
        ("db:web3", "web3 db1"),
        ("db,web3", "web3 db1"),
        ("web:&other", "web3"),
        ("&other:web", "web3"),
        ("!web", "db1 solo"),
        ("prod:!web3:!db", "web1.example.com web2.example.com"),
        ("*.example.com", "web1.example.com web2.example.com"),
        ("w?b3", "web3"),
        ("web[0]", "web1.example.com"),
        ("web[-1]", "web3"),
        ("web[1:2]", "web2.example.com web3"),
        ("web[1:]", "web2.example.com web3"),
        ("web[1:3].example.com", "web1.example.com web2.example.com"),
        ("ungrouped", "solo"),
        (" web3 , solo ", "web3 solo"),
    ] {
        assert_eq!(inventory.select(Some(limit)).map(|hosts| hosts.join(" ")), Ok(expected.to_owned()), "{limit}");
    }
    assert_eq!(inventory.select(None).map(|hosts| hosts.len()), Ok(5));
    for (limit, expected) in [
        ("", vec![Fault::EmptyPattern]),
        (" , ", vec![Fault::EmptyPattern]),
        ("wbe", vec![Fault::NoMatch { part: "wbe".into(), known: Some("web".into()) }]),
        ("web:&db", vec![Fault::NothingSelected { pattern: "web:&db".into(), empty: vec![] }]),
        ("db:!db1:!lonely", vec![Fault::NothingSelected { pattern: "db:!db1:!lonely".into(), empty: vec![] }]),
        ("lonely", vec![Fault::NothingSelected { pattern: "lonely".into(), empty: vec!["lonely".into()] }]),
        ("web:&lonely", vec![Fault::NothingSelected { pattern: "web:&lonely".into(), empty: vec!["lonely".into()] }]),
        ("web[7]", vec![Fault::SubscriptOutOfRange { part: "web[7]".into(), hosts: 3 }]),
        ("~web.*", vec![Fault::PatternUnsupported { part: "~web.*".into() }]),
        (
            "@hosts,zzz",
            vec![
                Fault::PatternUnsupported { part: "@hosts".into() },
                Fault::NoMatch { part: "zzz".into(), known: None },
            ],
        ),
        ("all:!nobody", vec![Fault::NoMatch { part: "nobody".into(), known: None }]),
    ] {
        assert_eq!(inventory.select(Some(limit)), Err(expected), "{limit}");
    }
}

fn connect(vars: &str) -> Result<Connection, Vec<Fault>> {
    let inventory = inventory(&format!("all:\n  hosts:\n    h:\n      {}\n", vars.replace('\n', "\n      ")));
    Connection::of("h", &inventory.variables("h"))
}

#[test]
fn connections() {
    let bare = Connection {
        kind: ConnectionKind::Ssh,
        host: "h".to_owned(),
        port: None,
        user: None,
        private_key: None,
        common_args: Vec::new(),
        become_root: None,
        root: None,
    };
    assert_eq!(connect("x: 1"), Ok(bare.clone()));
    let full = "ansible_host: '{{ ip }}'\nip: 10.0.0.1\nansible_port: '2222'\nansible_user: deploy\n\
                ansible_ssh_private_key_file: ~/.ssh/id\nansible_ssh_common_args: -o 'A=b c'\n\
                ansible_ssh_extra_args: -v\nansible_become: 'Yes'\nansible_become_method: sudo";
    let expected = Connection {
        host: "10.0.0.1".to_owned(),
        port: Some(2222),
        user: Some("deploy".to_owned()),
        private_key: Some("~/.ssh/id".to_owned()),
        common_args: ["-o", "A=b c", "-v"].map(str::to_owned).to_vec(),
        become_root: Some("root".to_owned()),
        ..bare.clone()
    };
    assert_eq!(connect(full), Ok(expected));
    let local = connect("ansible_connection: local\nzdt_root: ./sandbox\nansible_become: no");
    assert_eq!(
        local,
        Ok(Connection { kind: ConnectionKind::Local, root: Some("./sandbox".to_owned()), ..bare.clone() })
    );
    let alias = connect("ansible_host: a\nansible_ssh_host: b\nansible_ssh_user: u\nansible_ssh_port: 23");
    assert_eq!(alias, Ok(Connection { host: "b".into(), user: Some("u".into()), port: Some(23), ..bare }));
}

#[test]
fn connections_that_cannot_be() {
    for vars in [
        "ansible_connection: winrm",
        "ansible_port: 0",
        "ansible_port: ssh",
        "ansible_host: -oProxyCommand=x",
        "ansible_user: -l",
        "ansible_become: maybe",
        "ansible_become_method: su",
        "ansible_ssh_common_args: \"-o 'x\"",
        "ansible_host: [a]",
        "ansible_host: '{{ nope }}'",
    ] {
        assert_eq!(connect(vars).expect_err(vars).len(), 1, "{vars}");
    }
    let found = connect("ansible_become_password: hunter2\nansible_password: !vault x\nansible_port: -1");
    let found = found.expect_err("faults");
    assert_eq!(found.len(), 3);
    let passwords: Vec<&Fault> = found.iter().filter(|fault| matches!(fault, Fault::Password { .. })).collect();
    assert_eq!(passwords.len(), 2);
    assert!(!format!("{passwords:?}").contains("hunter2"));
}

#[test]
fn a_sandbox_never_becomes_the_machine_itself() {
    use RootProblem::*;
    for (root, expected) in [
        ("''", Empty),
        ("", Empty),
        ("null", Empty),
        ("' '", Empty),
        ("'{{ nothing }}'\nnothing:", Empty),
        ("\"{{ '' }}\"", Empty),
        ("'{% if false %}x{% endif %}'", Empty),
        ("~/sandbox", Home),
        ("~deploy", Home),
        ("\"a\\nb\"", ControlCharacter),
        ("/", WholeMachine),
        ("//.", WholeMachine),
        ("/srv/../..", WholeMachine),
    ] {
        let found = connect(&format!("ansible_connection: local\nzdt_root: {root}")).expect_err(root);
        assert!(matches!(&found[..], [Fault::BadRoot { problem, .. }] if *problem == expected), "{root}: {found:?}");
    }
    let texts = Texts {
        extra: vec![Extra::Pair(Source::new("-e", "zdt_root="))],
        ..texts("all: {hosts: {h: {ansible_connection: local, zdt_root: /srv/sandbox}}}")
    };
    let variables = parse(&texts).expect("parses").variables("h");
    let found = Connection::of("h", &variables).expect_err("a fault");
    assert!(matches!(&found[..], [Fault::BadRoot { problem: Empty, .. }]), "{found:?}");
    assert!(matches!(
        &connect("zdt_root: sb").expect_err("no local")[..],
        [Fault::RootNotLocal { connection: None, .. }]
    ));
    let found = connect("zdt_root: sb\nansible_connection: ssh").expect_err("ssh");
    assert!(matches!(&found[..], [Fault::RootNotLocal { connection: Some(_), .. }]));
    // One mistake, one fault.
    let found = connect("zdt_root: sb\nansible_connection: lokal").expect_err("lokal");
    assert!(matches!(&found[..], [Fault::BadValue { .. }]), "{found:?}");
    assert_eq!(connect("zdt_root: [sb]\nansible_connection: local").expect_err("a list").len(), 1);
}

#[test]
fn files_that_nobody_reads_are_known() {
    let both = |stem: &str, name: &str| {
        let source = Source::new(name, "a: 1");
        [(stem.to_owned(), Arc::clone(&source)), (name.to_owned(), source)]
    };
    let alone = |name: &str, source: &str| (name.to_owned(), Source::new(source, "a: 1"));
    let texts = Texts {
        group_vars: [both("wbe", "wbe.yml"), both("web", "web.yml")].concat(),
        host_vars: vec![
            alone("web3", "web3"),
            alone("web3.yml", "web3.yml"),
            alone("zzz", "zzz/a"),
            alone("zzz", "zzz/b"),
        ],
        ..texts(TREE)
    };
    let inventory = parse(&texts).expect("parses");
    let found: Vec<String> = inventory
        .unused_files()
        .iter()
        .map(|file| format!("{:?} {} {} {:?}", file.of, file.name, file.source, file.why))
        .collect();
    assert_eq!(
        found,
        [
            "Group wbe wbe.yml NoSuchName { meant: Some(\"web\") }",
            "Host web3 web3.yml Shadowed",
            "Host zzz zzz/a NoSuchName { meant: None }",
            "Host zzz zzz/b NoSuchName { meant: None }",
        ]
    );
}

#[test]
fn large_inventories_are_linear() {
    let inventory = inventory("all:\n  children:\n    web: {hosts: {'w[1:50000]':}}\n    x: {children: {web:}}\n");
    assert_eq!(inventory.hosts().count(), 50_000);
    assert_eq!(inventory.select(Some("x:!w7")).map(|hosts| hosts.len()), Ok(49_999));
    assert!(matches!(&faults("all: {hosts: {'w[1:200000]':}}")[..], [Fault::TooManyHosts { .. }]));
}
