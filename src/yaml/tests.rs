use std::fmt::Write as _;
use std::sync::Arc;

use super::*;
use crate::source::Source;

fn read(text: &str) -> Result<Node, Vec<Fault>> {
    parse(&Source::new("t.yml", text))
}

fn node(text: &str) -> Node {
    read(text).unwrap_or_else(|faults| panic!("{text:?}: {faults:#?}"))
}

fn faults(text: &str) -> Vec<Fault> {
    read(text).err().unwrap_or_else(|| panic!("{text:?} parsed"))
}

fn slice<'a>(text: &'a str, fault: &Fault) -> &'a str {
    &text[fault.span().range.clone()]
}

/// What PyYAML 6.0.3 makes of each plain scalar, printed by `repr`.
const SCALARS: &str = include_str!("scalars.tsv");

#[test]
fn scalars_read_as_pyyaml_reads_them() {
    let mut wrong = String::new();
    let mut count = 0;
    for line in SCALARS.lines().filter(|line| !line.starts_with('#')) {
        let (written, expected) = line.split_once('\t').expect("two columns");
        let found = match plain(written) {
            Data::Null => "null".to_owned(),
            Data::Bool(value) => format!("bool {value}"),
            Data::Int(value) => format!("int {value}"),
            Data::Float(value) => format!("float {value:?}"),
            Data::String(_) => "str".to_owned(),
            other => format!("{other:?}"),
        };
        count += 1;
        if found != expected {
            writeln!(wrong, "{written:?}: expected {expected}, found {found}").expect("a String");
        }
    }
    assert!(count > 90, "only {count} cases");
    assert_eq!(wrong, "");
}

#[test]
fn quoted_and_tagged_scalars() {
    for (text, expected) in [
        ("'yes'", "String(\"yes\")"),
        ("\"0644\"", "String(\"0644\")"),
        ("!!str 5", "String(\"5\")"),
        ("! 5", "String(\"5\")"),
        ("!!int '0644'", "Int(420)"),
        ("!!float 3", "Float(3.0)"),
        ("!!bool off", "Bool(false)"),
        ("|\n  a\n  b", "String(\"a\\nb\")"),
        ("99999999999999999999", "String(\"99999999999999999999\")"),
    ] {
        assert_eq!(format!("{:?}", node(text).data), expected, "{text:?}");
    }
    assert!(matches!(&faults("!!int seven")[..], [Fault::TagMismatch { .. }]));
    assert!(matches!(&faults("a: !custom x")[..], [Fault::UnknownTag { tag, .. }] if tag == "!custom"));
}

#[test]
fn vault_and_unsafe_keep_their_tag() {
    let root = node("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61\nb: !unsafe '{{ x }}'\nc: !unsafe [1]\n");
    let tag = |key| root.get(key).and_then(|node| node.tag.as_deref()).map(str::to_owned);
    assert_eq!(tag("a").as_deref(), Some("!vault"));
    assert_eq!(tag("b").as_deref(), Some("!unsafe"));
    assert_eq!(tag("c").as_deref(), Some("!unsafe"));
    let fault = decode::<String>(root.get("a").expect("a"));
    assert!(matches!(fault, Err(Fault::Encrypted { .. })), "ciphertext is not the value: {fault:?}");
    assert_eq!(decode::<String>(root.get("b").expect("b")), Ok("{{ x }}".to_owned()));
}

#[test]
fn nothing_windows_files_and_byte_order_marks() {
    for empty in ["", "\n\n", "# only a comment\n", "---\n", "\u{feff}"] {
        assert!(matches!(node(empty).data, Data::Null), "{empty:?}");
    }
    let crlf = node("\u{feff}a: 1\r\nb:\r\n  - x\r\n  - y\r\n");
    assert_eq!(crlf.get("b").and_then(Node::as_list).map(<[Node]>::len), Some(2));
    assert_eq!(crlf.at(&[Step::Key("b"), Step::Index(1)]).and_then(Node::as_str), Some("y"));
}

