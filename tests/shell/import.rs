use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use zdt::edit::puma::{self, Standing};
use zdt::host::Program;

use crate::harness::{Shell, ask, show};

const CONFIG: &str = "app = '/srv/shop'\napi_token = '/hunter2'\nmax = ENV.fetch('RAILS_MAX_THREADS') { 5 }\n\
                      bind \"unix://#{app}/puma.sock\" # here\nthreads max, max\nworkers 2 if ENV['BIG']\n\
                      activate_control_app 'unix:///c', { auth_token: 'hunter2' }\nbind 'ssl://0.0.0.0?key=hunter2'\n\
                      def count\n  return 2\nend\nstate_path '/s'\n";

#[test]
fn an_existing_server_is_read_the_same_by_every_shell_and_keeps_its_secrets() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop").display().to_string();
        fs::create_dir_all(format!("{root}/releases/1")).unwrap();
        fs::create_dir_all(format!("{root}/shared")).unwrap();
        symlink(format!("{root}/releases/1"), format!("{root}/current")).unwrap();
        fs::write(format!("{root}/shared/puma.rb"), CONFIG).unwrap();
        fs::write(format!("{root}/env"), "RAILS_MAX_THREADS=7\nDATABASE_URL=hunter2\n").unwrap();
        let argv = format!(
            "/bin/bash -lc cd {root}/current && KEY=\"hunter2 hunter2\" RAILS_ENV=staging puma -C {root}/shared/puma.rb --control-token hunter2; true"
        );
        let shown = format!(
            "Id=puma@shop.service\nMainPID=0\nExecStart={{ path=/bin/bash ; argv[]={argv} ; ignore_errors=no ; pid=0 }}\n\
             LoadState=loaded\nActiveState=failed\nWorkingDirectory=-{root}/current\nEnvironmentFiles={root}/env (ignore_errors=no)\n\
             Environment=SECRET=hunter2\n\nId=cups.service\nMainPID=0\nExecStart={{ path=/x ; argv[]=/x ; pid=0 }}\nLoadState=loaded"
        );
        shell.stand_in(
            "systemctl",
            &format!(
                "case $* in\n*--user*) exit 1 ;;\nlist-units*) echo '● puma@shop.service loaded failed failed'; echo 'cups.service x' ;;\n\
                 list-unit-files*) echo 'puma@.service static'; echo 'cups.service enabled' ;;\n*) cat <<'END'\n{shown}\nEND\n;;\nesac"
            ),
        );
        shell.stand_in(
            "nginx",
            "[ \"$1\" = -T ] || exec echo nginx/1.26.3 >&2\ncat <<'END'\n# configuration file /n.conf:\nuser www;\n\
             http {\nupstream \"shop\" {\n  server unix:/srv/shop/puma.sock\n    fail_timeout=0;\n}\n\
             server { set $token hunter2; location /x { proxy_pass http://shop/; proxy_set_header K hunter2; } }\n}\nEND",
        );
        let programs = [Program::OBSERVE, Program::RUNNING, Program::TRAPS, Program::IMPORT];
        let answer = ask(&shell, &[], &programs, "import", b"end\x1f\n");
        assert_eq!((answer.status.as_str(), answer.stderr.as_str()), ("0", ""), "{shell:?}");
        let told = show(&answer.lines).replace('\u{1f}', "|").replace(&root, "ROOT");
        assert!(!told.contains("hunter2"), "{shell:?}\n{told}");
        for line in [
            "f|nginx|directive|=/n.conf:1\t0\t0\tuser",
            "f|nginx|directive|=/n.conf:2\t1\t0\thttp",
            "f|nginx|directive|=/n.conf:3\t2\t1\tupstream\tshop",
            "f|nginx|directive|=/n.conf:4\t0\t2\tserver\tunix:/srv/shop/puma.sock\tfail_timeout=0",
            "f|nginx|directive|=/n.conf:7\t0\t4\tproxy_pass\thttp://shop/",
            "f|puma 0|unit|=puma@shop.service",
            "f|puma 0|ActiveState|=failed",
            "f|puma 0|ExecStart|=/bin/bash -lc cd ROOT/current && KEY=[hidden] RAILS_ENV=staging puma -C ROOT/shared/puma.rb --control-token [hidden] true",
            "f|puma 0|config|=ROOT/shared/puma.rb",
            "f|puma 0|set|=bind\t4\tno\t\"unix://#{app}/puma.sock\"",
            "f|puma 0|set|=threads\t5\tno\tmax, max",
            "f|puma 0|set|=workers\t6\tyes\t2 if ENV['BIG']",
            "f|puma 0|set|=control\t7\tno\t'unix:///c'",
            "f|puma 0|set|=bind\t8\tno\t'ssl://0.0.0.0",
            // A `return` of a method ends no file.
            "f|puma 0|set|=state_path\t12\tno\t'/s'",
            "f|puma 0|let|=app\t1\t'/srv/shop'",
            "f|puma 0|let|=max\t3\tENV.fetch('RAILS_MAX_THREADS') { 5 }",
            "f|puma 0|env|=RAILS_MAX_THREADS=7",
            "f|puma 0|env|=RAILS_ENV=staging",
            "f|puma 0|root|=ROOT",
            "f|end|whole|=yes",
        ] {
            assert!(told.lines().any(|one| one == line), "{shell:?}: no `{line}` in\n{told}");
        }
        assert_eq!(told.matches("|unit|").count(), 1, "{shell:?}\n{told}");
        assert!(!told.contains("api_token"), "{shell:?}\n{told}");
    }
}

