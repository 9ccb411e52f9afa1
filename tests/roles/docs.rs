//! The role in `docs/roles.md` works as the page says.

use std::collections::BTreeSet;
use std::sync::Arc;

use zdt::role::{Example, Library, built_in};
use zdt::source::Source;

use super::{own, places};

/// The names of the pages of rules.
fn pages() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_rule_has_its_page_and_every_page_a_rule() {
    let library = super::library();
    let rules = || library.roles().flat_map(|role| &role.rules);
    let ids: BTreeSet<String> = rules().map(|rule| rule.id.clone()).collect();
    assert!(ids.len() >= 20, "{ids:?}");
    assert_eq!(ids.len(), rules().count(), "two roles have a rule of one name");
    assert_eq!(pages(), ids);
    let list = include_str!("../../docs/check.md");
    for rule in rules() {
        let (id, severity) = (&rule.id, rule.severity.name());
        let page = std::fs::read_to_string(format!("{}/docs/check/{id}.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(page.starts_with(&format!("# {id}\n")), "{page}");
        assert!(page.contains(&format!("Severity: {severity}.\n")), "{id} is {severity}: {page}");
        for heading in ["What", "Why", "How to see it", "The fix"] {
            assert!(page.contains(&format!("\n## {heading}\n")), "{id} has no `{heading}`");
        }
        assert_eq!(
            list.matches(&format!("| [{id}](check/{id}.md) | {severity} |")).count(),
            1,
            "{id} in docs/check.md"
        );
    }
}

/// The fenced block after `heading`.
fn block(page: &str, heading: &str) -> String {
    let rest = page.split_once(heading).unwrap_or_else(|| panic!("no {heading}")).1;
    let fenced = rest.split_once("```").unwrap().1;
    fenced.split_once('\n').unwrap().1.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_role_of_the_page_gives_its_example() {
    let page = include_str!("../../docs/roles.md");
    let role = block(page, "`roles/banner/role.yml`:");
    let template = block(page, "`roles/banner/templates/banner.tera`:");
    let mut files = built_in();
    files.extend(own("banner", &[("role.yml", &role), ("templates/banner.tera", &template)]));
    let library = Library::parse(&files).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let source: Arc<Source> = Source::new("example", block(page, "## Examples"));
    let example = Example::parse("banner", &source).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let bound = library.bind(&example).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let desired = bound.render(&example.facts).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    assert_eq!(desired.resources.len(), 1);
    let content = desired.resources[0].desired.content().unwrap().bytes.clone().unwrap();
    assert_eq!(String::from_utf8(content.to_vec()).unwrap(), example.files["/etc/motd.d/shop"]);
    assert_eq!(example.notices.unwrap(), [format!("info: {}", desired.notices[0].text)]);
}

#[test]
fn the_page_names_every_kind_type_filter_and_fact() {
    let page = include_str!("../../docs/roles.md");
    let kinds = zdt::resource::KINDS.iter().map(|kind| kind.name);
    let types = zdt::role::Type::NAMES.iter().copied();
    let fields = zdt::resource::KINDS.iter().flat_map(|kind| kind.fields).map(|field| field.name);
    for name in kinds.chain(types).chain(fields) {
        assert!(page.contains(&format!("`{name}`")), "docs/roles.md does not name `{name}`");
    }
}
