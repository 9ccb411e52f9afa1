use serde_json::{Value as Json, json};

use crate::edit::{Fault, Place, Text, Why, nginx, puma};
use crate::report::printable;
use crate::resource::{Hindrance, Unmade};

/// Why the part of a file that is `role`'s cannot be set, and what to do about it. `name` is the file's, as it is to be shown.
pub(super) fn unmade(name: &str, role: &str, why: &Hindrance) -> String {
    let (cause, next) = cause_and_next(name, role, why);
    format!("{cause}: {next}")
}

/// The same without any style.
pub fn unmade_words(part: &Unmade) -> String {
    unmade(&printable(&part.id.to_string()), &part.role, &part.why)
}

/// The same for an error, which has its next step apart.
pub fn unmade_apart(part: &Unmade) -> (String, String) {
    cause_and_next(&printable(&part.id.to_string()), &part.role, &part.why)
}

fn cause_and_next(name: &str, role: &str, why: &Hindrance) -> (String, String) {
    match why {
        Hindrance::Absent => (
            format!("{name} does not exist, and role `{role}` sets only a part of it"),
            "make it, or name the file that has it".to_owned(),
        ),
        Hindrance::OtherType { seen, target: Some(target) } if seen == "link" => {
            (format!("{name} is a link to `{}`", printable(target)), "name the path that it leads to".to_owned())
        }
        Hindrance::OtherType { seen, .. } => {
            (format!("{name} is a {seen}, and role `{role}` sets a part of a file"), "name a file".to_owned())
        }
        Hindrance::TooLarge => (
            format!("{name} is too large to be looked into"),
            format!("move what role `{role}` sets into a file of its own"),
        ),
        Hindrance::Fault(fault) => of_fault(name, role, fault),
    }
}

fn of_fault(name: &str, role: &str, fault: &Fault) -> (String, String) {
    let (cause, next) = words(&fault.why);
    let cause = match fault.at {
        Some(Place { text: Text::Whole, line, column }) => format!("{name}:{line}:{column}: {cause}"),
        Some(Place { text: Text::Fragment, line, column }) => {
            format!("{name}: line {line}, column {column} of what role `{role}` sets there: {cause}")
        }
        None => format!("{name}: {cause}"),
    };
    (cause, next)
}

/// What is the matter, and what to do about it.
fn words(why: &Why) -> (String, String) {
    match why {
        Why::Nginx(why) => of_nginx(why),
        Why::Puma(why) => of_puma(why),
    }
}

const CHECK: &str = "`nginx -t` says more";

fn of_nginx(why: &nginx::Why) -> (String, String) {
    use nginx::Why;
    let apart = |what: &str| format!("{what}, or have the upstream in a file of its own");
    let (cause, next) = match why {
        Why::TooLarge { limit } => (format!("it is larger than {limit} bytes"), apart("make it smaller")),
        Why::TooDeep { limit } => {
            (format!("more than {limit} blocks are in each other"), apart("take some of them out"))
        }
        Why::TooManyTokens { limit } => (format!("it has more than {limit} words and signs"), apart("make it smaller")),
        Why::Unexpected { byte } => (format!("`{}` cannot stand here", byte.escape_ascii()), CHECK.to_owned()),
        Why::Unfinished => ("what begins here does not end".to_owned(), CHECK.to_owned()),
        Why::NotOneUpstream => ("it is not one `upstream` and nothing else".to_owned(), MEND_ROLE.to_owned()),
        Why::NotInFragment { name } => (format!("`{}` cannot stand in it", printable(name)), MEND_ROLE.to_owned()),
        Why::NoServer => ("the upstream has no server".to_owned(), MEND_ROLE.to_owned()),
        Why::NoUpstream { name } => (
            format!("it has no `upstream {}`", printable(name)),
            "name the file that has it, or write an empty one there".to_owned(),
        ),
        Why::DeclaredTwice { name, first } => (
            format!("`upstream {}` stands here a second time, after line {first}", printable(name)),
            "take one of them out".to_owned(),
        ),
        Why::Include { pattern } => (
            format!("the upstream includes `{}`, which may have servers too", printable(pattern)),
            apart("write what it includes into the upstream"),
        ),
        Why::OtherBackend { address } => (
            format!("the upstream also sends requests to `{}`, which the role does not know", printable(address)),
            apart("take that server out"),
        ),
        Why::Block { name } => (format!("`{}` is a block here", printable(name)), apart("take it out")),
        Why::NotTaken => {
            (NOT_TAKEN.to_owned(), apart("set by hand what the role sets, and please report it with the file"))
        }
    };
    (cause, next)
}

