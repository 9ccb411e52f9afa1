use super::role_words::{a_kind, type_words, word_problem};
use super::{Report, one_of, quote};
use crate::resource::Value;
use crate::role::{Fault, Namespace, Problem, TypeFault};
use crate::source::Span;
use crate::words;

impl From<&Fault> for Report {
    fn from(fault: &Fault) -> Report {
        report(fault)
    }
}

/// A role's fault in words.
pub fn report(fault: &Fault) -> Report {
    match fault {
        Fault::Yaml(fault) => fault.into(),
        Fault::Variable(fault) => fault.into(),
        Fault::MissingParam { .. }
        | Fault::WrongType { .. }
        | Fault::UnknownVariable { .. }
        | Fault::UnknownArgument { .. }
        | Fault::SelectionShape { .. }
        | Fault::Refused { .. }
        | Fault::Conflict { .. } => of_host(fault),
        Fault::Syntax { .. }
        | Fault::Undeclared { .. }
        | Fault::TooEarly { .. }
        | Fault::OnlyRunning { .. }
        | Fault::OnlyRules { .. }
        | Fault::Render { .. }
        | Fault::Unquoted { .. }
        | Fault::NoValue { .. }
        | Fault::TooLarge { .. }
        | Fault::SecretShown { .. }
        | Fault::NotBoolean { .. }
        | Fault::BadWord { .. } => of_template(fault),
        _ => of_folder(fault),
    }
}

fn one(message: String, at: &Span, label: impl Into<String>, help: Option<String>) -> Report {
    Report { message, labels: vec![(at.clone(), label.into())], help }
}

/// "did you mean", or the whole choice where that is short enough to read.
fn choice(name: &str, known: &[String]) -> Option<String> {
    if let Some(near) = words::did_you_mean(name, known.iter().map(String::as_str)) {
        return Some(format!("did you mean `{near}`?"));
    }
    if known.is_empty() {
        return None;
    }
    let listed: Vec<String> = known.iter().take(12).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > listed.len() { " …" } else { "" };
    Some(format!("known are {}{more}", listed.join(", ")))
}

fn of_folder(fault: &Fault) -> Report {
    match fault {
        Fault::NoRoleFile { role, at } => one(
            format!("role `{role}` has no `role.yml`"),
            at,
            "a file of that role",
            Some(format!(
                "add `roles/{role}/role.yml`, or remove the folder; `zdt role show` prints one to start from"
            )),
        ),
        Fault::StrayFile { role, path, at } => one(
            format!("role `{role}` has a file that nothing reads: `{path}`"),
            at,
            "this file",
            Some("a role holds `role.yml`, `templates/*.tera` and `examples/*.yml`".to_owned()),
        ),
        Fault::WrongShape { at, what, expected, found } => {
            one(format!("{what} must be {expected}, not {found}"), at, format!("{expected} belongs here"), None)
        }
        Fault::UnknownKey { at, key, known } => {
            one(format!("unknown key `{key}`"), at, "nothing reads this", choice(key, known))
        }
        Fault::Missing { at, what, key } => {
            one(format!("`{key}` is missing"), at, format!("{what} needs `{key}`"), None)
        }
        Fault::UnknownKind { at, what, name, known } => {
            let label = match what {
                Namespace::Handler => "no handler of this role bears that name",
                _ => "unknown",
            };
            one(format!("unknown {} `{name}`", a_kind(*what)), at, label, choice(name, known))
        }
        Fault::BadName { at, what, name } => one(
            format!("`{name}` cannot name a {what}"),
            at,
            "templates could not use it",
            Some("a small letter first, then small letters, digits and `_`; no word of Tera's own".to_owned()),
        ),
        Fault::Twice { what, name, at, first } => {
            let mut labels = vec![(at.clone(), "again here".to_owned())];
            labels.extend(first.clone().map(|first| (first, "first here".to_owned())));
            Report { message: format!("the {what} `{name}` is declared twice"), labels, help: None }
        }
        Fault::UsesCycle { at, chain } => {
            one(format!("roles use each other in a circle: {}", chain.join(" → ")), at, "it closes here", None)
        }
        Fault::WordCount { at, kind, expected, found } => one(
            format!("`{kind}` takes {}, not {found}", words::count(*expected, "word")),
            at,
            "words after the first",
            None,
        ),
        Fault::TemplateMissing { at, name, known } => {
            one(format!("there is no template `{name}`"), at, "looked for in `templates/`", choice(name, known))
        }
        Fault::TemplateUnused { at, name } => one(
            format!("no resource uses the template `{name}`"),
            at,
            "this template",
            Some(format!("add a resource with `src: {name}`, or remove the file")),
        ),
        Fault::Contradiction { at, what } => one(format!("this param {what}"), at, "here", None),
        other => Report { message: format!("a role is wrong: {other:?}"), labels: Vec::new(), help: None },
    }
}

