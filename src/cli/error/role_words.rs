use crate::resource::WordFault;
use crate::role::{Namespace, Type};

/// What a set of names holds, for "unknown …".
pub fn a_kind(of: Namespace) -> &'static str {
    match of {
        Namespace::Role => "role",
        Namespace::ParamType => "type",
        Namespace::Resource => "kind of resource",
        Namespace::Fact => "kind of fact",
        Namespace::Stats => "kind of stats",
        Namespace::Handler => "handler",
        Namespace::HandlerKind => "kind of handler",
        Namespace::Cost => "cost",
        Namespace::Level => "level",
        Namespace::Severity => "severity",
    }
}

/// What a value of the type is.
pub fn type_words(of: &Type) -> String {
    use crate::resource::Syntax;
    match of {
        Type::Word(Syntax::Name) => "a name".to_owned(),
        Type::Word(Syntax::Path) => "an absolute path".to_owned(),
        Type::Word(Syntax::Text) => "a text of one line".to_owned(),
        Type::Word(Syntax::Mode) => "a mode in quotes, such as \"0644\"".to_owned(),
        Type::Word(Syntax::User) => "a user's name".to_owned(),
        Type::Word(Syntax::Group) => "a group's name".to_owned(),
        Type::Word(Syntax::Unit) => "a systemd unit".to_owned(),
        Type::Word(Syntax::Service) => "a systemd service".to_owned(),
        Type::Lines => "a list of lines".to_owned(),
        Type::Int { min, max } => format!("a whole number{}", bounds(*min, *max)),
        Type::Bool { auto: false } => "true or false".to_owned(),
        Type::Bool { auto: true } => "true, false or auto".to_owned(),
        Type::Pair { min, max } => format!("two whole numbers, `[least, most]`{}", bounds(*min, *max)),
        Type::Choice(choices) => format!("one of {}", quoted(choices)),
        Type::Choices(choices) => format!("a list of some of {}", quoted(choices)),
    }
}

fn quoted(choices: &[String]) -> String {
    choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ")
}

fn bounds(min: i64, max: i64) -> String {
    match (min, max) {
        (i64::MIN, i64::MAX) => String::new(),
        (min, i64::MAX) => format!(", {min} or more"),
        (i64::MIN, max) => format!(", {max} or less"),
        (min, max) => format!(" from {min} to {max}"),
    }
}

/// Why a word is refused.
pub fn word_problem(problem: WordFault) -> String {
    match problem {
        WordFault::Empty => "it is empty".to_owned(),
        WordFault::TooLong { limit } => format!("it is longer than {limit} bytes"),
        WordFault::Control(character) => format!("it holds the control character `{}`", character.escape_unicode()),
        WordFault::NotAbsolute => "it does not begin with `/`".to_owned(),
        WordFault::NotNormal => "it holds `.`, `..` or an empty part, or ends in `/`".to_owned(),
        WordFault::Character(character) => format!("`{}` cannot stand there", character.escape_debug()),
        WordFault::NotMode => "three or four octal digits make a mode".to_owned(),
        WordFault::NotService => "it is a unit, but no service: nothing runs in it".to_owned(),
        WordFault::NoInstance => "a template does not run itself: name an instance, such as `app@1.service`".to_owned(),
        WordFault::Reserved => "zdt keeps its own record of the host there".to_owned(),
        WordFault::NotUnit => "a unit has a name before its suffix".to_owned(),
    }
}
