//! Units of users: what is said where their systemd cannot be asked, and how a unit's start is read from it.

use std::collections::BTreeMap;

use zdt::host::Program;
use zdt::resource::{FactQuery, Observation, ObserveRequest};

use crate::harness::{Shell, ask, is_root, show};

/// An account that every machine has, and for which no systemd runs.
const NOBODY_THERE: &str = "daemon/x.service";

#[test]
fn a_users_systemd_that_does_not_run_is_not_a_unit_that_does_not_run() {
    for shell in Shell::all() {
        shell.stand_in("systemctl", "echo Id=y.service; echo LoadState=loaded; echo MainPID=0");
        let arguments = vec![NOBODY_THERE.to_owned(), "/no/release".to_owned()];
        let fact = FactQuery { name: "app".to_owned(), kind: "puma".to_owned(), arguments };
        let units = vec![NOBODY_THERE.to_owned(), "y.service".to_owned()];
        let request = ObserveRequest { units, facts: vec![fact], ..ObserveRequest::default() };
        let answer = ask(&shell, &[], &[Program::OBSERVE], "observe", &request.encode());
        assert_eq!((answer.status.as_str(), answer.stderr.as_str()), ("0", ""), "{shell:?}");
        let seen = Observation::decode(&request, &answer.lines)
            .unwrap_or_else(|fault| panic!("{shell:?}: {fault:?}\n{}", show(&answer.lines)));
        let why = seen.units[NOBODY_THERE].error.clone().unwrap_or_default();
        let next =
            if is_root() { "`loginctl enable-linger daemon` starts it" } else { "only root and `daemon` itself" };
        assert!(why.contains(next), "{shell:?}: {why}");
        // What the system's systemd says is as good as ever.
        assert_eq!(seen.units["y.service"].properties["Id"], ["y.service"], "{shell:?}");
        let fact = &seen.facts["app"];
        assert_eq!((fact.get("active_state"), fact.get("main_pid")), (None, None), "{shell:?}");
        assert_eq!((fact["lingers"].as_str(), fact.get("manager")), ("no", None), "{shell:?}");
        assert_eq!(fact["manager_untold"], why, "{shell:?}");
    }
}

/// Runs `script` behind all that a transaction's program knows.
fn run(shell: &Shell, script: &str) -> (bool, String) {
    let text = format!("{}{}{script}", Program::PREFLIGHT.text(), Program::RUN.text());
    let output = shell.command(&[], &format!("US=x text=''\n{text}")).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn how_a_users_systemd_starts_a_unit_is_read_word_by_word() {
    const HEAD: &str = "method return time=1.2 sender=a -> destination=(null destination) serial=1 reply_serial=1";
    let command = "   variant       array [\n         struct {\n            string \"/usr/bin/puma\"\n            array [\n               \
                   string \"puma\"\n               string \"a \"quoted\" word\"\n               string \"\"\n            ]\n            boolean \
                   false\n            uint64 0\n            int32 -1\n         }\n      ]";
    let several = "   variant       array [\n         string \"two\nlines\"\n      ]";
    let files = "   variant       array [\n         struct {\n            string \"/srv/env\"\n            boolean true\n         }\n      ]";
    let cases: BTreeMap<&str, Option<&str>> = BTreeMap::from([
        (command, Some("-\n1\n=/usr/bin/puma\n3\n=puma\n=a \"quoted\" word\n=\nfalse\n0\n-1\n")),
        ("   variant       array [\n      ]", Some("-\n0\n")),
        (files, Some("-\n1\n=/srv/env\ntrue\n")),
        (several, None),
        ("   variant       array [", None),
        ("", None),
    ]);
    for shell in Shell::all() {
        for (told, expected) in &cases {
            shell.stand_in("dbus-send", &format!("cat <<'END'\n{HEAD}\n{told}\nEND"));
            let script = "scope=--user as_owner=env peer=unix:path=/x bus=/y\nbus_words ExecStart";
            let (ok, said) = run(&shell, script);
            assert_eq!((ok, ok.then_some(said.as_str())), (expected.is_some(), *expected), "{shell:?} {told}");
        }
    }
}

#[test]
fn a_units_place_on_the_bus_is_spelled_as_systemd_spells_it() {
    for shell in Shell::all() {
        shell.stand_in("dbus-send", "exit 1");
        let script = r"scope=--user unit_uid=4000000000 unit_user=x unit_name='9puma_a@my\x2dapp:b.service'
                       find_bus && printf '%s' $bus";
        let (ok, said) = run(&shell, script);
        assert_eq!(
            (ok, said.as_str()),
            (true, "/org/freedesktop/systemd1/unit/_39puma_5fa_40my_5cx2dapp_3ab_2eservice"),
            "{shell:?}"
        );
    }
}
