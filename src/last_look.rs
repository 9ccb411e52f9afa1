//! What the last look for drift at an inventory found, kept on the operator's machine between runs; and that no two runs
//! of the same look at once.
//! In: a place and a `LastLook`. Out: the one before.
//! Must not know: hosts, reports, terminals.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Rises when a field changes its meaning; what another format says is set aside.
const FORMAT: u32 = 1;

/// With this every state of ours begins, of whatever format.
const BEGINNING: &str = "{\"format\":";

/// No contents and no secrets: names, times and hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastLook {
    pub format: u32,
    /// What the last run found, whoever asked for it.
    pub found: Picture,
    /// What the last run with `--only-changes` found: a look by hand in between takes no news from whoever waits for it.
    pub told: Option<Picture>,
    /// When every host could be looked at for the last time, seconds since 1970.
    pub last_success: Option<i64>,
    /// Host → finding → when it was first found as it is, seconds since 1970.
    pub first_seen: BTreeMap<String, BTreeMap<String, i64>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// The same text means the same picture.
    pub fingerprint: String,
    /// The hosts with which not all was well.
    pub unwell: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Neither `XDG_STATE_HOME` nor `HOME` says where state is kept.
    #[error("there is no place to keep what was found")]
    NoPlace,
    #[error("{path}: {cause}")]
    Disk { path: PathBuf, cause: io::Error },
    /// It is somebody's, and no state of ours: it is not to be overwritten.
    #[error("{path} is there, and zdt did not write it")]
    Foreign { path: PathBuf },
    /// Another run of the same is at work.
    #[error("another look at this inventory is under way")]
    Held { pid: String },
}

/// A place that is this run's alone until it is dropped.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    /// Beside the state, for that is replaced by every run.
    _lock: File,
}

/// What was kept before.
#[derive(Debug, PartialEq, Eq)]
pub enum Before {
    None,
    Look(LastLook),
    /// It says nothing that we understand, and was moved to this path.
    SetAside {
        why: String,
        to: PathBuf,
    },
}

/// Where the state of looks that are told apart by `what` is kept unless somebody names a file.
pub fn usual(what: &[&str]) -> Result<PathBuf, Fault> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = named("XDG_STATE_HOME").or_else(|| named("HOME").map(|home| home.join(".local/state")));
    let mut hash = Sha256::new();
    for word in what {
        hash.update(word.len().to_le_bytes());
        hash.update(word);
    }
    let name: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(state.ok_or(Fault::NoPlace)?.join("zdt/drift").join(format!("{name}.json")))
}

impl Place {
    /// Takes the place, or says who has it.
    pub fn take(path: &Path) -> Result<Place, Fault> {
        let disk = |cause| Fault::Disk { path: path.to_owned(), cause };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // Which hosts there are, and what is the matter with them, is their operator's alone to know.
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(disk)?;
        }
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(".zdt-lock");
        // Nobody else may hold it, and no link leads it to a file of somebody's.
        let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let mut open = OpenOptions::new();
        open.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(no_link);
        let mut lock = open.open(path.with_file_name(name)).map_err(disk)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Who has it is only a help to whoever reads it.
                let _ = lock.take(20).read_to_string(&mut pid);
                return Err(Fault::Held { pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(cause)) => return Err(disk(cause)),
        }
        let told = lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| writeln!(lock, "{}", std::process::id()));
        told.map_err(disk)?;
        Ok(Place { path: path.to_owned(), _lock: lock })
    }

    pub fn before(&self) -> Result<Before, Fault> {
        let disk = |cause| Fault::Disk { path: self.path.clone(), cause };
        let text = match fs::read_to_string(&self.path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Before::None),
            Err(cause) if cause.kind() == io::ErrorKind::InvalidData => {
                return Err(Fault::Foreign { path: self.path.clone() });
            }
            read => read.map_err(disk)?,
        };
        let why = match serde_json::from_str::<LastLook>(&text) {
            Ok(look) if look.format == FORMAT => return Ok(Before::Look(look)),
            Ok(look) => format!("it is of format {}", look.format),
            Err(_) if !text.is_empty() && !text.starts_with(BEGINNING) => {
                return Err(Fault::Foreign { path: self.path.clone() });
            }
            Err(error) => format!("it is damaged: {error}"),
        };
        let mut to = self.path.as_os_str().to_owned();
        to.push(".other");
        let to = PathBuf::from(to);
        fs::rename(&self.path, &to).map_err(disk)?;
        Ok(Before::SetAside { why, to })
    }

    pub fn keep(&self, look: &LastLook) -> Result<(), Fault> {
        let text = serde_json::to_string(&LastLook { format: FORMAT, ..look.clone() });
        let text = text.map_err(|error| Fault::Disk { path: self.path.clone(), cause: error.into() })?;
        replace(&self.path, &text, Readers::Owner).map_err(|cause| Fault::Disk { path: self.path.clone(), cause })
    }
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    Owner,
    /// What other programs collect under other accounts.
    All,
}

