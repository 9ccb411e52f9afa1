use super::super::{Files, Gap, Location, Pass, Printed, Survey, Unread, Value, printed};

const DUMP: &str = "\
nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
# configuration file /etc/nginx/nginx.conf:
events { }
http {
    include mime.types;
    include conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
}
stream { upstream shop { server 10.0.0.9:5432; } }

# configuration file /etc/nginx/mime.types:
types { text/html html; }
# configuration file /etc/nginx/mime.types:
# the line above is a comment of this file

# configuration file /etc/nginx/conf.d/shop_upstream.conf:
upstream shop {
    server unix:/run/shop.sock max_fails=0 fail_timeout=0;
    server unix:/run/shop.sock;
    keepalive 0;
}
# configuration file /etc/nginx/sites-enabled/shop:
server {
    listen 80 default_server;
    listen [::]:80;
    server_name shop.example.org \"www.shop.example.org\";
    root /srv/shop/current/public;
    include snippets/shop.conf;
    location ~ ^/(api|admin) {
        location /api { proxy_pass http://SHOP/v1; }
        if ($admin) { proxy_pass http://unix:/run/admin.sock:/; }
        proxy_pass http://$backend;
    }
}

# configuration file /etc/nginx/snippets/shop.conf:
location @app { proxy_pass http://shop; }

";

fn value(text: &str) -> Value {
    Value(text.as_bytes().to_vec())
}

#[test]
fn what_nginx_prints_is_its_files() {
    let files = printed(b"x\n# configuration file /a:\na;\n\n# configuration file /b:\n# configuration file /a:\n\n");
    let [a, b] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(*a, Printed { path: b"/a", text: b"a;\n" });
    assert_eq!(*b, Printed { path: b"/b", text: b"# configuration file /a:\n" });
    assert_eq!(printed(b"nginx: [emerg] no\n"), []);
    assert_eq!(Survey::printed(b"nginx: [emerg] no\n"), None);
}

#[test]
fn upstreams_and_servers_are_found_where_they_stand() {
    let survey = Survey::printed(DUMP.as_bytes()).expect("a survey");
    assert_eq!(survey.gaps, []);
    let [stream, shop] = survey.upstreams.as_slice() else { panic!("{:?}", survey.upstreams) };
    let [shop, stream] = if shop.of_stream { [stream, shop] } else { [shop, stream] };
    assert!(stream.of_stream && !shop.of_stream);
    assert_eq!((shop.file.clone(), shop.line), (value("/etc/nginx/conf.d/shop_upstream.conf"), 1));
    assert_eq!(shop.servers.iter().map(|one| one.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(shop.servers[0].address, "unix:/run/shop.sock");
    assert_eq!(shop.servers[0].params, ["max_fails=0", "fail_timeout=0"]);
    assert_eq!(shop.keepalive, Some(value("0")));
    assert_eq!(survey.declared("Shop").collect::<Vec<_>>(), [shop]);

    let [server] = survey.servers.as_slice() else { panic!("{:?}", survey.servers) };
    assert_eq!((server.file.as_str(), server.line), (Some("/etc/nginx/sites-enabled/shop"), 1));
    assert_eq!(server.listen, [vec!["80", "default_server"], vec!["[::]:80"]]);
    assert_eq!(server.names, ["shop.example.org", "www.shop.example.org"]);
    assert_eq!(server.root, Some(value("/srv/shop/current/public")));
    let pass = |file: &str, line, to: &str| Pass { file: value(file), line, to: value(to) };
    let location = |file: &str, line, args: &[&str], passes| Location {
        file: value(file),
        line,
        args: args.iter().map(|arg| value(arg)).collect(),
        root: None,
        passes,
    };
    let (site, snippet) = ("/etc/nginx/sites-enabled/shop", "/etc/nginx/snippets/shop.conf");
    let [app, outer, inner] = [
        location(snippet, 1, &["@app"], vec![pass(snippet, 1, "http://shop")]),
        location(
            site,
            7,
            &["~", "^/(api|admin)"],
            vec![pass(site, 9, "http://unix:/run/admin.sock:/"), pass(site, 10, "http://$backend")],
        ),
        location(site, 8, &["/api"], vec![pass(site, 8, "http://SHOP/v1")]),
    ];
    assert!(shop.is_for(&app.passes[0]) && shop.is_for(&inner.passes[0]) && !stream.is_for(&app.passes[0]));
    assert!(!shop.is_for(&outer.passes[0]) && !shop.is_for(&outer.passes[1]));
    assert_eq!(outer.passes[0].socket(), Some(b"/run/admin.sock".as_slice()));
    assert_eq!(server.locations, [app, outer, inner]);
}

#[test]
fn what_cannot_be_seen_is_told() {
    let files = [
        ("/n/main", "http { include a; include missing; include none/*; include bad; }"),
        ("/n/a", "\ninclude main;\nupstream x { server y; }"),
        ("/n/bad", "upstream z {"),
    ];
    let files = Files::new(b"/n/main", files.iter().map(|(path, text)| (path.as_bytes(), text.as_bytes())));
    let survey = Survey::of(&files);
    assert_eq!(survey.upstreams.len(), 1);
    let fault = files.tree(b"/n/bad").expect("a file").as_ref().expect_err("a fault").clone();
    let gap = |file: &str, line, why| Gap { file: value(file), line, why };
    assert_eq!(
        survey.gaps,
        [
            gap("/n/a", 2, Unread::Cycle { path: value("/n/main") }),
            gap("/n/main", 1, Unread::Missing { path: value("/n/missing") }),
            gap("/n/main", 1, Unread::NoMatch { pattern: value("/n/none/*") }),
            gap("/n/bad", 0, Unread::Fault(fault)),
        ]
    );
    let none = Survey::of(&Files::new(b"/n/main", []));
    assert_eq!(none.gaps, [gap("/n/main", 0, Unread::Missing { path: value("/n/main") })]);
}

#[test]
fn includes_that_multiply_end() {
    let names: Vec<String> = (0..40).map(|number| format!("/n/{number}")).collect();
    let texts: Vec<String> = (1..=40).map(|number| format!("include {number};").repeat(2)).collect();
    let files = names.iter().zip(&texts).map(|(name, text)| (name.as_bytes(), text.as_bytes()));
    let files = Files::new(b"/n/0", files);
    assert!(files.expanded().gaps.iter().any(|gap| matches!(gap.why, Unread::TooMuch { .. })));
}
