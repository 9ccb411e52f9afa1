use super::{Report, escape, meant, one_of, quote};
use crate::words;
use crate::yaml::{Fault, Mistake};

impl From<&Fault> for Report {
    fn from(fault: &Fault) -> Report {
        match fault {
            Fault::Syntax { at, problem, mistake } => {
                let report = Report::new(format!("{} is not valid YAML: {}", quote(&at.source.name), escape(problem)));
                let label = mistake.map_or("reading stopped here", label);
                report.at(at, label).maybe_help(mistake.map(advice))
            }
            Fault::ControlCharacter { at, character } => {
                Report::new(format!("a control character, U+{:04X}, stands in the text", u32::from(*character)))
                    .at(at, "here")
                    .help("remove it; inside double quotes it can be written as `\\x1b` or the like")
            }
            Fault::UnknownAnchor { at, name } => Report::new(format!("no anchor {} stands before this", quote(name)))
                .at(at, "repeats what is not there")
                .help(format!("define it earlier as `&{name}`, or quote the text if it is meant to start with `*`")),
            Fault::RecursiveAlias { at } => {
                Report::new("an alias repeats the value that it stands in").at(at, "this would never end")
            }
            Fault::DuplicateKey { key, first, second } => Report::new(format!("the key {} stands twice", quote(key)))
                .at(second, "again here")
                .at(first, "first here")
                .help("remove one: Ansible would silently keep the later one"),
            Fault::KeyNotScalar { at, template: true } => {
                Report::new("an unquoted `{{ … }}` reads as a mapping").at(at, "a template").help(QUOTE)
            }
            Fault::KeyNotScalar { at, template: false } => {
                Report::new("a key must be a plain word, not a list or a mapping").at(at, "used as a key")
            }
            Fault::MergeNotMapping { at, found } => {
                Report::new(format!("`<<` merges mappings, but this is {found}")).at(at, "not a mapping")
            }
            Fault::UnknownTag { at, tag } => Report::new(format!("the tag {} has no meaning here", quote(tag)))
                .at(at, "tagged")
                .help("`!vault` and `!unsafe` are known; quote the text if it is meant to start with `!`"),
            Fault::TagMismatch { at, tag } => {
                Report::new(format!("this cannot be read as {}", quote(tag))).at(at, "not of that type")
            }
            Fault::SecondDocument { at } => Report::new("a second document starts in the same file")
                .at(at, "here")
                .help("keep one document in each file: remove this `---` or split the file"),
            Fault::TooDeep { at, limit } => {
                Report::new(format!("nested more than {limit} levels deep")).at(at, "too deep")
            }
            Fault::TooManyNodes { at, limit } => {
                Report::new(format!("more than {limit} values in one file")).at(at, "reading stopped here")
            }
            Fault::TooExpanded { at, limit } => {
                Report::new(format!("aliases blow `{}` up to more than {limit} values", at.source.name))
                    .at(at, "with this, it is too much")
                    .help("anchors that repeat anchors multiply; write the values out, or use fewer")
            }
            Fault::TooLarge { at, limit } => {
                Report::new(format!("`{}` is larger than {} MB", at.source.name, limit >> 20))
            }
            Fault::Encrypted { at } => {
                Report::new("a value encrypted by ansible-vault stands where zdt needs to read it")
                    .at(at, "encrypted")
                    .help("zdt cannot decrypt yet: give the value another way, `-e @file` for one")
            }
            Fault::UnknownField { at, field, known } => {
                let help = meant(field, known.iter().map(String::as_str)).or_else(|| {
                    (!known.is_empty()).then(|| format!("{} {} known", one_of(known), words::verb(known.len())))
                });
                Report::new(format!("{} is not known here", quote(field))).at(at, "not known").maybe_help(help)
            }
            Fault::MissingField { at, field } => Report::new(format!("the key {} is missing", quote(field)))
                .at(at, format!("needs `{field}`"))
                .help(format!("add `{field}: …`")),
            Fault::WrongValue { at, path, problem } => {
                let subject = if path.is_empty() { "this".to_owned() } else { quote(path) };
                Report::new(format!("{subject} does not fit: {problem}")).at(at, "does not fit")
            }
        }
    }
}

const QUOTE: &str = "quote the template: `key: \"{{ … }}\"`";

fn label(mistake: Mistake) -> &'static str {
    match mistake {
        Mistake::Tab => "a tab",
        Mistake::UnquotedTemplate => "an unquoted template",
        Mistake::ColonInValue => "a second `: ` on the line",
        Mistake::Indentation => "indented unlike the lines it belongs to",
        Mistake::ReservedStart(_) => "cannot start a plain text",
    }
}

fn advice(mistake: Mistake) -> String {
    match mistake {
        Mistake::Tab => "indent with spaces: YAML takes no tabs".to_owned(),
        Mistake::UnquotedTemplate => QUOTE.to_owned(),
        Mistake::ColonInValue => "quote a value that holds `: `, as in `key: \"one: two\"`".to_owned(),
        Mistake::Indentation => {
            "give the keys of one mapping, and the `-` of one list, the same indentation".to_owned()
        }
        Mistake::ReservedStart(character) => format!("quote a text that starts with `{character}`"),
    }
}
