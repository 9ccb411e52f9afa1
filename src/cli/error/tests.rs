use std::sync::Arc;

use super::*;
use crate::inventory;
use crate::source::Source;

fn span(source: &Arc<Source>, part: &str) -> Span {
    let start = source.text.find(part).expect("part of the text");
    Span::new(source, start..start + part.len())
}

#[test]
fn a_report_shows_message_place_and_next_step() {
    let source = Source::new("inv.yml", "all:\n  hosts:\n  childern:\n    web:\n");
    let texts = inventory::Texts { main: vec![source], ..inventory::Texts::default() };
    let faults = inventory::parse(&texts).expect_err("a fault");
    let reports: Vec<Report> = faults.iter().map(Report::from).collect();
    let expected = "  x a group knows no key `childern`
   ,-[inv.yml:3:3]
 2 |   hosts:
 3 |   childern:
   :   ^^^^|^^^
   :       `-- not known
 4 |     web:
   `----
  help: did you mean `children`?
";
    assert_eq!(render_as(&reports, Style::Ascii), expected);
    assert!(render_as(&reports, Style::Colour { width: 80 }).contains("\u{1b}["));
    assert!(!render_as(&reports, Style::Plain { width: 80 }).contains('\u{1b}'));
    assert!(render_as(&reports, Style::Narrated).contains("line 3"));
}

#[test]
fn far_and_foreign_places_are_related() {
    let one = Source::new("one.yml", format!("a: 1\n{}a: 2\n", "#\n".repeat(1000)));
    let two = Source::new("two.yml", "b: 1\n");
    let far = Span::new(&one, one.text.len() - 5..one.text.len() - 4);
    let report = Report::new("twice").at(&span(&one, "a"), "first").at(&far, "again").at(&span(&two, "b"), "there");
    let text = render_as(&[report], Style::Ascii);
    for part in ["[one.yml:1:1]", "[one.yml:1002:1]", "[two.yml:1:1]"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(text.lines().count() < 40, "{text}");
}

#[test]
fn huge_lines_are_cropped() {
    // miette 7.6 panics for a label right of column 65,535.
    for character in ["x", "ü", "\t", "\u{0301}"] {
        let source = Source::new("wide", format!("{0}BAD{0}", character.repeat(200_000)));
        let report = Report::new("wide").at(&span(&source, "BAD"), "here");
        for style in [Style::Ascii, Style::Plain { width: 80 }, Style::Colour { width: 60 }, Style::Narrated] {
            let text = render_as(std::slice::from_ref(&report), style);
            assert!(text.contains("BAD"), "{text}");
            assert!(text.len() < 5_000, "{}", text.len());
        }
    }
}

#[test]
fn odd_places_do_not_panic() {
    for text in ["", "\n", "x", "a\r\nb\r\n", "ü", "a\nb", "\n\n\n"] {
        let source = Source::new("odd", text);
        for start in 0..=text.len() + 2 {
            for end in start..=text.len() + 3 {
                let report = Report::new("odd").at(&Span::new(&source, start..end), "here");
                assert!(render_as(&[report], Style::Plain { width: 80 }).contains("odd"));
            }
        }
    }
}

#[test]
fn source_lines_neither_drive_the_terminal_nor_show_passwords() {
    let source = Source::new("s\u{1b}[2J.yml", "db_password: hunter2\nx: \u{1b}[31mred\u{202e}\n  api_token: 'abc'\n");
    let report = Report::new("m").at(&span(&source, "red"), "here");
    let text = render_as(&[report], Style::Ascii);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    assert!(!text.contains("hunter2") && !text.contains("abc"), "{text}");
    assert!(text.contains("db_password: …"), "{text}");
    for line in ["{a: 1, \"DB_PASS\" : hunter2}", "x=1 secret=hunter2 y=2"] {
        let source = Source::new("-e", line);
        let text = render_as(&[Report::new("m").at(&Span::new(&source, 0..1), "here")], Style::Ascii);
        assert!(!text.contains("hunter2") && text.contains('…'), "{text}");
    }
}

#[test]
fn every_fault_of_the_inventory_has_words() {
    let texts = inventory::Texts {
        main: vec![
            Source::new("a", "all:\n  hosts: {'-x':, 'w[1]':, 'w:99999':}\n  vars: {zdt_rols: 1, zdt_q: 1}\n5: {}\n"),
            Source::new("b", ""),
            Source::new("c", "[web]\n"),
            Source::new("d", "plugin: x\n"),
            Source::new("e", "hosts:\n  web1:\n"),
            Source::new("f", "a: {{ b }}\n"),
            Source::new("g", "web: [1]\n"),
        ],
        extra: vec![
            inventory::Extra::Pair(Source::new("-e", "a")),
            inventory::Extra::Pair(Source::new("-e", "./x.yml")),
            inventory::Extra::Pair(Source::new("-e", "a='")),
            inventory::Extra::Pair(Source::new("-e", "groups=1 a-b=2")),
        ],
        ..inventory::Texts::default()
    };
    let reports: Vec<Report> = inventory::parse(&texts).expect_err("faults").iter().map(Report::from).collect();
    let messages: Vec<&str> = reports.iter().map(|report| report.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`-x` cannot name a host: a leading `-` would be taken for an option",
            "`w[1]` is no host range: brackets hold `begin:end` or `begin:end:step`",
            "`99999` is no port",
            "zdt knows no variable `zdt_rols`",
            "zdt knows no variable `zdt_q`",
            "a name must be a text, but this is the number 5",
            "the inventory `b` is empty",
            "`c` is an inventory in INI format",
            "`d` configures an inventory plugin, it is not an inventory",
            "a group knows no key `web1`",
            "an unquoted `{{ … }}` reads as a mapping",
            "group `web` must be a mapping, but it is a list",
            "`a` is not `key=value`",
            "`./x.yml` looks like a path",
            "a quote, or a `{{`, does not end",
            "`groups` is not for `-e` to set: it follows from the inventory",
            "`a-b` cannot name a variable",
        ]
    );
    assert!(messages.iter().all(|message| !message.contains("Fault") && !message.contains("Span {")));
    let helps: Vec<&str> = reports.iter().filter_map(|report| report.help.as_deref()).collect();
    assert!(helps.contains(&"did you mean `zdt_roles`?") && helps.contains(&"quote the template: `key: \"{{ … }}\"`"));
}

