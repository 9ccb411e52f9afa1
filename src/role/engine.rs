use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use serde_json::Value;
use tera::{Context, ErrorKind, Kwargs, State, Tera};

use super::fault::Fault;
use super::{quote, version};
use crate::source::Span;

/// A text that is rendered: the key under which the engine holds it, and where it stands.
#[derive(Debug, Clone)]
pub struct Text {
    pub key: String,
    pub span: Span,
}

/// What a text is, and with that what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A word, or words for people: what is printed is the value itself.
    Word,
    /// A file of a language: what is printed must be plain, or quoted by a filter.
    File,
    /// The same, standing in `role.yml`.
    Inline,
    /// An expression without braces: true or false.
    Condition,
    /// An expression without braces: a value with its type.
    Expression,
}

/// A rendered file, or all that is rendered for one word, is no larger.
pub const LIMIT: usize = 1 << 20;

/// Around a value that no filter quoted. No value can hold these: control characters are refused long before.
const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

/// The templates of all roles.
pub struct Engine {
    tera: Tera,
    /// The names that each text uses at its top level.
    names: HashMap<String, BTreeSet<String>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({} texts)", self.names.len())
    }
}

/// A text to load.
#[derive(Debug)]
pub struct Loading {
    pub text: Text,
    pub body: String,
    pub form: Form,
}

impl Engine {
    /// Loads all texts; those that are no templates are faults.
    pub fn load(texts: &[Loading]) -> (Engine, Vec<Fault>) {
        let mut engine = Engine { tera: tera(), names: HashMap::new() };
        let bodies: Vec<(&str, String)> =
            texts.iter().map(|loading| (loading.text.key.as_str(), body(loading))).collect();
        let mut faults = Vec::new();
        // All at once is the fast way; one by one finds every fault.
        if engine.tera.add_raw_templates(bodies.iter().map(|(key, body)| (*key, body.as_str()))).is_err() {
            engine.tera = tera();
            for (loading, (key, body)) in texts.iter().zip(&bodies) {
                if let Err(error) = engine.tera.add_raw_template(key, body) {
                    faults.push(syntax(&loading.text, &error));
                }
            }
        }
        for loading in texts {
            if let Ok(names) = engine.tera.get_template_variables(&loading.text.key) {
                let names = names.into_iter().map(str::to_owned).collect();
                engine.names.insert(loading.text.key.clone(), names);
            }
        }
        (engine, faults)
    }

    /// The names that `text` asks for.
    pub fn names(&self, text: &Text) -> impl Iterator<Item = &str> {
        self.names.get(&text.key).into_iter().flatten().map(String::as_str)
    }

    pub fn word(&self, text: &Text, context: &Context) -> Result<String, Fault> {
        self.render(text, context)
    }

    pub fn condition(&self, text: &Text, context: &Context) -> Result<bool, Fault> {
        let json = self.render(text, context)?;
        match serde_json::from_str(&json) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(Fault::NotBoolean { at: text.span.clone(), found: other.to_string() }),
            Err(_) => Err(Fault::NoValue { at: text.span.clone(), name: "when".to_owned() }),
        }
    }

    pub fn expression(&self, name: &str, text: &Text, context: &Context) -> Result<Value, Fault> {
        let json = self.render(text, context)?;
        match serde_json::from_str(&json) {
            Ok(Value::Null) | Err(_) => Err(Fault::NoValue { at: text.span.clone(), name: name.to_owned() }),
            Ok(value) => Ok(value),
        }
    }

    /// A file's content. Values that were printed without a filter that quotes are faults.
    pub fn file(&self, text: &Text, context: &Context) -> Result<String, Vec<Fault>> {
        let content = self.render(text, context).map_err(|fault| vec![fault])?;
        let mut values: Vec<&str> =
            content.split(OPEN).skip(1).map(|rest| rest.split_once(CLOSE).map_or(rest, |(value, _)| value)).collect();
        values.sort_unstable();
        values.dedup();
        if values.is_empty() {
            return Ok(content);
        }
        let place = |value: &str| printed(text, context, value).unwrap_or_else(|| text.span.clone());
        Err(values.iter().map(|value| Fault::Unquoted { at: place(value), value: (*value).to_owned() }).collect())
    }

    fn render(&self, text: &Text, context: &Context) -> Result<String, Fault> {
        let mut capped = Capped::default();
        match self.tera.render_to(&text.key, context, &mut capped) {
            Ok(()) => String::from_utf8(capped.bytes)
                .map_err(|_| Fault::NoValue { at: text.span.clone(), name: text.key.clone() }),
            Err(_) if capped.full => Err(Fault::TooLarge { at: text.span.clone(), limit: LIMIT }),
            Err(error) => Err(rendering(text, &error)),
        }
    }
}

