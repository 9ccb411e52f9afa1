//! The folders of a project become texts: inventory, `group_vars/`, `host_vars/`, `roles/`.
//! In: paths. Out: `Source`s.
//! Must not know: what the texts mean.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::inventory::{Extra, Texts};
use crate::role::RoleFile;
use crate::source::Source;
use crate::yaml::limits;

#[derive(Debug)]
pub struct Project {
    pub texts: Texts,
    /// What the `roles/` folder beside the inventory holds; or inside it, where it is a folder and has one.
    pub role_files: Vec<RoleFile>,
    /// Where `group_vars/` and `host_vars/` lie: the inventory's folder, or the inventory that is a folder.
    pub directory: PathBuf,
}

#[derive(Debug)]
pub enum Fault {
    Missing {
        path: PathBuf,
    },
    /// A link that leads nowhere.
    DanglingLink {
        path: PathBuf,
        to: PathBuf,
    },
    /// A device, a pipe, a socket.
    NotAFile {
        path: PathBuf,
    },
    /// A folder where only a file will do.
    IsFolder {
        path: PathBuf,
    },
    /// `group_vars`, `host_vars` or `roles` is there, but no folder.
    NotAFolder {
        path: PathBuf,
    },
    /// `-e @`, and no name behind it.
    NoExtraFile,
    /// `at` is the first byte that is no text, `line` where it stands.
    NotUtf8 {
        path: PathBuf,
        at: usize,
        line: usize,
    },
    /// It begins with UTF-16's byte order mark.
    Utf16 {
        path: PathBuf,
    },
    TooLarge {
        path: PathBuf,
        limit: usize,
    },
    Unreadable {
        path: PathBuf,
        cause: io::Error,
    },
    /// A folder without one inventory file.
    NoInventoryInFolder {
        path: PathBuf,
    },
    /// A file that Ansible would read or run, and zdt does not: leaving it out would leave hosts out.
    Unsupported {
        path: PathBuf,
    },
    TooNested {
        path: PathBuf,
    },
    /// A role's folder with `role.yaml`: only `role.yml` is read.
    RoleYaml {
        path: PathBuf,
    },
}

/// In the order in which Ansible looks for them; the first found is the only one.
const EXTENSIONS: [&str; 4] = ["", "yml", "yaml", "json"];
/// Deeper folders than this are a link to a parent.
const MAX_DEPTH: usize = 16;

/// Reads `inventory`, a file or a folder, and all that belongs to it; `extra` are the values of `-e`.
pub fn read(inventory: &Path, extra: &[String]) -> Result<Project, Vec<Fault>> {
    let mut reader = Reader { faults: Vec::new() };
    let is_folder = match fs::metadata(inventory) {
        Ok(metadata) => metadata.is_dir(),
        Err(cause) => return Err(vec![unreadable(inventory, cause)]),
    };
    let directory = if is_folder { inventory.to_owned() } else { parent(inventory) };
    let main = if is_folder { reader.inventory_folder(inventory) } else { reader.inventory_file(inventory) };
    let texts = Texts {
        main,
        group_vars: reader.vars(&directory.join("group_vars")),
        host_vars: reader.vars(&directory.join("host_vars")),
        // Where there is no current directory any more, relative names stay so.
        base: env::current_dir().ok().and_then(|path| path.to_str().map(str::to_owned)),
        extra: extra.iter().filter_map(|text| reader.extra(text)).collect(),
    };
    // A folder may bring its roles, as it brings its `group_vars/`; one that does not shares those beside it.
    let inside = directory.join("roles");
    let roles =
        if is_folder && fs::symlink_metadata(&inside).is_err() { parent(inventory).join("roles") } else { inside };
    let role_files = reader.roles(&roles);
    if reader.faults.is_empty() { Ok(Project { texts, role_files, directory }) } else { Err(reader.faults) }
}

/// An inventory that stands in no file: hosts as the command line names them. Nothing beside it is read.
pub fn described(inventory: &str, extra: &[String]) -> Result<Project, Vec<Fault>> {
    let mut reader = Reader { faults: Vec::new() };
    let texts = Texts {
        main: vec![Source::new("the command line", inventory)],
        extra: extra.iter().filter_map(|text| reader.extra(text)).collect(),
        ..Texts::default()
    };
    let project = Project { texts, role_files: Vec::new(), directory: PathBuf::from(".") };
    if reader.faults.is_empty() { Ok(project) } else { Err(reader.faults) }
}

