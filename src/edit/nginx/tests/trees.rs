use super::super::{Body, Directive, Tree};
use super::lossy;
use crate::edit::Text;

/// `name(arg, arg){…}@line`, values in place of words.
fn shown(directives: &[Directive]) -> String {
    let one = |directive: &Directive| {
        let args: Vec<String> = directive.args.iter().map(|arg| lossy(&arg.value())).collect();
        let body = match &directive.body {
            Body::None => String::new(),
            Body::Block(block) => format!("{{{}}}", shown(&block.directives)),
            Body::Lua(text) => format!("<{}>", lossy(text)),
        };
        format!("{}({}){body}@{}", lossy(&directive.name.value()), args.join("|"), directive.line())
    };
    directives.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn words_are_nginxs() {
    for (text, expected) in [
        ("", ""),
        (" \t\r\n# x", ""),
        ("a;b c;", "a()@1 b(c)@1"),
        ("a{b c;}\nd;", "a(){b(c)@1}@1 d()@2"),
        ("a b#c d;", "a(b#c|d)@1"),
        ("a # ; { }\n b; # }", "a(b)@1"),
        ("a 'b c' \"d;{}\";", "a(b c|d;{})@1"),
        (r#"a "\"" '\'' \\ \t\r\n \x \;;"#, "a(\"|'|\\|\t\r\n|\\x|\\;)@1"),
        (r"a b\ c d\{e;", r"a(b\ c|d\{e)@1"),
        ("a ${b} $c{d;}", "a(${b}|$c){d()@1}@1"),
        ("a ${{b} x$;", "a(${{b}|x$)@1"),
        ("a b}c };", ""),
        ("if ($a = \"b\") { c; }", "if(($a|=|b|)){c()@1}@1"),
        ("\"a\" 'b';", "a(b)@1"),
        ("a\n  b\n  \"c\nd\"\n;\ne;", "a(b|c\nd)@1 e()@6"),
        ("\u{feff}a \u{a0}b\u{c};", "\u{feff}a(\u{a0}b\u{c})@1"),
        ("''  \"\";", "()@1"),
        ("log_by_lua_block {\n x = '}' } b;", "log_by_lua_block()<\n x = '}' >@1 b()@2"),
        ("set_by_lua_block $a { return {} }", "set_by_lua_block($a)< return {} >@1"),
        ("content_by_lua_block 'x';", "content_by_lua_block(x)@1"),
        ("content_by_lua 'ngx.say(\"}\")';", "content_by_lua(ngx.say(\"}\"))@1"),
    ] {
        // `}` alone where a word could stand is refused, and inside of a word it is one more letter.
        match Tree::parse(text.as_bytes(), Text::Whole) {
            Ok(tree) => {
                assert_eq!(shown(&tree.directives), expected, "{text:?}");
                assert_eq!(lossy(&tree.print()), text);
            }
            Err(fault) => assert!(expected.is_empty() && text == "a b}c };", "{text:?}: {fault:?}"),
        }
    }
}

#[test]
fn directives_know_their_bytes() {
    let text = b" server { listen  80 ; }  x;";
    let tree = Tree::parse(text, Text::Whole).expect("a tree");
    let server = &tree.directives[0];
    let block = server.block().expect("a block");
    assert_eq!(&text[server.range.clone()], b"server { listen  80 ; }");
    assert_eq!(&text[block.range.clone()], b" listen  80 ; ");
    assert_eq!(&text[block.directives[0].range.clone()], b"listen  80 ;");
    assert_eq!(block.directives[0].args[0].start, 18);
    assert_eq!(&text[tree.directives[1].range.clone()], b"x;");
}
