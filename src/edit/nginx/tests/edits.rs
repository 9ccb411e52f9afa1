use super::super::{edit, part};
use super::{OURS, lossy};

struct Case {
    what: &'static str,
    whole: &'static str,
    fragment: &'static str,
    expected: &'static str,
}

const PLAIN: &str = "upstream shop { server unix:/run/shop.sock max_fails=0; keepalive 0; }";

const CASES: &[Case] = &[
    Case {
        what: "a file of its own",
        whole: "upstream shop {\n  server unix:/run/shop.sock;\n}\n",
        fragment: OURS,
        expected: "upstream shop {\n  # Twice on purpose.\n  \
                   server unix:/run/shop.sock max_fails=0 fail_timeout=0;\n  \
                   server unix:/run/shop.sock max_fails=0 fail_timeout=0;\n  \
                   # POSTs fail on kept connections.\n  keepalive 0;\n}\n",
    },
    Case {
        what: "in nginx.conf, among others",
        whole: "events {}\nhttp {\n\tupstream blog { server b:1; }\n\tupstream shop {\n\t\tserver unix:/old.sock; # the app\n\t}\n\
                \tserver { listen 80; location / { proxy_pass http://shop; } }\n}\n",
        fragment: PLAIN,
        expected: "events {}\nhttp {\n\tupstream blog { server b:1; }\n\tupstream shop {\n\t\t\
                   server unix:/run/shop.sock max_fails=0; # the app\n\t\tkeepalive 0;\n\t}\n\
                   \tserver { listen 80; location / { proxy_pass http://shop; } }\n}\n",
    },
    Case {
        what: "on one line",
        whole: "upstream shop { server unix:/x; }\n",
        fragment: OURS,
        expected: "upstream shop { server unix:/run/shop.sock max_fails=0 fail_timeout=0; \
                   server unix:/run/shop.sock max_fails=0 fail_timeout=0; keepalive 0; }\n",
    },
    Case {
        what: "without any space",
        whole: "upstream shop{server unix:/x;keepalive 4;}",
        fragment: PLAIN,
        expected: "upstream shop{server unix:/run/shop.sock max_fails=0;keepalive 0;}",
    },
    Case {
        what: "with Windows' line ends",
        whole: "upstream shop {\r\n    server unix:/x; # ours\r\n}\r\n",
        fragment: OURS,
        expected: "upstream shop {\r\n    # Twice on purpose.\r\n    \
                   server unix:/run/shop.sock max_fails=0 fail_timeout=0; # ours\r\n    \
                   server unix:/run/shop.sock max_fails=0 fail_timeout=0;\r\n    \
                   # POSTs fail on kept connections.\r\n    keepalive 0;\r\n}\r\n",
    },
    Case {
        what: "what is ours already, spelled otherwise, stays as it is",
        whole: "upstream \"Shop\" {\n  zone shop 64k;\n  server 'unix:/run/shop.sock' # here\n    fail_timeout=0   max_fails=0 ;\n  \
                server unix:/run/shop.sock\tmax_fails=0 fail_timeout=0;\n  least_conn;keepalive \"0\"; # off\n}\n",
        fragment: OURS,
        expected: "upstream \"Shop\" {\n  zone shop 64k;\n  server 'unix:/run/shop.sock' # here\n    fail_timeout=0   max_fails=0 ;\n  \
                   server unix:/run/shop.sock\tmax_fails=0 fail_timeout=0;\n  least_conn;keepalive \"0\"; # off\n}\n",
    },
    Case {
        what: "connections are kept no longer, other directives stay",
        whole: "upstream shop {\n    zone shop 64k;\n    server unix:/run/shop.sock;\n    keepalive 16; # faster?\n\
                \x20   keepalive_timeout 5s;\n    least_conn;\n    # bye\n}\n",
        fragment: "upstream shop { server unix:/run/shop.sock; }",
        expected: "upstream shop {\n    zone shop 64k;\n    server unix:/run/shop.sock;\n    least_conn;\n    # bye\n}\n",
    },
    Case {
        what: "`keepalive` comes after the balancing method, where alone it works",
        whole: "upstream shop {\n    server unix:/run/shop.sock max_fails=0;\n    least_conn;\n}\n",
        fragment: PLAIN,
        expected: "upstream shop {\n    server unix:/run/shop.sock max_fails=0;\n    least_conn;\n    keepalive 0;\n}\n",
    },
    Case {
        what: "a method of ours comes before `keepalive`",
        whole: "upstream shop {\n    keepalive 9;\n    server unix:/s;\n}\n",
        fragment: "upstream shop {\n  # fair\n  least_conn;\n  server unix:/s;\n  keepalive 8;\n}\n",
        expected: "upstream shop {\n    # fair\n    least_conn;\n    keepalive 8;\n    server unix:/s;\n}\n",
    },
    Case {
        what: "the same on one line",
        whole: "upstream shop { keepalive 9; server unix:/s; }",
        fragment: "upstream shop { least_conn; hash $uri; server unix:/s; keepalive 8; }",
        expected: "upstream shop { least_conn; hash $uri; keepalive 8; server unix:/s; }",
    },
    Case {
        what: "one address named more often than we want",
        whole: "upstream shop {\n    server unix:/s;\n    server unix:/s; # again\n    server unix:/s;\n}\n",
        fragment: "upstream shop { server unix:/s; }",
        expected: "upstream shop {\n    server unix:/s;\n}\n",
    },
    Case {
        what: "several addresses, all of them ours",
        whole: "upstream shop {\n    server a:1;\n    server b:1 down;\n}\n",
        fragment: "upstream shop { server a:1; server b:1; server c:1; }",
        expected: "upstream shop {\n    server a:1;\n    server b:1;\n    server c:1;\n}\n",
    },
    Case {
        what: "no server yet",
        whole: "upstream shop {\n}\nupstream b {}",
        fragment: OURS,
        expected: "upstream shop {\n    # Twice on purpose.\n    server unix:/run/shop.sock max_fails=0 fail_timeout=0;\n    \
                   server unix:/run/shop.sock max_fails=0 fail_timeout=0;\n    # POSTs fail on kept connections.\n    \
                   keepalive 0;\n}\nupstream b {}",
    },
    Case {
        what: "nothing at all",
        whole: "upstream shop {}",
        fragment: PLAIN,
        expected: "upstream shop { server unix:/run/shop.sock max_fails=0; keepalive 0; }",
    },
    Case {
        what: "nothing but a comment",
        whole: "upstream shop { # soon }\n\t}",
        fragment: PLAIN,
        expected: "upstream shop { # soon }\n\t\tserver unix:/run/shop.sock max_fails=0;\n\t\tkeepalive 0;\n\t}",
    },
    Case {
        what: "several on a line",
        whole: "upstream shop {\n  server unix:/s; keepalive 3; keepalive_requests 2;\n  keepalive_time 1h; zone a 1m;\n  \
                keepalive_timeout 1s; keepalive_timeout 2s; # both\n  ip_hash; keepalive 4; }\n",
        fragment: "upstream shop { server unix:/s; }",
        expected: "upstream shop {\n  server unix:/s;\n  zone a 1m;\n  ip_hash; }\n",
    },
    Case {
        what: "a comment of ours is not written twice",
        whole: "upstream shop {\n    # Twice on purpose.\n    server unix:/run/shop.sock max_fails=0 fail_timeout=0;\n}\n",
        fragment: OURS,
        expected: "upstream shop {\n    # Twice on purpose.\n    server unix:/run/shop.sock max_fails=0 fail_timeout=0;\n    \
                   server unix:/run/shop.sock max_fails=0 fail_timeout=0;\n    # POSTs fail on kept connections.\n    \
                   keepalive 0;\n}\n",
    },
    Case {
        what: "an upstream of `stream` is another",
        whole: "stream { upstream shop { server c:2; } }\nhttp { upstream shop { server unix:/s; } }",
        fragment: "upstream shop { server unix:/t; }",
        expected: "stream { upstream shop { server c:2; } }\nhttp { upstream shop { server unix:/t; } }",
    },
    Case {
        what: "a balancer in Lua stays",
        whole: "upstream shop {\n server 0.0.0.1; # a placeholder }\n balancer_by_lua_block { t = {'}'} -- }\n }\n}\n",
        fragment: "upstream shop { server 0.0.0.1 weight=2; }",
        expected: "upstream shop {\n server 0.0.0.1 weight=2; # a placeholder }\n balancer_by_lua_block { t = {'}'} -- }\n }\n}\n",
    },
];

