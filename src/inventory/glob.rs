//! Python's `fnmatch`, with which Ansible matches names: `*`, `?`, `[seq]`, `[!seq]`.

pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // Where to go on when the last `*` takes one character more: never more than both lengths multiplied.
    let mut retry: Option<(usize, usize)> = None;
    let (mut at, mut seen) = (0, 0);
    while seen < name.len() {
        let step = match pattern.get(at) {
            Some('*') => {
                retry = Some((at + 1, seen));
                at += 1;
                continue;
            }
            Some('?') => Some(at + 1),
            Some('[') => match class(&pattern[at + 1..]) {
                Some((length, set)) => contains(set, name[seen]).then_some(at + 1 + length),
                None => (name[seen] == '[').then_some(at + 1),
            },
            Some(&literal) => (literal == name[seen]).then_some(at + 1),
            None => None,
        };
        if let Some(next) = step {
            at = next;
            seen += 1;
        } else if let Some((star, taken)) = retry {
            retry = Some((star, taken + 1));
            at = star;
            seen = taken + 1;
        } else {
            return false;
        }
    }
    pattern[at.min(pattern.len())..].iter().all(|&rest| rest == '*')
}

/// The characters of a class and how many of the pattern it takes; a `[` that is never closed is itself.
fn class(pattern: &[char]) -> Option<(usize, &[char])> {
    // A `]` that comes first is a member.
    let first = if pattern.first() == Some(&'!') { 2 } else { 1 };
    let close = (first..pattern.len()).find(|&at| pattern[at] == ']')?;
    Some((close + 1, &pattern[..close]))
}

fn contains(set: &[char], character: char) -> bool {
    let (negated, set) = match set.split_first() {
        Some(('!', rest)) => (true, rest),
        _ => (false, set),
    };
    let mut at = 0;
    let mut found = false;
    while at < set.len() {
        if at + 2 < set.len() && set[at + 1] == '-' {
            found |= set[at] <= character && character <= set[at + 2];
            at += 3;
        } else {
            found |= set[at] == character;
            at += 1;
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn as_fnmatch() {
        for (pattern, name, expected) in [
            ("web*", "web1", true),
            ("*", "", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.example.org", false),
            ("w?b", "web", true),
            ("w?b", "wb", false),
            ("web[12]", "web2", true),
            ("web[!12]", "web2", false),
            ("web[0-9]", "web7", true),
            ("web[", "web[", true),
            ("[]]", "]", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("Web", "web", false),
            ("web", "web1", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        assert!(!matches(&"*a".repeat(50), &"a".repeat(40)));
    }
}
