use std::collections::BTreeSet;

use super::tree::{Block, Body, Directive, Tree};
use super::{Why, word};
use crate::edit::Fault;

/// Owned by every fragment: nginx would keep connections to Puma alive by what is left of these, and requests on
/// kept connections fail when a worker ends.
const ALWAYS: [&str; 5] = ["server", "keepalive", "keepalive_requests", "keepalive_time", "keepalive_timeout"];

/// The names of directives that are set as the fragment has them, or removed.
pub(super) struct Owned(BTreeSet<Vec<u8>>);

/// What of an upstream the fragment speaks about, in the text's order.
pub(super) struct Owns<'t, 'a> {
    pub servers: Vec<&'t Directive<'a>>,
    pub others: Vec<&'t Directive<'a>>,
}

impl Owned {
    pub fn by(block: &Block) -> Owned {
        let named = block.directives.iter().map(|directive| directive.name.value().into_owned());
        Owned(ALWAYS.iter().map(|name| name.as_bytes().to_vec()).chain(named).collect())
    }

    /// Faults where the block cannot be seen whole, or has as a block what the fragment has as a directive.
    pub fn of<'t, 'a>(&self, tree: &Tree<'a>, block: &'t Block<'a>) -> Result<Owns<'t, 'a>, Fault> {
        let mut owns = Owns { servers: Vec::new(), others: Vec::new() };
        for directive in &block.directives {
            if directive.is("include") {
                let pattern = lossy(&directive.arg(0).unwrap_or_default());
                return Err(tree.fault(directive.range.start, Why::Include { pattern }));
            }
            if !self.0.contains(&*directive.name.value()) {
                continue;
            }
            if directive.body != Body::None {
                let name = lossy(&directive.name.value());
                return Err(tree.fault(directive.range.start, Why::Block { name }));
            }
            if directive.is("server") { owns.servers.push(directive) } else { owns.others.push(directive) }
        }
        Ok(owns)
    }
}

/// The block of the upstream `name`, wherever the file stands: in nginx.conf that is in `http`, in an included file
/// mostly at the top. One of `stream` is another upstream.
pub(super) fn named<'t, 'a>(tree: &'t Tree<'a>, name: &[u8]) -> Result<&'t Block<'a>, Fault> {
    let inside = |directive: &'t Directive<'a>| match directive.block() {
        Some(block) if directive.is("http") => block.directives.as_slice(),
        _ => std::slice::from_ref(directive),
    };
    let mut found: Option<(&Directive, &Block)> = None;
    for directive in tree.directives.iter().flat_map(inside) {
        let Some((_, block)) = as_upstream(directive).filter(|(found, _)| found.eq_ignore_ascii_case(name)) else {
            continue;
        };
        if let Some((first, _)) = found {
            let why = Why::DeclaredTwice { name: lossy(name), first: first.line() };
            return Err(tree.fault(directive.range.start, why));
        }
        found = Some((directive, block));
    }
    found
        .map(|(_, block)| block)
        .ok_or_else(|| Fault { at: None, why: crate::edit::Why::Nginx(Why::NoUpstream { name: lossy(name) }) })
}

/// Name and block, if it is an upstream. Names of upstreams are the same in capitals, as host names are.
pub(super) fn as_upstream<'t, 'a>(directive: &'t Directive<'a>) -> Option<(std::borrow::Cow<'a, [u8]>, &'t Block<'a>)> {
    match directive.args.as_slice() {
        [name] if directive.is("upstream") => Some((name.value(), directive.block()?)),
        _ => None,
    }
}

/// The one spelling of a directive that is compared: words as they count, parameters of a `server` sorted by key.
pub(super) fn spelled(directive: &Directive) -> Vec<u8> {
    let mut args: Vec<_> = directive.args.iter().map(|arg| arg.value()).collect();
    if directive.is("server") && !args.is_empty() {
        // Stable: of one key given twice, the later counts.
        args[1..].sort_by(|one, other| key(one).cmp(key(other)));
    }
    let words: Vec<_> =
        std::iter::once(directive.name.value()).chain(args).map(|value| word::spelled(&value)).collect();
    [words.join(b" ".as_slice()).as_slice(), b";"].concat()
}

fn key(parameter: &[u8]) -> &[u8] {
    parameter.split(|&byte| byte == b'=').next().unwrap_or(parameter)
}

pub(super) fn lossy(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}