#[test]
fn an_upstream_is_set_and_nothing_else() {
    for Case { what, whole, fragment, expected } in CASES {
        let edited = edit(whole.as_bytes(), fragment.as_bytes()).expect(what);
        assert_eq!(lossy(&edited), *expected, "{what}");
        let again = edit(&edited, fragment.as_bytes()).expect(what);
        assert_eq!(lossy(&again), *expected, "{what}, a second time");
        let parts = (part(&edited, fragment.as_bytes()), part(fragment.as_bytes(), fragment.as_bytes()));
        assert_eq!(parts.0.expect(what), parts.1.expect(what), "{what}: the part");
    }
}

#[test]
fn the_part_is_spelled_in_one_way() {
    let whole = "http {\n  upstream SHOP { keepalive  0 ; zone z 1m; # x\n server 'unix:/a b' fail_timeout=0 \"max_fails=0\"; }\n}";
    let expected = "upstream shop {\n    server \"unix:/a b\" fail_timeout=0 max_fails=0;\n    keepalive 0;\n}\n";
    assert_eq!(lossy(&part(whole.as_bytes(), OURS.as_bytes()).expect("a part")), expected);
}

#[test]
fn the_part_tells_of_other_backends_too() {
    let whole = b"upstream shop { server unix:/a; server 10.0.0.1 backup; }";
    let expected = "upstream shop {\n    server unix:/a;\n    server 10.0.0.1 backup;\n}\n";
    assert_eq!(lossy(&part(whole, OURS.as_bytes()).expect("a part")), expected);
}

#[test]
fn bytes_that_are_no_text_stay() {
    let whole = b"# caf\xe9 \xff\nupstream shop { server unix:/x; } # \x80\0\n";
    let expected = b"# caf\xe9 \xff\nupstream shop { server unix:/s; } # \x80\0\n";
    assert_eq!(edit(whole, b"upstream shop { server unix:/s; }").expect("an edit"), expected);
}