#[test]
fn what_does_not_answer_is_said_by_every_shell() {
    for shell in Shell::all() {
        shell.stand_in("systemctl", "exit 1");
        shell.stand_in("nginx", "[ \"$1\" != -T ] || echo 'x [emerg] 1#1: open() \"/k\" failed' >&2; exit 1");
        let programs = [Program::OBSERVE, Program::RUNNING, Program::TRAPS, Program::IMPORT];
        let answer = ask(&shell, &[], &programs, "import", b"end\x1f\n");
        let told = show(&answer.lines).replace('\u{1f}', "|");
        for line in [
            "f|manager system|untold|=`systemctl` does not list its services",
            "f|nginx|untold|=`nginx -T` shows no whole configuration: open() \"/k\" failed",
        ] {
            assert!(told.lines().any(|one| one == line), "{shell:?}: no `{line}` in\n{told}");
        }
    }
}

/// Import reads settings by lines, for only they leave the host; Ruby's own parser says whether one of them depends on something. No
/// setting that does may be taken for one that is in effect.
#[test]
fn no_setting_under_a_condition_is_taken_for_one_in_effect() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/puma_settings/cases");
    let mut names: Vec<String> = fs::read_dir(&cases)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| fs::read(cases.join(name).join("before.rb")).is_ok_and(|text| puma::read(&text).is_ok()))
        .collect();
    names.sort();
    let shell = Shell::all().into_iter().next().unwrap();
    let listed: Vec<String> = names.iter().map(|name| format!("puma@{name}.service loaded failed failed")).collect();
    shell.stand_in(
        "systemctl",
        &format!(
            "case $* in\n*--user* | list-unit-files*) exit 0 ;;\nlist-units*)\ncat <<'END'\n{}\nEND\nexit ;;\nesac\n\
             while [ \"$1\" != -- ]; do shift; done\nshift\nfor id; do\nname=${{id#puma@}}\nprintf 'Id=%s\\nMainPID=0\\nExecStart={{ \
             path=/usr/bin/puma ; argv[]=/usr/bin/puma -C {}/%s/before.rb ; ignore_errors=no ; pid=0 }}\\nLoadState=loaded\\n\
             ActiveState=failed\\n\\n' \"$id\" \"${{name%.service}}\"\ndone",
            listed.join("\n"),
            cases.display()
        ),
    );
    shell.stand_in("nginx", "exit 1");
    let programs = [Program::OBSERVE, Program::RUNNING, Program::TRAPS, Program::IMPORT];
    let answer = ask(&shell, &[], &programs, "import", b"end\x1f\n");
    let told = show(&answer.lines).replace('\u{1f}', "|");
    let (mut case, mut taken, mut wrong) = (String::new(), 0, Vec::new());
    for line in told.lines() {
        if let Some((_, unit)) = line.split_once("|unit|=puma@") {
            case = unit.trim_end_matches(".service").to_owned();
        }
        let Some((_, set)) = line.split_once("|set|=") else { continue };
        let fields: Vec<&str> = set.split('\t').collect();
        if fields[2] == "yes" {
            continue;
        }
        taken += 1;
        let at: usize = fields[1].parse().unwrap();
        let whole = puma::read(&fs::read(cases.join(&case).join("before.rb")).unwrap()).unwrap();
        if whole.calls.iter().any(|call| call.line == at && call.standing != Standing::Plain) {
            wrong.push(format!("{case}: {set}"));
        }
    }
    assert!(names.len() > 50 && taken > 50, "{} files, {taken} settings\n{told}", names.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
