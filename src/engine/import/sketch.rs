use std::sync::Arc;

use serde_json::Value;

use crate::adopt::{Given, RoleEntry};
use crate::role::{self, Bound, Library, VariableSource};
use crate::source::{Source, Span};
use crate::yaml::{Data, Node};

/// The variables of a host that no inventory has yet.
pub(super) struct Sketch {
    variables: Vec<(String, Node)>,
    span: Span,
}

impl Sketch {
    pub fn new(variables: &[Given], roles: &[RoleEntry]) -> Sketch {
        let span = Span::new(&Source::new("what was read of the host", ""), 0..0);
        let map = |given: &[Given]| {
            let entries = given.iter().map(|one| (text(&one.name, &span), node(&one.value, &span)));
            Node { data: Data::Map(entries.collect()), span: span.clone(), tag: None }
        };
        let entry = |entry: &RoleEntry| {
            let pair = (text(&entry.role, &span), map(&entry.given));
            Node { data: Data::Map(Arc::from([pair])), span: span.clone(), tag: None }
        };
        let list = Node { data: Data::List(roles.iter().map(entry).collect()), span: span.clone(), tag: None };
        let mut all: Vec<(String, Node)> =
            variables.iter().map(|given| (given.name.clone(), node(&given.value, &span))).collect();
        all.push(("zdt_roles".to_owned(), list));
        Sketch { variables: all, span }
    }

    pub fn bind(&self, library: &Library) -> Result<Bound, Vec<role::Fault>> {
        library.bind(self)
    }
}

fn text(text: &str, span: &Span) -> Node {
    Node { data: Data::String(Arc::from(text)), span: span.clone(), tag: None }
}

fn node(value: &Value, span: &Span) -> Node {
    match serde_yaml::to_value(value) {
        Ok(value) => Node::from_value(&value, span),
        // Every JSON value is one of YAML's.
        Err(_) => Node { data: Data::Null, span: span.clone(), tag: None },
    }
}

impl VariableSource for Sketch {
    fn names(&self) -> Vec<String> {
        self.variables.iter().map(|(name, _)| name.clone()).collect()
    }

    fn resolve(&self, name: &str) -> Result<Option<role::Given>, role::Fault> {
        let found = self.variables.iter().find(|(known, _)| known == name);
        Ok(found.map(|(_, node)| role::Given { node: node.clone(), origin: "the host".to_owned() }))
    }

    fn span(&self, name: &str) -> Option<Span> {
        self.variables.iter().any(|(known, _)| known == name).then(|| self.span.clone())
    }

    fn origin(&self, _: &str) -> Option<String> {
        Some("the host".to_owned())
    }
}