fn tera() -> Tera {
    let mut tera = Tera::new();
    // Tera's own escaping is for HTML; ours marks what was printed unquoted into a file.
    tera.autoescape_on([".tera"]);
    tera.set_escape_fn(|value, output| {
        if quote::is_plain(value) {
            return output.write_all(value.as_bytes());
        }
        write!(output, "{OPEN}{value}{CLOSE}")
    });
    tera.register_filter("ruby", quote::ruby);
    tera.register_filter("nginx", quote::nginx);
    tera.register_filter("systemd", quote::systemd);
    tera.register_filter("verbatim", quote::verbatim);
    tera.register_filter("unix_url", quote::unix_url);
    tera.register_filter("dirname", quote::dirname);
    tera.register_filter("zdt_json", |value: &tera::Value, _: Kwargs, _: &State<'_>| {
        serde_json::to_string(value).map_err(tera::Error::message)
    });
    tera.register_test("at_least", |value: &tera::Value, kwargs: Kwargs, _: &State<'_>| {
        against(value, &kwargs).map(|order| order.is_some_and(std::cmp::Ordering::is_ge))
    });
    tera.register_test("below", |value: &tera::Value, kwargs: Kwargs, _: &State<'_>| {
        against(value, &kwargs).map(|order| order.is_some_and(std::cmp::Ordering::is_lt))
    });
    tera
}

/// A version that is not known is neither at least nor below anything.
fn against(value: &tera::Value, kwargs: &Kwargs) -> tera::TeraResult<Option<std::cmp::Ordering>> {
    let other: &str = kwargs.must_get("version")?;
    if version::compare(other, other).is_none() {
        return Err(tera::Error::message(format!("`{other}` is not a version")));
    }
    Ok(value.as_str().and_then(|version| version::compare(version, other)))
}

fn body(loading: &Loading) -> String {
    match loading.form {
        Form::Word | Form::Inline | Form::File => loading.body.clone(),
        Form::Condition | Form::Expression => {
            format!("{{% set zdt_value = {} %}}{{{{ zdt_value | zdt_json }}}}", loading.body)
        }
    }
}

/// The names in the tag of `text` around `at`, with those that a `set` of the same file makes them from.
pub fn names_at(text: &Text, at: &Span) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if !text.is_file() {
        return names;
    }
    let body = &text.span.source.text;
    let (Some(before), Some(behind)) = (body.get(..at.range.start), body.get(at.range.start..)) else { return names };
    let start = before.rfind(['{']).map_or(0, |open| open + 1);
    let end = behind.find(['}']).unwrap_or(behind.len()) + at.range.start;
    let mut open = identifiers(&body[start..end]);
    while let Some(name) = open.pop() {
        let set = body.split(&format!("set {name} =")).nth(1).and_then(|rest| rest.split("%}").next());
        if names.insert(name) {
            open.extend(set.map(identifiers).unwrap_or_default());
        }
    }
    names
}

fn identifiers(text: &str) -> Vec<String> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    text.split(|character| !is_part(character)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

impl Text {
    /// Whether it is a file of its own, not a text in `role.yml`.
    fn is_file(&self) -> bool {
        !self.key.contains("/role.yml@")
    }
}

/// The part of `text` that Tera points at. Only a file's bytes are the template's own; YAML may fold and escape.
fn pointed(text: &Text, range: &std::ops::Range<usize>) -> Span {
    let length = text.span.source.text.len();
    if text.is_file() && range.start <= length && range.end <= length {
        // An error at the end of the file still needs something to underline.
        let start = range.start.min(length.saturating_sub(1));
        return Span::new(&text.span.source, start..range.end.max(start));
    }
    text.span.clone()
}

fn syntax(text: &Text, error: &tera::Error) -> Fault {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            Fault::Syntax { at: pointed(text, &report.span().range), problem: report.message().to_owned() }
        }
        other => Fault::Syntax { at: text.span.clone(), problem: one_line(&other.to_string()) },
    }
}

fn rendering(text: &Text, error: &tera::Error) -> Fault {
    let ErrorKind::RenderingError(report) = error.kind() else {
        let problem = one_line(&error.to_string());
        return Fault::Render { at: text.span.clone(), problem, name: None, known: Vec::new() };
    };
    let message = report.message();
    let at = pointed(text, &report.span().range);
    // Tera says the names only in its sentence.
    let (problem, known) = match message.split_once(" Available ") {
        Some((problem, rest)) => (problem, rest.split_once(": ").map_or("", |(_, names)| names)),
        None => (message, ""),
    };
    let undefined = ["Variable `", "Field `"].iter().find_map(|start| problem.strip_prefix(start));
    let name = undefined.and_then(|rest| rest.split('`').next()).map(str::to_owned);
    let known = known.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Fault::Render { at, problem: one_line(problem), name, known }
}

/// Without the picture of the source that Tera's own display draws.
fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Where a template prints just this value: `{{ name }}`, without a filter.
fn printed(text: &Text, context: &Context, value: &str) -> Option<Span> {
    if !text.is_file() {
        return None;
    }
    let source = &text.span.source;
    let mut at = 0;
    while let Some(open) = source.text[at..].find("{{") {
        let start = at + open;
        let end = start + source.text[start..].find("}}")?;
        let name =
            source.text[start + 2..end].trim_matches(|character: char| character == '-' || character.is_whitespace());
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let found = context.get(first).and_then(|found| match rest {
            Some(rest) => found.get_from_path(rest),
            None => Some(found),
        });
        if found.is_some_and(|found| found.to_string() == value) {
            return Some(Span::new(source, start..end + 2));
        }
        at = end + 2;
    }
    None
}

/// Collects no more than `LIMIT` bytes: Tera has no bound of its own on loops.
#[derive(Default)]
struct Capped {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > LIMIT {
            self.full = true;
            return Err(io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A context of plain values.
pub fn context(values: &BTreeMap<String, Value>) -> Context {
    let mut context = Context::new();
    for (name, value) in values {
        context.insert(name.clone(), value);
    }
    context
}