#[test]
fn spans_are_the_bytes_of_the_node() {
    let text = "ü:\n  list: [1, 'zwei']\n  map:\n    k: v # c\n\nnext: z\n";
    let root = node(text);
    let at = |path: &[Step<'_>]| &text[root.at(path).expect("there").span.range.clone()];
    let inner = [Step::Key("ü"), Step::Key("map")];
    assert_eq!(at(&[Step::Key("ü"), Step::Key("list")]), "[1, 'zwei']");
    assert_eq!(at(&[Step::Key("ü"), Step::Key("list"), Step::Index(1)]), "'zwei'");
    assert_eq!(at(&inner), "k: v");
    assert_eq!(at(&[Step::Key("next")]), "z");
}

#[test]
fn merge_keys() {
    let text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: *a, y: 9}\nd: {<<: [*a, *b], w: 0}\ne: {'<<': 1}\n";
    let root = node(text);
    let json = |key| serde_json::to_string(&root.get(key).expect("there").to_value()).expect("json");
    assert_eq!(json("c"), r#"{"x":1,"y":9}"#);
    assert_eq!(json("d"), r#"{"x":1,"z":2,"y":1,"w":0}"#);
    assert_eq!(json("e"), r#"{"<<":1}"#);
    assert!(matches!(&faults("a: {<<: 3}")[..], [Fault::MergeNotMapping { .. }]));
}

#[test]
fn every_fault_at_once() {
    let text = "a: 1\na: 2\nb: *nope\n? [x]\n: 1\nc: !odd 1\n";
    let found = faults(text);
    assert!(
        matches!(&found[..], [
        Fault::UnknownAnchor { name, .. },
        Fault::KeyNotScalar { template: false, .. },
        Fault::UnknownTag { .. },
        Fault::DuplicateKey { key, first, second },
    ] if name == "nope" && key == "a" && first.range == (0..1) && second.range == (5..6)),
        "{found:#?}"
    );
}

#[test]
fn the_mistakes_of_newcomers() {
    for (text, expected) in [
        ("a:\n\tb: 1\n", Mistake::Tab),
        ("a:\n  b: 1\n\tc: 2\n", Mistake::Tab),
        ("a: {% if x %}y{% endif %}\n", Mistake::UnquotedTemplate),
        ("foo: bar: baz\n", Mistake::ColonInValue),
        ("a:\n    b: 1\n  c: 2\n", Mistake::Indentation),
        ("a: 1\n b: 2\n", Mistake::Indentation),
        ("a: %x\n", Mistake::ReservedStart('%')),
        ("a: @x\n", Mistake::ReservedStart('@')),
        ("a: `x`\n", Mistake::ReservedStart('`')),
    ] {
        let found = faults(text);
        assert!(
            matches!(&found[..], [Fault::Syntax { mistake: Some(mistake), .. }] if *mistake == expected),
            "{text:?}: {found:?}"
        );
    }
    for text in ["a: {{ b }}\n", "a:\n  - {{ b }}\n", "{{ b }}: 1\n", "a: {{ b }}/c\n", "a:\n  - {{ b }}-c\n"] {
        let found = faults(text);
        assert!(matches!(&found[..], [Fault::KeyNotScalar { template: true, .. }]), "{text:?}: {found:?}");
    }
    assert_eq!(slice("a: *b\n", &faults("a: *b\n")[0]), "*b");
}

#[test]
fn one_document_only() {
    assert!(matches!(&faults("a: 1\n---\nb: 2\n")[..], [Fault::SecondDocument { .. }]));
    assert!(read("---\na: 1\n...\n").is_ok());
}

#[test]
fn control_characters_are_refused() {
    assert!(faults("a: x\u{1b}[31m\n").iter().any(|fault| matches!(fault, Fault::ControlCharacter { .. })));
}

#[test]
fn bombs_are_stopped() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        writeln!(laughs, "a{level}: &a{level} [{below}]").expect("a String");
    }
    assert!(matches!(&faults(&laughs)[..], [Fault::TooExpanded { .. }]));

    let quadratic = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(20_000), "*a,".repeat(20_000));
    assert!(matches!(&faults(&quadratic)[..], [Fault::TooExpanded { .. }]));

    let mut entries = String::from("a: &a\n");
    (0..5_000).for_each(|index| writeln!(entries, "  k{index}: 1").expect("a String"));
    entries.push_str("b:\n");
    entries.push_str(&"  - <<: *a\n".repeat(5_000));
    assert!(matches!(&faults(&entries)[..], [Fault::TooExpanded { .. }]));

    for deep in ["[".repeat(20_000), "{a: ".repeat(20_000), (0..20_000).map(|n| " ".repeat(n % 300) + "-\n").collect()]
    {
        assert!(read(&deep).is_err());
    }
    assert!(matches!(&faults(&"[".repeat(20_000))[..], [Fault::TooDeep { .. }]));

    // Nested by aliases, each line only one level deeper.
    let mut chain = "a0: &a0 [x]\n".to_owned();
    (1..20_000).for_each(|n| writeln!(chain, "a{n}: &a{n} [*a{}]", n - 1).expect("a String"));
    assert!(matches!(&faults(&chain)[..], [Fault::TooDeep { .. }]));

    assert!(matches!(&faults("a: &a [*a]\n")[..], [Fault::RecursiveAlias { .. }]));
    assert!(read(&format!("{}x{}", "[".repeat(127), "]".repeat(127))).is_ok());
}

