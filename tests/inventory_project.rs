//! A project on disk: what is read, what is passed over, what is refused.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use zdt::inventory::Extra;
use zdt::project::{self, Fault, Project};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

fn read(folder: &TempDir, inventory: &str) -> Project {
    let path = folder.path().join(inventory);
    project::read(&path, &[]).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn faults(path: &Path) -> Vec<Fault> {
    project::read(path, &[]).err().unwrap_or_else(|| panic!("{path:?} was read"))
}

#[test]
fn a_file_and_what_lies_beside_it() {
    let folder = folder(&[
        ("inventory.yml", "all:"),
        ("group_vars/all.yml", "a: 1"),
        ("host_vars/h/x.yml", "b: 1"),
        ("roles/mine/role.yml", "description: x"),
        ("roles/mine/templates/a.tera", "{{ a }}"),
        ("roles/ansibles/tasks/main.yml", "[]"),
    ]);
    fs::write(folder.path().join("roles/ansibles/tasks/binary"), [0xff, 0xfe]).expect("written");
    let project = read(&folder, "inventory.yml");
    assert_eq!(project.directory, folder.path());
    assert_eq!(project.texts.main.len(), 1);
    let names = |vars: &[(String, _)]| vars.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&project.texts.group_vars), "all all.yml");
    assert_eq!(names(&project.texts.host_vars), "h");
    let roles: Vec<String> = project.role_files.iter().map(|file| format!("{} {}", file.role, file.path)).collect();
    assert_eq!(roles, ["mine role.yml", "mine templates/a.tera"]);
}

#[test]
fn a_folder_is_read_in_order() {
    let folder = folder(&[
        ("inv/b.yml", "b:"),
        ("inv/a", "a:"),
        ("inv/.c.yml", "c:"),
        ("inv/d.yml~", "d:"),
        ("inv/notes.md", "x"),
        ("inv/group_vars/all.yml", "a: 1"),
        ("roles/r/role.yml", ""),
    ]);
    let project = read(&folder, "inv");
    let texts: Vec<&str> = project.texts.main.iter().map(|source| source.text.as_str()).collect();
    assert_eq!(texts, ["a:", "b:"]);
    assert_eq!(project.directory, folder.path().join("inv"));
    assert_eq!(project.role_files.len(), 1);
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = folder(&[("script", "#!/bin/sh\n"), ("inv/hosts.ini", "[web]"), ("empty/readme.md", "")]);
    let path = |name: &str| folder.path().join(name);
    assert!(matches!(&faults(&path("nowhere.yml"))[..], [Fault::Missing { .. }]));
    assert!(matches!(&faults(&path("script"))[..], [Fault::Unsupported { .. }]));
    assert!(matches!(&faults(&path("inv"))[..], [Fault::Unsupported { .. }]));
    assert!(matches!(&faults(&path("empty"))[..], [Fault::NoInventoryInFolder { .. }]));
    fs::write(path("latin1.yml"), b"a: \xe4\n").expect("written");
    assert!(matches!(&faults(&path("latin1.yml"))[..], [Fault::NotUtf8 { at: 3, .. }]));
    fs::write(path("line.yml"), b"a: 1\nb: 2\nc: \xe4\n").expect("written");
    assert!(matches!(&faults(&path("line.yml"))[..], [Fault::NotUtf8 { at: 13, line: 3, .. }]));
    for (name, bytes) in [("le.yml", b"\xff\xfea\0"), ("be.yml", b"\xfe\xff\0a")] {
        fs::write(path(name), bytes).expect("written");
        assert!(matches!(&faults(&path(name))[..], [Fault::Utf16 { .. }]), "{name}");
    }
    // A pipe would be waited for.
    let made = Command::new("mkfifo").arg(path("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    assert!(matches!(&faults(&path("pipe"))[..], [Fault::NotAFile { .. }]));
    let large = fs::File::create(path("large.yml")).expect("made");
    large.set_len((64 << 20) + 1).expect("sparse");
    assert!(matches!(&faults(&path("large.yml"))[..], [Fault::TooLarge { .. }]));
    fs::create_dir_all(path("loop/group_vars/g")).expect("made");
    std::os::unix::fs::symlink("..", path("loop/group_vars/g/up")).expect("linked");
    fs::write(path("loop/i.yml"), "all:").expect("written");
    let found = faults(&path("loop/i.yml"));
    assert!(found.iter().all(|fault| matches!(fault, Fault::TooNested { .. })), "{found:?}");
}

#[test]
fn extra_words_and_files() {
    let folder = folder(&[("i.yml", "all:"), ("e.yml", "a: 1")]);
    let at = format!("@{}", folder.path().join("e.yml").display());
    let project = project::read(&folder.path().join("i.yml"), &["a=1".to_owned(), at]).expect("read");
    assert!(matches!(&project.texts.extra[..], [Extra::Pair(_), Extra::File(file)] if file.text == "a: 1"));
    let missing = project::read(&folder.path().join("i.yml"), &["@nowhere.yml".to_owned()]);
    assert!(matches!(&missing.expect_err("a fault")[..], [Fault::Missing { .. }]));
}

#[test]
fn a_bare_name_means_the_current_directory() {
    // The crate's own folder is where tests run: its Cargo.toml is a file that can be read.
    let project = project::read(Path::new("Cargo.toml"), &[]).expect("read");
    assert_eq!(project.directory, Path::new(""));
}

#[test]
fn what_is_there_but_not_as_it_should_be_is_never_passed_over() {
    let folder = folder(&[
        ("i.yml", "all:"),
        ("group_vars", "a: 1"),
        ("roles/folder/role.yml/x", ""),
        ("roles/misnamed/role.yaml", "description: x"),
        ("roles/ansibles/tasks/main.yml", "[]"),
    ]);
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("host_vars")).expect("made");
    fs::create_dir_all(path("roles/pipe")).expect("made");
    std::os::unix::fs::symlink("nowhere", path("host_vars/h.yml")).expect("linked");
    std::os::unix::fs::symlink("gone", path("roles/away")).expect("linked");
    fs::write(path("roles/README.md"), "Ours.").expect("written");
    let made = Command::new("mkfifo").arg(path("roles/pipe/role.yml")).status().expect("mkfifo runs");
    assert!(made.success());
    let extra = ["@".to_owned(), format!("@{}", path("roles").display())];
    let found = project::read(&path("i.yml"), &extra).expect_err("faults");
    let words: Vec<String> = found.iter().map(|fault| zdt::cli::error::Report::from(fault).message).collect();
    let words = words.join("\n").replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(
        words,
        "`group_vars` is not a folder\n\
         `host_vars/h.yml` is a link to `nowhere`, which is not there\n\
         `-e @` names no file\n\
         `roles` is a folder, but a file is needed\n\
         `roles/away` is a link to `gone`, which is not there\n\
         `roles/folder/role.yml` is a folder, but a file is needed\n\
         `roles/misnamed/role.yaml` is not read\n\
         `roles/pipe/role.yml` is neither a file nor a folder"
    );
}
