use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::error::Report;

/// Where the inventory is to go: known to be free before any host is asked.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    over: bool,
}

impl Place {
    pub fn find(path: &Path, over: bool) -> Result<Place, Report> {
        match fs::symlink_metadata(path) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(unwritable(path, &cause)),
            Ok(facts) if over && facts.is_file() => {}
            Ok(facts) if facts.is_file() => return Err(occupied(path)),
            Ok(_) => {
                return Err(Report::new(format!("`{}` is there and is no file", path.display()))
                    .help("Name another place for the inventory."));
            }
        }
        Ok(Place { path: path.to_owned(), over })
    }

    /// Whole or not at all.
    pub fn write(&self, text: &str) -> Result<(), Report> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        let written = tempfile::Builder::new().permissions(mode).tempfile_in(folder).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            if self.over {
                file.persist(&self.path).map_err(|error| error.error)
            } else {
                file.persist_noclobber(&self.path).map_err(|error| error.error)
            }
        });
        match written {
            Ok(_) => Ok(()),
            // Somebody made it meanwhile.
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Err(occupied(&self.path)),
            Err(cause) => Err(unwritable(&self.path, &cause)),
        }
    }
}

fn occupied(path: &Path) -> Report {
    Report::new(format!("`{}` is there already: it is not overwritten", path.display()))
        .help("Name another file, or say --force.")
}

fn unwritable(path: &Path, cause: &std::io::Error) -> Report {
    Report::new(format!("`{}` cannot be written: {cause}", path.display()))
        .help("Name a file in a folder that is there and that you can write to.")
}
