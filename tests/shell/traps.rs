use std::fs;

use zdt::host::Program;
use zdt::resource::{FactQuery, Observation, ObserveRequest};

use crate::harness::{Shell, ask, show};

/// Settings as people write them; the second number is a trap for whoever does not know comments.
const CONFIG: &str = "# workers 9\nworkers 2 # not 3\n  fork_worker\npreload_app! false\nprune_bundler if ENV[\"X\"]\n\
                      directory(\"/srv/shop/current\")\nworker_shutdown_timeout 45\nstdout_redirect '/secret'\n\
                      activate_control_app 'unix:///c', { auth_token: 'hunter2' }\n=begin\nworkers 7\n=end\n__END__\nworkers 8\n";

#[test]
fn what_a_unit_and_its_configuration_say_is_read_the_same_by_every_shell() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (config, unit, more) = (at("puma.rb"), at("puma.service"), at("more.conf"));
        fs::write(&config, CONFIG).unwrap();
        fs::write(&unit, "[Service]\nExecReload=/bin/kill -USR1 $MAINPID\nStandardOutput=append:/log\n").unwrap();
        fs::write(&more, "[Service]\nExecReload=\nExecReload=/bin/kill -USR1 $MAINPID\n").unwrap();
        let reload = "ExecReload={ path=/bin/kill ; argv[]=/bin/kill -USR1 $MAINPID ; ignore_errors=no ; pid=0 }";
        let shown = [
            "LoadState=loaded",
            "ActiveState=inactive",
            "MainPID=0",
            "Type=notify",
            "NeedDaemonReload=yes",
            "WorkingDirectory=-/srv/shop/current",
            "StandardOutput=append",
            &format!("FragmentPath={unit}"),
            &format!("DropInPaths={more}"),
            &format!(
                "ExecStart={{ path=/usr/bin/puma ; argv[]=/usr/bin/puma -C {config} ; ignore_errors=no ; pid=0 }}"
            ),
            reload,
            reload,
        ];
        shell.stand_in("systemctl", &format!("cat <<'END'\n{}\nEND", shown.join("\n")));
        let arguments = ["puma.service", "/no/state", "/no/current", "/no/puma.rb"].map(str::to_owned).to_vec();
        let fact = FactQuery { name: "traps".to_owned(), kind: "puma_traps".to_owned(), arguments };
        let request = ObserveRequest { facts: vec![fact], ..ObserveRequest::default() };
        let programs = [Program::OBSERVE, Program::RUNNING, Program::TRAPS];
        let answer = ask(&shell, &[], &programs, "observe", &request.encode());
        assert_eq!((answer.status.as_str(), answer.stderr.as_str()), ("0", ""), "{shell:?}");
        let seen = Observation::decode(&request, &answer.lines)
            .unwrap_or_else(|fault| panic!("{shell:?}: {fault:?}\n{}", show(&answer.lines)));
        let said: Vec<String> = seen.facts["traps"].iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mut expected = vec![
            "doubt_fork=yes".to_owned(),
            "doubt_prune=yes".to_owned(),
            format!("file={config}"),
            format!("fragment={unit}"),
            format!("line_directory={config}:6"),
            format!("line_fork={config}:3"),
            format!("line_preload={config}:4"),
            format!("line_prune={config}:5"),
            format!("line_redirect={config}:8"),
            format!("line_shutdown={config}:7"),
            format!("line_workers={config}:2"),
            "load_state=loaded".to_owned(),
            "need_reload=yes".to_owned(),
            format!("reload_at={unit}:2, {more}:3"),
            "reload_signals=2".to_owned(),
            "reloads=2".to_owned(),
            "set_directory=\"/srv/shop/current\"".to_owned(),
            "set_preload=false".to_owned(),
            "set_prune=if ENV[\"X\"]".to_owned(),
            "set_shutdown=45".to_owned(),
            "set_workers=2".to_owned(),
            "state=inactive".to_owned(),
            "stream=StandardOutput=append".to_owned(),
            format!("stream_at={unit}:3"),
            "type=notify".to_owned(),
            "untold=`puma.service` has no main process: Puma does not run".to_owned(),
        ];
        expected.sort();
        assert_eq!(said, expected, "{shell:?}");
        assert!(!show(&answer.lines).contains("hunter2"), "{shell:?}");
    }
}
