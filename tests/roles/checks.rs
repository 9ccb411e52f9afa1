//! The programs of the built-in checks, against stand-ins that say what real ones were seen to say.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use zdt::resource::{Check, Facts};

use super::{library, places, variables};

fn check(role: &str, lines: &str) -> Check {
    let lines = format!("zdt_roles: [{role}]\napp_name: shop\napp_path: /srv/shop\n{lines}");
    let bound = library().bind(&variables(&lines)).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    let desired = bound.render(&Facts::new()).unwrap_or_else(|faults| panic!("{}", places(&faults)));
    assert_eq!(desired.checks.len(), 1);
    desired.checks.into_iter().next().unwrap()
}

/// Runs `check` where `program` is a stand-in; its exit code and all that it said.
fn run(check: &Check, program: &str, stand_in: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(program);
    fs::write(&path, format!("#!/bin/sh\n{stand_in}\n")).unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    let search = format!("{}:/usr/bin:/bin", folder.path().display());
    let output = Command::new(&check.argv[0]).args(&check.argv[1..]).env("PATH", search).output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    (output.status.code(), said)
}

#[test]
fn what_systemd_says_of_the_unit_counts_whatever_the_exit_code() {
    let check = check("systemd_exec_reload", "");
    const DROPIN: &str = "/etc/systemd/system/puma.service.d/10-zdt-exec-reload.conf";
    let cases = [
        ("", 0, 0),
        ("", 1, 1),
        // 247, which exits with 0.
        ("puma.service: Command /bin/kil is not executable: No such file or directory", 0, 1),
        (&*format!("{DROPIN}:3: Executable path is not absolute: bin/kill"), 0, 1),
        ("Unit puma.service has a bad unit file setting.", 0, 1),
        ("other.service: Command /bin/no is not executable", 0, 0),
        ("/lib/systemd/system/other.service:9: Unknown key name 'X' in section 'Service', ignoring.", 0, 0),
        // 252 and later.
        ("/lib/systemd/system/puma.service:9: Unknown key name 'X' in section 'Service', ignoring.", 1, 0),
        ("puma.service: Command /bin/kil is not executable: No such file or directory", 1, 1),
        (&*format!("{DROPIN}:3: Executable path is not absolute: bin/kill"), 1, 1),
    ];
    for (said, code, expected) in cases {
        let stand_in = format!("cat >&2 <<'END'\n{said}\nEND\nexit {code}");
        let stand_in = if said.is_empty() { format!("exit {code}") } else { stand_in };
        let (found, shown) = run(&check, "systemd-analyze", &stand_in);
        assert_eq!(found, Some(expected), "{said} with {code}: {shown}");
        assert!(shown.contains(said), "{shown}");
    }
}

/// What `nginx -T` prints.
const DUMP: &str = "[ \"$*\" = -T ] || exit 9
echo 'nginx: test is successful' >&2
printf '# configuration file /etc/nginx/nginx.conf:\\nhttp {\\n}\\n\\n# configuration file %s:\\nsecret;\\n'";

#[test]
fn a_file_that_nginx_does_not_read_fails_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("upstream.conf"), "").unwrap();
    symlink(at("upstream.conf"), at("enabled")).unwrap();
    let check = check("nginx_upstream", &format!("nginx_upstream_path: {}\n", at("upstream.conf")));
    let read = |path: &str| run(&check, "nginx", &format!("{DUMP} '{path}'"));
    assert_eq!(read(&at("upstream.conf")).0, Some(0));
    let (code, said) = read(&at("enabled"));
    assert_eq!((code, Path::new(&at("enabled")).exists()), (Some(0), true), "{said}");
    for other in [at("upstream.conf.old"), at("x/upstream.conf"), "/etc/nginx/mime.types".to_owned()] {
        let (code, said) = read(&other);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(&format!("nginx does not read {}", at("upstream.conf"))), "{said}");
        assert!(!said.contains("secret"), "a configuration may hold what is nobody's to see: {said}");
    }
}

#[test]
fn nginx_own_words_are_shown_where_it_refuses() {
    let check = check("nginx_upstream", "");
    let stand_in =
        "echo 'nginx: [emerg] invalid parameter \"x\" in /etc/nginx/conf.d/shop_upstream.conf:3' >&2; exit 1";
    let (code, said) = run(&check, "nginx", stand_in);
    assert_eq!(code, Some(1));
    assert_eq!(said, "nginx: [emerg] invalid parameter \"x\" in /etc/nginx/conf.d/shop_upstream.conf:3\n");
}

#[test]
fn a_capfile_that_does_not_import_the_tasks_fails_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let checkout = folder.path().to_str().unwrap();
    let check = check("capistrano_tasks", &format!("capistrano_path: '{checkout}'\ncapistrano_user: anna\n"));
    let (code, said) = run(&check, "true", "");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with(&format!("there is no Capfile in {checkout}: ")), "{said}");
    let cases = [
        // As `cap install` of today and of before writes it.
        (0, "Dir.glob(\"lib/capistrano/tasks/*.rake\").each { |r| import r }"),
        (0, "Dir.glob('lib/capistrano/tasks/*.rake').each { |r| import r }"),
        (0, "Dir['lib/capistrano/tasks/**/*.rake'].each do |file|\n  load file\nend"),
        (0, "Dir.glob(\"./lib/capistrano/**/*.{cap,rake}\").each { |r| import r } # ours"),
        (0, "import 'lib/capistrano/tasks/zero_downtime.rake'"),
        (1, "# Dir.glob(\"lib/capistrano/tasks/*.rake\").each { |r| import r }"),
        (1, "require 'capistrano/setup' # import 'lib/capistrano/tasks/zero_downtime.rake'"),
        // Capistrano 3.0 had tasks of another name.
        (1, "Dir.glob('lib/capistrano/tasks/*.cap').each { |r| import r }"),
        (1, "import 'lib/capistrano/tasks/other.rake'"),
        (1, "puts 'lib/capistrano/tasks/zero_downtime.rake'"),
        (1, "require 'capistrano/import'\nputs '*'\nputs 'tasks/*.rake'"),
        (1, ""),
    ];
    for (expected, text) in cases {
        fs::write(folder.path().join("Capfile"), format!("require \"capistrano/deploy\"\n\n{text}\n")).unwrap();
        let (code, said) = run(&check, "true", "");
        assert_eq!(code, Some(expected), "{text}: {said}");
        assert_eq!(said.is_empty(), expected == 0, "{text}: {said}");
        if expected != 0 {
            assert!(said.starts_with("Capfile does not import lib/capistrano/tasks/zero_downtime.rake"), "{said}");
        }
    }
}
