use super::super::{Why, edit, limits, part};
use super::{OURS, lossy};
use crate::edit::{Fault, Place, Text, Why as AnyWhy};

fn at(text: Text, line: usize, column: usize, why: Why) -> Fault {
    Fault { at: Some(Place { text, line, column }), why: AnyWhy::Nginx(why) }
}

#[test]
fn a_file_that_cannot_be_edited_is_refused_at_its_place() {
    let name = || "shop".to_owned();
    let none = Fault { at: None, why: AnyWhy::Nginx(Why::NoUpstream { name: name() }) };
    let whole = |line, column, why| at(Text::Whole, line, column, why);
    for (text, expected) in [
        ("upstream shop {\n  server unix:/x\n}", whole(3, 1, Why::Unexpected { byte: b'}' })),
        ("upstream shop {\n  server unix:/x;\n", whole(1, 1, Why::Unfinished)),
        ("}", whole(1, 1, Why::Unexpected { byte: b'}' })),
        ("a \"b\"c;", whole(1, 6, Why::Unexpected { byte: b'c' })),
        ("\n a;;", whole(2, 4, Why::Unexpected { byte: b';' })),
        ("a 'b;", whole(1, 3, Why::Unfinished)),
        ("server\n{ listen", whole(2, 3, Why::Unfinished)),
        ("", none.clone()),
        ("upstream shop2 { server a; }", none.clone()),
        ("stream { upstream shop { server a; } }", none.clone()),
        ("# upstream shop { server a; }", none),
        ("upstream shop { }\nhttp { upstream Shop { } }", whole(2, 8, Why::DeclaredTwice { name: name(), first: 1 })),
        (
            "upstream shop {\n  include /etc/nginx/shop*.conf;\n}",
            whole(2, 3, Why::Include { pattern: "/etc/nginx/shop*.conf".to_owned() }),
        ),
        ("upstream shop {\n  server { }\n}", whole(2, 3, Why::Block { name: "server".to_owned() })),
    ] {
        assert_eq!(edit(text.as_bytes(), OURS.as_bytes()), Err(expected.clone()), "{text}");
        assert_eq!(part(text.as_bytes(), OURS.as_bytes()), Err(expected), "{text}");
    }
}

#[test]
fn another_backend_does_not_vanish() {
    for (text, place, address) in [
        ("upstream shop {\n  server unix:/run/shop.sock;\n  server 10.0.0.2:80;\n}", (3, 3), "10.0.0.2:80"),
        ("upstream shop { server unix:/old.sock; server unix:/run/shop.sock backup; }", (1, 17), "unix:/old.sock"),
        ("upstream shop { server unix:/run/shop.sock; server unix:/sorry.sock backup; }", (1, 45), "unix:/sorry.sock"),
    ] {
        let why = Why::OtherBackend { address: address.to_owned() };
        assert_eq!(edit(text.as_bytes(), OURS.as_bytes()), Err(at(Text::Whole, place.0, place.1, why)), "{text}");
    }
}

#[test]
fn a_fragment_is_one_upstream_of_directives() {
    let fragment = |line, column, why| at(Text::Fragment, line, column, why);
    for (text, expected) in [
        ("", fragment(1, 1, Why::NotOneUpstream)),
        ("server unix:/x;", fragment(1, 1, Why::NotOneUpstream)),
        ("upstream shop;", fragment(1, 1, Why::NotOneUpstream)),
        ("upstream a b { }", fragment(1, 1, Why::NotOneUpstream)),
        ("upstream a { server x; }\nupstream b { }", fragment(2, 1, Why::NotOneUpstream)),
        ("upstream a { keepalive 0; }", fragment(1, 1, Why::NoServer)),
        ("upstream a { include x; }", fragment(1, 14, Why::NotInFragment { name: "include".to_owned() })),
        ("upstream a { x { } }", fragment(1, 14, Why::NotInFragment { name: "x".to_owned() })),
        ("upstream a {", fragment(1, 1, Why::Unfinished)),
    ] {
        assert_eq!(edit(b"", text.as_bytes()), Err(expected), "{text}");
    }
}

#[test]
fn a_text_may_not_ask_too_much() {
    let deep = |depth: usize| [b"a{".repeat(depth), b"}".repeat(depth)].concat();
    let none = part(&deep(limits::DEPTH), OURS.as_bytes()).expect_err("no such upstream");
    assert_eq!(none.at, None, "{none:?}");
    let too_deep = at(Text::Whole, 1, 2 * limits::DEPTH + 2, Why::TooDeep { limit: limits::DEPTH });
    assert_eq!(part(&deep(limits::DEPTH + 1), OURS.as_bytes()), Err(too_deep.clone()));
    assert_eq!(part(&b"a{".repeat(100_000), OURS.as_bytes()), Err(too_deep));
    let many = b"a;".repeat(limits::TOKENS / 2 + 1);
    let fault = part(&many, OURS.as_bytes()).expect_err("too many");
    assert_eq!(fault.why, AnyWhy::Nginx(Why::TooManyTokens { limit: limits::TOKENS }));
    let fault = part(&vec![b' '; limits::SIZE + 1], OURS.as_bytes()).expect_err("too large");
    assert_eq!(fault.why, AnyWhy::Nginx(Why::TooLarge { limit: limits::SIZE }));
}

#[test]
fn long_lines_take_no_long_time() {
    let rows = "keepalive 1; zone a; ".repeat(60_000);
    let whole = format!("upstream shop {{ server unix:/s; {rows}}}");
    let edited = edit(whole.as_bytes(), b"upstream shop { server unix:/s; }").expect("an edit");
    let expected = format!("upstream shop {{ server unix:/s;{} }}", " zone a;".repeat(60_000));
    assert!(lossy(&edited) == expected, "{} bytes", edited.len());
}
