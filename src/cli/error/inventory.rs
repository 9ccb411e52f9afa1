use super::{Report, escape, meant, one_of, quote};
use crate::inventory::{
    Fault, Found, GROUP_KEYS, KNOWN_VARIABLES, NameProblem, RangeProblem, RootProblem, Unused, UnusedFile, VarsOf,
};
use crate::words;

const CONVERT: &str = "zdt reads YAML: `ansible-inventory -i FILE --list --yaml` converts any inventory";
const VAULT: &str = "zdt cannot decrypt yet: give the value another way, `-e @file` for one";
const UNDEFINED: &str = "define it for this host or one of its groups, or give it with `-e`";
const BLANKS: &str = "quote a value that holds blanks: `-e \"key='two words'\"`";
const ENGINE: &str = "zdt renders variables with Tera, which is near Jinja and not the same: filters take named \
                      arguments, as in `default(value=1)`";

impl From<&Fault> for Report {
    fn from(fault: &Fault) -> Report {
        match fault {
            Fault::Yaml(fault) => fault.into(),
            Fault::Empty { source } => Report::new(format!("the inventory {} is empty", quote(&source.name)))
                .help("name a group and its hosts:\n\nall:\n  hosts:\n    web1.example.com:"),
            Fault::Ini { at } => Report::new(format!("{} is an inventory in INI format", quote(&at.source.name)))
                .at(at, "a section")
                .help(CONVERT),
            Fault::Plugin { at } => Report::new(format!(
                "{} configures an inventory plugin, it is not an inventory",
                quote(&at.source.name)
            ))
            .at(at, "names a plugin")
            .help(CONVERT),
            Fault::NotMapping { at, what, found } => {
                let members = what.starts_with("`hosts`") || what.starts_with("`children`");
                let keys = "its members are keys: write `web1:`, with a colon, instead of `- web1`";
                Report::new(format!("{} must be a mapping, but it is {found}", escape(what)))
                    .at(at, "not a mapping")
                    .maybe_help((members && found == "a list").then(|| keys.to_owned()))
            }
            Fault::UnknownKey { at, key, group } => unknown_key(key, group).at(at, "not known"),
            Fault::NameNotText { at, found } => {
                Report::new(format!("a name must be a text, but this is {found}")).at(at, "a name").help("quote it")
            }
            Fault::BadGroupName { at, name } => {
                Report::new(format!("{} cannot name a group", quote(name))).at(at, "a group")
            }
            Fault::BadHostName { at, name, problem } => {
                Report::new(format!("{} cannot name a host: {}", quote(name), name_problem(*problem))).at(at, "a host")
            }
            Fault::BadRange { at, text, problem } => {
                Report::new(format!("{} is no host range: {}", quote(text), range_problem(*problem)))
                    .at(at, "a range")
                    .help("ranges look like `web[01:20]`, `db[a:f]` or `[1:10:2]`")
            }
            Fault::BadPort { at, text } => Report::new(format!("{} is no port", quote(text)))
                .at(at, "a port behind the last `:`")
                .help("ports go from 1 to 65535"),
            Fault::TooManyHosts { at, limit } => {
                Report::new(format!("the inventory names more than {}", words::count(*limit, "host")))
                    .at(at, "with this")
            }
            Fault::GroupCycle { at, groups } => {
                Report::new(format!("groups contain themselves: {}", escape(&groups.join(" → "))))
                    .at(at, "closes the circle")
            }
            Fault::BadPriority { at, found } => {
                Report::new(format!("`ansible_group_priority` must be a whole number, but it is {found}"))
                    .at(at, "here")
            }
            Fault::UnknownVariable { at, name } => {
                let help = meant(name, KNOWN_VARIABLES.into_iter())
                    .unwrap_or_else(|| format!("zdt knows {}", one_of(&KNOWN_VARIABLES).replace(" or ", " and ")));
                Report::new(format!("zdt knows no variable {}", quote(name))).at(at, "not known").help(help)
            }
            Fault::VaultFile { at } => Report::new(format!("{} is encrypted by ansible-vault", quote(&at.source.name)))
                .at(at, "encrypted")
                .help(VAULT),
            Fault::NotPair { at, word } => Report::new(format!("{} is not `key=value`", quote(word)))
                .at(at, if word.starts_with('=') { "no name before the `=`" } else { "no `=`" })
                .maybe_help((!word.starts_with('=')).then(|| BLANKS.to_owned())),
            Fault::MagicVariable { at, name } => {
                Report::new(format!("{} is not for `-e` to set: it follows from the inventory", quote(name)))
                    .at(at, "set here")
                    .help("to name hosts use `--limit`; for a value of your own take another name")
            }
            Fault::BadVariableName { at, name } => Report::new(format!("{} cannot name a variable", quote(name)))
                .at(at, "a name")
                .help("names are of letters, digits and `_`, and do not begin with a digit"),
            Fault::Unbalanced { at } => Report::new("a quote, or a `{{`, does not end")
                .at(at, "in this")
                .help("close it, or escape the quote with `\\`"),
            Fault::ExtraFileWithoutAt { at } => {
                let name = at.source.text.trim();
                Report::new(format!("{} looks like a path", quote(name)))
                    .help(format!("write `-e @{}` to read it", escape(name)))
            }
            Fault::Vault { .. }
            | Fault::Cycle { .. }
            | Fault::Template { .. }
            | Fault::TooNested { .. }
            | Fault::TooMuchText { .. }
            | Fault::BadValue { .. }
            | Fault::BadName { .. }
            | Fault::BadRoot { .. }
            | Fault::RootNotLocal { .. }
            | Fault::Password { .. }
            | Fault::EmptyPattern
            | Fault::NoMatch { .. }
            | Fault::NothingSelected { .. }
            | Fault::PatternUnsupported { .. }
            | Fault::SubscriptOutOfRange { .. } => host(fault),
        }
    }
}

