use std::collections::BTreeSet;

use super::Why;
use super::fragment::{Fragment, Item};
use super::splice::Splice;
use super::tree::{Block, Directive, Tree};
use super::upstream::{self, Owns, lossy};
use crate::edit::{Fault, Text};

/// `whole` with the upstream that `fragment` is: `server`, `keepalive…` and whatever else the fragment names are set
/// as it has them, the rest of the block stays, and so does every byte outside of it.
pub fn edit(whole: &[u8], fragment: &[u8]) -> Result<Vec<u8>, Fault> {
    let fragment = Fragment::parse(fragment)?;
    let tree = Tree::parse(whole, Text::Whole)?;
    let block = upstream::named(&tree, &fragment.name)?;
    let owns = fragment.owned.of(&tree, block)?;
    other_backends(&tree, &owns, &fragment)?;
    let mut setting = Setting { splice: Splice::new(&tree, block), written: written(&tree, block) };
    setting.servers(&owns.servers, &fragment.servers);
    setting.others(&owns.others, &fragment.others);
    let edited = setting.splice.finish();
    // nginx has more corners than anybody knows: what does not read back as asked for never leaves this function.
    if says(&edited, &fragment) {
        Ok(edited)
    } else {
        Err(Fault { at: None, why: crate::edit::Why::Nginx(Why::NotTaken) })
    }
}

fn says(edited: &[u8], fragment: &Fragment) -> bool {
    let Ok(tree) = Tree::parse(edited, Text::Whole) else { return false };
    let Ok(owns) = upstream::named(&tree, &fragment.name).and_then(|block| fragment.owned.of(&tree, block)) else {
        return false;
    };
    let alike = |found: &[&Directive], wanted: &[Item]| {
        found.iter().map(|one| upstream::spelled(one)).eq(wanted.iter().map(|item| item.spelled.clone()))
    };
    alike(&owns.servers, &fragment.servers) && alike(&owns.others, &fragment.others)
}

/// A server that the fragment does not know must not vanish: it may be another machine, or a page for bad times. Only
/// an upstream of one address is surely the app's own, wherever its socket was until now.
fn other_backends(tree: &Tree, owns: &Owns, fragment: &Fragment) -> Result<(), Fault> {
    let address = |server: &Directive| server.arg(0).unwrap_or_default().into_owned();
    let all: BTreeSet<_> = owns.servers.iter().map(|server| address(server)).collect();
    let ours: BTreeSet<_> = fragment.servers.iter().map(|server| server.address.as_slice()).collect();
    let unknown = owns.servers.iter().find(|server| !ours.contains(address(server).as_slice()));
    match unknown.filter(|_| all.len() > 1) {
        Some(server) => Err(tree.fault(server.range.start, Why::OtherBackend { address: lossy(&address(server)) })),
        None => Ok(()),
    }
}

fn written<'a>(tree: &Tree<'a>, block: &Block) -> BTreeSet<&'a [u8]> {
    tree.comments(block.range.clone()).map(|(_, comment)| comment).collect()
}

struct Setting<'t, 'a> {
    splice: Splice<'t, 'a>,
    /// The comments that the block has, so that none of ours comes a second time.
    written: BTreeSet<&'a [u8]>,
}

impl<'a> Setting<'_, 'a> {
    /// What is alike at both ends stays; between, old lines become new ones in turn.
    fn servers(&mut self, old: &[&Directive], new: &[Item<'a>]) {
        let alike = |(old, new): &(&&Directive, &Item)| upstream::spelled(old) == new.spelled;
        let head = old.iter().zip(new).take_while(alike).count();
        let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(alike).count();
        let (olds, news) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
        for pair in olds.iter().zip(news) {
            self.set(pair.0, pair.1);
        }
        for gone in olds.iter().skip(news.len()) {
            self.splice.remove(gone);
        }
        let last = olds.get(news.len().min(olds.len()).wrapping_sub(1)).or(head.checked_sub(1).map(|at| &old[at]));
        for item in news.iter().skip(olds.len()) {
            let comments = self.unwritten(item);
            match (last, old.get(old.len() - tail)) {
                (Some(last), _) => self.splice.after(last, &comments, &item.line),
                (None, Some(next)) => self.splice.before(next, &comments, &item.line),
                (None, None) => self.splice.at_end(&comments, &item.line),
            }
        }
    }

    /// Their order counts for nginx (`keepalive` works only after the balancing method), so what has no old line of
    /// its name in the same order comes before the next that has one, or last.
    fn others(&mut self, old: &[&Directive], new: &[Item<'a>]) {
        let alike = |(old, new): &(&&Directive, &Item)| *old.name.value() == *new.name;
        let head = old.iter().zip(new).take_while(alike).count();
        let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(alike).count();
        let kept =
            old[..head].iter().zip(&new[..head]).chain(old[old.len() - tail..].iter().zip(&new[new.len() - tail..]));
        for (old, item) in kept {
            self.set(old, item);
        }
        for gone in &old[head..old.len() - tail] {
            self.splice.remove(gone);
        }
        for item in &new[head..new.len() - tail] {
            let comments = self.unwritten(item);
            match old.get(old.len() - tail) {
                Some(next) => self.splice.before(next, &comments, &item.line),
                None => self.splice.at_end(&comments, &item.line),
            }
        }
    }

    fn set(&mut self, old: &Directive, item: &Item<'a>) {
        if upstream::spelled(old) != item.spelled {
            let comments = self.unwritten(item);
            self.splice.replace(old, &comments, &item.line);
        }
    }

    fn unwritten(&mut self, item: &Item<'a>) -> Vec<&'a [u8]> {
        item.comments.iter().filter(|comment| self.written.insert(comment)).copied().collect()
    }
}
