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

/// `2026-11-22 21:04 UTC`, by seconds since 1970.
pub fn utc(seconds: u64) -> String {
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    // The era of 400 years begins with March of the year 0, so that leap days come last.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", of_day / 3_600, of_day % 3_600 / 60)
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
    fn days_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_340, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (951_868_800, "2000-03-01 00:00 UTC"),
            (1_798_761_599, "2026-12-31 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
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