/// Faults that concern one host, or the command line.
fn host(fault: &Fault) -> Report {
    match fault {
        Fault::Vault { at, variable } => {
            Report::new(format!("the variable {} is encrypted by ansible-vault", quote(variable)))
                .at(at, "encrypted")
                .help(VAULT)
        }
        Fault::Cycle { at, chain } => Report::new(format!("variables need each other: {}", escape(&chain.join(" → "))))
            .at(at, "part of the circle"),
        Fault::Template { at, chain, problem } => {
            let names: Vec<String> = chain.iter().map(|name| quote(name)).collect();
            let through = match &names[..] {
                [] => "a variable".to_owned(),
                [only] => format!("the variable {only}"),
                [first, .., last] => format!("the variable {last}, which {first} needs,"),
            };
            Report::new(format!("{through} does not render: {}", escape(problem.trim_end_matches('.'))))
                .at(at, "this template")
                .help(if problem.contains("is not defined") { UNDEFINED } else { ENGINE })
        }
        Fault::TooNested { at, limit } => {
            Report::new(format!("variables need each other more than {limit} levels deep")).at(at, "reached here")
        }
        Fault::TooMuchText { at, limit } => {
            Report::new(format!("a template writes more than {} MB", limit >> 20)).at(at, "this template")
        }
        Fault::BadValue { at, variable, found, expected } => {
            let found = match found {
                Found::Text(text) => quote(text),
                Found::Other(kind) => kind.clone(),
            };
            Report::new(format!("{} is {found}, but it must be {expected}", quote(variable))).at(at, "this value")
        }
        Fault::BadName { at, variable, name, problem } => Report::new(format!(
            "{} is {}, which ssh and sudo cannot take: {}",
            quote(variable),
            quote(name),
            name_problem(*problem)
        ))
        .at(at, "this value"),
        Fault::BadRoot { at, root, problem } => bad_root(root, *problem).at(at, "this value"),
        Fault::RootNotLocal { at, connection } => {
            let report =
                Report::new("`zdt_root` makes a sandbox, and a sandbox lies on this machine").at(at, "a sandbox");
            match connection {
                Some(connection) => report.at(connection, "not local"),
                None => report,
            }
            .help("set `ansible_connection: local` for the host, or remove `zdt_root` from a real one")
        }
        Fault::Password { place, variable } => Report::new(format!("{} is set at {}", quote(variable), escape(place)))
            .help(
                "zdt needs key login and passwordless sudo: remove the password, or set it to nothing for these hosts",
            ),
        Fault::EmptyPattern => Report::new("`--limit` is empty")
            .help("name hosts or groups; for all of them leave `--limit` out, or write `all`"),
        Fault::NoMatch { part, known } => Report::new(format!("{} matches no host and no group", quote(part)))
            .maybe_help(known.as_ref().map(|known| format!("did you mean {}?", quote(known)))),
        Fault::NothingSelected { pattern, empty } => nothing_selected(pattern, empty),
        Fault::PatternUnsupported { part } => Report::new(format!("{} is not supported in `--limit`", quote(part)))
            .help("names, groups, globs, ranges, `[0:2]`, `&` and `!` are"),
        Fault::SubscriptOutOfRange { part, hosts } => Report::new(format!(
            "{} lies outside: there {} {}",
            quote(part),
            words::verb(*hosts),
            words::count(*hosts, "host")
        ))
        .help("counting starts at 0"),
        // The caller words the others; a new fault does not compile before it is listed there.
        _ => Report::new("something is wrong with the inventory"),
    }
}

