//! `ZDT_BLESS=1` writes what came out into the examples, to be read before it is committed.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use zdt::resource::Resource;
use zdt::resource::{Desired, Level};
use zdt::role::{Example, Library};
use zdt::source::Source;

use super::{library, places};

fn render(library: &Library, example: &Example) -> Desired {
    let bound = library.bind(example).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    bound.render(&example.facts).unwrap_or_else(|faults| panic!("{}", places(&faults)))
}

fn content(resource: &Resource) -> Option<String> {
    let bytes = resource.desired.content()?.bytes.clone()?;
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

/// The part of an example that is compared, as YAML that a person likes to read.
fn outcome(desired: &Desired) -> String {
    let mut text = String::from("files:\n");
    for resource in &desired.resources {
        let Some(content) = content(resource) else { continue };
        writeln!(text, "  {}: |", serde_yaml::to_string(&resource.id.name).unwrap().trim()).unwrap();
        for line in content.lines() {
            writeln!(text, "{}", format!("    {line}").trim_end()).unwrap();
        }
    }
    if text.ends_with("files:\n") {
        text = "files: {}\n".to_owned();
    }
    if desired.notices.is_empty() {
        text.push_str("notices: []\n");
        return text;
    }
    text.push_str("notices:\n");
    for notice in notices(desired) {
        writeln!(text, "  - {}", serde_yaml::to_string(&notice).unwrap().trim_end().replace('\n', "\n    ")).unwrap();
    }
    text
}

fn notices(desired: &Desired) -> Vec<String> {
    let level = |level| match level {
        Level::Refusal => "refusal",
        Level::Warning => "warning",
        Level::Info => "info",
    };
    desired.notices.iter().map(|notice| format!("{}: {}", level(notice.level), notice.text)).collect()
}

#[test]
fn examples_come_out_as_written() {
    let library = library();
    let bless = std::env::var_os("ZDT_BLESS").is_some();
    let mut seen = 0;
    for role in library.roles() {
        for built_in in &role.examples {
            seen += 1;
            let name = built_in.name.strip_prefix("built-in ").unwrap();
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            // From the disk: compiled in is the state of the last build.
            let source: Arc<Source> = Source::new(name, std::fs::read_to_string(&path).unwrap());
            let example = Example::parse(&role.name, &source).unwrap_or_else(|faults| panic!("{}", places(&faults)));
            let desired = render(&library, &example);
            if bless {
                let end = source.text.find("\nfiles:").map_or(source.text.len(), |at| at + 1);
                std::fs::write(&path, format!("{}{}", &source.text[..end], outcome(&desired))).unwrap();
                continue;
            }
            let files =
                desired.resources.iter().filter_map(|resource| Some((resource.id.name.clone(), content(resource)?)));
            assert_eq!(files.collect::<std::collections::BTreeMap<_, _>>(), example.files, "{name}: files");
            if let Some(expected) = &example.notices {
                assert_eq!(&notices(&desired), expected, "{name}: notices");
            }
        }
    }
    assert!(seen >= 10, "only {seen} examples were found");
}