fn of_template(fault: &Fault) -> Report {
    match fault {
        Fault::Syntax { at, problem } => one(
            "this is no Tera template".to_owned(),
            at,
            problem.clone(),
            Some("templates are Tera, not Jinja: `docs/roles.md` lists the differences".to_owned()),
        ),
        Fault::Undeclared { at, name, known } => one(
            format!("`{name}` is not declared"),
            at,
            "neither a param nor a value of this role, nor of one that it uses",
            choice(name, known),
        ),
        Fault::TooEarly { at, name } => one(
            format!("`{name}` is not known yet"),
            at,
            "only params can be used here",
            Some(
                "paths, units, owners and the words of facts say what to ask a host, before it has answered".to_owned(),
            ),
        ),
        Fault::OnlyRunning { at, name } => one(
            format!("`facts.{name}` is asked only when one looks for drift"),
            at,
            "a plan does not know it",
            Some("only the items of `running` can use it".to_owned()),
        ),
        Fault::OnlyRules { at, name } => one(
            format!("`facts.{name}` is asked only when one looks for traps"),
            at,
            "nothing but a rule knows it",
            Some("only the items of `rules` can use it".to_owned()),
        ),
        Fault::Render { at, problem, name, known } => {
            // Every name is declared, or the role would not have been read: this one is just not set.
            let unset = problem.starts_with("Variable `");
            let help = match name {
                Some(name) if unset => {
                    Some(format!("set `{name}` for this host, or ask `{{% if {name} is defined %}}`"))
                }
                Some(name) => choice(name, known),
                None => None,
            };
            let help = help.or_else(|| {
                Some("`is defined` asks whether there is a value, `| default(value=…)` gives another".to_owned())
            });
            one("a template cannot be rendered".to_owned(), at, problem.clone(), help)
        }
        Fault::Unquoted { at, value } => one(
            format!("the value `{}` is printed unquoted", value.escape_debug()),
            at,
            "it would change the meaning of the file",
            Some("quote it for the file's language: `| ruby`, `| nginx`, `| systemd`".to_owned()),
        ),
        Fault::NoValue { at, name } => {
            one(format!("`{name}` comes out as nothing"), at, "an expression with a value", None)
        }
        Fault::SecretShown { at, name, what } => one(
            format!("`{name}` is a secret, or made from one, and {what} is printed"),
            at,
            "it would be shown here",
            Some("a secret can stand in the content of a file or template, and in a `when`".to_owned()),
        ),
        Fault::NotBoolean { at, found } => one(
            format!("a condition must be true or false, not {}", quote(found)),
            at,
            "true or false is wanted",
            Some("ask something, such as `x is defined`, `x != \"\"` or `x > 0`".to_owned()),
        ),
        Fault::TooLarge { at, limit } => {
            one(format!("a template prints more than {} KiB", limit / 1024), at, "this one", None)
        }
        Fault::BadWord { at, field, word, problem, .. } => {
            one(format!("`{field}` would be `{}`", word.escape_debug()), at, word_problem(*problem), None)
        }
        other => of_folder(other),
    }
}

