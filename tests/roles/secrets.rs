//! A secret goes into what a file holds, and nowhere where it would be seen.

use zdt::cli::error::{Style, render_as, role::report};
use zdt::resource::Facts;
use zdt::role::{Fault, Library};

use super::{own, places, variables};

const PARAMS: &str = "description: x
params:
  key: {type: text, secret: true, description: x}
  copy: {type: text, default: 'a {{ key }}', description: x}
  plain: {type: int, default: 1, description: x}
values: {made: copy}
";

fn parse(more: &str) -> Result<Library, Vec<Fault>> {
    let role = format!("{PARAMS}{more}");
    Library::parse(&own("mine", &[("role.yml", &role)]))
}

#[test]
fn a_secret_where_it_would_be_printed_is_a_fault() {
    let cases = [
        ("resources: [{link: {path: /a, target: '{{ NAME }}'}}]\n", "target"),
        ("resources: [{absent: {path: '/{{ NAME }}'}}]\n", "path"),
        ("resources: [{unit: {name: a, exec_reload: ['/bin/a {{ NAME }}']}}]\n", "exec_reload"),
        ("resources: [{directory: {path: /a, owner: '{{ NAME }}'}}]\n", "owner"),
        ("facts: {f: {kind: [puma, a, '{{ NAME }}']}}\n", "a question to the host"),
        ("checks: [{name: a, run: [a, '{{ NAME }}']}]\n", "a check"),
        ("handlers: [{name: a, run: [nginx_reload, '{{ NAME }}'], says: x}]\n", "a handler"),
        ("handlers: [{name: a, run: [daemon_reload], says: '{{ NAME }}'}]\n", "a handler"),
        ("notices: [{level: info, text: '{{ NAME }}'}]\n", "a notice"),
    ];
    for (role, what) in cases {
        for name in ["key", "copy", "made"] {
            let early = ["path", "owner", "a question to the host"].contains(&what);
            if early && name == "made" {
                continue;
            }
            let faults = parse(&role.replace("NAME", name)).map(|_| ()).unwrap_err();
            let expected = format!("role.yml:7: `{name}` is a secret, or made from one, and {what} is printed\n");
            assert_eq!(places(&faults), expected, "{role}");
        }
        assert!(parse(&role.replace("NAME", "plain")).is_ok(), "{role}");
    }
    let fine =
        "resources:\n  - file: {path: /a, content: '{{ made | ruby }}', mode: '0600'}\n    when: key is defined\n";
    assert!(parse(fine).is_ok());
}

/// All that a user sees of faults.
fn shown(faults: &[Fault]) -> String {
    let reports: Vec<_> = faults.iter().map(report).collect();
    render_as(&reports, Style::Ascii)
}

#[test]
fn no_line_around_a_fault_shows_a_secret() {
    let library = parse("resources: [{file: {path: /a, content: '{{ made | nginx }}', mode: '0600'}}]\n").unwrap();
    let hosts = [
        "zdt_roles: [{mine: {key: s3 cret, plain: many}}]",
        "zdt_roles: [{mine: {key: s3 cret, unknown: 1}}]",
        "zdt_roles: [mine]\nplain: many\nkey: s3 cret",
        "zdt_roles: [mine]\nplain: many\nkey: |-\n  s3 cret\n  more",
        "zdt_roles: [mine]\nkey: 's3 cret {{ nothing }}'",
    ];
    for lines in hosts {
        let text = shown(&library.bind(&variables(lines)).map(|_| ()).unwrap_err());
        assert!(text.contains("inventory.yml:") && !text.contains("s3 cret"), "{lines}: {text}");
    }
    let bound = library.bind(&variables("zdt_roles: [mine]\nkey: s3 cret$\n")).unwrap();
    let text = shown(&bound.render(&Facts::new()).map(|_| ()).unwrap_err());
    assert!(text.contains("inventory.yml:5") && text.contains("*******"), "{text}");
    assert!(!text.contains("s3 cret") && !text.contains("`$`"), "{text}");
}
