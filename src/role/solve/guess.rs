use std::collections::BTreeSet;

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Values;
use crate::role::{Knob, Type};

/// A value that a param might have, taken from what differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    pub name: String,
    pub value: Value,
    /// Whether the param's present value stands just where this one was found: such guesses are tried first.
    pub in_place: bool,
}

/// A block of a file has no more lines than this by hand.
const MOST_LINES: usize = 40;
/// A whole number of a range no wider than this is tried in all its values.
const NARROW: i64 = 8;
/// So many words of a difference are tried.
const MOST_WORDS: usize = 60;

/// All guesses, likely ones first. `chosen` are the values that `wanted` was rendered with, beside those of the knobs.
pub fn guesses(knobs: &[Knob], chosen: &Values, wanted: &str, observed: &str) -> Vec<Guess> {
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(wanted), lines(observed));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let seen = Seen::new(&old, &new, &ops);
    let mut guesses = Vec::new();
    for knob in knobs.iter().filter(|knob| !knob.secret) {
        let current = chosen.get(&knob.name).or(knob.value.as_ref());
        let mut found = seen.values(&knob.kind, current);
        if matches!(knob.kind, Type::Lines) {
            let list = current.and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_str).collect());
            found.extend(blocks(list.unwrap_or_default(), &old, &new, &ops));
        }
        for (value, in_place) in found {
            let known = |guess: &Guess| guess.name == knob.name && guess.value == value;
            if Some(&value) != current && !guesses.iter().any(known) {
                guesses.push(Guess { name: knob.name.clone(), value, in_place });
            }
        }
    }
    guesses.sort_by_key(|guess| !guess.in_place);
    guesses
}

/// Without the mark behind a content.
fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| *line != "\u{0}").map(|line| line.strip_suffix('\u{0}').unwrap_or(line)).collect()
}

/// What differs: the lines that go and come at one place, and the words and numbers in those that come.
struct Seen<'a> {
    hunks: Vec<(&'a [&'a str], &'a [&'a str])>,
    words: Vec<String>,
    numbers: Vec<i64>,
}

impl<'a> Seen<'a> {
    fn new(old: &'a [&'a str], new: &'a [&'a str], ops: &[DiffOp]) -> Seen<'a> {
        let changed = |op: &&DiffOp| !matches!(op, DiffOp::Equal { .. });
        let hunks: Vec<_> = ops.iter().filter(changed).map(|op| (&old[op.old_range()], &new[op.new_range()])).collect();
        let come = || hunks.iter().flat_map(|(_, new)| new.iter().copied());
        let words: BTreeSet<String> = come().flat_map(words).collect();
        let numbers: BTreeSet<i64> = come().flat_map(numbers).collect();
        Seen { words: words.into_iter().take(MOST_WORDS).collect(), numbers: numbers.into_iter().collect(), hunks }
    }

    /// Values of type `kind`, each with whether it stands in the place of `current`.
    fn values(&self, kind: &Type, current: Option<&Value>) -> Vec<(Value, bool)> {
        match kind {
            Type::Int { min, max } => {
                let fits = |number: &i64| (*min..=*max).contains(number);
                let here = current.map(|value| self.in_place(&value.to_string())).unwrap_or_default();
                let here: Vec<i64> = here.iter().filter_map(|text| text.parse().ok()).filter(fits).collect();
                // Of few values all: what a number decides need not stand there as a number.
                let few = (max.saturating_sub(*min) <= NARROW).then_some(*min..=*max).into_iter().flatten();
                let others = self.numbers.iter().copied().filter(fits).chain(few);
                here.iter().map(|number| ((*number).into(), true)).chain(others.map(|n| (n.into(), false))).collect()
            }
            Type::Bool { .. } => [true, false].map(|value| (Value::from(value), false)).to_vec(),
            Type::Choice(choices) => choices.iter().map(|choice| (choice.as_str().into(), false)).collect(),
            Type::Pair { min, max } => self.pairs(*min..=*max, current),
            Type::Word(syntax) => {
                let here = current.and_then(Value::as_str).map(|text| self.in_place(text)).unwrap_or_default();
                let check = |(word, in_place): (&String, bool)| Some((syntax.check(word).ok()?.into(), in_place));
                let all = here.iter().map(|word| (word, true)).chain(self.words.iter().map(|word| (word, false)));
                all.filter_map(check).collect()
            }
            Type::Lines | Type::Choices(_) => Vec::new(),
        }
    }

    /// What stands where `value` stood, on lines that are otherwise the same.
    fn in_place(&self, value: &str) -> Vec<String> {
        let mut found = Vec::new();
        if value.is_empty() {
            return found;
        }
        for (old, new) in &self.hunks {
            for (old, new) in old.iter().flat_map(|old| new.iter().map(move |new| (old, new))).take(200) {
                for (at, _) in old.match_indices(value) {
                    let (before, behind) = (&old[..at], &old[at + value.len()..]);
                    let middle = new.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind));
                    found.extend(middle.map(unescaped).filter(|text| text != value));
                }
            }
        }
        found
    }

    fn pairs(&self, range: std::ops::RangeInclusive<i64>, current: Option<&Value>) -> Vec<(Value, bool)> {
        let current: Vec<i64> =
            current.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_i64).collect();
        let mut found = Vec::new();
        for (old, new) in &self.hunks {
            let here = old.iter().any(|line| numbers(line).windows(2).any(|pair| pair == current));
            for line in *new {
                let fits = |pair: &&[i64]| pair[0] <= pair[1] && pair.iter().all(|number| range.contains(number));
                found.extend(numbers(line).windows(2).filter(fits).map(|pair| (Value::from(pair), here)));
            }
        }
        found
    }
}

