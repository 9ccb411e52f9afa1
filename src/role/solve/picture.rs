use std::fmt::Write;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::resource::{Attribute, State, Value};

/// Larger contents are nobody's configuration, and comparing them many times would take too long.
const LIMIT: usize = 128 << 10;

/// A state as one text, in what `managed` names: two are equal just when the states agree there. `None` where a content
/// is no text, too large, or stayed on the host.
pub fn picture(state: &State, managed: &State) -> Option<String> {
    let mut text = String::new();
    // What a part is its content says too.
    for (attribute, _) in managed.iter().filter(|(attribute, _)| *attribute != Attribute::Part) {
        // Writing to a String cannot fail.
        let _ = match state.get(attribute) {
            None => writeln!(text, "{}: none", attribute.name()),
            Some(Value::Word(word)) => writeln!(text, "{} {word}", attribute.name()),
            Some(Value::Words(words)) => {
                words.iter().try_for_each(|word| writeln!(text, "{}={word}", attribute.name()))
            }
            Some(Value::Content(content)) => {
                let content = std::str::from_utf8(content.bytes.as_deref()?).ok()?;
                if content.len() > LIMIT {
                    return None;
                }
                // Whatever stands behind it must not look like a line of it.
                writeln!(text, "{content}\u{0}")
            }
        };
    }
    Some(text)
}

/// How many tokens must go or come to make one text of the other: 0 for equal ones alone.
pub fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (tokens(one), tokens(other));
    let cost = |op: &DiffOp| match *op {
        DiffOp::Equal { .. } => 0,
        DiffOp::Delete { old_len, .. } => old_len,
        DiffOp::Insert { new_len, .. } => new_len,
        DiffOp::Replace { old_len, new_len, .. } => old_len + new_len,
    };
    capture_diff_slices(Algorithm::Myers, &one, &other).iter().map(cost).sum()
}

/// Words, runs of blanks, and everything else character by character.
fn tokens(text: &str) -> Vec<&str> {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Word,
        Blank,
        Other,
    }
    let class = |character: char| match character {
        '_' => Class::Word,
        ' ' | '\t' => Class::Blank,
        character if character.is_alphanumeric() => Class::Word,
        _ => Class::Other,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before = Class::Other;
    for (at, character) in text.char_indices() {
        let here = class(character);
        if at > start && (here != before || here == Class::Other) {
            tokens.push(&text[start..at]);
            start = at;
        }
        before = here;
    }
    tokens.extend((start < text.len()).then(|| &text[start..]));
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_words_blanks_and_signs() {
        assert_eq!(tokens("threads 3,  14\n"), ["threads", " ", "3", ",", "  ", "14", "\n"]);
    }

    proptest! {
        #[test]
        fn tokens_lose_nothing(text in "[a-c_ /:\n\"é]{0,40}") {
            prop_assert_eq!(tokens(&text).concat(), text);
        }

        #[test]
        fn only_equal_texts_have_no_distance(one in "[ab \n]{0,8}", other in "[ab \n]{0,8}") {
            prop_assert_eq!(distance(&one, &other) == 0, one == other);
        }
    }
}
