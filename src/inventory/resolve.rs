//! Templates in variables, rendered on demand. The only file of this layer that knows the template engine.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tera::{Context, ErrorKind, Kwargs, State, Tera, Value};

use super::fault::Fault;
use super::variables::{Variable, Variables};
use crate::yaml::{Data, Node, Step};

/// Variables that need variables that need variables: more than this is a slip, and would exhaust the stack.
const MAX_DEPTH: usize = 64;
/// What one template may write.
const MAX_TEXT: usize = 16 << 20;
/// Hands the value of an expression out with its type; no template of a user can name it.
const KEEP: &str = "zdt_keep_the_type";

pub struct Resolver<'a> {
    variables: &'a Variables,
    /// Made for the first template: most values are none.
    tera: Option<Tera>,
    kept: Arc<Mutex<Option<Value>>>,
    done: HashMap<String, Node>,
    /// The variables being resolved, the asked one first.
    chain: Vec<String>,
}

impl<'a> Resolver<'a> {
    pub fn new(variables: &'a Variables) -> Resolver<'a> {
        Resolver { variables, tera: None, kept: Arc::default(), done: HashMap::new(), chain: Vec::new() }
    }

    fn engine(&mut self) -> &mut Tera {
        let kept = &self.kept;
        self.tera.get_or_insert_with(|| {
            let mut tera = Tera::default();
            tera.autoescape_on(Vec::<&str>::new());
            let keep = Arc::clone(kept);
            tera.register_filter(KEEP, move |value: &Value, _: Kwargs, _: &State<'_>| {
                *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(value.clone());
                String::new()
            });
            tera
        })
    }

    pub fn variable(&mut self, name: &str) -> Result<Option<Variable>, Fault> {
        let Some(variable) = self.variables.get(name) else { return Ok(None) };
        let origin = variable.origin.clone();
        Ok(Some(Variable { node: self.named(name, &variable.node, &[])?, origin }))
    }

    /// The part of variable `name` at `path`, which the caller has found to be `node`.
    fn named(&mut self, name: &str, node: &Node, path: &[Step<'_>]) -> Result<Node, Fault> {
        let key = path.iter().fold(name.to_owned(), |key, step| format!("{key}\0{step:?}"));
        if let Some(node) = self.done.get(&key) {
            return Ok(node.clone());
        }
        // A part may use another part of the same variable; asking for the whole of it, or for the same part, is a
        // circle, which the depth stops in the first case.
        if let Some(at) = self.chain.iter().position(|open| *open == key) {
            let chain = self.names(at).chain([name.to_owned()]).collect();
            return Err(Fault::Cycle { at: node.span.clone(), chain });
        }
        if self.chain.len() >= MAX_DEPTH {
            return Err(Fault::TooNested { at: node.span.clone(), limit: MAX_DEPTH });
        }
        self.chain.push(key.clone());
        let resolved = self.node(node);
        self.chain.pop();
        let resolved = resolved?;
        self.done.insert(key, resolved.clone());
        Ok(resolved)
    }

    fn names(&self, from: usize) -> impl Iterator<Item = String> + '_ {
        self.chain[from..].iter().map(|key| key.split('\0').next().unwrap_or(key).to_owned())
    }

