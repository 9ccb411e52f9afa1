use super::{Report, meant, quote, sentence};
use crate::engine::accept::{Beyond, Line, Refused, Setting, Unasked, WriteFault};
use crate::report::{printable, unmade_apart};
use crate::resource::{Attribute, Id, Value};
use crate::words::verb;

/// Why nothing can be asked of a host.
pub fn unasked(why: &Unasked) -> Report {
    match why {
        Unasked::Problems(problems) => {
            problems.first().map_or_else(|| Report::new("the inventory cannot be read"), Report::from)
        }
        Unasked::NoHost { host, known } => Report::new(format!("the inventory has no host {}", quote(host)))
            .help("`zdt inventory` lists the hosts; a pattern will not do here: one host's version is taken over.")
            .maybe_help(meant(host, known.iter().map(String::as_str))),
        Unasked::NoRoles { host } => Report::new(format!("`zdt_roles` is not set for {}", quote(host)))
            .help("Nothing of this host is managed, so there is nothing to take over."),
        Unasked::NoResource { host, resource, known } => {
            Report::new(format!("{} has no resource {}", quote(host), quote(resource)))
                .help(format!("Its resources are {}.", known.iter().map(|id| quote(id)).collect::<Vec<_>>().join(", ")))
                .maybe_help(meant(resource, known.iter().map(String::as_str)))
        }
    }
}

/// Why the server's version cannot be taken over, and what can be done instead.
pub fn refused(host: &str, id: &Id, why: &Refused) -> Report {
    let cannot = |why: &str| Report::new(format!("{host}: {} cannot be taken over: {why}", quote(&id.to_string())));
    match why {
        Refused::Secret => cannot("its content is made from a secret, which zdt neither shows nor writes down")
            .help("Put the new secret where the old one comes from."),
        Refused::Gone => cannot("it is gone from the host, and a role that wants a thing cannot want it gone")
            .help("Take the role out of `zdt_roles` if it is not wanted any more; else `zdt apply` brings it back."),
        Refused::Unmade(unmade) => {
            let (cause, next) = unmade_apart(unmade);
            Report::new(format!("{host}: nothing can be taken over: {cause}")).help(sentence(&next))
        }
        Refused::NoText => cannot("its content is no text, or too large to compare")
            .help("Put the file into a role of your own: `roles/NAME/` beside the inventory."),
        Refused::Beyond(beyond) => self::beyond(&cannot, beyond),
        Refused::Others { settings, others } => {
            let others: Vec<String> = others.iter().map(|id| quote(&id.to_string())).collect();
            cannot(&format!("{} would express it, and change {} too", said(settings), others.join(", "))).help(
                "Take over what belongs together by hand: set the variable, and look at `zdt plan` before `zdt apply`.",
            )
        }
        Refused::Notices { settings, notices } => {
            let texts: Vec<String> = notices.iter().map(|notice| printable(&notice.text)).collect();
            cannot(&format!("with {} a role refuses the host: {}", said(settings), texts.join(" ")))
                .help("`zdt apply` puts the server back to what is wanted.")
        }
        Refused::Extra { name } => cannot(&format!("`-e` sets `{name}`, and wins over all files"))
            .help(format!("Leave `{name}` out of `-e`, and try again.")),
        Refused::File { path, why } => {
            cannot(&format!("{} is not changed: {why}", quote(path))).help("Set the variables there by hand.")
        }
        Refused::Unsound { path } => {
            cannot(&format!("with the new values in {} the inventory would not come out as meant", quote(path)))
                .help("Another variable may be made from these. Set them by hand, and look at `zdt plan`.")
        }
    }
}

/// ``puma_workers: 4` and `puma_threads: [3,3]``
fn said(settings: &[Setting]) -> String {
    let words: Vec<String> =
        settings.iter().map(|setting| quote(&format!("{}: {}", setting.name, setting.after))).collect();
    words.join(" and ")
}

fn beyond(cannot: &impl Fn(&str) -> Report, beyond: &Beyond) -> Report {
    let Beyond { knobs, nearest, rest, line, given, spent } = beyond;
    let content = rest.iter().any(|change| change.attribute == Attribute::Content);
    let why = match (line, rest.iter().find(|change| change.attribute != Attribute::Content)) {
        (_, Some(change)) => {
            let seen = change.before.as_ref().map_or_else(|| "none".to_owned(), shown);
            let name = change.attribute.name();
            format!("no param makes its {name} {seen}; role `{}` wants {}", knobs.role, shown(&change.after))
        }
        (Some(Line { number, text, gone: false }), None) => {
            format!("no param writes line {number}, {}", quote(text))
        }
        (Some(Line { number, text, gone: true }), None) => {
            format!("no param leaves out what role `{}` writes as line {number}, {}", knobs.role, quote(text))
        }
        (None, None) => format!("no params of role `{}` make it so", knobs.role),
    };
    let so_far = match &nearest[..] {
        // Of a wholly other content any value brings something nearer.
        [] => String::new(),
        _ if *spent => String::new(),
        settings => format!(" ({} would bring it nearer)", said(settings)),
    };
    let tried = if *spent { "; not all was tried" } else { "" };
    let what = if content { "the template" } else { "`role.yml`" };
    let role = &knobs.role;
    let help = if knobs.built_in {
        format!(
            "`zdt role show {role}` lists its params. To go beyond them put a role `{role}` of your own into `roles/{role}/` beside the inventory: it replaces the built-in one wholly; change {what} there."
        )
    } else {
        format!("Change {what} in `roles/{role}/` beside the inventory, or give it a param.")
    };
    let places: Vec<String> = given.iter().map(|(name, span)| format!("`{name}` ({})", span.place())).collect();
    let help = match given.len() {
        0 => help,
        number => format!(
            "{} {} given in `zdt_roles` itself, which wins over all variables, and so not tried: look there first. {help}",
            places.join(", "),
            verb(number)
        ),
    };
    cannot(&format!("{why}{so_far}{tried}")).help(help)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Word(word) => quote(word),
        Value::Words(words) if words.is_empty() => "none".to_owned(),
        Value::Words(words) => words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(", "),
        Value::Content(_) => "another".to_owned(),
    }
}

pub fn not_written(fault: &WriteFault) -> Report {
    match fault {
        WriteFault::Changed { path } => {
            Report::new(format!("{} has changed meanwhile: nothing was written", quote(&path.display().to_string())))
                .help("Somebody edits it. Try again.")
        }
        WriteFault::Io { path, cause } => {
            Report::new(format!("{} cannot be written: {cause}", quote(&path.display().to_string())))
        }
    }
}
