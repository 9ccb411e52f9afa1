use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use super::events::{Anchor, Event, Tag, events};
use super::fault::{Fault, Mistake};
use super::node::{Data, Node};
use super::{limits, scalar};
use crate::source::{Source, Span};

/// Reads one document. An empty text is `Null`.
pub fn parse(source: &Arc<Source>) -> Result<Node, Vec<Fault>> {
    if source.text.len() > limits::SIZE {
        return Err(vec![Fault::TooLarge { at: Span::new(source, 0..0), limit: limits::SIZE }]);
    }
    let mut builder = Builder::new(source);
    builder.faults.extend(control_character(source));
    builder.run();
    match builder.root {
        Some(root) if builder.faults.is_empty() => Ok(root),
        None if builder.faults.is_empty() => Ok(Node { data: Data::Null, span: Span::new(source, 0..0), tag: None }),
        _ => Err(builder.faults),
    }
}

/// PyYAML refuses what cannot be printed; a terminal escape in an inventory is never meant well.
fn control_character(source: &Arc<Source>) -> Option<Fault> {
    let (at, character) = source.text.char_indices().find(|&(_, character)| {
        matches!(character, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f'..='\u{84}' | '\u{86}'..='\u{9f}')
    })?;
    Some(Fault::ControlCharacter { at: Span::new(source, at..at + character.len_utf8()), character })
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    open: Vec<Frame>,
    root: Option<Node>,
    anchors: HashMap<Anchor, Anchored>,
    faults: Vec<Fault>,
    raw: usize,
    expanded: u64,
    documents: usize,
}

/// A list or mapping whose end has not come yet.
struct Frame {
    start: usize,
    /// Where the last child ends: a block collection ends there, not at the next token.
    end: usize,
    anchor: Anchor,
    tag: Option<Arc<str>>,
    items: Items,
    /// Nodes below, aliases followed.
    size: u64,
    /// Levels below, aliases followed.
    height: usize,
}

enum Items {
    List(Vec<Node>),
    Map { key: Option<Key>, entries: Vec<(Node, Node)>, merges: Vec<(Node, u64)> },
}

struct Key {
    node: Node,
    merge: bool,
}

/// What an alias repeats; `node` is absent while the anchored node is still open.
struct Anchored {
    node: Option<Node>,
    size: u64,
    height: usize,
}

/// A finished node on its way into its parent.
struct Finished {
    node: Node,
    size: u64,
    height: usize,
    /// A plain `<<`.
    merge: bool,
}

/// Reading cannot go on; the fault is recorded.
struct Halt;

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        Builder {
            source,
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            faults: Vec::new(),
            raw: 0,
            expanded: 0,
            documents: 0,
        }
    }

    fn run(&mut self) {
        let text = &self.source.text;
        for event in events(text) {
            let outcome = match event {
                Ok((event, range)) => self.take(event, range),
                // `a: {{ b }}/c` was already reported at its braces.
                Err(stop)
                    if stop.mistake == Some(Mistake::UnquotedTemplate)
                        && matches!(self.faults.last(), Some(Fault::KeyNotScalar { template: true, .. })) =>
                {
                    Err(Halt)
                }
                Err(stop) => {
                    let end = text[stop.at..].chars().next().map_or(stop.at, |next| stop.at + next.len_utf8());
                    let at = self.span(stop.at..end);
                    self.fail(if stop.too_deep {
                        Fault::TooDeep { at, limit: limits::DEPTH }
                    } else {
                        Fault::Syntax { at, problem: stop.problem, mistake: stop.mistake }
                    })
                }
            };
            if outcome.is_err() {
                return;
            }
        }
        if self.expanded > self.expansion_limit() {
            let limit = self.expansion_limit();
            self.faults.push(Fault::TooExpanded { at: self.span(0..0), limit });
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    fn expansion_limit(&self) -> u64 {
        limits::EXPANDED.max((self.raw as u64).saturating_mul(limits::EXPANSION))
    }

    fn fail(&mut self, fault: Fault) -> Result<(), Halt> {
        self.faults.push(fault);
        Err(Halt)
    }

    fn take(&mut self, event: Event<'_>, range: Range<usize>) -> Result<(), Halt> {
        match event {
            Event::Document => {
                self.documents += 1;
                if self.documents > 1 {
                    return self.fail(Fault::SecondDocument { at: self.span(range) });
                }
                Ok(())
            }
            Event::Scalar { text, plain, anchor, tag } => self.scalar(&text, plain, anchor, tag, range),
            Event::Alias(anchor) => self.alias(anchor, range),
            Event::UnknownAlias(name) => {
                let at = self.span(range);
                self.faults.push(Fault::UnknownAnchor { at: at.clone(), name: name.into_owned() });
                self.finish(Finished { node: null(at), size: 1, height: 0, merge: false })
            }
            Event::List { anchor, tag } => self.start(range, anchor, tag, Items::List(Vec::new())),
            Event::Map { anchor, tag } => {
                let items = Items::Map { key: None, entries: Vec::new(), merges: Vec::new() };
                self.start(range, anchor, tag, items)
            }
            Event::ListEnd | Event::MapEnd => self.end(range),
        }
    }

    fn count(&mut self, range: &Range<usize>) -> Result<(), Halt> {
        self.raw += 1;
        self.expanded = self.expanded.saturating_add(1);
        if self.raw > limits::NODES {
            return self.fail(Fault::TooManyNodes { at: self.span(range.clone()), limit: limits::NODES });
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        plain: bool,
        anchor: Anchor,
        tag: Option<Tag>,
        range: Range<usize>,
    ) -> Result<(), Halt> {
        self.count(&range)?;
        let merge = plain && tag.is_none() && text == "<<";
        let (data, tag) = match tag {
            None if plain => (scalar::plain(text), None),
            None => (scalar::string(text), None),
            Some(tag) => self.tagged(text, tag, &range),
        };
        let node = Node { data, span: self.span(range), tag };
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: Some(node.clone()), size: 1, height: 0 });
        }
        self.finish(Finished { node, size: 1, height: 0, merge })
    }

    fn tagged(&mut self, text: &str, tag: Tag, range: &Range<usize>) -> (Data, Option<Arc<str>>) {
        if let Some(core) = &tag.core
            && matches!(core.as_str(), "str" | "null" | "bool" | "int" | "float")
        {
            let data = scalar::tagged(text, core).unwrap_or_else(|| {
                self.faults.push(Fault::TagMismatch { at: Span::new(self.source, range.clone()), tag: tag.written });
                Data::Null
            });
            return (data, None);
        }
        let kept = self.kept(tag, range);
        (scalar::string(text), kept)
    }

    /// The tags that Ansible gives a meaning of its own; `!` alone only says "not plain".
    fn kept(&mut self, tag: Tag, range: &Range<usize>) -> Option<Arc<str>> {
        match tag.written.as_str() {
            "!" => None,
            "!vault" | "!vault-encrypted" => Some(Arc::from("!vault")),
            "!unsafe" => Some(Arc::from("!unsafe")),
            _ => {
                let at = self.span(range.clone());
                self.faults.push(Fault::UnknownTag { at, tag: tag.written });
                None
            }
        }
    }

    fn alias(&mut self, anchor: Anchor, range: Range<usize>) -> Result<(), Halt> {
        self.count(&range)?;
        let at = self.span(range);
        let (mut node, size, height) = match self.anchors.get(&anchor) {
            Some(Anchored { node: Some(node), size, height }) => (node.clone(), *size, *height),
            Some(Anchored { node: None, .. }) => return self.fail(Fault::RecursiveAlias { at }),
            // Only a node that failed before it was anchored; its own fault is recorded.
            None => (null(at.clone()), 1, 0),
        };
        // Nesting through aliases would overflow the stack of whoever walks the tree, as written nesting would.
        if self.open.len() + height > limits::DEPTH {
            return self.fail(Fault::TooDeep { at, limit: limits::DEPTH });
        }
        self.expanded = self.expanded.saturating_add(size);
        node.span = at;
        self.finish(Finished { node, size, height, merge: false })
    }

    fn start(&mut self, range: Range<usize>, anchor: Anchor, tag: Option<Tag>, items: Items) -> Result<(), Halt> {
        self.count(&range)?;
        if self.open.len() >= limits::DEPTH {
            return self.fail(Fault::TooDeep { at: self.span(range), limit: limits::DEPTH });
        }
        let expected = match items {
            Items::List(_) => "seq",
            Items::Map { .. } => "map",
        };
        let tag = tag.filter(|tag| tag.core.as_deref() != Some(expected)).and_then(|tag| self.kept(tag, &range));
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: None, size: 0, height: 0 });
        }
        self.open.push(Frame { start: range.start, end: range.end, anchor, tag, items, size: 1, height: 0 });
        Ok(())
    }

    fn end(&mut self, range: Range<usize>) -> Result<(), Halt> {
        let Some(frame) = self.open.pop() else { return Ok(()) };
        // A flow collection ends with its bracket, a block collection with its last child.
        let end = if range.is_empty() { frame.end } else { range.end };
        let span = self.span(frame.start..end.max(frame.start));
        let (data, size) = match frame.items {
            Items::List(items) => (Data::List(Arc::from(items)), frame.size),
            Items::Map { entries, merges, .. } => self.mapping(entries, merges, frame.size)?,
        };
        let node = Node { data, span, tag: frame.tag };
        let height = frame.height + 1;
        if frame.anchor != 0 {
            self.anchors.insert(frame.anchor, Anchored { node: Some(node.clone()), size, height });
        }
        self.finish(Finished { node, size, height, merge: false })
    }

    fn finish(&mut self, finished: Finished) -> Result<(), Halt> {
        let Finished { node, size, height, merge } = finished;
        let text = &self.source.text;
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.end = frame.end.max(node.span.range.end);
        frame.size = frame.size.saturating_add(size);
        frame.height = frame.height.max(height);
        match &mut frame.items {
            Items::List(items) => items.push(node),
            Items::Map { key, entries, merges } => match key.take() {
                None => {
                    if matches!(node.data, Data::List(_) | Data::Map(_)) {
                        let start = node.span.range.start;
                        // `{{ x }}` reads as a mapping whose key is the mapping `{ x }`.
                        let template = matches!(node.data, Data::Map(_)) && text[..start].ends_with('{');
                        // Of `{{ x }}: 1` the braces were reported when the inner key ended.
                        let told = matches!(self.faults.last(), Some(Fault::KeyNotScalar { template: true, at })
                            if at.range.start >= start);
                        if !told {
                            self.faults.push(Fault::KeyNotScalar { at: node.span.clone(), template });
                        }
                    }
                    *key = Some(Key { node, merge });
                }
                Some(Key { merge: true, .. }) => merges.push((node, size)),
                Some(Key { node: name, .. }) => entries.push((name, node)),
            },
        }
        Ok(())
    }

    /// Merged entries come first, as in PyYAML; what the mapping says itself wins.
    fn mapping(
        &mut self,
        entries: Vec<(Node, Node)>,
        merges: Vec<(Node, u64)>,
        size: u64,
    ) -> Result<(Data, u64), Halt> {
        self.duplicates(&entries);
        if merges.is_empty() {
            return Ok((Data::Map(Arc::from(entries)), size));
        }
        let mut merged: Vec<(Node, Node)> = Vec::new();
        let mut index: HashMap<String, usize> = HashMap::new();
        let mut put = |(key, value): &(Node, Node)| match index.entry(identity(key)) {
            Entry::Occupied(known) => merged[*known.get()].1 = value.clone(),
            Entry::Vacant(vacant) => {
                vacant.insert(merged.len());
                merged.push((key.clone(), value.clone()));
            }
        };
        for (node, size) in &merges {
            // Merging copies entries, so the bound is held here and not only at the end.
            self.expanded = self.expanded.saturating_add(*size);
            if self.expanded > self.expansion_limit() {
                let limit = self.expansion_limit();
                return self.fail(Fault::TooExpanded { at: node.span.clone(), limit }).map(|()| (Data::Null, 0));
            }
            let parts = node.as_list().unwrap_or(std::slice::from_ref(node));
            // Of a list, the earlier mapping wins.
            for part in parts.iter().rev() {
                match part.as_map() {
                    Some(entries) => entries.iter().for_each(&mut put),
                    None => self.faults.push(Fault::MergeNotMapping { at: part.span.clone(), found: part.describe() }),
                }
            }
        }
        entries.iter().for_each(&mut put);
        Ok((Data::Map(Arc::from(merged)), size))
    }

    fn duplicates(&mut self, entries: &[(Node, Node)]) {
        // Most mappings are small, and comparing a few keys is cheaper than hashing them.
        let differ = |(at, (key, _)): (usize, &(Node, Node))| entries[..at].iter().all(|(other, _)| !same(key, other));
        if entries.len() <= 8 && entries.iter().enumerate().all(differ) {
            return;
        }
        let mut seen: HashMap<String, &Span> = HashMap::with_capacity(entries.len());
        for (key, _) in entries {
            if matches!(key.data, Data::List(_) | Data::Map(_)) {
                continue;
            }
            match seen.entry(identity(key)) {
                Entry::Vacant(vacant) => {
                    vacant.insert(&key.span);
                }
                Entry::Occupied(first) => self.faults.push(Fault::DuplicateKey {
                    key: key.text(),
                    first: (*first.get()).clone(),
                    second: key.span.clone(),
                }),
            }
        }
    }
}

fn null(span: Span) -> Node {
    Node { data: Data::Null, span, tag: None }
}

fn same(key: &Node, other: &Node) -> bool {
    match (&key.data, &other.data) {
        (Data::String(key), Data::String(other)) => key == other,
        (Data::String(_), _) | (_, Data::String(_)) => false,
        _ => identity(key) == identity(other),
    }
}

/// Two keys are the same key when they are the same type and text: `1` and `"1"` are two.
fn identity(key: &Node) -> String {
    let kind = match key.data {
        Data::String(_) => 's',
        Data::Null => 'n',
        Data::Bool(_) => 'b',
        Data::Int(_) => 'i',
        Data::Float(_) => 'f',
        Data::List(_) | Data::Map(_) => return format!("c{:?}", key.span.range),
    };
    format!("{kind}{}", key.text())
}
