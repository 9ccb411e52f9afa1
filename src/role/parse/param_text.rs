use serde::Deserialize;

use crate::resource::Syntax;
use crate::role::fault::{Fault, Namespace};
use crate::role::param::{Fallback, Param, Type};
use crate::yaml::Node;

/// A param as `role.yml` writes it; `default` and `example` are read from the node, which knows their place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParam {
    #[serde(rename = "type")]
    kind: String,
    description: String,
    #[serde(default)]
    required: bool,
    default: Option<serde_yaml::Value>,
    choices: Option<Vec<String>>,
    #[serde(default)]
    secret: bool,
    example: Option<serde_yaml::Value>,
    min: Option<i64>,
    max: Option<i64>,
    #[serde(default)]
    auto: bool,
}

/// The param, and its default where that is a template.
pub(super) fn param<'a>(
    role: &str,
    name: String,
    key: &Node,
    node: &'a Node,
    raw: RawParam,
    faults: &mut Vec<Fault>,
) -> Option<(Param, Option<&'a Node>)> {
    let at = || key.span.clone();
    let kind = kind(&raw, node, faults)?;
    let is_bool = matches!(kind, Type::Bool { .. });
    let has_bounds = matches!(kind, Type::Int { .. } | Type::Pair { .. });
    let contradictions = [
        (raw.required && raw.default.is_some(), "is `required` and has a `default`"),
        (raw.auto && !is_bool, "has `auto`, which only a bool takes"),
        ((raw.min.is_some() || raw.max.is_some()) && !has_bounds, "has bounds, which only an int and a pair take"),
        (raw.min.zip(raw.max).is_some_and(|(min, max)| min > max), "has a `min` above its `max`"),
        (
            raw.choices.is_some() != matches!(kind, Type::Choice(_) | Type::Choices(_)),
            "needs `choices` with the types choice and choices, and only then",
        ),
    ];
    for (_, what) in contradictions.into_iter().filter(|(holds, _)| *holds) {
        faults.push(Fault::Contradiction { at: at(), what });
    }
    let (default, template) = match node.get("default") {
        _ if raw.default.is_none() => (None, None),
        Some(node) if node.as_str().is_some_and(|text| text.contains("{{") || text.contains("{%")) => {
            (None, Some(node))
        }
        Some(node) => match kind.read(node, raw.secret) {
            Ok(value) => (Some(Fallback::Fixed(value)), None),
            Err(problem) => {
                let (at, origin) = (Some(node.span.clone()), "the default".to_owned());
                faults.push(Fault::WrongType { at, origin, role: String::new(), name: name.clone(), problem });
                (None, None)
            }
        },
        None => (None, None),
    };
    let example = raw.example.map(|_| node.get("example").map(Node::text).unwrap_or_default());
    let description = raw.description.trim().to_owned();
    let (required, secret) = (raw.required, raw.secret);
    Some((
        Param { name, role: role.to_owned(), span: at(), kind, required, default, description, secret, example },
        template,
    ))
}

fn kind(raw: &RawParam, node: &Node, faults: &mut Vec<Fault>) -> Option<Type> {
    let (min, max) = (raw.min.unwrap_or(i64::MIN), raw.max.unwrap_or(i64::MAX));
    Some(match raw.kind.as_str() {
        "name" => Type::Word(Syntax::Name),
        "path" => Type::Word(Syntax::Path),
        "text" => Type::Word(Syntax::Text),
        "mode" => Type::Word(Syntax::Mode),
        "user" => Type::Word(Syntax::User),
        "group" => Type::Word(Syntax::Group),
        "unit" => Type::Word(Syntax::Unit),
        "service" => Type::Word(Syntax::Service),
        "lines" => Type::Lines,
        "int" => Type::Int { min, max },
        "bool" => Type::Bool { auto: raw.auto },
        "pair" => Type::Pair { min, max },
        "choice" => Type::Choice(raw.choices.clone().unwrap_or_default()),
        "choices" => Type::Choices(raw.choices.clone().unwrap_or_default()),
        other => {
            let at = node.get("type").map_or(&node.span, |node| &node.span).clone();
            let known = Type::NAMES.iter().map(|&name| name.to_owned()).collect();
            faults.push(Fault::UnknownKind { at, what: Namespace::ParamType, name: other.to_owned(), known });
            return None;
        }
    })
}
