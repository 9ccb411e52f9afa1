//! How one item of `role.yml` is read: what is wrong goes to the faults, and the reader goes on.

use serde::de::DeserializeOwned;

use super::{Fault, Form, Loading, Namespace, Node, Reader, Span, Text, yaml};

impl Reader<'_> {
    /// Registers the text of `node` to be rendered.
    pub(super) fn text(&mut self, node: &Node, form: Form) -> Option<Text> {
        let body = match node.as_str() {
            Some(text) => text.to_owned(),
            // `when: true` and `[workers, 2]` are meant as they look.
            None if node.as_list().is_none() && node.as_map().is_none() => match form {
                Form::Condition | Form::Expression => node.text().to_lowercase(),
                Form::Word | Form::Inline | Form::File => node.text(),
            },
            None => return self.shape(node, "this", "a text"),
        };
        if matches!(form, Form::Condition | Form::Expression)
            && ["{{", "}}", "{%", "%}"].iter().any(|brace| body.contains(brace))
        {
            return self.shape(node, "this", "an expression without braces");
        }
        // The engine knows by `.tera` what becomes a file, and must be quoted.
        let end = if form == Form::Inline { ".tera" } else { "" };
        let key = format!("{}/role.yml@{}{end}", self.name, node.span.range.start);
        let text = Text { key, span: node.span.clone() };
        self.texts.push(Loading { text: text.clone(), body, form });
        Some(text)
    }

    pub(super) fn words(&mut self, node: &Node) -> Vec<Text> {
        let Some(items) = node.as_list() else {
            self.shape::<()>(node, "this", "a list of texts");
            return Vec::new();
        };
        items.iter().filter_map(|item| self.text(item, Form::Word)).collect()
    }

    pub(super) fn decode<T: DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        yaml::decode(node).map_err(|fault| self.faults.push(Fault::Yaml(fault))).ok()
    }

    /// The entries of the mapping under `key`, each name once.
    pub(super) fn entries(&mut self, node: &Node, key: &str) -> Vec<(Node, Node)> {
        let Some(value) = node.get(key) else { return Vec::new() };
        match value.as_map() {
            Some(entries) => entries.to_vec(),
            None => {
                self.shape::<()>(value, key, "a mapping");
                Vec::new()
            }
        }
    }

    /// The items of the list under `key`.
    pub(super) fn items(&mut self, node: &Node, key: &str) -> Vec<Node> {
        let Some(value) = node.get(key) else { return Vec::new() };
        match value.as_list() {
            Some(items) => items.to_vec(),
            None => {
                self.shape::<()>(value, key, "a list");
                Vec::new()
            }
        }
    }

    /// The texts of the list under `key`, each with its place.
    pub(super) fn strings(&mut self, node: &Node, key: &str) -> Vec<(String, Span)> {
        let mut strings = Vec::new();
        for item in self.items(node, key) {
            match item.as_str() {
                Some(text) => strings.push((text.to_owned(), item.span.clone())),
                None => {
                    self.shape::<()>(&item, key, "a list of texts");
                }
            }
        }
        strings
    }

    /// A name that templates can use: a letter, then letters, digits and `_`.
    pub(super) fn identifier(&mut self, node: &Node, what: &'static str) -> Option<String> {
        let name = node.text();
        let fits = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .chars()
                .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_');
        // Tera's own words, and what zdt itself puts into a context.
        let taken =
            ["facts", "loop", "true", "false", "none", "not", "and", "or", "in", "is", "if", "else", "zdt_value"];
        if fits && !taken.contains(&name.as_str()) {
            return Some(name);
        }
        self.faults.push(Fault::BadName { at: node.span.clone(), what, name });
        None
    }

    pub(super) fn shape<T>(&mut self, node: &Node, what: &str, expected: &'static str) -> Option<T> {
        let (at, found) = (node.span.clone(), node.describe());
        self.faults.push(Fault::WrongShape { at, what: what.to_owned(), expected, found });
        None
    }

    pub(super) fn unknown<T>(&mut self, node: &Node, what: Namespace, known: Vec<String>) -> Option<T> {
        self.faults.push(Fault::UnknownKind { at: node.span.clone(), what, name: node.text(), known });
        None
    }

    pub(super) fn missing(&mut self, node: &Node, what: &str, key: &str) {
        // A mapping is shown by its first key: its whole text would underline pages.
        let at = node.as_map().and_then(|entries| entries.first()).map_or(&node.span, |(key, _)| &key.span);
        self.faults.push(Fault::Missing { at: at.clone(), what: what.to_owned(), key: key.to_owned() });
    }
}
