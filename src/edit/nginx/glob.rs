//! Patterns of `include`, as glob(3) reads them for nginx: no wildcard matches a `/` or a leading dot.

/// Whether nginx takes an include's argument for a pattern.
pub(super) fn is_pattern(path: &[u8]) -> bool {
    path.iter().any(|byte| b"*?[".contains(byte))
}

pub(super) fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let slash = |&byte: &u8| byte == b'/';
    pattern.split(slash).count() == path.split(slash).count()
        && pattern.split(slash).zip(path.split(slash)).all(|(pattern, name)| matches_name(pattern, name))
}

/// One name of a path. A star takes as little as it can, and more only where the rest does not match.
fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && pattern.first().is_some_and(|byte| b"*?[".contains(byte)) {
        return false;
    }
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match (pattern.get(from), name.get(at)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                star = Some((from + 1, at));
                from += 1;
                continue;
            }
            (Some(_), Some(&byte)) => one(&pattern[from..], byte),
            _ => None,
        };
        match (step, star) {
            (Some(length), _) => {
                from += length;
                at += 1;
            }
            (None, Some((after, taken))) if taken < name.len() => {
                star = Some((after, taken + 1));
                (from, at) = (after, taken + 1);
            }
            (None, _) => return false,
        }
    }
}

/// The length of what matches `byte` at the start of `pattern`.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => match set(rest, byte) {
            Some((length, true)) => Some(length + 1),
            Some((_, false)) => None,
            // Without its end it is a letter like others.
            None => (byte == b'[').then_some(1),
        },
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [first, ..] => (*first == byte).then_some(1),
        [] => None,
    }
}

/// The length of `a-z]`, and whether `byte` is in it.
fn set(pattern: &[u8], byte: u8) -> Option<(usize, bool)> {
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        match *pattern.get(at)? {
            b']' if at > first => return Some((at + 1, found != negated)),
            b'[' if pattern.get(at + 1) == Some(&b':') => {
                let length = pattern[at + 2..].windows(2).position(|end| end == b":]")?;
                found |= class(&pattern[at + 2..at + 2 + length], byte);
                at += length + 4;
            }
            _ => {
                let (low, length) = letter(&pattern[at..])?;
                at += length;
                match pattern.get(at..at + 2) {
                    Some([b'-', end]) if *end != b']' => {
                        let (high, length) = letter(&pattern[at + 1..])?;
                        found |= (low..=high).contains(&byte);
                        at += 1 + length;
                    }
                    _ => found |= low == byte,
                }
            }
        }
    }
}

fn letter(pattern: &[u8]) -> Option<(u8, usize)> {
    match pattern {
        [b'\\', escaped, ..] => Some((*escaped, 2)),
        [first, ..] => Some((*first, 1)),
        [] => None,
    }
}

fn class(name: &[u8], byte: u8) -> bool {
    match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"lower" => byte.is_ascii_lowercase(),
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"graph" => byte.is_ascii_graphic(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_glibcs() {
        for (pattern, path, expected) in [
            ("/etc/nginx/conf.d/*.conf", "/etc/nginx/conf.d/shop.conf", true),
            ("/etc/nginx/conf.d/*.conf", "/etc/nginx/conf.d/.conf", false),
            ("/etc/nginx/conf.d/*.conf", "/etc/nginx/conf.d/a/b.conf", false),
            ("/etc/nginx/conf.d/*.conf", "/etc/nginx/conf.d/shop.conf~", false),
            ("/etc/nginx/sites-enabled/*", "/etc/nginx/sites-enabled/default", true),
            ("/etc/nginx/*/*", "/etc/nginx/a", false),
            ("/a/.*", "/a/.b", true),
            ("/a/[!.]*", "/a/.b", false),
            ("/a/?x", "/a/.x", false),
            ("/a/*b*c*d", "/a/xbxcxbcd", true),
            ("/a/*b*c*d", "/a/xbxcxbc", false),
            ("/a/[0-9]*[a-c]", "/a/5zb", true),
            ("/a/[0-9]*[a-c]", "/a/5zd", false),
            ("/a/[]x]", "/a/]", true),
            ("/a/[^]x]", "/a/x", false),
            ("/a/[[:alpha:]_]", "/a/q", true),
            ("/a/[[:alpha:]_]", "/a/1", false),
            ("/a/[a-]", "/a/-", true),
            ("/a/[x", "/a/[x", true),
            ("/a/\\*?", "/a/*b", true),
            ("/a/\\*?", "/a/xb", false),
            ("/a/**", "/a/b", true),
            ("/a/*", "/a/", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), path.as_bytes()), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn many_stars_take_no_long_time() {
        assert!(!matches(&b"*a".repeat(2_000), &[b"a".repeat(4_000), b"b".to_vec()].concat()));
    }
}
