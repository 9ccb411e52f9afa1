//! `ZDT_BLESS=1` writes what came out into the examples, to be read before it is committed.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use zdt::resource::Resource;
use zdt::resource::{Desired, Level, Ruling, Running, Said};
use zdt::role::{Example, Library};
use zdt::source::Source;

use super::{library, places};

fn render(library: &Library, example: &Example) -> (Desired, Running, Vec<Ruling>) {
    let bound = library.bind(example).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let desired = bound.render(&example.facts).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let desired = desired.settle(&example.observation());
    assert!(desired.unmade.is_empty(), "{:?}", desired.unmade);
    let running = bound.running(&example.facts).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let rulings = bound.rulings(&example.facts).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    (desired, running, rulings)
}

fn content(resource: &Resource) -> Option<String> {
    let bytes = resource.desired.content()?.bytes.clone()?;
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

/// The part of an example that is compared, as YAML that a person likes to read.
fn outcome(desired: &Desired, running: &Running, with_handlers: bool, ruled: Option<Vec<String>>) -> String {
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
    text.push_str(if desired.notices.is_empty() { "notices: []\n" } else { "notices:\n" });
    list(&mut text, notices(desired));
    if with_handlers {
        text.push_str("handlers:\n");
        list(&mut text, handlers(desired));
    }
    let said = said(running);
    if !said.is_empty() {
        text.push_str("running:\n");
        list(&mut text, said);
    }
    if let Some(ruled) = ruled {
        text.push_str(if ruled.is_empty() { "rules: []\n" } else { "rules:\n" });
        list(&mut text, ruled);
    }
    text
}

fn list(text: &mut String, lines: Vec<String>) {
    for line in lines {
        writeln!(text, "  - {}", serde_yaml::to_string(&line).unwrap().trim_end().replace('\n', "\n    ")).unwrap();
    }
}

/// What is said of what runs. A path that nothing has read says nothing.
fn said(running: &Running) -> Vec<String> {
    let mends = |mends: &Option<String>| mends.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let untold = |untold: bool| if untold { "untold: " } else { "" };
    let rules = running.mismatches.iter();
    let rules = rules.map(|one| format!("{}: {}{}{}", one.about, untold(one.untold), one.evidence, mends(&one.mends)));
    let loads = running.loads.iter().filter(|load| load.at.is_some() || load.untold.is_some()).map(|load| {
        let at = load.at.map(|at| format!(" at {at}")).unwrap_or_default();
        let why = load.untold.as_ref().map(|why| format!(", untold: {why}")).unwrap_or_default();
        format!("{}: read by {}{at}{why}{}", load.id, load.reader, mends(&load.mends))
    });
    rules.chain(loads).collect()
}

/// What rules say, but for those that hold.
fn ruled(rulings: &[Ruling]) -> Vec<String> {
    let line = |ruling: &Ruling| match &ruling.said {
        Said::Holds => None,
        Said::Broken { evidence, fix } => Some(format!("{}: {evidence} → {fix}", ruling.rule)),
        Said::Untold(why) => Some(format!("{}: untold: {why}", ruling.rule)),
    };
    rulings.iter().filter_map(line).collect()
}

fn notices(desired: &Desired) -> Vec<String> {
    let level = |level| match level {
        Level::Refusal => "refusal",
        Level::Warning => "warning",
        Level::Info => "info",
    };
    desired.notices.iter().map(|notice| format!("{}: {}", level(notice.level), notice.text)).collect()
}

fn handlers(desired: &Desired) -> Vec<String> {
    let told = desired.handlers.iter();
    told.map(|handler| format!("{} [{}]: {}", handler.name, handler.cost.word(), handler.says)).collect()
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
            let (desired, running, rulings) = render(&library, &example);
            if bless {
                let end = source.text.find("\nfiles:").map_or(source.text.len(), |at| at + 1);
                std::fs::write(
                    &path,
                    format!(
                        "{}{}",
                        &source.text[..end],
                        outcome(
                            &desired,
                            &running,
                            example.handlers.is_some(),
                            example.rules.as_ref().map(|_| ruled(&rulings))
                        )
                    ),
                )
                .unwrap();
                continue;
            }
            let files =
                desired.resources.iter().filter_map(|resource| Some((resource.id.name.clone(), content(resource)?)));
            assert_eq!(files.collect::<std::collections::BTreeMap<_, _>>(), example.files, "{name}: files");
            if let Some(expected) = &example.notices {
                assert_eq!(&notices(&desired), expected, "{name}: notices");
            }
            if let Some(expected) = &example.handlers {
                assert_eq!(&handlers(&desired), expected, "{name}: handlers");
            }
            assert_eq!(said(&running), example.running, "{name}: running");
            if let Some(expected) = &example.rules {
                assert_eq!(&ruled(&rulings), expected, "{name}: rules");
            }
        }
    }
    assert!(seen >= 10, "only {seen} examples were found");
}
