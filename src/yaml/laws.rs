//! What holds for every text: nothing panics, and on the ground that YAML 1.1 and 1.2 share we read what others read.

use proptest::prelude::*;

use super::*;
use crate::source::Source;

/// Scalars that mean the same in both versions: no `yes`, no `0644`, no `1:30`.
fn scalar() -> impl Strategy<Value = serde_yaml::Value> {
    use serde_yaml::Value;
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1_000_000i32..1_000_000).prop_map(|number| Value::from(f64::from(number) + 0.5)),
        "[ -~äß✓\n\t]{0,20}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = serde_yaml::Value> {
    use serde_yaml::Value;
    scalar().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Sequence),
            prop::collection::btree_map("[a-z{}#:@ ]{1,8}", inner, 0..5)
                .prop_map(|map| Value::Mapping(map.into_iter().map(|(key, value)| (key.into(), value)).collect())),
        ]
    })
}

/// Words that 1.1 reads and 1.2 does not; the emitter leaves them bare.
fn differs(text: &str) -> bool {
    !matches!(plain(text), Data::String(_))
}

fn has_differing(value: &serde_yaml::Value) -> bool {
    use serde_yaml::Value;
    match value {
        Value::String(text) => differs(text),
        Value::Sequence(items) => items.iter().any(has_differing),
        Value::Mapping(entries) => entries.iter().any(|(key, value)| has_differing(key) || has_differing(value)),
        _ => false,
    }
}

fn spans_nest(node: &Node, text: &str) -> bool {
    let range = &node.span.range;
    let inside = |child: &Node| {
        range.start <= child.span.range.start && child.span.range.end <= range.end && spans_nest(child, text)
    };
    text.get(range.clone()).is_some()
        && match &node.data {
            Data::List(items) => items.iter().all(inside),
            Data::Map(entries) => entries.iter().all(|(key, value)| inside(key) && inside(value)),
            _ => true,
        }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn what_serde_yaml_writes_we_read(value in value()) {
        prop_assume!(!has_differing(&value));
        let text = serde_yaml::to_string(&value).expect("written");
        let node = parse(&Source::new("t", text.clone()));
        let node = node.unwrap_or_else(|faults| panic!("{text}\n{faults:?}"));
        prop_assert_eq!(node.to_value(), value, "{}", text);
        prop_assert!(spans_nest(&node, &text), "{}\n{:?}", text, node);
    }

    #[test]
    fn there_and_back(value in value()) {
        let span = crate::source::Span::new(&Source::new("t", ""), 0..0);
        prop_assert_eq!(Node::from_value(&value, &span).to_value(), value);
    }

    #[test]
    fn no_text_panics(text in "[-a-c:{}\\[\\],&*!|>'\"%@`#?<~ \n\t\r01.]{0,60}") {
        let source = Source::new("t", text);
        if let Err(faults) = parse(&source) {
            prop_assert!(!faults.is_empty());
            let end = source.text.len();
            prop_assert!(faults.iter().all(|fault| fault.span().range.end <= end + 1));
        }
    }
}
