mod connections;

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
fn the_inventory_s_place_is_absolute() {
    for (base, name, expected) in [
        (Some("/srv/ops"), "i.yml", "/srv/ops /srv/ops/i.yml"),
        (Some("/srv/ops"), "./a/../../i.yml", "/srv /srv/i.yml"),
        (Some("/srv/ops"), "/etc/i.yml", "/etc /etc/i.yml"),
        (Some("/"), "i.yml", "/ /i.yml"),
        (None, "a/i.yml", "a a/i.yml"),
    ] {
        let main = vec![Source::new(name, "all: {hosts: {h:}}")];
        let texts = Texts { main, base: base.map(str::to_owned), ..Texts::default() };
        let variables = parse(&texts).expect("parses").variables("h");
        let found = format!("{} {}", value(&variables, "inventory_dir"), value(&variables, "inventory_file"));
        assert_eq!(found.replace('"', ""), expected);
    }
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
      silent: "{% if nosuch %}a{% else %}b{% endif %}"
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
        // The engine's own way, told in docs/inventory.md.
        ("silent", "\"b\""),
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
        base: None,
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
fn extra_sets_variables_and_nothing_else() {
    let given = |extra: Extra| parse(&Texts { extra: vec![extra], ..texts("all: {hosts: {h:}}") });
    let pair = |text: &str| given(Extra::Pair(Source::new("-e", text)));
    let file = |text: &str| given(Extra::File(Source::new("e.yml", text)));
    for text in ["inventory_hostname=zz", "group_names=x", "{groups: {}}", "inventory_dir=/"] {
        let found = pair(text).expect_err(text);
        assert!(matches!(&found[..], [Fault::MagicVariable { .. }]), "{text}: {found:?}");
    }
    assert!(matches!(&file("inventory_file: x").expect_err("magic")[..], [Fault::MagicVariable { .. }]));
    for text in ["1x=3", "a-b=3", "==3", "{a b: 1}", "a.b=1"] {
        let found = pair(text).expect_err(text);
        assert!(matches!(&found[..], [Fault::BadVariableName { .. }]), "{text}: {found:?}");
    }
    for text in ["_x=1", "größe=1", "x1=1"] {
        assert!(pair(text).is_ok(), "{text}");
    }
    // Somebody else's file may hold what nobody can use.
    assert!(file("a-b: 1").is_ok());
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
