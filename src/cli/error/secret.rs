//! What must not be seen: the one rule for source lines beside a fault and for the values that `zdt inventory` lists.

use std::ops::Range;

/// Wherever they stand in a name.
const PARTS: [&str; 9] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "apikey", "private_key", "key_base"];
/// Whole words of a name: `db_pass`, not `passenger`.
const WORDS: [&str; 4] = ["pass", "pwd", "pw", "pat"];
/// Names of this end hold a path.
const PATHS: [&str; 4] = ["_file", "_path", "_dir", "_files"];

/// Whether the value under this name is to be hidden. Rather one too many: a masked value can be looked up in its file.
pub fn is_secret(name: &str) -> bool {
    let name = spelled(name);
    if PATHS.iter().any(|end| name.ends_with(end)) && name.contains("key") {
        return false;
    }
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let public = words.iter().any(|word| matches!(*word, "public" | "authorized" | "host" | "known"));
    // A bare `key` is half of a pair more often than of a cipher.
    let key = matches!(words[..], [_, .., "key" | "keys"]);
    PARTS.iter().any(|part| name.contains(part)) || words.iter().any(|word| WORDS.contains(word)) || (key && !public)
}

/// `dbPassword`, `db-password` and `DB.PASSWORD` as `db_password`.
fn spelled(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    let mut before_was_lower = false;
    for character in name.chars() {
        if character.is_uppercase() && before_was_lower {
            spelled.push('_');
        }
        before_was_lower = character.is_lowercase();
        match character {
            other if other.is_alphanumeric() => spelled.extend(other.to_lowercase()),
            _ => spelled.push('_'),
        }
    }
    spelled
}

/// The parts of a line to hide, apart and in order: all behind `db_password:`, `"token" :` or `-e`'s `secret=`, and the
/// password of a URL.
pub fn spots(line: &str) -> Vec<Range<usize>> {
    let value = value_of_secret(line);
    let end = value.unwrap_or(line.len());
    let mut spots: Vec<Range<usize>> = url_passwords(line).into_iter().filter(|spot| spot.start < end).collect();
    if let Some(spot) = spots.last_mut() {
        spot.end = spot.end.min(end);
    }
    spots.extend(value.map(|value| value..line.len()));
    spots
}

/// `text` with `mask` in the place of what must not be seen.
pub fn masked(text: &str, mask: &str) -> String {
    if text.contains("PRIVATE KEY-----") {
        return mask.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\r', '\n']);
        let mut at = 0;
        for spot in spots(body) {
            shown.push_str(&line[at..spot.start]);
            shown.push_str(mask);
            at = spot.end;
        }
        shown.push_str(&line[at..]);
    }
    shown
}

fn value_of_secret(line: &str) -> Option<usize> {
    line.match_indices([':', '=']).find_map(|(at, separator)| {
        let before = line[..at].trim_end().trim_end_matches(['"', '\'']);
        let start = before
            .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let behind = &line[at + separator.len()..];
        // `a::b`, `pass://`: no key and value.
        if behind.starts_with("//") || !is_secret(&before[start..]) {
            return None;
        }
        let value = behind.trim_start();
        (!value.is_empty()).then(|| line.len() - value.len())
    })
}

/// The `pw` of each `scheme://user:pw@host`.
fn url_passwords(line: &str) -> Vec<Range<usize>> {
    let mut spots = Vec::new();
    for (at, mark) in line.match_indices("://") {
        let start = at + mark.len();
        let authority = line[start..].split(['/', '?', '#', ' ', '\t', '"', '\'']).next().unwrap_or_default();
        let Some(end) = authority.rfind('@') else { continue };
        if let Some(colon) = authority[..end].find(':').filter(|colon| colon + 1 < end) {
            spots.push(start + colon + 1..start + end);
        }
    }
    spots
}

/// How far in a line begins, and the name before its `:`, as YAML has them.
fn key(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches([' ', '-']);
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let name = text.split_once(':').map_or("", |(name, _)| name.trim_matches([' ', '"', '\'']));
    Some((line.len() - text.len(), name))
}

/// Whether the line that starts at `start` lies below a key that is secret: in its block text, list or mapping.
pub fn below_secret(text: &str, start: usize) -> bool {
    let line = text[start..].lines().next().unwrap_or_default();
    let mut indent = match key(line) {
        Some((indent, _)) => indent,
        None => line.len(),
    };
    for above in text[..start].lines().rev() {
        if indent == 0 {
            return false;
        }
        let Some((own, name)) = key(above).filter(|(own, _)| *own < indent) else { continue };
        if is_secret(name) {
            return true;
        }
        indent = own;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "password",
            "db_password",
            "DB_PASS",
            "dbPassword",
            "db-pw",
            "api_key",
            "apiKey",
            "APIKEY",
            "secret_key_base",
            "aws_secret_access_key",
            "credential",
            "credentials",
            "passphrase",
            "auth_token",
            "tokens",
            "rails_master_key",
            "encryption_keys",
            "private_key_content",
            "password_file",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "app_name",
            "ansible_ssh_private_key_file",
            "tls_key_path",
            "public_key",
            "authorized_keys",
            "key",
            "keyboard",
            "passenger_version",
            "bypass",
            "path",
            "keys_of_all_kinds",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn lines() {
        for (line, expected) in [
            ("db_password: hunter2", "db_password: *"),
            ("  \"api_key\" : hunter2, x: 1", "  \"api_key\" : *"),
            ("db: {user: a, password: hunter2}", "db: {user: a, password: *"),
            ("x=1 secret=hunter2", "x=1 secret=*"),
            ("url: postgres://u:pw@h:5432/db", "url: postgres://u:*@h:5432/db"),
            ("a://u:p@h b://v:q@i", "a://u:*@h b://v:*@i"),
            ("url: postgres://u:p@w@h/db", "url: postgres://u:*@h/db"),
            ("url: https://h:5432/a@b", "url: https://h:5432/a@b"),
            ("url: ssh://git@h/x", "url: ssh://git@h/x"),
            ("token_url: http://u:p@h/", "token_url: *"),
            ("db_password:", "db_password:"),
            ("name: shop", "name: shop"),
            ("a\ntoken: b\r\nc", "a\ntoken: *\r\nc"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "*"),
        ] {
            assert_eq!(masked(line, "*"), expected, "{line}");
        }
    }

    #[test]
    fn what_lies_below_a_secret() {
        let text = "all:\n  vars:\n    tls_key: |\n      AAAA\n\n      BBBB\n    name: x\n    secrets:\n      - one\n      - db:\n          user: u\napi_keys:\nlast: 1\n";
        for (line, expected) in [
            ("      AAAA", true),
            ("      BBBB", true),
            ("    name", false),
            ("      - one", true),
            ("          user", true),
            ("last", false),
            ("    secrets", false),
        ] {
            let at = text.find(line).expect("a line of the text");
            assert_eq!(below_secret(text, at), expected, "{line}");
        }
    }
}
