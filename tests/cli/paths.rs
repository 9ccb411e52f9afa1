//! A managed path that is not what it should be: a clear word that names it, and nothing half-done.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::place::{Place, UPSTREAM, ZDT};
use super::ran::Ran;

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

/// Makes the path what it must not be.
type Spoil = fn(&Place, &Path);

const CASES: &[(&str, Spoil)] = &[
    ("directory", |_, path| {
        fs::create_dir(path).expect("a folder");
        fs::write(path.join("somebody"), "somebody's").expect("a file");
    }),
    ("link", |place, path| {
        place.write("target", "somebody's");
        symlink(place.path("target"), path).expect("a link");
    }),
    ("link", |_, path| symlink("nowhere", path).expect("a link")),
    ("fifo", |_, path| fifo(path)),
];

#[test]
fn a_path_of_another_type_is_refused_by_plan_and_apply() {
    for (kind, spoil) in CASES {
        let place = Place::new();
        place.apply().ended_with(0);
        let path = place.path(&format!("box/{UPSTREAM}"));
        fs::remove_file(&path).expect("a file");
        spoil(&place, &path);
        // Another change is pending: it must not be made alone.
        fs::remove_file(place.path("box/srv/shop/shared/puma.rb")).expect("a file");
        let before = place.tree("");
        for ran in [place.plan(), place.apply()] {
            ran.ended_with(3).says(UPSTREAM).says(kind);
            assert_eq!(place.tree(""), before, "{kind}: {} has touched something", ran.what);
        }
    }
}

#[test]
fn a_file_where_a_folder_should_be_is_refused() {
    let place = Place::new();
    place.write("box/srv/shop/shared", "a file\n");
    let before = place.tree("");
    for ran in [place.plan(), place.apply()] {
        ran.refused().says("/srv/shop/shared");
        let mut after = place.tree("");
        // An apply may have made folders that every host has.
        after.retain(|path, _| before.contains_key(path));
        assert_eq!(after, before, "{}", ran.what);
        assert!(!place.path(&format!("box/{UPSTREAM}")).exists(), "{}: half of it was done", ran.what);
    }
}

#[test]
fn a_link_does_not_lead_out_of_the_sandbox() {
    let place = Place::new();
    fs::create_dir_all(place.path("outside")).expect("a folder");
    fs::create_dir_all(place.path("box/etc/nginx")).expect("a folder");
    symlink(place.path("outside"), place.path("box/etc/nginx/conf.d")).expect("a link");
    for ran in [place.plan(), place.apply()] {
        ran.ended_with(3).says("outside").says(UPSTREAM);
        assert_eq!(place.tree("outside").len(), 1, "{}", ran.what);
        assert!(!place.path("box/srv").exists(), "{}: half of it was done", ran.what);
    }
}

#[test]
fn what_cannot_be_looked_into_is_unknown_not_new() {
    let place = Place::new();
    let folder = place.path("box/etc/nginx/conf.d");
    place.apply().ended_with(0);
    // Root can read everything; as nobody it cannot.
    let nobody = rustix::process::geteuid().is_root().then_some(65534);
    if nobody.is_some() {
        give(&place.path(""), 65534);
        fs::copy(ZDT, place.path("zdt")).expect("a copy that nobody can run");
    }
    let mode = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).expect("a mode");
    let before = place.tree("box");
    mode(0o000);
    for verb in ["plan", "apply"] {
        let mut command = match nobody {
            None => place.command(&[verb, "inventory.yml"]),
            Some(id) => {
                let mut command = Command::new(place.path("zdt"));
                command.args([verb, "inventory.yml"]).current_dir(place.path("")).uid(id).gid(id);
                command.env("HOME", place.path("home")).env("XDG_RUNTIME_DIR", place.path("home"));
                command
            }
        };
        let ran = Ran::of(&command.output().expect("zdt"), format!("zdt {verb}"));
        ran.ended_with(4).says(UPSTREAM);
    }
    mode(0o755);
    assert_eq!(place.tree("box"), before);
}

fn give(path: &Path, owner: u32) {
    lchown(path, Some(owner), Some(owner)).expect("an owner");
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        give(&entry.path(), owner);
    }
}

#[test]
fn a_managed_folder_may_lie_above_folders_that_every_host_has() {
    // `/srv/shop` is wanted, and `/srv/shop/shared`, above `puma.rb`, is taken for granted.
    let place = Place::new();
    place.hosts(&[("box", "puma_socket_path: /srv/shop/puma.sock")]);
    place.apply().ended_with(0);
    place.plan().ended_with(0);
}
