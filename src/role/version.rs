use std::cmp::Ordering;

/// The numbers of `1.29.7`; what follows the last number (`-1~deb12`, `.pre1`) does not count.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    for part in version.split('.') {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse() else { break };
        numbers.push(number);
        if digits.len() != part.len() {
            break;
        }
    }
    (!numbers.is_empty()).then_some(numbers)
}

/// How `version` stands to `other`, number by number, a missing one being 0; nothing if either holds no number.
pub fn compare(version: &str, other: &str) -> Option<Ordering> {
    let (mut left, mut right) = (numbers(version)?, numbers(other)?);
    let length = left.len().max(right.len());
    left.resize(length, 0);
    right.resize(length, 0);
    Some(left.cmp(&right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let cases = [
            ("1.29.7", "1.29.7", Some(Ordering::Equal)),
            ("1.30.0", "1.29.7", Some(Ordering::Greater)),
            ("1.9.15", "1.29.7", Some(Ordering::Less)),
            ("8", "8.0.0", Some(Ordering::Equal)),
            ("8.0.2.pre1", "8.0.2", Some(Ordering::Equal)),
            ("252.39-1~deb12u2", "250", Some(Ordering::Greater)),
            ("5.6.5", "6", Some(Ordering::Less)),
            ("", "6", None),
            ("unknown", "6", None),
        ];
        for (version, other, expected) in cases {
            assert_eq!(compare(version, other), expected, "{version} and {other}");
        }
    }
}