/// Puts `text` in the place of the file at `path`, or that a link there leads to: whoever reads it sees all of the old or
/// all of the new. A pipe or a device is written to.
pub fn replace(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    let resolved = fs::canonicalize(path);
    let path = resolved.as_deref().unwrap_or(path);
    if fs::metadata(path).is_ok_and(|facts| !facts.is_file() && !facts.is_dir()) {
        return OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::All => 0o644,
    };
    let permissions: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    let mut file = tempfile::Builder::new().prefix(".zdt-").permissions(permissions.clone()).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    // The process' own mask must not keep readers out.
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(fingerprint: &str) -> LastLook {
        let found = Picture { fingerprint: fingerprint.to_owned(), unwell: vec!["web1".to_owned()] };
        LastLook { told: Some(found.clone()), found, last_success: Some(7), ..LastLook::default() }
    }

    #[test]
    fn what_is_kept_is_there_the_next_time_and_nobody_else_gets_the_place_meanwhile() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/state.json");
        let place = Place::take(&path).expect("it is free");
        assert_eq!(place.before().expect("readable"), Before::None);
        place.keep(&look("a")).expect("writable");
        let held = Place::take(&path).expect_err("it is taken");
        assert!(matches!(held, Fault::Held { pid } if pid == std::process::id().to_string()));
        drop(place);
        let kept = Place::take(&path).expect("it is free again").before().expect("readable");
        assert_eq!(kept, Before::Look(LastLook { format: FORMAT, ..look("a") }));
    }

    #[test]
    fn what_is_not_understood_is_set_aside_and_never_taken_for_calm() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.json");
        let future = LastLook { format: 2, ..look("a") };
        let future = serde_json::to_string(&future).expect("JSON");
        for (text, word) in [("", "damaged"), ("{\"format\":", "damaged"), (&future, "format 2")] {
            fs::write(&path, text).expect("writable");
            let place = Place::take(&path).expect("free");
            match place.before().expect("readable") {
                Before::SetAside { why, to } => {
                    assert!(why.contains(word), "{why}");
                    assert_eq!(fs::read_to_string(to).expect("it was moved"), text);
                }
                other => panic!("{text:?}: {other:?}"),
            }
            assert_eq!(place.before().expect("readable"), Before::None);
        }
    }

    #[test]
    fn what_is_somebodys_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("inventory.yml");
        for text in [&b"all: {}"[..], b"\xff"] {
            fs::write(&path, text).expect("writable");
            let place = Place::take(&path).expect("free");
            assert!(matches!(place.before(), Err(Fault::Foreign { .. })));
            assert_eq!(fs::read(&path).expect("it is there"), text);
        }
        let (link, real) = (folder.path().join("link"), folder.path().join("real"));
        fs::write(&real, "old").expect("writable");
        std::os::unix::fs::symlink(&real, &link).expect("a link");
        replace(&link, "new", Readers::All).expect("writable");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("it is there"), "new");
        replace(Path::new("/dev/null"), "new", Readers::All).expect("writable");
        assert!(!Path::new("/dev/null").is_file());
    }

    #[test]
    fn looks_at_other_things_have_other_places() {
        let place = |words: &[&str]| usual(words).expect("there is a home").file_name().map(ToOwned::to_owned);
        assert_eq!(place(&["a", "b"]), place(&["a", "b"]));
        assert_ne!(place(&["a", "b"]), place(&["ab", ""]));
    }
}
