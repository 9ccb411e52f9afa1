//! A saved plan on the disk: sealed, its owner's alone, whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::plan::saved::{Envelope, SavedPlan, Undecodable, Unreadable, is_saved_plan};
use crate::secret::{self, Key, Sealed};

/// Enough of a file to see what it is.
const BEGINNING: u64 = 256;
/// No plan of any fleet comes near it; a file that does is something else.
const LIMIT: u64 = 1 << 30;

#[derive(Debug)]
pub enum Fault {
    Key(secret::Fault),
    Unreadable {
        path: PathBuf,
        why: Unreadable,
    },
    /// It was sealed with another key.
    OtherKey {
        path: PathBuf,
        /// Where ours lies.
        key: PathBuf,
    },
    /// Sealed with our key, and changed since.
    Altered {
        path: PathBuf,
    },
    Undecodable {
        path: PathBuf,
        why: Undecodable,
    },
    /// Something else lies where the plan was to be written.
    Occupied {
        path: PathBuf,
    },
    TooLarge {
        path: PathBuf,
    },
    Read {
        path: PathBuf,
        cause: io::Error,
    },
    Write {
        path: PathBuf,
        cause: io::Error,
    },
}

impl From<secret::Fault> for Fault {
    fn from(fault: secret::Fault) -> Fault {
        Fault::Key(fault)
    }
}

/// Whether a saved plan lies there, by how the file begins. What cannot be read is none; reading it says why.
pub fn is_plan(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|facts| facts.is_file()) && beginning(path).is_ok_and(|text| is_saved_plan(&text))
}

fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(BEGINNING).read_to_end(&mut text)?;
    Ok(text)
}

/// A place for a plan to come: known to be free, or another plan's, before any host is asked.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    key: Key,
}

impl Place {
    pub fn new(path: &Path) -> Result<Place, Fault> {
        free(path)?;
        Ok(Place { path: path.to_owned(), key: Key::load_or_make(&secret::place()?)? })
    }

    pub fn write(&self, plan: &SavedPlan) -> Result<(), Fault> {
        let disk = |cause| Fault::Write { path: self.path.clone(), cause };
        let (readable, secrets) = plan.encode().map_err(|error| disk(error.into()))?;
        let sealed = self.key.seal(&secrets, &Envelope::beside(&readable))?;
        let envelope = Envelope { key: self.key.name(), nonce: sealed.nonce, sealed: sealed.bytes, plan: readable };
        let text = envelope.encode().map_err(|error| disk(error.into()))?;
        free(&self.path)?;
        let folder = folder(&self.path);
        // A temporary file is its owner's alone from the start.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(disk)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(disk)?;
        file.persist(&self.path).map_err(|error| disk(error.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)
    }
}

/// What is no plan is never overwritten.
fn free(path: &Path) -> Result<(), Fault> {
    match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let folder = folder(path);
            match fs::metadata(folder) {
                Ok(facts) if facts.is_dir() => Ok(()),
                Ok(_) => Err(Fault::Write { path: path.to_owned(), cause: io::ErrorKind::NotADirectory.into() }),
                Err(cause) => Err(Fault::Write { path: path.to_owned(), cause }),
            }
        }
        Err(cause) => Err(Fault::Write { path: path.to_owned(), cause }),
        Ok(facts) if facts.is_file() && is_plan(path) => Ok(()),
        Ok(_) => Err(Fault::Occupied { path: path.to_owned() }),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The plan that lies there, as it was written by this user.
pub fn read(path: &Path) -> Result<SavedPlan, Fault> {
    let at = || path.to_owned();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes));
    read.map_err(|cause| Fault::Read { path: at(), cause })?;
    if bytes.len() as u64 > LIMIT {
        return Err(Fault::TooLarge { path: at() });
    }
    let unreadable = |why| Fault::Unreadable { path: at(), why };
    let text = String::from_utf8(bytes)
        .map_err(|error| unreadable(Unreadable::Malformed { why: error.utf8_error().to_string() }))?;
    let Envelope { key: name, nonce, sealed, plan } = Envelope::decode(&text).map_err(unreadable)?;
    let key_path = secret::place()?;
    let key = Key::load(&key_path)?;
    if key.name() != name {
        return Err(Fault::OtherKey { path: at(), key: key_path });
    }
    let sealed = Sealed { nonce, bytes: sealed };
    let secrets = key.open(&sealed, &Envelope::beside(&plan)).map_err(|_| Fault::Altered { path: at() })?;
    SavedPlan::decode(&plan, &secrets).map_err(|why| Fault::Undecodable { path: at(), why })
}