const NOT_TAKEN: &str = "the edited text would not say what it should, so nothing was made of it";

const MEND_ROLE: &str = "mend the role";

fn of_puma(why: &puma::Why) -> (String, String) {
    use puma::Why;
    const CHECK: &str = "`ruby -c` says more";
    let or_leave_out = |what: &str| format!("{what}, or leave that setting to its owner");
    let (cause, next) = match why {
        Why::Syntax { message } => (format!("it is no Ruby: {}", printable(message)), CHECK.to_owned()),
        Why::NotRead => ("there was no thread left here to read it in".to_owned(), "try again".to_owned()),
        Why::TooLarge { bytes, most } => {
            (format!("its {bytes} bytes are more than {most}"), whole_file("move what is no setting into other files"))
        }
        Why::TooDeep { most } => (format!("it is nested in more than {most} levels"), whole_file("make it simpler")),
        Why::Unseen { what } => (
            format!("what `{}` sets cannot be seen", printable(what)),
            whole_file("write the settings themselves there"),
        ),
        Why::Redefined { name } => (
            format!("a method is defined under the name of the setting `{}`", printable(name)),
            "give it another name".to_owned(),
        ),
        Why::Conditional { name, under, line } => (
            format!("whether `{}` is set depends on {} in line {line}", printable(name), condition(under)),
            or_leave_out("take it out of there"),
        ),
        Why::Listener { source } => (
            format!("Puma also listens here, and the role does not want it to: `{}`", printable(source)),
            or_leave_out("take the line out"),
        ),
        Why::ListenerUntold { source } => (
            format!("whether this is a Unix socket cannot be told: `{}`", printable(source)),
            or_leave_out("write the address itself"),
        ),
        Why::Ends => (
            "a `return` may end the file before a new setting would come".to_owned(),
            whole_file("write the settings above it, or take it out"),
        ),
        Why::Tangled { name } => (
            format!("`{}` shares its line with something else", printable(name)),
            "give it a line of its own".to_owned(),
        ),
        Why::Encoding { name } => (
            format!("what is to be set is not ASCII, and the file is in {}", printable(name)),
            "save the file as UTF-8".to_owned(),
        ),
        Why::NoSetting { source } => (format!("it is no setting: `{}`", printable(source)), MEND_LINES.to_owned()),
        Why::Unknown { name } => {
            (format!("no Puma from 5.6 to 8.0 has a setting `{}`", printable(name)), MEND_LINES.to_owned())
        }
        Why::NotTaken => {
            (NOT_TAKEN.to_owned(), whole_file("set by hand what the role sets, and please report it with the file"))
        }
    };
    (cause, next)
}

const MEND_LINES: &str = "mend the lines that were given to the role, or its template";

fn whole_file(what: &str) -> String {
    format!("{what}, or let the role write the whole file")
}

fn condition(under: &puma::Under) -> String {
    use puma::Under;
    match under {
        Under::If => "the `if`".to_owned(),
        Under::Unless => "the `unless`".to_owned(),
        Under::Ternary => "the `? :`".to_owned(),
        Under::Case => "the `case`".to_owned(),
        Under::Loop => "the loop".to_owned(),
        Under::Rescue => "the `rescue`".to_owned(),
        Under::Logic => "the `and` or `or`".to_owned(),
        Under::Block { of } => format!("the block of `{}`", printable(of)),
        Under::Method { name } => format!("a call of the method `{}`", printable(name)),
        Under::Lambda => "a call of the lambda".to_owned(),
        Under::Expression => "the expression".to_owned(),
        Under::Return => "the `return`".to_owned(),
        Under::AtExit => "the `END`".to_owned(),
    }
}

/// For machines; `why` as in words.
pub(super) fn json(name: &str, role: &str, why: &Hindrance) -> Json {
    let at = match why {
        Hindrance::Fault(Fault { at: Some(Place { text: Text::Whole, line, column }), .. }) => Some((line, column)),
        _ => None,
    };
    json!({
        "kind": "cannot be edited",
        "line": at.map(|(line, _)| line),
        "column": at.map(|(_, column)| column),
        "why": unmade(&printable(name), role, why),
    })
}