#[test]
fn ten_megabytes_parse() {
    let make = |hosts: usize| -> Arc<Source> {
        let mut text = String::from("all:\n  hosts:\n");
        for host in 0..hosts {
            writeln!(text, "    web{host}:\n      a: [1, 2, 3]\n      b: {{x: 'y', z: yes}}\n      c: text {host}")
                .expect("a String");
        }
        Source::new("big.yml", text)
    };
    let big = make(130_000);
    assert!(big.text.len() > 9_000_000, "{}", big.text.len());
    let root = parse(&big).unwrap_or_else(|faults| panic!("{faults:?}"));
    let hosts = root.at(&[Step::Key("all"), Step::Key("hosts")]).and_then(Node::as_map).map(<[_]>::len);
    assert_eq!(hosts, Some(130_000));
}

mod decoding {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only decoded")]
    struct Outer {
        name: String,
        inner: Inner,
        #[serde(default)]
        list: Vec<Inner>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only decoded")]
    struct Inner {
        port: u16,
        #[serde(default)]
        kind: Kind,
    }

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        #[default]
        Web,
        Db,
    }

    #[test]
    fn faults_point_at_the_key_or_value() {
        for (text, expected, place) in [
            ("name: a\ninner: {port: ninety}\n", "wrong inner.port", "ninety"),
            ("name: a\ninner: {port: 1}\nlist: [{port: 1}, {port: x}]\n", "wrong list[1].port", "x"),
            ("name: a\ninner: {prot: 1}\n", "unknown prot of port,kind", "prot"),
            ("name: a\nnmae: b\ninner: {port: 1}\n", "unknown nmae of name,inner,list", "nmae"),
            ("name: a\ninner: {kind: web}\n", "missing port", "kind"),
            ("name: a\ninner: {port: 1, kind: dbb}\n", "unknown dbb of web,db", "dbb"),
            ("name: a\ninner: {port: 70000}\n", "wrong inner.port", "70000"),
        ] {
            let fault = decode::<Outer>(&node(text)).expect_err(text);
            let found = match &fault {
                Fault::WrongValue { path, .. } => format!("wrong {path}"),
                Fault::UnknownField { field, known, .. } => format!("unknown {field} of {}", known.join(",")),
                Fault::MissingField { field, .. } => format!("missing {field}"),
                other => format!("{other:?}"),
            };
            assert_eq!((found.as_str(), slice(text, &fault)), (expected, place), "{text}: {fault:?}");
        }
    }
}
