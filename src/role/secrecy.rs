use std::collections::BTreeSet;
use std::sync::Arc;

use super::definition::{FieldText, Role};
use super::engine::{Engine, Text};
use super::fault::Fault;
use super::param::Fallback;
use crate::source::{Source, Span};

/// What a file holds can be masked; names, words and sentences are printed, listed and logged. So a secret, or what is
/// made from one, is for contents alone. A condition prints nothing, and may ask.
pub fn check(role: &Role, chain: &[Arc<Role>], engine: &Engine, faults: &mut Vec<Fault>) {
    let secret = secret_names(chain, engine);
    if secret.is_empty() {
        return;
    }
    for (what, text) in printed(role) {
        if let Some(name) = engine.names(text).find(|name| secret.contains(*name)) {
            faults.push(Fault::SecretShown { at: text.span.clone(), name: name.to_owned(), what });
        }
    }
}

/// The names that hold a secret or may be made from one.
fn secret_names(chain: &[Arc<Role>], engine: &Engine) -> BTreeSet<String> {
    let mut secret = BTreeSet::new();
    for role in chain {
        for param in &role.params {
            let is_made_of = matches!(&param.default, Some(Fallback::Template(text))
                if engine.names(text).any(|name| secret.contains(name)));
            if param.secret || is_made_of {
                secret.insert(param.name.clone());
            }
        }
        for (name, text) in &role.values {
            if engine.names(text).any(|used| secret.contains(used)) {
                secret.insert(name.clone());
            }
        }
    }
    secret
}

/// All texts that somebody gets to see.
fn printed(role: &Role) -> Vec<(&'static str, &Text)> {
    let mut texts: Vec<(&'static str, &Text)> = Vec::new();
    texts.extend(role.facts.iter().flat_map(|fact| &fact.arguments).map(|text| ("a question to the host", text)));
    let stats = role.stats.iter().flat_map(|stats| &stats.arguments);
    texts.extend(stats.map(|text| ("a question to the host", text)));
    for (field, text) in role.resources.iter().flat_map(|resource| &resource.fields) {
        match text {
            FieldText::Word(text) => texts.push((field.name, text)),
            FieldText::Words(words) => texts.extend(words.iter().map(|text| (field.name, text))),
            FieldText::Content(_) | FieldText::Template(_) => {}
        }
    }
    // Who edits a file must read it, and shows what stands around the part.
    let edits = role.resources.iter().filter(|resource| resource.kind.edit.is_some());
    for (_, text) in edits.flat_map(|resource| &resource.fields) {
        if let FieldText::Content(text) | FieldText::Template(text) = text {
            texts.push(("a part of a file", text));
        }
    }
    for check in &role.checks {
        let words = check.run.iter().chain(&check.user).chain(&check.paths);
        texts.extend(words.map(|text| ("a check", text)));
    }
    for handler in &role.handlers {
        texts.extend(
            handler
                .arguments
                .iter()
                .chain([&handler.says])
                .chain(&handler.cost)
                .chain(&handler.took)
                .map(|text| ("a handler", text)),
        );
    }
    texts.extend(role.notices.iter().map(|notice| ("a notice", &notice.text)));
    for spec in &role.running {
        let shown = spec.texts().into_iter().filter(|text| spec.when.as_ref().is_none_or(|when| when.key != text.key));
        texts.extend(shown.map(|text| ("what is said of what runs", text)));
    }
    texts.extend(role.rules.iter().flat_map(|rule| rule.shown()).map(|text| ("a rule", text)));
    texts
}

/// Where the values of secrets are written. A fault shows the lines around its place: they must not be among them.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    spans: Vec<Span>,
}

impl Hidden {
    pub fn add(&mut self, span: &Span) {
        self.spans.push(span.clone());
    }

    /// The same faults over sources in which stars stand where the secrets do.
    pub fn mask(&self, mut faults: Vec<Fault>) -> Vec<Fault> {
        if self.spans.is_empty() {
            return faults;
        }
        let mut masked: Vec<(Arc<Source>, Arc<Source>)> = Vec::new();
        for span in faults.iter_mut().flat_map(Fault::spans_mut) {
            let known = masked.iter().find(|(source, _)| Arc::ptr_eq(source, &span.source));
            span.source = match known {
                Some((_, copy)) => Arc::clone(copy),
                None => {
                    let copy = self.copy(&span.source);
                    masked.push((Arc::clone(&span.source), Arc::clone(&copy)));
                    copy
                }
            };
        }
        faults
    }

    fn copy(&self, source: &Arc<Source>) -> Arc<Source> {
        let here = |span: &&Span| Arc::ptr_eq(&span.source, source);
        let ranges: Vec<_> = self.spans.iter().filter(here).map(|span| span.range.clone()).collect();
        if ranges.is_empty() {
            return Arc::clone(source);
        }
        let mut text = String::with_capacity(source.text.len());
        for (at, character) in source.text.char_indices() {
            if character != '\n' && ranges.iter().any(|range| range.contains(&at)) {
                // As many bytes as before: places stay what they are.
                text.extend(std::iter::repeat_n('*', character.len_utf8()));
            } else {
                text.push(character);
            }
        }
        Source::new(source.name.clone(), text)
    }
}
