use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn the_value_alone_changes() {
    for (text, value, expected) in [
        ("", json!(4), "k: 4\n"),
        ("# nothing\n", json!(true), "# nothing\nk: true\n"),
        ("---\na: 1", json!("x"), "---\na: 1\nk: x\n"),
        ("a: 1\nk: 2 # why\nb: 3\n", json!([3, 3]), "a: 1\nk: [3, 3] # why\nb: 3\n"),
        ("k:\nb: 3\n", json!(4), "k: 4\nb: 3\n"),
        ("k: 'a'\n", json!("0600"), "k: '0600'\n"),
        ("k: !unsafe 'a'\n", json!("it's {{ x }}"), "k: !unsafe 'it''s {{ x }}'\n"),
        (
            "k:\n  - a # first\n  # between\n  - b\nc: 1\n",
            json!(["a", "b", "c d"]),
            "k:\n  - a # first\n  # between\n  - b\n  - 'c d'\nc: 1\n",
        ),
        ("k:\n- a\n- b\nc: 1\n", json!(["x", "y"]), "k:\n- x\n- y\nc: 1\n"),
        ("k:\n  - a\nc: 1\n", json!([]), "k:\n  []\nc: 1\n"),
        ("k: |\n  a\n  b\nc: 1\n", json!(["x"]), "k: [x]\nc: 1\n"),
        ("{a: 1}\n", json!(4), "{a: 1, k: 4}\n"),
        ("{\"a\": 1, \"k\": 2}\n", json!("x"), "{\"a\": 1, \"k\": \"x\"}\n"),
        ("  a: 1\n", json!(4), "  a: 1\n  k: 4\n"),
        ("a: 1\n...\n", json!(4), "k: 4\na: 1\n...\n"),
        // Its anchor is another's value: the key gets its own.
        ("d: &d {k: 1}\n<<: *d\n", json!(4), "d: &d {k: 1}\n<<: *d\nk: 4\n"),
        ("a: &x 1\nk: *x\n", json!(4), "a: &x 1\nk: 4\n"),
    ] {
        assert_eq!(set(text, "k", &value).as_deref(), Ok(expected), "{text:?}");
    }
}

#[test]
fn what_would_change_others_is_refused() {
    assert_eq!(set("k: &x 1\nb: *x\n", "k", &json!(4)), Err(EditFault::NotAlone));
    assert_eq!(set("- a\n", "k", &json!(4)), Err(EditFault::NotMapping));
}

#[test]
fn other_values_are_not_shown() {
    let text = "a: geheim\nk: 4 # mine\nb:\n  - c\n";
    assert_eq!(masked(text, &["k".to_owned()]), "a: ******\nk: 4 # mine\nb:\n  ***\n");
}

fn value() -> impl Strategy<Value = Value> {
    let text = "[ -~äß\t]{0,12}".prop_map(Value::from);
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        text.clone(),
        prop::collection::vec(text, 0..4).prop_map(Value::from),
    ]
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("# words: of mine\n".to_owned()),
        Just("\n".to_owned()),
        ("[a-j]", value()).prop_map(|(key, value)| format!("{key}: {}  # why\n", inline(&value))),
        ("[a-j]", prop::collection::vec("[a-z ]{1,6}", 1..4)).prop_map(|(key, items)| {
            format!("{key}:\n{}", items.iter().map(|item| format!("  - x{item} # each\n")).collect::<String>())
        }),
        "[a-j]".prop_map(|key| format!("{key}: |\n  one\n  two\n")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn what_is_set_is_read_and_nothing_else_is_touched(
        lines in prop::collection::vec(line(), 0..8), key in "[a-j]", value in value()
    ) {
        let text = lines.concat();
        // A key twice is no mapping.
        prop_assume!(read(&text).is_some());
        let edited = set(&text, &key, &value);
        prop_assert!(edited.is_ok(), "{:?} {:?} = {:?}", text, key, value);
        let edited = edited.unwrap_or_default();
        let root = read(&edited).expect("YAML");
        let found = root.get(&key).map(Node::to_value);
        prop_assert_eq!(found, serde_yaml::to_value(&value).ok(), "{}", edited);
        let old = read(&text).expect("YAML");
        let others = |root: &Node| -> Vec<_> {
            root.as_map().unwrap_or_default().iter().map(pair).filter(|(name, _)| *name != key).collect()
        };
        prop_assert_eq!(others(&old), others(&root));
        // Every line that is not of this key still stands, comments among them, in order.
        let own = old.entry(&key).map(|(name, node)| name.span.range.start..node.span.range.end.max(name.span.range.end));
        let (head, tail) = match own {
            Some(own) => (text[..own.start].to_owned(), text[own.end..].to_owned()),
            None => (text.clone(), String::new()),
        };
        prop_assert!(edited.starts_with(&head) && edited.ends_with(&tail), "{}\n{}", text, edited);
        prop_assert_eq!(set(&edited, &key, &value), Ok(edited.clone()));
    }
}