fn nothing_selected(pattern: &str, empty: &[String]) -> Report {
    let report = Report::new(format!("{} leaves no host", quote(pattern)));
    let names: Vec<String> = empty.iter().map(|name| quote(name)).collect();
    match &names[..] {
        [] => report.help("each part matches something, but not together: check `&` and `!`"),
        [one] => report.help(format!("{one} is a group without hosts")),
        several => report.help(format!("{} are groups without hosts", several.join(" and "))),
    }
}

fn bad_root(root: &str, problem: RootProblem) -> Report {
    match problem {
        RootProblem::Empty => Report::new("`zdt_root` is set, but empty")
            .help("zdt does not take that for the machine itself: name the sandbox's folder, or remove the variable"),
        RootProblem::Home => Report::new(format!("`zdt_root` is {}, but zdt expands no `~` there", quote(root)))
            .help("write the path out; a relative one starts at the inventory's folder"),
        RootProblem::ControlCharacter => {
            Report::new(format!("`zdt_root` is {}: it holds a control character", quote(root)))
        }
        RootProblem::WholeMachine => Report::new(format!("`zdt_root` is {}, which is the machine itself", quote(root)))
            .help("a sandbox is a folder; for the machine itself remove `zdt_root`"),
        RootProblem::AboveInventory => {
            Report::new(format!("`zdt_root` is {}, which the inventory itself lies in", quote(root)))
                .help("name a folder of the sandbox's own, `../sandbox` for one")
        }
    }
}

fn unknown_key(key: &str, group: &str) -> Report {
    let message = format!("a group knows no key {}", quote(key));
    if GROUP_KEYS.contains(&group) {
        // `hosts:` at the top, without a group around it.
        return Report::new(message).help(format!(
            "`{group}` is read as the name of a group here: put a group around it, `all:` for one, and indent"
        ));
    }
    let guess = meant(key, GROUP_KEYS.into_iter());
    Report::new(message).help(guess.unwrap_or_else(|| {
        format!(
            "group {} takes {}; variables go under `vars`, groups under `children`",
            quote(group),
            one_of(&GROUP_KEYS).replace(" or ", " and ")
        )
    }))
}

fn name_problem(problem: NameProblem) -> &'static str {
    match problem {
        NameProblem::Empty => "it is empty",
        NameProblem::LeadingDash => "a leading `-` would be taken for an option",
        NameProblem::ControlCharacter => "it holds a control character",
        NameProblem::Whitespace => "it holds a blank",
        NameProblem::Slash => "it holds a `/`",
        NameProblem::Dots => "it holds `..`",
        NameProblem::TooLong => "it is longer than 255 bytes",
    }
}

fn range_problem(problem: RangeProblem) -> &'static str {
    match problem {
        RangeProblem::Form => "brackets hold `begin:end` or `begin:end:step`",
        RangeProblem::NoEnd => "the end is missing",
        RangeProblem::UnequalWidth => "with leading zeros, begin and end are equally long",
        RangeProblem::Backwards => "it ends before it begins",
        RangeProblem::Step => "the step is a whole number from 1",
    }
}

/// A file of variables that no host reads, in one line.
pub fn unused(file: &UnusedFile) -> String {
    let kind = match file.of {
        VarsOf::Group => "group",
        VarsOf::Host => "host",
    };
    let why = match &file.why {
        Unused::NoSuchName { meant } => {
            let hint = meant.as_ref().map(|meant| format!(": did you mean {}?", quote(meant))).unwrap_or_default();
            format!("no {kind} is called {}{hint}", quote(&file.name))
        }
        Unused::Shadowed => format!("another file of {kind} {} comes first", quote(&file.name)),
    };
    format!("not read: {}; {why}", quote(&file.source))
}
