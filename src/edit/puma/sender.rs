//! Which settings a call makes, also where it says so by `send`, and what hides settings from whoever only reads.

use ruby_prism::{CallNode, Location, Node};

use super::literal::readable;
use super::walk::Walk;
use super::{Argument, Call, Literal, Setting, Standing, Under, Why};

/// The settings that `node` makes: none, one, or several that one is chosen from.
pub(super) fn calls(walk: &mut Walk<'_>, node: &CallNode<'_>) -> Vec<Call> {
    let name = readable(node.name().as_slice());
    let arguments: Vec<Node<'_>> =
        node.arguments().iter().flat_map(|all| all.arguments().iter().collect::<Vec<_>>()).collect();
    let own = node.receiver().is_none_or(|receiver| receiver.as_self_node().is_some());
    let block = node.block().is_some_and(|block| block.as_block_node().is_some());
    let hidden = |walk: &mut Walk<'_>| {
        let location = node.location();
        let line = location.as_slice().split(|&byte| byte == b'\n').next().unwrap_or_default();
        walk.see(location.start() as usize, Why::Unseen { what: readable(line.trim_ascii()) });
        Vec::new()
    };
    match name.as_str() {
        "eval" => hidden(walk),
        // A block's own name for `self`.
        _ if !own => match (Setting::named(&name), node.receiver()) {
            (Some(setting), Some(receiver))
                if receiver.as_local_variable_read_node().is_some() && (block || !arguments.is_empty()) =>
            {
                vec![call(walk, node, name, setting, &arguments, chosen(walk, node))]
            }
            _ => Vec::new(),
        },
        "load" => hidden(walk),
        "instance_eval" | "instance_exec" | "inject" if !block => hidden(walk),
        "instance_variable_get" | "instance_variable_set" => hidden(walk),
        "method" | "define_singleton_method" => match arguments.first().and_then(names) {
            Some(names) if names.iter().all(|name| Setting::named(name).is_none()) => Vec::new(),
            _ => hidden(walk),
        },
        "send" | "public_send" | "__send__" => {
            let Some((first, rest)) = arguments.split_first() else { return Vec::new() };
            let Some(names) = names(first) else { return hidden(walk) };
            let known: Vec<&'static Setting> = names.iter().filter_map(|name| Setting::named(name)).collect();
            let Some(one) = known.first() else { return Vec::new() };
            if known.len() == names.len()
                && known.iter().all(|setting| setting.key == one.key && setting.spelling == one.spelling)
            {
                return vec![call(walk, node, one.name.to_owned(), one, rest, walk.standing())];
            }
            let standing = chosen(walk, node);
            let each = known.into_iter();
            each.map(|setting| call(walk, node, setting.name.to_owned(), setting, rest, standing.clone())).collect()
        }
        _ => match Setting::named(&name) {
            Some(setting) => vec![call(walk, node, name, setting, &arguments, walk.standing())],
            None => Vec::new(),
        },
    }
}

/// Notes that `name` is defined anew, if it is a setting's.
pub(super) fn redefined(walk: &mut Walk<'_>, name: &str, at: &Location<'_>) {
    if Setting::named(name).is_some() {
        walk.see(at.start() as usize, Why::Redefined { name: name.to_owned() });
    }
}

fn chosen(walk: &Walk<'_>, node: &CallNode<'_>) -> Standing {
    match walk.standing() {
        Standing::Plain => {
            Standing::Under { what: Under::Expression, line: walk.line(node.location().start() as usize) }
        }
        under => under,
    }
}

fn call(
    walk: &Walk<'_>,
    node: &CallNode<'_>,
    name: String,
    setting: &'static Setting,
    arguments: &[Node<'_>],
    standing: Standing,
) -> Call {
    let range = |location: &Location<'_>| location.start() as usize..location.end() as usize;
    let clean = |node: &Node<'_>| walk.clean(range(&node.location()));
    let span = range(&node.location());
    let mut arguments: Vec<Argument> = arguments
        .iter()
        .map(|argument| Argument { source: clean(argument).replace('\n', " "), value: Literal::of(argument) })
        .collect();
    let mut block = None;
    match node.block() {
        Some(given) if given.as_block_node().is_some() => block = Some(clean(&given)),
        Some(given) => arguments.push(Argument { source: clean(&given).replace('\n', " "), value: None }),
        None => {}
    }
    Call { name, setting, arguments, block, standing, line: walk.line(span.start), span, heredocs: None }
}

/// The names that `node` may stand for, where the text tells all of them.
fn names(node: &Node<'_>) -> Option<Vec<String>> {
    if let Some(choice) = node.as_if_node() {
        let yes = only(&choice.statements()?.as_node())?;
        let no = only(&choice.subsequent()?.as_else_node()?.statements()?.as_node())?;
        return Some([yes, no].concat());
    }
    match Literal::of(node)? {
        Literal::Symbol(name) | Literal::Text(name) => Some(vec![readable(&name)]),
        _ => None,
    }
}

fn only(node: &Node<'_>) -> Option<Vec<String>> {
    let body = node.as_statements_node()?.body();
    match Literal::of(&(body.len() == 1).then(|| body.first())??)? {
        Literal::Symbol(name) | Literal::Text(name) => Some(vec![readable(&name)]),
        _ => None,
    }
}
