//! Whom nginx's workers run as, told by a process that calls itself one; and which of its files has an upstream.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use zdt::host::Program;
use zdt::resource::{FactQuery, Observation, ObserveRequest};

use crate::harness::{Shell, ask, find, is_root, skip};

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn workers_tell_their_user_and_groups() {
    if !is_root() || find("setpriv").is_none() || find("nginx").is_some() {
        return skip("root, setpriv, and no nginx of this machine's own");
    }
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(folder.path(), None, None).unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // The kernel's name of a process is its file's name; a `nginx` that only answers `-v` makes the fact look on.
    std::fs::copy(find("sleep").unwrap(), folder.path().join("nginx")).unwrap();
    let mut commands = Vec::new();
    for (ids, title) in [
        (["--reuid=65534", "--regid=65534", "--groups=65534,1,2"], "nginx: worker process"),
        (["--reuid=1", "--regid=1", "--groups=3"], "nginx: worker process is shutting down"),
        (["--reuid=0", "--regid=0", "--groups=0"], "nginx: master process nginx"),
    ] {
        let program = "exec setpriv \"$1\" \"$2\" \"$3\" bash -c 'exec -a \"$1\" \"$2\" 60' bash \"$4\" \"$5\"";
        let mut command = Command::new("bash");
        command.args(["-c", program, "bash"]).args(ids).arg(title).arg(folder.path().join("nginx")).process_group(0);
        commands.push(Ended(command.spawn().unwrap()));
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    let path = format!("PATH={}:/usr/sbin:/usr/bin:/sbin:/bin", folder.path().display());
    let question = FactQuery { name: "nginx".to_owned(), kind: "nginx".to_owned(), arguments: Vec::new() };
    let request = ObserveRequest { facts: vec![question], ..ObserveRequest::default() };
    for shell in Shell::all() {
        if shell.name == "busybox" {
            continue;
        }
        let answer = ask(&shell, &["env", &path], &[Program::OBSERVE], "observe", &request.encode());
        assert_eq!(answer.stderr, "", "{shell:?}");
        let seen = Observation::decode(&request, &answer.lines).unwrap();
        let nginx = &seen.facts["nginx"];
        assert_eq!(nginx.get("worker_user").map(String::as_str), Some("nobody"), "{shell:?}: {nginx:?}");
        assert_eq!(nginx.get("worker_groups").map(String::as_str), Some("nogroup,daemon,bin"), "{shell:?}: {nginx:?}");
    }
}

#[test]
fn an_upstream_that_another_file_has_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::create_dir(path("available")).unwrap();
    std::fs::create_dir(path("conf")).unwrap();
    std::fs::create_dir(path("conf/sites-available")).unwrap();
    std::fs::write(path("conf/nginx.conf"), "http {\n# upstream shop {\n}\n").unwrap();
    std::fs::write(path("conf/sites-available/old"), "upstream shop {\n").unwrap();
    std::fs::write(path("available/shop"), "\n  upstream \"Shop\" { server a; }\nupstream shopping {}\n").unwrap();
    std::os::unix::fs::symlink(path("available/shop"), path("conf/enabled")).unwrap();
    let nginx = path("nginx");
    let built = format!(
        "#!/bin/sh\n[ \"$1\" != -V ] || echo 'configure arguments: --x=y --conf-path={} --z' >&2\n",
        path("conf/nginx.conf")
    );
    std::fs::write(&nginx, built).unwrap();
    std::fs::set_permissions(&nginx, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let search = format!("PATH={}:/usr/sbin:/usr/bin:/sbin:/bin", folder.path().display());
    for shell in Shell::all() {
        for (wanted, name, expected) in [
            (path("conf/nginx.conf"), "shop", Some(format!("{}:2", path("conf/enabled")))),
            (path("available/shop"), "shop", None),
            (path("conf/enabled"), "shop", None),
            (path("conf/nginx.conf"), "shop.*", None),
        ] {
            let arguments = vec![wanted.clone(), name.to_owned()];
            let question = FactQuery { name: "declared".to_owned(), kind: "nginx_upstream".to_owned(), arguments };
            let request = ObserveRequest { facts: vec![question], ..ObserveRequest::default() };
            let answer = ask(&shell, &["env", &search], &[Program::OBSERVE], "observe", &request.encode());
            assert_eq!(answer.stderr, "", "{shell:?}");
            let seen = Observation::decode(&request, &answer.lines).unwrap();
            let declared = seen.facts.get("declared").cloned().unwrap_or_default();
            assert_eq!(declared.get("elsewhere_at"), expected.as_ref(), "{shell:?}: {wanted} {name}");
            let real = expected.as_ref().map(|_| path("available/shop"));
            assert_eq!(declared.get("elsewhere"), real.as_ref(), "{shell:?}: {wanted} {name}");
        }
    }
}