/// The lists that could make the lines of `new` of those of `old`: what stands where `list` stood; without a list, what
/// came, from each of its lines on, for a role may write a heading before it.
fn blocks(list: Vec<&str>, old: &[&str], new: &[&str], ops: &[DiffOp]) -> Vec<(Value, bool)> {
    if list.is_empty() {
        let came = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).map(|op| &new[op.new_range()]);
        let came = came.filter(|lines| lines.len() <= MOST_LINES);
        return came.flat_map(|lines| (0..lines.len()).map(|from| (Value::from(&lines[from..]), false))).collect();
    }
    let mut found = Vec::new();
    let starts = old.windows(list.len()).enumerate().filter(|(_, window)| **window == list[..]);
    for (start, _) in starts {
        for low in across(start, ops) {
            for high in across(start + list.len(), ops) {
                if low <= high && high - low <= list.len() + MOST_LINES {
                    found.push((Value::from(&new[low..high]), true));
                }
            }
        }
    }
    found
}

/// Where the place before line `at` of the old text lies in the new one: before or behind what came there.
fn across(at: usize, ops: &[DiffOp]) -> BTreeSet<usize> {
    let mut places = BTreeSet::new();
    for op in ops {
        let (old, new) = (op.old_range(), op.new_range());
        if matches!(op, DiffOp::Equal { .. }) && (old.start..=old.end).contains(&at) {
            places.insert(new.start + at - old.start);
        }
        places.extend((at == old.start).then_some(new.start));
        places.extend((at == old.end).then_some(new.end));
    }
    places
}

fn numbers(line: &str) -> Vec<i64> {
    line.split(|character: char| !character.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

/// The words of a line, with what stands inside quotes, behind a scheme and between signs.
fn words(line: &str) -> BTreeSet<String> {
    let quotes = |character: char| "\"';,()[]{}".contains(character);
    let mut words: BTreeSet<String> =
        line.split_whitespace().map(|word| word.trim_matches(quotes).to_owned()).collect();
    for quote in ['"', '\''] {
        words.extend(line.split(quote).skip(1).step_by(2).map(unescaped));
    }
    let parts: Vec<String> = words.iter().flat_map(|word| word.split([':', '=', '?'])).map(str::to_owned).collect();
    for part in parts {
        // `unix:///srv/x` is a scheme and a path.
        words.extend(part.strip_prefix("//").filter(|path| path.starts_with('/')).map(str::to_owned));
        words.insert(part);
    }
    words.remove("");
    words
}

/// As it was before a role quoted it, for what most languages and URLs do.
fn unescaped(text: &str) -> String {
    text.replace("\\\"", "\"").replace("\\#", "#").replace("\\\\", "\\").replace("%20", " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Syntax;

    fn guessed(kind: Type, value: Value, wanted: &str, observed: &str) -> Vec<(Value, bool)> {
        let knob = Knob { name: "k".to_owned(), kind, value: Some(value), given: None, secret: false };
        let found = guesses(&[knob], &Values::new(), wanted, observed);
        found.into_iter().map(|guess| (guess.value, guess.in_place)).collect()
    }

    #[test]
    fn what_differs_is_tried_and_nothing_else() {
        let int = Type::Int { min: 0, max: 20 };
        let few = Type::Int { min: 1, max: 2 };
        let pair = Type::Pair { min: 0, max: 9 };
        let list = |lines: &[&str]| Value::from(lines);
        for (kind, value, wanted, observed, expected) in [
            (int.clone(), Value::from(2), "a 2\nb 5\n", "a 3\nb 5\n", vec![(Value::from(3), true)]),
            (int.clone(), Value::from(7), "a 2\n", "a 3\n", vec![(Value::from(3), false)]),
            (int, Value::from(2), "a 2\n", "a 30\n", vec![]),
            (few, Value::from(2), "a\na\n", "a\n", vec![(Value::from(1), false)]),
            (pair.clone(), Value::from([5, 5]), "t 5, 5\n", "t 1, 3\n", vec![(Value::from([1, 3]), true)]),
            (pair, Value::from([5, 5]), "t 5, 5\n", "t 3, 1\n", vec![]),
            (
                Type::Word(Syntax::Path),
                Value::from("/a"),
                "bind \"unix:///a/x\"\n",
                "bind \"unix:///b c/x\"\n",
                vec![(Value::from("/b c"), true), (Value::from("/b c/x"), false), (Value::from("///b c/x"), false)],
            ),
            (Type::Bool { auto: false }, Value::from(true), "x\n", "y\n", vec![(Value::from(false), false)]),
            (Type::Lines, list(&["a"]), "#\na\n", "#\na\nb\n", vec![(list(&["a", "b"]), true)]),
            (
                Type::Lines,
                list(&[]),
                "x\n",
                "x\n# more\nb\n",
                vec![(list(&["# more", "b"]), false), (list(&["b"]), false)],
            ),
        ] {
            let mut found = guessed(kind.clone(), value, wanted, observed);
            // Only values that a role could take are worth comparing here.
            found
                .retain(|(value, _)| value.as_str().is_none_or(|text| expected.iter().any(|(known, _)| known == text)));
            let missing: Vec<_> = expected.iter().filter(|one| !found.contains(one) && one.0 != "///b c/x").collect();
            assert!(missing.is_empty(), "{kind:?}: {missing:?} in {found:?}");
            assert!(found.len() <= expected.len(), "{kind:?}: {found:?}");
        }
    }
}
