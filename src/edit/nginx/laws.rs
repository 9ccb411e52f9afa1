//! What holds for every configuration and every fragment.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::edit::Text;

fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        6 => Just("server"),
        3 => Just("keepalive"),
        1 => Just("keepalive_timeout"),
        1 => Just("least_conn"),
        1 => Just("zone"),
        1 => Just("'hash'"),
    ]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop_oneof!["unix:/a", "'unix:/a'", "b:1"],
        4 => prop_oneof!["a=1", "\"a=1\"", "b=2", "b"],
        1 => r#"[a-z0-9=}#$"'é]{1,4}"#.prop_filter("no quote first", |word| !word.starts_with(['"', '\'', '#', '}'])),
        1 => r#""([a-z ;{}#'\n]|\\["\\tn]){0,4}""#,
        1 => r"\$\{[a-z]{1,2}\}",
    ]
}

fn space() -> impl Strategy<Value = String> {
    "( |\t|\n|\r\n| # [a-z;{}]{0,3}\n){1,2}"
}

fn gap() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just(String::new()), 3 => space()]
}

fn directive() -> impl Strategy<Value = String> {
    (gap(), name(), vec((space(), word()), 0..3), gap()).prop_map(|(gap, name, args, end)| {
        let args: String = args.into_iter().map(|(space, word)| space + &word).collect();
        // What follows a bare word at once would be part of it.
        format!("{gap}{name}{args} {end};")
    })
}

fn block(directives: impl Strategy<Value = Vec<String>>) -> impl Strategy<Value = String> {
    (gap(), directives, gap())
        .prop_map(|(gap, directives, end)| format!("{gap}upstream shop {{{}{end}}}", directives.concat()))
}

fn whole() -> impl Strategy<Value = (String, String, String)> {
    let other = || prop_oneof![Just(""), Just("# x }\n"), Just("upstream b { server c; }"), Just("é 'x;' y;\r\n")];
    (other(), block(vec(directive(), 0..8)), other(), any::<bool>()).prop_map(|(before, block, after, http)| {
        let (open, close) = if http { ("http {", "}") } else { ("", "") };
        (format!("{open}{before}"), block, format!("{after}{close}"))
    })
}

fn fragment() -> impl Strategy<Value = String> {
    block((directive(), vec(directive(), 0..5)).prop_map(|(first, mut others)| {
        others.insert(0, "\n server unix:/a a=1;".to_owned());
        others.insert(0, first);
        others
    }))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn what_parses_prints_back_identical((before, block, after) in whole()) {
        let text = format!("{before}{block}{after}");
        let tree = Tree::parse(text.as_bytes(), Text::Whole).expect("a configuration");
        prop_assert_eq!(tree.print(), text.as_bytes());
    }

    #[test]
    fn so_does_any_text_that_is_read(text in vec(prop_oneof![
        4 => prop::sample::select(b" \n;{}#\"'\\$a".to_vec()), 1 => any::<u8>()
    ], 0..40)) {
        if let Ok(tree) = Tree::parse(&text, Text::Whole) {
            prop_assert_eq!(tree.print(), text);
        }
    }

    #[test]
    fn only_the_block_changes_and_once((before, block, after) in whole(), fragment in fragment()) {
        let whole = format!("{before}{block}{after}");
        let (whole, fragment) = (whole.as_bytes(), fragment.as_bytes());
        let Ok(edited) = edit(whole, fragment) else { return Ok(()) };
        let head = block.find('{').expect("a block") + before.len() + 1;
        prop_assert!(edited.starts_with(&whole[..head]), "{}", String::from_utf8_lossy(&edited));
        prop_assert!(edited.ends_with(&whole[before.len() + block.len() - 1..]), "{}", String::from_utf8_lossy(&edited));
        prop_assert_eq!(&edit(&edited, fragment).expect("edited once more"), &edited);
    }

    #[test]
    fn the_part_is_alike_when_nothing_changes_and_only_then((before, block, after) in whole(), fragment in fragment()) {
        let whole = format!("{before}{block}{after}");
        let (whole, fragment) = (whole.as_bytes(), fragment.as_bytes());
        let Ok(edited) = edit(whole, fragment) else { return Ok(()) };
        let parts = (part(whole, fragment).expect("a part"), part(&edited, fragment).expect("a part"));
        prop_assert_eq!(edited == whole, parts.0 == parts.1);
        prop_assert_eq!(parts.1, part(fragment, fragment).expect("a part"));
    }

    #[test]
    fn what_the_fragment_does_not_name_stays((before, block, after) in whole(), fragment in fragment()) {
        let whole = format!("{before}{block}{after}");
        let Ok(edited) = edit(whole.as_bytes(), fragment.as_bytes()) else { return Ok(()) };
        let named = |text: &[u8]| {
            let tree = Tree::parse(text, Text::Whole).expect("a configuration");
            let block = upstream::named(&tree, b"shop").expect("an upstream");
            let lines = block.directives.iter().map(|one| (one.name.value().into_owned(), text[one.range.clone()].to_vec()));
            lines.collect::<Vec<_>>()
        };
        let ours: Vec<_> = named(fragment.as_bytes()).into_iter().map(|(name, _)| name).collect();
        let others = |text: &[u8]| {
            let mut lines = named(text);
            lines.retain(|(name, _)| !ours.contains(name) && !name.starts_with(b"keepalive"));
            lines
        };
        prop_assert_eq!(others(&edited), others(whole.as_bytes()));
    }

    #[test]
    fn a_value_is_read_back_as_it_was(value in vec(any::<u8>(), 0..8)) {
        let text = [b"a ".as_slice(), &word::spelled(&value), b";"].concat();
        let tree = Tree::parse(&text, Text::Whole).expect("a configuration");
        prop_assert_eq!(tree.directives[0].arg(0).expect("a word").into_owned(), value);
    }
}
