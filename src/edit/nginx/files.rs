use std::collections::BTreeMap;

use super::tree::{Directive, Tree};
use super::value::Value;
use super::{Printed, glob, limits, printed};
use crate::edit::{Fault, Text};

/// A configuration of several files, each read once.
#[derive(Debug)]
pub struct Files<'a> {
    main: &'a [u8],
    trees: BTreeMap<&'a [u8], Result<Tree<'a>, Fault>>,
}

/// A directive where nginx meets it: what an `include` brings stands in its place.
#[derive(Debug)]
pub struct Node<'t, 'a> {
    pub file: &'a [u8],
    pub directive: &'t Directive<'a>,
    pub children: Vec<Node<'t, 'a>>,
}

/// What could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub file: Value,
    /// Of the `include`, or 0 for the file itself.
    pub line: usize,
    pub why: Unread,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// A file that is named and not there: nginx does not start.
    Missing {
        path: Value,
    },
    /// A pattern that matches none of the files. For nginx that is no fault; for us it is one more thing not seen if
    /// the files are not all there.
    NoMatch {
        pattern: Value,
    },
    /// A file that includes itself, in however many steps: nginx never ends.
    Cycle {
        path: Value,
    },
    Fault(Fault),
    /// Includes of includes multiply, or go deeper than they may.
    TooMuch {
        limit: usize,
    },
}

/// The whole configuration, and what is missing of it.
#[derive(Debug)]
pub struct Expanded<'t, 'a> {
    pub nodes: Vec<Node<'t, 'a>>,
    pub gaps: Vec<Gap>,
}

impl<'a> Files<'a> {
    /// `main` is the file that nginx starts with; its folder is where relative includes start.
    pub fn new(main: &'a [u8], files: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Files<'a> {
        let trees = files.into_iter().map(|(path, text)| (path, Tree::parse(text, Text::Whole))).collect();
        Files { main, trees }
    }

    /// From what `nginx -T` prints. Nothing where that names no file.
    pub fn printed(dump: &'a [u8]) -> Option<Files<'a>> {
        let files = printed(dump);
        let main = files.first()?.path;
        Some(Files::new(main, files.into_iter().map(|Printed { path, text }| (path, text))))
    }

    /// The text of a file, as it was given.
    pub fn tree(&self, path: &[u8]) -> Option<&Result<Tree<'a>, Fault>> {
        self.trees.get(path)
    }

    pub fn expanded(&self) -> Expanded<'_, 'a> {
        let mut walk = Walk { files: self, open: Vec::new(), gaps: Vec::new(), left: limits::EXPANDED };
        let mut nodes = Vec::new();
        if self.trees.contains_key(self.main) {
            walk.file(self.main, 0, &mut nodes);
        } else {
            let path = Value(self.main.to_vec());
            walk.gaps.push(Gap { file: path.clone(), line: 0, why: Unread::Missing { path } });
        }
        Expanded { nodes, gaps: walk.gaps }
    }

    /// As nginx does: from the main file's folder, not from that of the file which includes.
    fn full(&self, name: &[u8]) -> Vec<u8> {
        if name.starts_with(b"/") {
            return name.to_vec();
        }
        let folder = self.main.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
        [&self.main[..folder], name].concat()
    }
}

struct Walk<'t, 'a> {
    files: &'t Files<'a>,
    /// The files that are being included.
    open: Vec<&'a [u8]>,
    gaps: Vec<Gap>,
    /// How many more nodes there may be.
    left: usize,
}

impl<'t, 'a> Walk<'t, 'a> {
    fn file(&mut self, path: &'a [u8], depth: usize, into: &mut Vec<Node<'t, 'a>>) {
        match self.files.trees.get(path) {
            Some(Ok(tree)) => {
                self.open.push(path);
                self.directives(path, &tree.directives, depth, into);
                self.open.pop();
            }
            Some(Err(fault)) => self.gap(path, 0, Unread::Fault(fault.clone())),
            None => self.gap(path, 0, Unread::Missing { path: Value(path.to_vec()) }),
        }
    }

    fn directives(
        &mut self,
        file: &'a [u8],
        directives: &'t [Directive<'a>],
        depth: usize,
        into: &mut Vec<Node<'t, 'a>>,
    ) {
        for directive in directives {
            if self.left == 0 || depth > limits::DEPTH {
                let limit = if self.left == 0 { limits::EXPANDED } else { limits::DEPTH };
                self.gap(file, directive.line(), Unread::TooMuch { limit });
                return;
            }
            self.left -= 1;
            if directive.is("include") && directive.args.len() == 1 {
                self.include(file, directive, depth, into);
                continue;
            }
            let mut children = Vec::new();
            if let Some(block) = directive.block() {
                self.directives(file, &block.directives, depth + 1, &mut children);
            }
            into.push(Node { file, directive, children });
        }
    }

    fn include(&mut self, file: &'a [u8], include: &Directive, depth: usize, into: &mut Vec<Node<'t, 'a>>) {
        let name = self.files.full(&include.arg(0).unwrap_or_default());
        let pattern = glob::is_pattern(&name);
        let found: Vec<&'a [u8]> = if pattern {
            // Each look at a path counts, or many patterns over many files would take for ever.
            self.left = self.left.saturating_sub(self.files.trees.len());
            self.files.trees.keys().copied().filter(|path| glob::matches(&name, path)).collect()
        } else {
            self.files.trees.get_key_value(name.as_slice()).map(|(path, _)| *path).into_iter().collect()
        };
        if found.is_empty() {
            let path = Value(name);
            let why = if pattern { Unread::NoMatch { pattern: path } } else { Unread::Missing { path } };
            self.gap(file, include.line(), why);
        }
        for path in found {
            if self.open.contains(&path) {
                self.gap(file, include.line(), Unread::Cycle { path: Value(path.to_vec()) });
            } else {
                self.file(path, depth + 1, into);
            }
        }
    }

    fn gap(&mut self, file: &[u8], line: usize, why: Unread) {
        let gap = Gap { file: Value(file.to_vec()), line, why };
        if self.gaps.last() != Some(&gap) && self.gaps.len() < limits::GAPS {
            self.gaps.push(gap);
        }
    }
}

impl<'t, 'a> Node<'t, 'a> {
    pub fn is(&self, name: &str) -> bool {
        self.directive.is(name)
    }

    /// The children of that name, in order.
    pub fn all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node<'t, 'a>> {
        self.children.iter().filter(move |child| child.is(name))
    }

    pub fn args(&self) -> Vec<Value> {
        self.directive.args.iter().map(|arg| Value(arg.value().into_owned())).collect()
    }

    pub fn place(&self) -> (Value, usize) {
        (Value(self.file.to_vec()), self.directive.line())
    }
}
