use std::collections::BTreeMap;
use std::sync::Arc;

use super::bind::{Given, VariableSource};
use super::fault::Fault;
use crate::resource::{Facts, Observation, PathSeen, sha256};
use crate::source::{Source, Span};
use crate::yaml::{self, Data, Node};

/// One of a role's examples: documentation and golden test in one.
#[derive(Debug)]
pub struct Example {
    pub description: String,
    pub facts: Facts,
    /// Path → whole content, of files that stand there already: of one in which the role sets a part.
    pub before: BTreeMap<String, String>,
    /// Path → whole content, of every file that the role would put.
    pub files: BTreeMap<String, String>,
    /// `refusal: …`, `warning: …` and `info: …`, in order; not compared where the example leaves them out.
    pub notices: Option<Vec<String>>,
    /// `NAME [COST]: …` of each handler; not compared where the example leaves them out.
    pub handlers: Option<Vec<String>>,
    /// `PATH: …` of all that is said of what runs, in order.
    pub running: Vec<String>,
    /// `ID: …` of all that rules say but that they hold, in order; not compared where the example leaves them out.
    pub rules: Option<Vec<String>>,
    variables: Node,
    roles: Node,
}

const KEYS: &[&str] =
    &["description", "variables", "facts", "before", "files", "notices", "handlers", "running", "rules"];

impl Example {
    /// Reads an example of the role `role`.
    pub fn parse(role: &str, source: &Arc<Source>) -> Result<Example, Vec<Fault>> {
        let node = yaml::parse(source).map_err(|faults| faults.into_iter().map(Fault::Yaml).collect::<Vec<_>>())?;
        let mut faults = Vec::new();
        for (key, _) in node.as_map().unwrap_or_default() {
            if !KEYS.contains(&key.text().as_str()) {
                let known = KEYS.iter().map(|&key| key.to_owned()).collect();
                faults.push(Fault::UnknownKey { at: key.span.clone(), key: key.text(), known });
            }
        }
        let empty = Node { data: Data::Map(Arc::from([])), span: node.span.clone(), tag: None };
        let mut decode = Decode { node: &node, faults };
        let example = Example {
            description: decode.get("description").unwrap_or_default(),
            facts: decode.get("facts").unwrap_or_default(),
            before: decode.get("before").unwrap_or_default(),
            files: decode.get("files").unwrap_or_default(),
            notices: decode.get("notices"),
            handlers: decode.get("handlers"),
            running: decode.get("running").unwrap_or_default(),
            rules: decode.get("rules"),
            variables: node.get("variables").cloned().unwrap_or(empty),
            roles: names(&[role], &node.span),
        };
        if decode.faults.is_empty() { Ok(example) } else { Err(decode.faults) }
    }
}

impl Example {
    /// What there is to see before the role has done anything.
    pub fn observation(&self) -> Observation {
        let seen = |(path, text): (&String, &String)| {
            let seen = PathSeen {
                kind: "file".to_owned(),
                sha256: Some(sha256(text.as_bytes())),
                content: Some(Arc::from(text.as_bytes())),
                ..PathSeen::default()
            };
            (path.clone(), seen)
        };
        let paths = self.before.iter().map(seen).collect();
        Observation { paths, facts: self.facts.clone(), ..Observation::default() }
    }
}

struct Decode<'a> {
    node: &'a Node,
    faults: Vec<Fault>,
}

impl Decode<'_> {
    fn get<T: serde::de::DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let node = self.node.get(key)?;
        yaml::decode(node).map_err(|fault| self.faults.push(Fault::Yaml(fault))).ok()
    }
}

fn names(names: &[&str], span: &Span) -> Node {
    let text = |name: &str| Node { data: Data::String(Arc::from(name)), span: span.clone(), tag: None };
    Node { data: Data::List(names.iter().map(|name| text(name)).collect()), span: span.clone(), tag: None }
}

/// An example stands for a host that has just this role.
impl VariableSource for Example {
    fn names(&self) -> Vec<String> {
        self.variables.as_map().unwrap_or_default().iter().map(|(key, _)| key.text()).collect()
    }

    fn resolve(&self, name: &str) -> Result<Option<Given>, Fault> {
        let own = self.variables.get(name).or((name == "zdt_roles").then_some(&self.roles));
        Ok(own.map(|node| Given { node: node.clone(), origin: "the example".to_owned() }))
    }

    fn span(&self, name: &str) -> Option<Span> {
        self.variables.entry(name).map(|(key, _)| key.span.clone())
    }

    fn origin(&self, _: &str) -> Option<String> {
        Some("the example".to_owned())
    }
}
