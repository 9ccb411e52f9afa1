use super::token::{Kind, Token};
use super::{Why, limits, lua, word};

/// What stopped the reading, and at which byte.
pub(super) type Stop = (usize, Why);

/// Cuts a configuration into tokens by the rules of nginx's own reader.
struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    tokens: Vec<Token>,
    /// Where the directive starts whose end has not come yet.
    directive: Option<usize>,
    /// That directive's name, as a token.
    name: usize,
    /// The byte before was a closing quote: few bytes may follow it.
    glued: bool,
}

/// The tokens of `text`, which together are `text`.
pub(super) fn tokens(text: &[u8]) -> Result<Vec<Token>, Stop> {
    if text.len() > limits::SIZE {
        return Err((limits::SIZE, Why::TooLarge { limit: limits::SIZE }));
    }
    let mut lexer = Lexer { text, at: 0, line: 1, tokens: Vec::new(), directive: None, name: 0, glued: false };
    while lexer.at < text.len() {
        lexer.step()?;
        if lexer.tokens.len() > limits::TOKENS {
            return Err((lexer.at, Why::TooManyTokens { limit: limits::TOKENS }));
        }
    }
    match lexer.directive {
        Some(start) => Err((start, Why::Unfinished)),
        None => Ok(lexer.tokens),
    }
}

/// `text` from byte `at` on; nothing past its end.
pub(super) fn after(text: &[u8], at: usize) -> &[u8] {
    text.get(at..).unwrap_or_default()
}

/// Where `wanted` stands first, from byte `at` on.
pub(super) fn find(text: &[u8], at: usize, wanted: &[u8]) -> Option<usize> {
    after(text, at).windows(wanted.len()).position(|window| window == wanted).map(|found| at + found)
}

/// What nginx takes for space. A form feed is not.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

impl Lexer<'_> {
    fn step(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let byte = self.text[start];
        let unexpected = Err((start, Why::Unexpected { byte }));
        if is_space(byte) {
            let length = after(self.text, start).iter().take_while(|&&byte| is_space(byte)).count();
            self.push(Kind::Space, length);
            return Ok(());
        }
        if self.glued && !matches!(byte, b';' | b'{' | b')') {
            return unexpected;
        }
        match byte {
            b';' | b'{' if self.directive.is_none() => return unexpected,
            b'}' if self.directive.is_some() => return unexpected,
            b';' => self.end(Kind::Semicolon),
            b'{' => {
                self.end(Kind::Open);
                self.lua(start)?;
            }
            b'}' => self.push(Kind::Close, 1),
            b'#' => {
                let length = after(self.text, start).iter().take_while(|&&byte| byte != b'\n').count();
                self.push(Kind::Comment, length);
            }
            b'"' | b'\'' => {
                let length = quoted(after(self.text, start)).ok_or((start, Why::Unfinished))?;
                self.word(Kind::Quoted, length);
            }
            _ => {
                let length = bare(after(self.text, start));
                self.word(Kind::Bare, length.ok_or((self.directive.unwrap_or(start), Why::Unfinished))?);
            }
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let token = Token { kind, start: self.at, end: self.at + length, line: self.line };
        self.line += self.text[token.range()].iter().filter(|&&byte| byte == b'\n').count();
        self.at = token.end;
        self.glued = kind == Kind::Quoted;
        self.tokens.push(token);
    }

    fn word(&mut self, kind: Kind, length: usize) {
        if self.directive.is_none() {
            self.directive = Some(self.at);
            self.name = self.tokens.len();
        }
        self.push(kind, length);
    }

    fn end(&mut self, kind: Kind) {
        self.directive = None;
        self.push(kind, 1);
    }

    /// The body of a block of Lua, as one token. `open` is where its brace stands.
    fn lua(&mut self, open: usize) -> Result<(), Stop> {
        let name = self.tokens[self.name];
        if word::value(&self.text[name.range()], name.kind).ends_with(b"_by_lua_block") {
            let length = lua::length(after(self.text, self.at)).ok_or((open, Why::Unfinished))?;
            self.push(Kind::Lua, length);
        }
        Ok(())
    }
}

/// The length of the word in quotes that `text` starts with.
fn quoted(text: &[u8]) -> Option<usize> {
    let quote = *text.first()?;
    let mut at = 1;
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The length of the word without quotes that `text` starts with. A brace after `$` does not end it, nor does `}`.
fn bare(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut variable = false;
    loop {
        let byte = *text.get(at)?;
        at += 1;
        if byte == b'{' && variable {
            continue;
        }
        variable = byte == b'$';
        match byte {
            b'\\' => at += 1,
            b';' | b'{' => return Some(at - 1),
            byte if is_space(byte) => return Some(at - 1),
            _ => {}
        }
    }
}
