//! The extent of a `…_by_lua_block`: its body is Lua, and a brace in a string or a comment of Lua counts for nothing.

use super::lexer::{after, find};

/// The length of the Lua in front of the brace that closes the block, if there is one.
pub(super) fn length(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match *text.get(at)? {
            b'{' => {
                depth += 1;
                at += 1;
            }
            b'}' if depth == 0 => return Some(at),
            b'}' => {
                depth -= 1;
                at += 1;
            }
            quote @ (b'"' | b'\'') => at = string(text, at + 1, quote)?,
            b'-' if after(text, at).starts_with(b"--") => at = comment(text, at + 2)?,
            b'[' => at = long(text, at)?.unwrap_or(at + 1),
            _ => at += 1,
        }
    }
}

/// Where the string ends whose inside starts at `at`.
fn string(text: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Where the comment ends whose text starts at `at`.
fn comment(text: &[u8], at: usize) -> Option<usize> {
    match long(text, at)? {
        Some(end) => Some(end),
        None => find(text, at, b"\n"),
    }
}

/// Where `[[ … ]]` or `[==[ … ]==]` ends, if one opens at `at`. `None` outside: it opens and never ends.
fn long(text: &[u8], at: usize) -> Option<Option<usize>> {
    let Some(rest) = after(text, at).strip_prefix(b"[") else { return Some(None) };
    let level = rest.iter().take_while(|&&byte| byte == b'=').count();
    if rest.get(level) != Some(&b'[') {
        return Some(None);
    }
    let close = [b"]".as_slice(), &rest[..level], b"]"].concat();
    find(text, at + level + 2, &close).map(|end| Some(end + close.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_ends_at_its_own_brace() {
        for (text, expected) in [
            ("}", Some(0)),
            (" ngx.say(1) } server", Some(12)),
            ("if a then t = {1, {2}} end } }", Some(27)),
            ("s = '}' }", Some(8)),
            (r#"s = "\"}" }"#, Some(10)),
            ("-- } '\n }", Some(8)),
            ("--[[ } \n ]] }", Some(12)),
            ("--[==[ ]] } ]==] }", Some(17)),
            ("s = [[ } ' ]] }", Some(14)),
            ("t[1] = [=[ ]] } ]=] }", Some(20)),
            ("t[[=1] }", None),
            ("a - b }", Some(6)),
            ("'", None),
            ("{ }", None),
            ("-- }", None),
            ("'\\", None),
        ] {
            assert_eq!(length(text.as_bytes()), expected, "{text}");
        }
    }
}