/// The folder of a path, also of a bare name.
fn parent(path: &Path) -> PathBuf {
    match (path.file_name(), path.parent()) {
        (Some(_), Some(parent)) => parent.to_owned(),
        // `.`, `..` or `/`: what lies beside it is found through it.
        _ => path.join(".."),
    }
}

struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn inventory_file(&mut self, path: &Path) -> Vec<Arc<Source>> {
        let Some(source) = self.file(path) else { return Vec::new() };
        if source.text.starts_with("#!") {
            self.faults.push(Fault::Unsupported { path: path.to_owned() });
        }
        vec![source]
    }

    fn inventory_folder(&mut self, path: &Path) -> Vec<Arc<Source>> {
        let mut main = Vec::new();
        for (name, path) in self.entries(path) {
            let extension = extension(&name);
            if hidden(&name) || path.is_dir() {
                continue;
            }
            if EXTENSIONS.contains(&extension) {
                main.extend(self.inventory_file(&path));
            } else if matches!(extension, "ini" | "toml" | "py" | "sh") {
                self.faults.push(Fault::Unsupported { path });
            }
        }
        if main.is_empty() && self.faults.is_empty() {
            self.faults.push(Fault::NoInventoryInFolder { path: path.to_owned() });
        }
        main
    }

    /// `group_vars/` or `host_vars/`, each text under every name that it may belong to.
    ///
    /// `web.yml` is for `web`, or for something named `web.yml`: only the inventory knows. Of `web`, `web.yml`,
    /// `web.yaml` and `web.json` only the first counts, as in Ansible; a folder's files all do, in order.
    fn vars(&mut self, folder: &Path) -> Vec<(String, Arc<Source>)> {
        if !self.is_folder(folder) {
            return Vec::new();
        }
        let mut best: BTreeMap<String, (usize, Vec<Arc<Source>>)> = BTreeMap::new();
        for (name, path) in self.entries(folder) {
            if hidden(&name) {
                continue;
            }
            let sources =
                if path.is_dir() { self.vars_folder(&path, 0) } else { self.file(&path).into_iter().collect() };
            let stem = EXTENSIONS
                .iter()
                .enumerate()
                .skip(1)
                .find_map(|(rank, extension)| Some((name.strip_suffix(extension)?.strip_suffix('.')?, rank)));
            for (name, rank) in [Some((name.as_str(), 0)), stem].into_iter().flatten() {
                if best.get(name).is_none_or(|(known, _)| rank < *known) {
                    best.insert(name.to_owned(), (rank, sources.clone()));
                }
            }
        }
        best.into_iter()
            .flat_map(|(name, (_, sources))| sources.into_iter().map(move |source| (name.clone(), source)))
            .collect()
    }

    /// As Ansible: folders without a dot in their name too; hidden files and those ending in `~` not.
    fn vars_folder(&mut self, folder: &Path, depth: usize) -> Vec<Arc<Source>> {
        if depth > MAX_DEPTH {
            self.faults.push(Fault::TooNested { path: folder.to_owned() });
            return Vec::new();
        }
        let mut sources = Vec::new();
        for (name, path) in self.entries(folder) {
            if hidden(&name) {
                continue;
            }
            if path.is_dir() {
                if extension(&name).is_empty() {
                    sources.extend(self.vars_folder(&path, depth + 1));
                }
            } else if EXTENSIONS.contains(&extension(&name)) {
                sources.extend(self.file(&path));
            }
        }
        sources
    }

    fn extra(&mut self, text: &str) -> Option<Extra> {
        match text.strip_prefix('@') {
            Some("") => {
                self.faults.push(Fault::NoExtraFile);
                None
            }
            Some(path) => self.file(Path::new(path)).map(Extra::File),
            None => Some(Extra::Pair(Source::new("-e", text))),
        }
    }

    /// Folders without `role.yml` are none of ours: an Ansible project keeps its own roles in the same place.
    fn roles(&mut self, folder: &Path) -> Vec<RoleFile> {
        if !self.is_folder(folder) {
            return Vec::new();
        }
        let mut files = Vec::new();
        for (role, path) in self.entries(folder) {
            if !hidden(&role) && self.is_role(&path) {
                self.role(&role, &path, "", 0, &mut files);
            }
        }
        files
    }

    /// A `role.yml` that is no file, or cannot be looked at, is a slip and not somebody else's role.
    fn is_role(&mut self, folder: &Path) -> bool {
        match fs::metadata(folder) {
            Ok(metadata) if !metadata.is_dir() => return false,
            Ok(_) => {}
            Err(cause) => {
                self.faults.push(unreadable(folder, cause));
                return false;
            }
        }
        let (file, misnamed) = (folder.join("role.yml"), folder.join("role.yaml"));
        match fs::symlink_metadata(&file) {
            Ok(_) => return true,
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => self.faults.push(unreadable(&file, cause)),
            Err(_) if fs::symlink_metadata(&misnamed).is_ok() => self.faults.push(Fault::RoleYaml { path: misnamed }),
            Err(_) => {}
        }
        false
    }

    fn role(&mut self, role: &str, folder: &Path, inside: &str, depth: usize, files: &mut Vec<RoleFile>) {
        if depth > MAX_DEPTH {
            self.faults.push(Fault::TooNested { path: folder.to_owned() });
            return;
        }
        for (name, path) in self.entries(folder) {
            if hidden(&name) {
                continue;
            }
            let inside = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            if path.is_dir() && inside != "role.yml" {
                self.role(role, &path, &inside, depth + 1, files);
            } else if let Some(source) = self.file(&path) {
                files.push(RoleFile { role: role.to_owned(), path: inside, source, built_in: false });
            }
        }
    }

    /// Whether a folder that need not be there is there; anything else under its name is a fault.
    fn is_folder(&mut self, path: &Path) -> bool {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return true,
            Ok(_) => self.faults.push(Fault::NotAFolder { path: path.to_owned() }),
            Err(cause) => match unreadable(path, cause) {
                Fault::Missing { .. } => {}
                fault => self.faults.push(fault),
            },
        }
        false
    }

    /// What lies in a folder, sorted by name.
    fn entries(&mut self, folder: &Path) -> Vec<(String, PathBuf)> {
        let listed =
            fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).and_then(|entries| {
                entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>()
            });
        match listed {
            Ok(names) => {
                let mut entries: Vec<(String, PathBuf)> =
                    names.into_iter().map(|name| (name.to_string_lossy().into_owned(), folder.join(&name))).collect();
                entries.sort();
                entries
            }
            Err(cause) => {
                self.faults.push(unreadable(folder, cause));
                Vec::new()
            }
        }
    }

    fn file(&mut self, path: &Path) -> Option<Arc<Source>> {
        match text(path) {
            Ok(text) => Some(Source::new(path.to_string_lossy(), text)),
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }
}