#[test]
fn a_limit_that_leaves_nobody_says_why() {
    let main = "web: {hosts: {h:}}\nnone: {}\nnil: {}\n";
    let texts = inventory::Texts { main: vec![Source::new("inv.yml", main)], ..inventory::Texts::default() };
    let inventory = inventory::parse(&texts).expect("parses");
    for (limit, expected) in [
        ("none", "`none` is a group without hosts"),
        ("none,nil", "`none` and `nil` are groups without hosts"),
        ("web:!h", "each part matches something, but not together: check `&` and `!`"),
    ] {
        let faults = inventory.select(Some(limit)).expect_err("nobody");
        assert_eq!(Report::from(&faults[0]).help.as_deref(), Some(expected), "{limit}");
    }
}

#[test]
fn a_flood_of_faults_is_cut() {
    let reports = vec![Report::new("m"); 53];
    let text = render_as(&reports, Style::Ascii);
    assert_eq!(text.matches("x m").count(), 50);
    assert!(text.ends_with("… and 3 further faults\n"), "{text}");
}

#[test]
fn every_fault_of_a_host_has_words() {
    let main = "all:\n  hosts:\n    h:\n      ansible_host: '{{ nope }}'\n      ansible_port: x\n      ansible_become_pass: hunter2\n      \
                ansible_user: !vault x\n      ansible_connection: '{{ a }}'\n      a: '{{ b }}'\n      b: '{{ a }}'\n";
    let texts = inventory::Texts { main: vec![Source::new("inv.yml", main)], ..inventory::Texts::default() };
    let inventory = inventory::parse(&texts).expect("parses");
    let faults = inventory::Connection::of("h", &inventory.variables("h")).expect_err("faults");
    let limits = inventory.select(Some("hh,~x,h[3],all[9]")).expect_err("faults");
    let reports: Vec<Report> = faults.iter().chain(&limits).map(Report::from).collect();
    let messages: Vec<&str> = reports.iter().map(|report| report.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "variables need each other: a → b → a",
            "the variable `ansible_host` does not render: Variable `nope` is not defined",
            "the variable `ansible_user` is encrypted by ansible-vault",
            "`ansible_port` is `x`, but it must be a port from 1 to 65535",
            "`ansible_become_pass` is set at inv.yml:6",
            "`hh` matches no host and no group",
            "`~x` is not supported in `--limit`",
            "`h[3]` lies outside: there is 1 host",
            "`all[9]` lies outside: there is 1 host",
        ]
    );
    assert!(!render_as(&reports, Style::Ascii).contains("hunter2"));
}

#[test]
fn bad_values_of_a_connection_have_words() {
    let reports = |vars: &str| -> Vec<String> {
        let main = format!("all: {{hosts: {{h: {{{vars}}}}}}}");
        let texts = inventory::Texts { main: vec![Source::new("inv.yml", main)], ..inventory::Texts::default() };
        let inventory = inventory::parse(&texts).expect("parses");
        let faults = inventory::Connection::of("h", &inventory.variables("h")).expect_err("faults");
        faults.iter().map(|fault| Report::from(fault).message).collect()
    };
    for (vars, expected) in [
        ("ansible_connection: local, zdt_root: ''", "`zdt_root` is set, but empty"),
        ("ansible_connection: local, zdt_root: ~/sb", "`zdt_root` is `~/sb`, but zdt expands no `~` there"),
        ("ansible_connection: local, zdt_root: /", "`zdt_root` is `/`, which is the machine itself"),
        ("ansible_user: a b", "`ansible_user` is `a b`, which ssh and sudo cannot take: it holds a blank"),
        (
            "ansible_host: -v",
            "`ansible_host` is `-v`, which ssh and sudo cannot take: a leading `-` would be taken for an option",
        ),
        ("ansible_become_user: [a]", "`ansible_become_user` is a list, but it must be a user name"),
        ("zdt_root: sb", "`zdt_root` makes a sandbox, and a sandbox lies on this machine"),
    ] {
        assert_eq!(reports(vars), [expected], "{vars}");
    }
}
