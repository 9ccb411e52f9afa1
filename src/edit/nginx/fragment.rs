use super::Why;
use super::tree::{Body, Directive, Tree};
use super::upstream::{self, Owned, lossy};
use crate::edit::{Fault, Text};

/// One `upstream` as it shall be.
pub(super) struct Fragment<'a> {
    pub name: Vec<u8>,
    pub owned: Owned,
    pub servers: Vec<Item<'a>>,
    pub others: Vec<Item<'a>>,
}

/// A directive of it.
pub(super) struct Item<'a> {
    pub name: Vec<u8>,
    /// As it is compared.
    pub spelled: Vec<u8>,
    /// As it is written where it is new.
    pub line: Vec<u8>,
    /// A server's address.
    pub address: Vec<u8>,
    /// The comments above it, or above the run of like-named directives that it belongs to.
    pub comments: Vec<&'a [u8]>,
}

impl<'a> Fragment<'a> {
    pub fn parse(text: &'a [u8]) -> Result<Fragment<'a>, Fault> {
        let tree = Tree::parse(text, Text::Fragment)?;
        let [only] = tree.directives.as_slice() else {
            let second = tree.directives.get(1).map_or(0, |second| second.range.start);
            return Err(tree.fault(second, Why::NotOneUpstream));
        };
        let (name, block) =
            upstream::as_upstream(only).ok_or_else(|| tree.fault(only.range.start, Why::NotOneUpstream))?;
        let mut items: Vec<Item> = Vec::new();
        let mut from = block.range.start;
        for directive in &block.directives {
            if directive.body != Body::None || directive.is("include") {
                let name = lossy(&directive.name.value());
                return Err(tree.fault(directive.range.start, Why::NotInFragment { name }));
            }
            let own = comments(&tree, from, directive);
            let item = Item::new(directive, own, items.last());
            items.push(item);
            from = directive.range.end;
        }
        let (servers, others): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.name == b"server");
        if servers.is_empty() {
            return Err(tree.fault(only.range.start, Why::NoServer));
        }
        Ok(Fragment { name: name.into_owned(), owned: Owned::by(block), servers, others })
    }
}

/// Those on lines of their own between byte `from` and the directive.
fn comments<'a>(tree: &Tree<'a>, from: usize, directive: &Directive) -> Vec<&'a [u8]> {
    let starts_line = |start: usize| tree.text[from..start].contains(&b'\n');
    let between = tree.comments(from..directive.range.start);
    between.filter(|(token, _)| starts_line(token.start)).map(|(_, comment)| comment).collect()
}

impl<'a> Item<'a> {
    fn new(directive: &Directive<'a>, own: Vec<&'a [u8]>, before: Option<&Item<'a>>) -> Item<'a> {
        let name = directive.name.value().into_owned();
        let inherited = before.filter(|before| own.is_empty() && before.name == name);
        let words: Vec<&[u8]> = std::iter::once(&directive.name).chain(&directive.args).map(|word| word.raw).collect();
        Item {
            spelled: upstream::spelled(directive),
            line: [words.join(b" ".as_slice()).as_slice(), b";"].concat(),
            address: directive.arg(0).unwrap_or_default().into_owned(),
            comments: inherited.map_or(own, |before| before.comments.clone()),
            name,
        }
    }
}