fn text(path: &Path) -> Result<String, Fault> {
    // Asked before it is opened: opening a pipe would wait for ever.
    let metadata = fs::metadata(path).map_err(|cause| unreadable(path, cause))?;
    if metadata.is_dir() {
        return Err(Fault::IsFolder { path: path.to_owned() });
    }
    if !metadata.is_file() {
        return Err(Fault::NotAFile { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limits::SIZE as u64 + 1).read_to_end(&mut bytes))
        .map_err(|cause| unreadable(path, cause))?;
    if bytes.len() > limits::SIZE {
        return Err(Fault::TooLarge { path: path.to_owned(), limit: limits::SIZE });
    }
    String::from_utf8(bytes).map_err(|error| {
        let path = path.to_owned();
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Fault::Utf16 { path };
        }
        let line = bytes[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Fault::NotUtf8 { path, at, line }
    })
}

fn unreadable(path: &Path, cause: io::Error) -> Fault {
    let path = path.to_owned();
    if cause.kind() != io::ErrorKind::NotFound {
        return Fault::Unreadable { path, cause };
    }
    match fs::read_link(&path) {
        Ok(to) => Fault::DanglingLink { path, to },
        Err(_no_link) => Fault::Missing { path },
    }
}

fn hidden(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~')
}

/// What stands behind the last dot, nothing for a name that only starts with one.
fn extension(name: &str) -> &str {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, extension)| extension)
}
