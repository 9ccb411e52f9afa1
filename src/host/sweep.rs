//! What earlier runs left in the control directory: folders and links of dead masters, and configurations.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// What nobody has touched for so long belongs to no run that still goes on.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// Once a process.
pub(super) fn sweep_once(directory: &Path) {
    static SWEPT: OnceLock<()> = OnceLock::new();
    SWEPT.get_or_init(|| sweep(directory));
}

/// A live master answers on its socket; a folder without one is somebody's who still connects, unless it is old. That
/// something cannot be removed changes nothing for us.
fn sweep(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_symlink() {
            if !path.exists() {
                drop(fs::remove_file(&path));
            }
            continue;
        }
        let old = is_older(&path, OLD);
        if kind.is_file() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if old && (name.ends_with(".conf") || name.starts_with(".tmp")) {
                drop(fs::remove_file(&path));
            }
            continue;
        }
        let socket = path.join("master");
        let refused = UnixStream::connect(&socket).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
        if refused || (old && !socket.exists()) {
            remove_folder(&path);
        }
    }
}

/// Removes a dead master's link and folder.
pub(super) fn forget(link: &Path) {
    if let Ok(folder) = fs::read_link(link)
        && let Some(directory) = link.parent()
    {
        remove_folder(&directory.join(folder));
    }
    drop(fs::remove_file(link));
}

fn remove_folder(folder: &Path) {
    let ours = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".ssh-connection"));
    if ours {
        drop(fs::remove_dir_all(folder));
    }
}

pub(super) fn is_older(path: &Path, age: Duration) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|data| data.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|passed| passed > age))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::time::SystemTime;

    #[test]
    fn only_what_is_old_or_dead_goes() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        for folder in [".ssh-connectionOLD", ".ssh-connectionNEW", ".ssh-connectionLIVE", "theirs"] {
            fs::create_dir(at(folder)).unwrap();
        }
        let _live = UnixListener::bind(at(".ssh-connectionLIVE/master")).unwrap();
        for file in ["a.conf", ".tmpa", "b.conf", "notes"] {
            fs::write(at(file), "").unwrap();
        }
        std::os::unix::fs::symlink("gone", at("link")).unwrap();
        for name in [".ssh-connectionOLD", ".ssh-connectionLIVE", "theirs", "a.conf", ".tmpa", "notes"] {
            let long_ago = SystemTime::now() - OLD - Duration::from_secs(60);
            fs::File::open(at(name)).unwrap().set_modified(long_ago).unwrap();
        }
        sweep(place.path());
        let mut left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".ssh-connectionLIVE", ".ssh-connectionNEW", "b.conf", "notes", "theirs"]);
    }
}