fn of_host(fault: &Fault) -> Report {
    match fault {
        Fault::MissingParam { at, name, description, roles, near } => {
            let who: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
            let help = match near.as_deref() {
                Some((near, place)) => format!("did you mean `{near}` ({place})? `{name}`: {description}"),
                None => format!("set `{name}`: {description}"),
            };
            let verb = if who.len() == 1 { "needs" } else { "need" };
            let noun = if who.len() == 1 { "role" } else { "roles" };
            one(
                format!("{noun} {} {verb} the variable `{name}`", who.join(", ")),
                at,
                format!("`{name}` is not set for this host"),
                Some(help),
            )
        }
        Fault::WrongType { at, origin, role, name, problem } => {
            let of = if role.is_empty() { String::new() } else { format!(" (role `{role}`)") };
            let message = format!("`{name}`{of} must be {}, not {}", type_words(&problem.expected), problem.found);
            let labels = at.iter().map(|at| (at.clone(), format!("from {origin}"))).collect();
            let hidden = at.is_none().then(|| format!("it is set in {origin}; a secret is not shown"));
            Report { message, labels, help: type_help(problem).or(hidden) }
        }
        Fault::UnknownVariable { at, origin, name, known } => {
            let near = words::did_you_mean(name, known.iter().map(String::as_str));
            let meant = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            one(
                format!("no role knows the variable `{name}`"),
                at,
                format!("from {origin}"),
                Some(format!("{meant}add it to `zdt_ignore_variables` if it is somebody else's")),
            )
        }
        Fault::UnknownArgument { at, role, name, known } => {
            one(format!("role `{role}` has no param `{name}`"), at, "given here", choice(name, known))
        }
        Fault::SelectionShape { at, found } => one(
            format!("`zdt_roles` cannot hold {found} here"),
            at,
            "a list of roles belongs here",
            Some("write `zdt_roles: [nginx_upstream, {puma_config: {puma_workers: 3}}]`".to_owned()),
        ),
        Fault::Refused { at, problem, given, used } => refused(at.as_ref(), problem, given, used),
        Fault::Conflict { id, roles: [first, second], attribute, values } if first == second => Report {
            message: format!(
                "role `{first}` wants `{id}` in two ways: its {}, {}",
                attribute.name(),
                differing(values)
            ),
            labels: Vec::new(),
            help: Some("two of its params name the same thing; give each its own".to_owned()),
        },
        Fault::Conflict { id, roles: [first, second], attribute, values } => Report {
            message: format!(
                "roles `{first}` and `{second}` want `{id}` differently: its {}, {}",
                attribute.name(),
                differing(values)
            ),
            labels: Vec::new(),
            help: Some("change a param so that each has its own, or let one role alone manage it".to_owned()),
        },
        other => of_folder(other),
    }
}

fn refused(at: Option<&Span>, problem: &str, given: &[(String, Span)], used: &[String]) -> Report {
    let names: Vec<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
    let label = if names.len() == 1 { "this value" } else { "one of these values" };
    let mut labels: Vec<(Span, String)> = given.iter().map(|(_, span)| (span.clone(), label.to_owned())).collect();
    labels.extend(at.map(|at| (at.clone(), "it is used here".to_owned())));
    let mut help = "give it another value".to_owned();
    if !used.is_empty() {
        help = format!("{help}, or set {}, which is made from it", one_of(used));
    }
    Report { message: format!("{} cannot be used: {problem}", one_of(&names)), labels, help: Some(help) }
}

/// Both values of an attribute in words; of contents the first lines that differ.
fn differing(values: &[Value; 2]) -> String {
    if values.iter().any(|value| matches!(value, Value::Content(content) if content.secret)) {
        return "which is a secret".to_owned();
    }
    let mut words = values.each_ref().map(|value| match value {
        Value::Word(word) => quote(word),
        Value::Words(words) => words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(", "),
        Value::Content(_) => String::new(),
    });
    if let [Value::Content(first), Value::Content(second)] = values {
        let texts = [first, second]
            .map(|content| String::from_utf8_lossy(content.bytes.as_deref().unwrap_or_default()).into_owned());
        let [mut left, mut right] = texts.each_ref().map(|text| text.lines());
        words = loop {
            match (left.next(), right.next()) {
                (None, None) => break [quote(&texts[0]), quote(&texts[1])],
                (left, right) if left == right => {}
                (left, right) => break [left, right].map(|line| line.map_or("no more lines".to_owned(), quote)),
            }
        };
    }
    words.join(" and ")
}

fn type_help(fault: &TypeFault) -> Option<String> {
    match &fault.problem {
        Problem::Unquoted => Some("put it in quotes: YAML reads it as a number or a boolean".to_owned()),
        Problem::Word(problem) => Some(word_problem(*problem)),
        Problem::Line(line, problem) => Some(format!("entry {line}: {}", word_problem(*problem))),
        Problem::Order => Some("the first is the smaller one".to_owned()),
        Problem::Range | Problem::Other => fault.near.as_ref().map(|near| format!("did you mean `{near}`?")),
    }
}
