use serde_json::Value;

use super::engine::Text;
use crate::resource::{Syntax, WordFault};
use crate::source::Span;
use crate::words;
use crate::yaml::{self, Data, Node};

/// One input of a role: an ordinary host variable of that name.
#[derive(Debug)]
pub struct Param {
    pub name: String,
    /// The role that declares it; others may use it.
    pub role: String,
    pub span: Span,
    pub kind: Type,
    pub required: bool,
    pub default: Option<Fallback>,
    pub description: String,
    pub secret: bool,
    /// A value as somebody would write it, for `zdt role show`.
    pub example: Option<String>,
}

#[derive(Debug)]
pub enum Fallback {
    Fixed(Value),
    /// A template over the params before it.
    Template(Text),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Word(Syntax),
    /// Texts, one a line.
    Lines,
    Int {
        min: i64,
        max: i64,
    },
    Bool {
        auto: bool,
    },
    /// Two whole numbers, the first no greater than the second.
    Pair {
        min: i64,
        max: i64,
    },
    Choice(Vec<String>),
    /// A list of some of them.
    Choices(Vec<String>),
}

/// Why a value is not of a type. It never holds the value of a secret: `found` says only what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeFault {
    pub expected: Type,
    pub found: String,
    pub problem: Problem,
    pub near: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Something else altogether.
    Other,
    /// A number or boolean, because it is written without quotes.
    Unquoted,
    Word(WordFault),
    /// Entry `0` (counted from 1) of a list.
    Line(usize, WordFault),
    Range,
    Order,
}

impl Type {
    pub const NAMES: &[&str] = &[
        "name", "path", "text", "lines", "int", "bool", "pair", "mode", "user", "group", "unit", "service", "choice",
        "choices",
    ];

    pub fn name(&self) -> &'static str {
        match self {
            Type::Word(Syntax::Name) => "name",
            Type::Word(Syntax::Path) => "path",
            Type::Word(Syntax::Text) => "text",
            Type::Word(Syntax::Mode) => "mode",
            Type::Word(Syntax::User) => "user",
            Type::Word(Syntax::Group) => "group",
            Type::Word(Syntax::Unit) => "unit",
            Type::Word(Syntax::Service) => "service",
            Type::Lines => "lines",
            Type::Int { .. } => "int",
            Type::Bool { .. } => "bool",
            Type::Pair { .. } => "pair",
            Type::Choice(_) => "choice",
            Type::Choices(_) => "choices",
        }
    }

    /// `node` as this type; `secret` keeps it out of the fault.
    pub fn read(&self, node: &Node, secret: bool) -> Result<Value, Box<TypeFault>> {
        self.value(node).map_err(|(problem, near)| {
            Box::new(TypeFault {
                expected: self.clone(),
                found: if secret { "a secret".to_owned() } else { describe(node) },
                problem,
                near,
            })
        })
    }

    fn value(&self, node: &Node) -> Result<Value, (Problem, Option<String>)> {
        let other = (Problem::Other, None);
        match self {
            Type::Word(syntax) => match &node.data {
                Data::String(text) => syntax.check(text).map(Value::from).map_err(|fault| (Problem::Word(fault), None)),
                Data::Bool(_) | Data::Int(_) | Data::Float(_) => Err((Problem::Unquoted, None)),
                _ => Err(other),
            },
            Type::Lines => lines(node),
            Type::Int { min, max } => {
                let number = int(node).ok_or(other)?;
                if (*min..=*max).contains(&number) { Ok(number.into()) } else { Err((Problem::Range, None)) }
            }
            Type::Bool { auto } => match &node.data {
                Data::Bool(value) => Ok((*value).into()),
                Data::String(text) if *auto && **text == *"auto" => Ok("auto".into()),
                Data::String(text) => yaml::boolean(text).map(Value::from).ok_or(other),
                _ => Err(other),
            },
            Type::Pair { min, max } => {
                let [low, high] = node.as_list().ok_or_else(|| other.clone())? else { return Err(other) };
                let (low, high) = (int(low).ok_or_else(|| other.clone())?, int(high).ok_or(other)?);
                if low < *min || high > *max || high < *min || low > *max {
                    return Err((Problem::Range, None));
                }
                if low <= high { Ok(vec![low, high].into()) } else { Err((Problem::Order, None)) }
            }
            Type::Choice(choices) => choice(node, choices),
            Type::Choices(choices) => {
                let chosen = node.as_list().ok_or(other)?.iter().map(|item| choice(item, choices));
                chosen.collect::<Result<Vec<Value>, _>>().map(Value::from)
            }
        }
    }
}

fn choice(node: &Node, choices: &[String]) -> Result<Value, (Problem, Option<String>)> {
    let Some(text) = node.as_str() else {
        let quoted = choices.contains(&node.text());
        return Err((if quoted { Problem::Unquoted } else { Problem::Other }, None));
    };
    if choices.iter().any(|choice| choice == text) {
        return Ok(text.into());
    }
    Err((Problem::Other, words::did_you_mean(text, choices.iter().map(String::as_str)).map(str::to_owned)))
}

/// A whole number, also as text: `-e puma_workers=3` can give nothing else.
fn int(node: &Node) -> Option<i64> {
    match &node.data {
        Data::Int(number) => Some(*number),
        Data::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A list of texts, or one text of several lines. Tabs are allowed: this is somebody's code.
fn lines(node: &Node) -> Result<Value, (Problem, Option<String>)> {
    let texts: Vec<&str> = match &node.data {
        Data::String(text) => text.strip_suffix('\n').unwrap_or(text).split('\n').collect(),
        Data::List(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Node::as_str).collect();
            texts.ok_or((Problem::Unquoted, None))?
        }
        _ => return Err((Problem::Other, None)),
    };
    for (index, text) in texts.iter().enumerate() {
        if let Some(control) = text.chars().find(|character| character.is_control() && *character != '\t') {
            return Err((Problem::Line(index + 1, WordFault::Control(control)), None));
        }
    }
    Ok(texts.into())
}

fn describe(node: &Node) -> String {
    match &node.data {
        Data::String(text) => format!("`{}`", text.escape_debug()),
        Data::List(items)
            if items.len() <= 4 && items.iter().all(|item| item.as_list().is_none() && item.as_map().is_none()) =>
        {
            let items: Vec<String> = items.iter().map(Node::text).collect();
            format!("`[{}]`", items.join(", ").escape_debug())
        }
        _ => node.describe(),
    }
}
