//! English that several layers need: plurals, and the word that was probably meant.
//! In: words and counts. Out: words.
//! Must not know: what they are about.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

/// `1 host`, `3 hosts`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {}", plural(noun)) }
}

/// `host` → `hosts`, `directory` → `directories`, `address` → `addresses`.
pub fn plural(noun: &str) -> String {
    let vowel_before =
        |ending: &str| noun.strip_suffix(ending).is_some_and(|stem| stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    if let Some(stem) = noun.strip_suffix('y').filter(|_| !vowel_before("y")) {
        format!("{stem}ies")
    } else if ["s", "x", "z", "ch", "sh"].iter().any(|ending| noun.ends_with(ending)) {
        format!("{noun}es")
    } else {
        format!("{noun}s")
    }
}

/// `is` for one, `are` for others.
pub fn verb(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// `2026-11-22 21:04:05 UTC`, by seconds since 1970. A host may tell any number: one that is no time stays a number.
pub fn utc(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| format!("second {seconds}"), |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// The known word nearest to `word`, if one is near enough to be meant.
pub fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A name as long as a page is no slip of the finger, and comparing it would cost.
    if word.len() > 200 {
        return None;
    }
    let known: Vec<&str> = known.filter(|candidate| *candidate != word).collect();
    similar::get_close_matches(word, &known, 1, 0.6).first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals() {
        for (number, noun, expected) in [
            (0, "host", "0 hosts"),
            (1, "host", "1 host"),
            (2, "directory", "2 directories"),
            (2, "key", "2 keys"),
            (3, "address", "3 addresses"),
            (2, "switch", "2 switches"),
        ] {
            assert_eq!(count(number, noun), expected);
        }
    }

    #[test]
    fn seconds_are_a_time_or_stay_a_number() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_798_761_599, "2026-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (u64::MAX, "second 18446744073709551615"),
        ] {
            assert_eq!(utc(seconds), expected);
        }
    }

    #[test]
    fn the_near_word_and_no_other() {
        let known = ["hosts", "children", "vars"];
        for (word, expected) in
            [("host", Some("hosts")), ("childern", Some("children")), ("var", Some("vars")), ("zebra", None)]
        {
            assert_eq!(did_you_mean(word, known.into_iter()), expected, "{word}");
        }
    }
}
