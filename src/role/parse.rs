use std::sync::Arc;

use serde::Deserialize;

use super::definition::{
    Asked, CheckSpec, FactSpec, FieldText, HandlerSpec, NoticeSpec, ResourceSpec, Role, StatsSpec,
};
use super::engine::{Form, Loading, Text};
use super::fault::{Fault, Namespace};
use super::param::{self, Param};
use super::role_file::RoleFile;
use crate::resource::{self, Field, FieldSyntax, Kind, Presence, Syntax};
use crate::resource::{Disruption, Level};
use crate::source::Span;
use crate::yaml::{self, Node};

/// What the host program can be asked, each with how many words it takes.
const FACT_KINDS: &[(&str, usize)] = &[
    ("nginx", 0),
    ("nginx_running", 1),
    ("nginx_traps", 3),
    ("nginx_upstream", 2),
    ("puma", 2),
    ("puma_running", 3),
    ("puma_traps", 4),
];
/// Those that are dear, or tell nothing but what runs just now: they are asked only when one looks for drift.
const RUNNING_KINDS: &[&str] = &["nginx_running", "puma_running"];
/// Those that tell nothing but whether a host is in a trap.
const RULES_KINDS: &[&str] = &["nginx_traps", "puma_traps"];
/// What the host program can do, each with how many words it takes.
const HANDLER_KINDS: &[(&str, usize)] = &[
    ("daemon_reload", 0),
    // With the user whose systemd it is.
    ("daemon_reload", 1),
    ("nginx_reload", 1),
    // With the unit of Puma and its socket: whose requests are watched meanwhile.
    ("nginx_reload", 3),
    ("puma_phased", 4),
    ("puma_restart", 2),
    // With the current release and the socket: what is booted on trial.
    ("puma_restart", 4),
    // Also with the socket unit, and where that listens.
    ("puma_listen", 6),
    ("puma_activate", 6),
];
/// What `zdt stats` can ask, each with how many words it takes; the first names whom.
const STATS_KINDS: &[(&str, usize)] = &[("puma_stats", 3)];
const KEYS: &[&str] = &[
    "description",
    "uses",
    "prefixes",
    "params",
    "values",
    "facts",
    "resources",
    "checks",
    "handlers",
    "notices",
    "running",
    "stats",
    "rules",
];

/// What may stand beside a resource.
const BESIDE: [&str; 3] = ["notify", "settings", "when"];

/// What a handler may cost.
pub(super) fn cost_words() -> Vec<String> {
    Disruption::ALL.map(|one| one.word().to_owned()).to_vec()
}

/// One role, and the texts that it wants rendered.
#[derive(Debug)]
pub struct Parsed {
    pub role: Role,
    pub texts: Vec<Loading>,
}

/// Reads the files of one role. `None`: it has no `role.yml` that is a mapping, so nothing more can be said of it.
pub fn parse(name: &str, files: &[&RoleFile]) -> (Option<Parsed>, Vec<Fault>) {
    let whole = |file: &RoleFile| Span::new(&file.source, 0..file.source.text.len().min(1));
    let Some(file) = files.iter().find(|file| file.path == "role.yml") else {
        // An inventory's `roles/` is full of Ansible's own: without anything of ours a folder is none of our business.
        let at = files.iter().find(|file| file.path.ends_with(".tera")).map(|file| whole(file));
        return (None, at.map(|at| Fault::NoRoleFile { role: name.to_owned(), at }).into_iter().collect());
    };
    let node = match yaml::parse(&file.source) {
        Ok(node) => node,
        Err(faults) => return (None, faults.into_iter().map(Fault::Yaml).collect()),
    };
    let mut reader = Reader { name, faults: Vec::new(), texts: Vec::new() };
    if node.as_map().is_none() {
        reader.shape::<()>(&node, &format!("`{}` of role `{name}`", file.source.name), "a mapping");
        return (None, reader.faults);
    }
    for file in files {
        reader.load_file(file);
    }
    let mut role = reader.role(&node, &file.source, file.built_in);
    role.examples = files
        .iter()
        .filter(|file| file.path.starts_with("examples/") && file.path.ends_with(".yml"))
        .map(|file| Arc::clone(&file.source))
        .collect();
    reader.cross_check(&node, &role, files);
    (Some(Parsed { role, texts: reader.texts }), reader.faults)
}

