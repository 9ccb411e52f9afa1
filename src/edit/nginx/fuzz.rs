//! Texts that nobody would write: pieces of real ones, cut, repeated and mixed, always the same by their seed.

use super::*;
use crate::edit::Text;

const PIECES: &[&[u8]] = &[
    b"upstream shop {\n    server unix:/run/shop.sock max_fails=0 fail_timeout=0;\n    keepalive 0;\n}\n",
    b"http {\r\n  include conf.d/*.conf;\r\n  upstream shop { server a:1; server b:2 backup; }\r\n}\r\n",
    b"server { listen 80; location ~ \\.php$ { proxy_pass http://shop; } if ($a = \"b\") { return 403; } }\n",
    b"content_by_lua_block { local s = [==[ } ]] ]==] -- }\n if s == '}' then end --[[ { ]] }",
    b"map $a ${b} { default \"x\\\"y\"; '' 'z'; }\n",
    b"\xef\xbb\xbf\xff\0\x0c",
    b"keepalive 16; # kept\nkeepalive_timeout 5s;",
    b"upstream \"shop\"{",
    b"{",
    b"}",
    b";",
    b"\"",
    b"'",
    b"\\",
    b"${",
    b"#",
    b"\n",
    b"\r",
    b" ",
    b"[[",
    b"]]",
    b"--",
    b"include",
    b"server",
    b"_by_lua_block",
];

const FRAGMENT: &[u8] = b"upstream shop {\n # ours\n server unix:/s;\n server unix:/s;\n zone z 1m;\n keepalive 0;\n}";

/// xorshift64*: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).map_or(0, |number| number % limit.max(1))
    }

    fn text(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..=self.below(5) {
            text.extend(PIECES[self.below(PIECES.len())]);
        }
        for _ in 0..self.below(4) {
            let (from, to) = (self.below(text.len() + 1), self.below(text.len() + 1));
            let range = from.min(to)..from.max(to);
            match self.below(4) {
                0 => drop(text.drain(range)),
                1 => text.truncate(range.end),
                2 => text.extend_from_within(range),
                _ => drop(text.splice(from..from, PIECES[self.below(PIECES.len())].iter().copied())),
            }
        }
        text
    }
}

#[test]
fn no_text_is_too_strange() {
    let rounds = if cfg!(debug_assertions) { 3_000 } else { 200_000 };
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut read, mut edited) = (0, 0);
    for _ in 0..rounds {
        let whole = dice.text();
        let shown = || whole.escape_ascii().to_string();
        if let Ok(tree) = Tree::parse(&whole, Text::Whole) {
            assert!(tree.print() == whole, "{}", shown());
            read += 1;
        }
        let strange = dice.text();
        for fragment in [FRAGMENT, &strange] {
            let Ok(once) = edit(&whole, fragment) else { continue };
            edited += 1;
            assert_eq!(edit(&once, fragment).as_ref(), Ok(&once), "{}", shown());
            assert_eq!(part(&once, fragment), part(fragment, fragment), "{}", shown());
        }
    }
    // Else the texts have become too strange to show anything.
    assert!(read > rounds / 20 && edited > rounds / 200, "{read} read, {edited} edited");
}