    fn node(&mut self, node: &Node) -> Result<Node, Fault> {
        match node.tag.as_deref() {
            Some("!vault") => {
                let variable = self.names(0).last().unwrap_or_default();
                return Err(Fault::Vault { at: node.span.clone(), variable });
            }
            Some("!unsafe") => return Ok(node.clone()),
            _ => {}
        }
        let data = match &node.data {
            Data::String(text) if is_template(text) => return self.template(node, &Arc::clone(text)),
            Data::List(items) => Data::List(items.iter().map(|item| self.node(item)).collect::<Result<_, _>>()?),
            Data::Map(entries) => Data::Map(
                entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.node(value)?)))
                    .collect::<Result<_, Fault>>()?,
            ),
            _ => return Ok(node.clone()),
        };
        Ok(Node { data, span: node.span.clone(), tag: node.tag.clone() })
    }

    fn template(&mut self, node: &Node, text: &str) -> Result<Node, Fault> {
        let expression = single_expression(text);
        if let Some((name, path)) = expression.and_then(plain_path)
            && let Some(found) = self.direct(&name, &path)
        {
            return found;
        }
        let mut context = Context::new();
        let source = match expression {
            Some(expression) => format!("{{{{ ({expression}) | {KEEP} }}}}"),
            None => self.lift(text, &mut context)?,
        };
        let mut result = self.render(node, &source, context, expression.is_some());
        let retry = match &result {
            // The filter took the undefined value; without it the engine says what is undefined.
            Ok(None) => true,
            // Not an expression that takes parentheses and a filter: as a text, then.
            Err(Fault::Template { .. }) => expression.is_some() && !self.loads(&source),
            _ => false,
        };
        if retry {
            result = self.render(node, text, Context::new(), false);
        }
        Ok(result?.unwrap_or_else(|| Node { data: Data::Null, span: node.span.clone(), tag: None }))
    }

    /// `{{ a.b[0] }}` needs only that part of `a`: its other parts may be Jinja that means nothing to us.
    fn direct(&mut self, name: &str, path: &[Step<'_>]) -> Option<Result<Node, Fault>> {
        let variables = self.variables;
        let part = variables.get(name)?.node.at(path)?;
        Some(self.named(name, part, path))
    }

    /// The same for `/srv/{{ a.b }}/x`: each such path becomes a name of its own. Not where there are statements, for
    /// a loop may use the name of a variable for something else.
    fn lift(&mut self, text: &str, context: &mut Context) -> Result<String, Fault> {
        if text.contains("{%") || text.contains("{#") {
            return Ok(text.to_owned());
        }
        let mut lifted = String::with_capacity(text.len());
        let mut rest = text;
        let mut count = 0;
        while let Some((before, (inner, after))) =
            rest.split_once("{{").and_then(|(before, tail)| Some((before, tail.split_once("}}")?)))
        {
            let expression = inner.trim_start_matches('-').trim_end_matches('-').trim();
            let found = plain_path(expression)
                .filter(|(_, path)| !path.is_empty())
                .and_then(|(name, path)| self.direct(&name, &path));
            lifted.push_str(before);
            lifted.push_str("{{");
            match found {
                Some(part) => {
                    let name = format!("zdt_lifted_{count}");
                    count += 1;
                    context.insert(name.clone(), &part?.to_value());
                    lifted.push_str(&inner.replacen(expression, &name, 1));
                }
                None => lifted.push_str(inner),
            }
            lifted.push_str("}}");
            rest = after;
        }
        Ok(lifted + rest)
    }

    fn loads(&mut self, source: &str) -> bool {
        self.engine().clone().add_raw_template("probe", source).is_ok()
    }

    /// `None`: the expression is undefined.
    fn render(&mut self, node: &Node, source: &str, mut context: Context, keep: bool) -> Result<Option<Node>, Fault> {
        // One engine, one template name a depth: resolving what a template needs loads other templates.
        let template = format!("depth {}", self.chain.len());
        self.engine().add_raw_template(&template, source).map_err(|error| self.fault(node, &error))?;
        let mut needed: Vec<String> = self
            .engine()
            .get_template_variables(&template)
            .map(|names| names.into_iter().map(str::to_owned).collect())
            .map_err(|error| self.fault(node, &error))?;
        // The same fault first in every run.
        needed.sort_unstable();
        for name in needed {
            if let Some(variable) = self.variable(&name)? {
                context.insert(name, &variable.node.to_value());
            }
        }
        // A deeper template may have taken the place of this one's siblings, never its own.
        let mut output = Capped::default();
        let rendered = self.engine().render_to(&template, &context, &mut output);
        if output.full {
            return Err(Fault::TooMuchText { at: node.span.clone(), limit: MAX_TEXT });
        }
        rendered.map_err(|error| self.fault(node, &error))?;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let value = match kept.filter(|_| keep) {
            Some(value) if value.is_undefined() => return Ok(None),
            Some(value) => serde_yaml::to_value(value).map_err(|error| Fault::Template {
                at: node.span.clone(),
                chain: self.names(0).collect(),
                problem: error.to_string(),
            })?,
            None => serde_yaml::Value::String(String::from_utf8_lossy(&output.bytes).into_owned()),
        };
        Ok(Some(Node::from_value(&value, &node.span)))
    }

    fn fault(&self, node: &Node, error: &tera::Error) -> Fault {
        let problem = match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => report.message().to_owned(),
            _ => error.to_string(),
        };
        Fault::Template { at: node.span.clone(), chain: self.names(0).collect(), problem }
    }
}

pub fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|opening| text.contains(opening))
}

/// The expression, when the whole text is one `{{ … }}`.
fn single_expression(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    let inner = inner.strip_suffix('-').unwrap_or(inner).trim();
    let whole = !inner.is_empty() && !["{{", "}}", "{%", "%}"].iter().any(|brace| inner.contains(brace));
    whole.then_some(inner)
}

/// `a.b[0]['c']` as a name and steps; `None` for anything more.
fn plain_path(expression: &str) -> Option<(String, Vec<Step<'_>>)> {
    let word = |text: &str| {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
        (end > 0).then_some(end)
    };
    let end = word(expression)?;
    let (name, mut rest) = expression.split_at(end);
    if name.starts_with(|first: char| first.is_ascii_digit()) || matches!(name, "true" | "false" | "none" | "null") {
        return None;
    }
    let mut path = Vec::new();
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('.') {
            let end = word(tail)?;
            path.push(tail[..end].parse().map_or(Step::Key(&tail[..end]), Step::Index));
            rest = &tail[end..];
        } else {
            let (inner, tail) = rest.strip_prefix('[')?.split_once(']')?;
            let quoted = ['"', '\''].iter().find_map(|&quote| inner.strip_prefix(quote)?.strip_suffix(quote));
            path.push(match quoted {
                Some(key) if !key.contains(['"', '\'', '\\']) => Step::Key(key),
                Some(_) => return None,
                None => Step::Index(inner.parse().ok()?),
            });
            rest = tail;
        }
    }
    Some((name.to_owned(), path))
}

/// A text that stops growing.
#[derive(Default)]
struct Capped {
    bytes: Vec<u8>,
    full: bool,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_TEXT {
            self.full = true;
            return Err(io::Error::other("too much text"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
