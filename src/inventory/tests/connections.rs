use super::*;

fn connect(vars: &str) -> Result<Connection, Vec<Fault>> {
    let inventory = inventory(&format!("all:\n  hosts:\n    h:\n      {}\n", vars.replace('\n', "\n      ")));
    Connection::of("h", &inventory.variables("h"))
}

#[test]
fn connections() {
    let bare = Connection {
        kind: ConnectionKind::Ssh,
        host: "h".to_owned(),
        port: None,
        user: None,
        private_key: None,
        common_args: Vec::new(),
        become_root: None,
        root: None,
    };
    assert_eq!(connect("x: 1"), Ok(bare.clone()));
    let full = "ansible_host: '{{ ip }}'\nip: 10.0.0.1\nansible_port: '2222'\nansible_user: deploy\n\
                ansible_ssh_private_key_file: ~/.ssh/id\nansible_ssh_common_args: -o 'A=b c'\n\
                ansible_ssh_extra_args: -v\nansible_become: 'Yes'\nansible_become_method: sudo";
    let expected = Connection {
        host: "10.0.0.1".to_owned(),
        port: Some(2222),
        user: Some("deploy".to_owned()),
        private_key: Some("~/.ssh/id".to_owned()),
        common_args: ["-o", "A=b c", "-v"].map(str::to_owned).to_vec(),
        become_root: Some("root".to_owned()),
        ..bare.clone()
    };
    assert_eq!(connect(full), Ok(expected));
    let local = connect("ansible_connection: local\nzdt_root: ./sandbox\nansible_become: no");
    assert_eq!(
        local,
        Ok(Connection { kind: ConnectionKind::Local, root: Some("./sandbox".to_owned()), ..bare.clone() })
    );
    let alias = connect("ansible_host: a\nansible_ssh_host: b\nansible_ssh_user: u\nansible_ssh_port: 23");
    assert_eq!(alias, Ok(Connection { host: "b".into(), user: Some("u".into()), port: Some(23), ..bare }));
}

#[test]
fn connections_that_cannot_be() {
    for vars in [
        "ansible_connection: winrm",
        "ansible_port: 0",
        "ansible_port: ssh",
        "ansible_host: -oProxyCommand=x",
        "ansible_user: -l",
        "ansible_become: maybe",
        "ansible_become_method: su",
        "ansible_ssh_common_args: \"-o 'x\"",
        "ansible_host: [a]",
        "ansible_host: '{{ nope }}'",
    ] {
        assert_eq!(connect(vars).expect_err(vars).len(), 1, "{vars}");
    }
    let found = connect("ansible_become_password: hunter2\nansible_password: !vault x\nansible_port: -1");
    let found = found.expect_err("faults");
    assert_eq!(found.len(), 3);
    let passwords: Vec<&Fault> = found.iter().filter(|fault| matches!(fault, Fault::Password { .. })).collect();
    assert_eq!(passwords.len(), 2);
    assert!(!format!("{passwords:?}").contains("hunter2"));
}

#[test]
fn a_sandbox_never_becomes_the_machine_itself() {
    use RootProblem::*;
    for (root, expected) in [
        ("''", Empty),
        ("", Empty),
        ("null", Empty),
        ("' '", Empty),
        ("'{{ nothing }}'\nnothing:", Empty),
        ("\"{{ '' }}\"", Empty),
        ("'{% if false %}x{% endif %}'", Empty),
        ("~/sandbox", Home),
        ("~deploy", Home),
        ("\"a\\nb\"", ControlCharacter),
        ("/", WholeMachine),
        ("//.", WholeMachine),
        ("/srv/../..", WholeMachine),
        ("../../..", AboveInventory),
        ("sb/../..", AboveInventory),
    ] {
        let found = connect(&format!("ansible_connection: local\nzdt_root: {root}")).expect_err(root);
        assert!(matches!(&found[..], [Fault::BadRoot { problem, .. }] if *problem == expected), "{root}: {found:?}");
    }
    let texts = Texts {
        extra: vec![Extra::Pair(Source::new("-e", "zdt_root="))],
        ..texts("all: {hosts: {h: {ansible_connection: local, zdt_root: /srv/sandbox}}}")
    };
    let variables = parse(&texts).expect("parses").variables("h");
    let found = Connection::of("h", &variables).expect_err("a fault");
    assert!(matches!(&found[..], [Fault::BadRoot { problem: Empty, .. }]), "{found:?}");
    assert!(matches!(
        &connect("zdt_root: sb").expect_err("no local")[..],
        [Fault::RootNotLocal { connection: None, .. }]
    ));
    let found = connect("zdt_root: sb\nansible_connection: ssh").expect_err("ssh");
    assert!(matches!(&found[..], [Fault::RootNotLocal { connection: Some(_), .. }]));
    for root in ["sb", "../sb", "/srv/sb", ".", "a/../b"] {
        let found = connect(&format!("ansible_connection: local\nzdt_root: {root}"));
        assert_eq!(found.map(|connection| connection.root), Ok(Some(root.to_owned())));
    }
    // One mistake, one fault.
    let found = connect("zdt_root: sb\nansible_connection: lokal").expect_err("lokal");
    assert!(matches!(&found[..], [Fault::BadValue { .. }]), "{found:?}");
    assert_eq!(connect("zdt_root: [sb]\nansible_connection: local").expect_err("a list").len(), 1);
}
