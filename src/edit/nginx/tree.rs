use std::borrow::Cow;
use std::ops::Range;

use super::token::{Kind, Token};
use super::word::Word;
use super::{Why, lexer, limits};
use crate::edit::{Fault, Place, Text};

/// A configuration as nginx reads it. Nothing of the text is lost: what it does not name stands between its parts.
#[derive(Debug)]
pub struct Tree<'a> {
    pub text: &'a [u8],
    pub directives: Vec<Directive<'a>>,
    pub(super) tokens: Vec<Token>,
    source: Text,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    pub name: Word<'a>,
    pub args: Vec<Word<'a>>,
    pub body: Body<'a>,
    /// From the name's first byte to the `;` or the `}`, which is part of it.
    pub range: Range<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// It ends in `;`.
    None,
    Block(Block<'a>),
    /// `…_by_lua_block`: what stands between the braces is not nginx's.
    Lua(&'a [u8]),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Block<'a> {
    pub directives: Vec<Directive<'a>>,
    /// What stands between the braces.
    pub range: Range<usize>,
}

/// A directive whose block has not ended yet, and what comes beside it.
struct Open<'a> {
    head: Vec<Word<'a>>,
    /// The first byte of its block.
    inside: usize,
    beside: Vec<Directive<'a>>,
}

impl<'a> Tree<'a> {
    /// `source` is the text that faults shall name.
    pub fn parse(text: &'a [u8], source: Text) -> Result<Tree<'a>, Fault> {
        let fault = |(at, why)| Fault { at: Some(Place::of(source, text, at)), why: why_of(why) };
        let tokens = lexer::tokens(text).map_err(fault)?;
        let directives = directives(text, &tokens).map_err(fault)?;
        Ok(Tree { text, directives, tokens, source })
    }

    /// The text again, put together from its tokens.
    pub fn print(&self) -> Vec<u8> {
        self.tokens.iter().flat_map(|token| &self.text[token.range()]).copied().collect()
    }

    pub(super) fn fault(&self, at: usize, why: Why) -> Fault {
        Fault { at: Some(Place::of(self.source, self.text, at)), why: why_of(why) }
    }

    /// The comments that start in `range`, without the `#` line's end.
    pub(super) fn comments(&self, range: Range<usize>) -> impl Iterator<Item = (Token, &'a [u8])> {
        let text = self.text;
        let first = self.tokens.partition_point(|token| token.start < range.start);
        self.tokens[first..]
            .iter()
            .take_while(move |token| token.start < range.end)
            .filter(|token| token.kind == Kind::Comment)
            .map(move |token| (*token, text[token.range()].trim_ascii_end()))
    }
}

fn why_of(why: Why) -> crate::edit::Why {
    crate::edit::Why::Nginx(why)
}

impl<'a> Directive<'a> {
    pub fn is(&self, name: &str) -> bool {
        self.name.is(name)
    }

    /// The first line, as nginx counts.
    pub fn line(&self) -> usize {
        self.name.line
    }

    pub fn block(&self) -> Option<&Block<'a>> {
        match &self.body {
            Body::Block(block) => Some(block),
            Body::None | Body::Lua(_) => None,
        }
    }

    /// The value of argument `index`, from 0.
    pub fn arg(&self, index: usize) -> Option<Cow<'a, [u8]>> {
        self.args.get(index).map(Word::value)
    }
}

fn directives<'a>(text: &'a [u8], tokens: &[Token]) -> Result<Vec<Directive<'a>>, lexer::Stop> {
    let mut open: Vec<Open> = Vec::new();
    let mut beside = Vec::new();
    let mut words = Vec::new();
    let mut lua = None;
    for token in tokens {
        match token.kind {
            Kind::Space | Kind::Comment => {}
            Kind::Bare | Kind::Quoted => words.push(Word {
                raw: &text[token.range()],
                start: token.start,
                line: token.line,
                quoted: token.kind == Kind::Quoted,
            }),
            Kind::Semicolon => beside.extend(directive(std::mem::take(&mut words), Body::None, token.end)),
            Kind::Open if open.len() == limits::DEPTH => {
                return Err((token.start, Why::TooDeep { limit: limits::DEPTH }));
            }
            Kind::Open => open.push(Open {
                head: std::mem::take(&mut words),
                inside: token.end,
                beside: std::mem::take(&mut beside),
            }),
            Kind::Lua => lua = Some(&text[token.range()]),
            Kind::Close => {
                let Some(closed) = open.pop() else { return Err((token.start, Why::Unexpected { byte: b'}' })) };
                let inner = std::mem::replace(&mut beside, closed.beside);
                let body = lua.take().map_or_else(
                    || Body::Block(Block { directives: inner, range: closed.inside..token.start }),
                    Body::Lua,
                );
                beside.extend(directive(closed.head, body, token.end));
            }
        }
    }
    match open.pop() {
        Some(unclosed) => Err((unclosed.head.first().map_or(unclosed.inside, |name| name.start), Why::Unfinished)),
        None => Ok(beside),
    }
}

/// Nothing without a name, which the lexer sees to.
fn directive<'a>(mut words: Vec<Word<'a>>, body: Body<'a>, end: usize) -> Option<Directive<'a>> {
    if words.is_empty() {
        return None;
    }
    let name = words.remove(0);
    Some(Directive { name, args: words, body, range: name.start..end })
}