struct Reader<'a> {
    name: &'a str,
    faults: Vec<Fault>,
    texts: Vec<Loading>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFact {
    kind: Vec<String>,
    #[serde(default)]
    running: bool,
    #[serde(default)]
    rules: bool,
    when: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    name: String,
    run: Vec<String>,
    user: Option<String>,
    #[serde(default)]
    paths: Vec<String>,
    when: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHandler {
    name: String,
    run: Vec<String>,
    #[serde(rename = "says")]
    _says: String,
    cost: Option<String>,
    took: Option<String>,
    when: Option<String>,
    #[serde(default)]
    on_reload: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNotice {
    level: String,
    #[serde(rename = "text")]
    _text: String,
    when: Option<String>,
}

impl Reader<'_> {
    fn load_file(&mut self, file: &RoleFile) {
        if let Some(name) = file.path.strip_prefix("templates/").filter(|name| name.ends_with(".tera")) {
            let span = Span::new(&file.source, 0..file.source.text.len().min(1));
            let text = Text { key: self.template_key(name), span };
            self.texts.push(Loading { text, body: file.source.text.clone(), form: Form::File });
            return;
        }
        // Other files are let be: the folder may be an Ansible role as well.
        if file.path.ends_with(".tera") {
            let at = Span::new(&file.source, 0..file.source.text.len().min(1));
            self.faults.push(Fault::StrayFile { role: self.name.to_owned(), path: file.path.clone(), at });
        }
    }

    fn template_key(&self, name: &str) -> String {
        // Ends in `.tera` by its name, which is how the engine knows a file.
        format!("{}/templates/{name}", self.name)
    }

    fn role(&mut self, node: &Node, source: &Arc<crate::source::Source>, built_in: bool) -> Role {
        for (key, _) in node.as_map().unwrap_or_default() {
            if !KEYS.contains(&key.text().as_str()) {
                let known = KEYS.iter().map(|&key| key.to_owned()).collect();
                self.faults.push(Fault::UnknownKey { at: key.span.clone(), key: key.text(), known });
            }
        }
        let description = match node.get("description").map(|node| (node, node.as_str())) {
            Some((_, Some(text))) => text.trim().to_owned(),
            Some((node, None)) => {
                self.shape::<()>(node, "description", "a text");
                String::new()
            }
            None => {
                self.missing(node, "the role", "description");
                String::new()
            }
        };
        Role {
            name: self.name.to_owned(),
            description,
            built_in,
            source: Arc::clone(source),
            uses: self.strings(node, "uses"),
            prefixes: self.strings(node, "prefixes").into_iter().map(|(prefix, _)| prefix).collect(),
            params: self.entries(node, "params").iter().filter_map(|(key, value)| self.param(key, value)).collect(),
            values: self.values(node),
            facts: self.entries(node, "facts").iter().filter_map(|(key, value)| self.fact(key, value)).collect(),
            resources: self.items(node, "resources").iter().filter_map(|item| self.resource(item)).collect(),
            handlers: self.items(node, "handlers").iter().filter_map(|item| self.handler(item)).collect(),
            checks: self.items(node, "checks").iter().filter_map(|item| self.check(item)).collect(),
            notices: self.items(node, "notices").iter().filter_map(|item| self.notice(item)).collect(),
            running: self.items(node, "running").iter().filter_map(|item| self.running(item)).collect(),
            stats: node.get("stats").and_then(|node| self.stats(node)),
            rules: self.items(node, "rules").iter().filter_map(|item| self.rule(item)).collect(),
            examples: Vec::new(),
        }
    }

    fn param(&mut self, key: &Node, value: &Node) -> Option<Param> {
        let name = self.identifier(key, "param")?;
        let raw: param_text::RawParam = self.decode(value)?;
        let (param, template) = param_text::param(self.name, name, key, value, raw, &mut self.faults)?;
        let Some(node) = template else { return Some(param) };
        let text = self.text(node, Form::Word)?;
        Some(Param { default: Some(param::Fallback::Template(text)), ..param })
    }

    fn values(&mut self, node: &Node) -> Vec<(String, Text)> {
        let mut values = Vec::new();
        for (key, value) in &self.entries(node, "values") {
            if let (Some(name), Some(text)) = (self.identifier(key, "value"), self.text(value, Form::Expression)) {
                values.push((name, text));
            }
        }
        values
    }

    fn fact(&mut self, key: &Node, value: &Node) -> Option<FactSpec> {
        let name = self.identifier(key, "fact")?;
        let raw: RawFact = self.decode(value)?;
        if raw.kind.is_empty() {
            return self.shape(value.get("kind")?, "kind", "a list with the kind first");
        }
        let (kind, arguments) = self.call(value.get("kind")?, Namespace::Fact, FACT_KINDS)?;
        for (key, kinds, said) in [("running", RUNNING_KINDS, raw.running), ("rules", RULES_KINDS, raw.rules)] {
            if kinds.contains(&kind.as_str()) != said {
                let expected = match said {
                    true if key == "running" => "false: this kind is always asked",
                    true => "false: this kind is asked for more than rules",
                    false => "true for this kind",
                };
                return self.shape(value.get(key).unwrap_or(value), key, expected);
            }
        }
        let asked = match (raw.running, raw.rules) {
            (_, true) => Asked::Rules,
            (true, _) => Asked::Running,
            (false, false) => Asked::Always,
        };
        let when = raw.when.and_then(|_| self.text(value.get("when")?, Form::Condition));
        Some(FactSpec { name, kind, arguments, asked, when })
    }

    fn stats(&mut self, node: &Node) -> Option<StatsSpec> {
        let (kind, arguments) = self.call(node, Namespace::Stats, STATS_KINDS)?;
        Some(StatsSpec { kind, arguments })
    }

    fn resource(&mut self, node: &Node) -> Option<ResourceSpec> {
        let entries = node.as_map().unwrap_or_default();
        let (key, body) = match entries.iter().find(|(key, _)| !BESIDE.contains(&key.text().as_str())) {
            Some((key, body)) => (key, body),
            None => return self.shape(node, "a resource", "a mapping such as `file: {…}`"),
        };
        for (other, _) in entries {
            if !std::ptr::eq(other, key) && !BESIDE.contains(&other.text().as_str()) {
                let known = BESIDE.map(str::to_owned).to_vec();
                self.faults.push(Fault::UnknownKey { at: other.span.clone(), key: other.text(), known });
            }
        }
        let Some(kind) = resource::kind(&key.text()) else {
            let known = resource::KINDS.iter().map(|kind| kind.name.to_owned()).collect();
            return self.unknown(key, Namespace::Resource, known);
        };
        if body.as_map().is_none() {
            return self.shape(body, kind.name, "a mapping");
        }
        let mut fields = Vec::new();
        for field in kind.fields {
            match body.get(field.name) {
                Some(node) => fields.extend(self.field(field, node).map(|text| (field, text))),
                None if field.presence == Presence::Required => self.missing(body, kind.name, field.name),
                None => {}
            }
        }
        for (key, _) in body.as_map().unwrap_or_default() {
            if !kind.fields.iter().any(|field| field.name == key.text()) {
                let known = kind.fields.iter().map(|field| field.name.to_owned()).collect();
                self.faults.push(Fault::UnknownKey { at: key.span.clone(), key: key.text(), known });
            }
        }
        let notify = match node.get("notify") {
            Some(one) if one.as_str().is_some() => vec![one.text()],
            _ => self.strings(node, "notify").into_iter().map(|(name, _)| name).collect(),
        };
        let when = node.get("when").and_then(|when| self.text(when, Form::Condition));
        let settings = self.has_settings(node, kind)?;
        Some(ResourceSpec { kind, span: key.span.clone(), fields, notify, settings, when })
    }

    /// Whether the content of a resource is settings; only what has a content can say so.
    fn has_settings(&mut self, node: &Node, kind: &Kind) -> Option<bool> {
        let Some(said) = node.get("settings") else { return Some(false) };
        let has_content =
            kind.fields.iter().any(|field| matches!(field.syntax, FieldSyntax::Content | FieldSyntax::Template));
        match said.as_bool() {
            Some(settings) if has_content || !settings => Some(settings),
            Some(_) => self.shape(said, "settings", "false: this kind has no content"),
            None => self.shape(said, "settings", "true or false"),
        }
    }

    fn field(&mut self, field: &Field, node: &Node) -> Option<FieldText> {
        match field.syntax {
            FieldSyntax::Word(Syntax::Mode) if node.as_str().is_none() => {
                self.shape(node, field.name, "a text in quotes, such as \"0644\"")
            }
            FieldSyntax::Word(_) => self.text(node, Form::Word).map(FieldText::Word),
            FieldSyntax::Content => self.text(node, Form::Inline).map(FieldText::Content),
            FieldSyntax::Words(_) => {
                let Some(items) = node.as_list() else { return self.shape(node, field.name, "a list") };
                Some(FieldText::Words(items.iter().filter_map(|item| self.text(item, Form::Word)).collect()))
            }
            FieldSyntax::Template => {
                let Some(name) = node.as_str() else { return self.shape(node, field.name, "a text") };
                let key = self.template_key(name);
                match self.texts.iter().find(|loading| loading.text.key == key) {
                    Some(loading) => Some(FieldText::Template(loading.text.clone())),
                    None => {
                        let known = self.templates().map(str::to_owned).collect();
                        let at = node.span.clone();
                        self.faults.push(Fault::TemplateMissing { at, name: name.to_owned(), known });
                        None
                    }
                }
            }
        }
    }

    fn templates(&self) -> impl Iterator<Item = &str> {
        let start = self.template_key("");
        self.texts.iter().filter_map(move |loading| loading.text.key.strip_prefix(start.as_str()))
    }

    fn check(&mut self, node: &Node) -> Option<CheckSpec> {
        let raw: RawCheck = self.decode(node)?;
        if raw.run.is_empty() {
            return self.shape(node.get("run")?, "run", "a list with the program's name first");
        }
        Some(CheckSpec {
            name: raw.name,
            run: self.words(node.get("run")?),
            user: raw.user.and_then(|_| self.text(node.get("user")?, Form::Word)),
            paths: if raw.paths.is_empty() { Vec::new() } else { self.words(node.get("paths")?) },
            when: raw.when.and_then(|_| self.text(node.get("when")?, Form::Condition)),
        })
    }

    fn handler(&mut self, node: &Node) -> Option<HandlerSpec> {
        let raw: RawHandler = self.decode(node)?;
        if raw.run.is_empty() {
            return self.shape(node.get("run")?, "run", "a list with the handler's kind first");
        }
        let (kind, arguments) = self.call(node.get("run")?, Namespace::HandlerKind, HANDLER_KINDS)?;
        let says = self.text(node.get("says")?, Form::Word)?;
        let cost = match &raw.cost {
            // What is no template can be told right here.
            Some(word) if !word.contains('{') && Disruption::of_word(word).is_none() => {
                return self.unknown(node.get("cost")?, Namespace::Cost, cost_words());
            }
            Some(_) => Some(self.text(node.get("cost")?, Form::Word)?),
            None => None,
        };
        let took = raw.took.and_then(|_| self.text(node.get("took")?, Form::Word));
        let when = raw.when.and_then(|_| self.text(node.get("when")?, Form::Condition));
        Some(HandlerSpec { name: raw.name, kind, arguments, says, cost, took, when, on_reload: raw.on_reload })
    }

    fn notice(&mut self, node: &Node) -> Option<NoticeSpec> {
        let raw: RawNotice = self.decode(node)?;
        let level = match raw.level.as_str() {
            "refusal" => Level::Refusal,
            "warning" => Level::Warning,
            "info" => Level::Info,
            _ => {
                let known = ["refusal", "warning", "info"].map(str::to_owned).to_vec();
                return self.unknown(node.get("level")?, Namespace::Level, known);
            }
        };
        let text = self.text(node.get("text")?, Form::Word)?;
        let when = raw.when.and_then(|_| self.text(node.get("when")?, Form::Condition));
        Some(NoticeSpec { level, text, when })
    }

    /// A list of words of which the first is one of `kinds` and the rest as many as it takes.
    fn call(&mut self, node: &Node, of: Namespace, kinds: &[(&str, usize)]) -> Option<(String, Vec<Text>)> {
        let Some((first, rest)) = node.as_list().and_then(<[Node]>::split_first) else {
            return self.shape(node, "kind", "a list with the kind first");
        };
        let mut known = kinds.iter().filter(|(kind, _)| first.as_str() == Some(kind));
        let Some((kind, count)) = known.clone().find(|(_, count)| *count == rest.len()).or_else(|| known.next()) else {
            let mut names: Vec<String> = kinds.iter().map(|(kind, _)| (*kind).to_owned()).collect();
            names.dedup();
            return self.unknown(first, of, names);
        };
        if rest.len() != *count {
            let (at, kind) = (node.span.clone(), (*kind).to_owned());
            self.faults.push(Fault::WordCount { at, kind, expected: *count, found: rest.len() });
            return None;
        }
        Some(((*kind).to_owned(), rest.iter().filter_map(|word| self.text(word, Form::Word)).collect()))
    }
}

mod cross_check;
mod param_text;
mod read;
mod rules;
mod running;
