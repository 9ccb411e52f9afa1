use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::{Refused, Setting};
use crate::inventory::{Origin, Texts, Variables};
use crate::project::Project;
use crate::source::Source;
use crate::yaml;

/// A file of variables as it is and as it shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub path: PathBuf,
    /// `None`: there is none yet.
    pub before: Option<String>,
    pub after: String,
    /// The variables that it sets.
    pub keys: Vec<String>,
}

impl Edit {
    /// Before and after, with stars for the values of all other variables: some may be secrets.
    pub fn shown(&self) -> [String; 2] {
        [self.before.as_deref().unwrap_or_default(), &self.after].map(|text| yaml::edit::masked(text, &self.keys))
    }
}

/// Why a file of variables was not written.
#[derive(Debug)]
pub enum WriteFault {
    /// It is another one than the one that was read.
    Changed {
        path: PathBuf,
    },
    Io {
        path: PathBuf,
        cause: io::Error,
    },
}

/// What to write so that the variables of `host` have these values.
pub(super) fn edits(
    project: &Project,
    host: &str,
    variables: &Variables,
    settings: &[Setting],
) -> Result<Vec<Edit>, Refused> {
    let mut edits: Vec<Edit> = Vec::new();
    for setting in settings {
        let own = variables.get(&setting.name).filter(|variable| matches!(variable.origin, Origin::HostVars(_)));
        let source = match own {
            Some(variable) => {
                let standing = of_host(project, host).find(|source| **source == variable.node.span.source);
                standing.map(Arc::clone)
            }
            None => None,
        };
        let (path, before) = match source.or_else(|| nearest(project, host)) {
            Some(source) => (PathBuf::from(&source.name), Some(source.text.clone())),
            None => (new_file(project, host)?, None),
        };
        not_shared(project, &path)?;
        let index = edits.iter().position(|edit| edit.path == path).unwrap_or_else(|| {
            let after = before.clone().unwrap_or_default();
            edits.push(Edit { path: path.clone(), before, after, keys: Vec::new() });
            edits.len() - 1
        });
        let after = yaml::edit::set(&edits[index].after, &setting.name, &setting.after);
        edits[index].keys.push(setting.name.clone());
        edits[index].after = after.map_err(|fault| refused(&path, &fault.to_string()))?;
    }
    Ok(edits)
}

fn refused(path: &Path, why: &str) -> Refused {
    Refused::File { path: path.display().to_string(), why: why.to_owned() }
}

fn of_host<'a>(project: &'a Project, host: &str) -> impl Iterator<Item = &'a Arc<Source>> {
    project.texts.host_vars.iter().filter(move |(name, _)| name == host).map(|(_, source)| source)
}

fn folder(project: &Project) -> PathBuf {
    project.directory.join("host_vars")
}

/// The file of the host's own that takes a new variable: its only one, or ours in its folder.
fn nearest(project: &Project, host: &str) -> Option<Arc<Source>> {
    let folder = folder(project);
    let fits = |source: &&Arc<Source>| {
        let path = Path::new(&source.name);
        path.parent() == Some(&folder) || path == folder.join(host).join("zdt.yml")
    };
    of_host(project, host).find(fits).map(Arc::clone)
}

fn new_file(project: &Project, host: &str) -> Result<PathBuf, Refused> {
    let folder = folder(project);
    let plain = matches!(Path::new(host).components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
    if !plain || host.starts_with('.') || host.ends_with('~') {
        return Err(refused(&folder, "the host's name is no name of a file that would be read"));
    }
    let own = folder.join(host);
    Ok(if own.is_dir() { own.join("zdt.yml") } else { folder.join(format!("{host}.yml")) })
}

/// A link may lead to what other hosts read too.
fn not_shared(project: &Project, path: &Path) -> Result<(), Refused> {
    let top = folder(project);
    let is_link = |part: &&Path| fs::symlink_metadata(part).is_ok_and(|facts| facts.is_symlink());
    match path.ancestors().take_while(|part| part.starts_with(&top) && *part != top).find(is_link) {
        Some(part) => Err(refused(part, "it is a link, and others may read what it leads to")),
        None => Ok(()),
    }
}

/// The inventory's texts as they will be.
pub(super) fn texts(project: &Project, host: &str, edits: &[Edit]) -> Texts {
    let mut texts = project.texts.clone();
    for edit in edits {
        let name = edit.path.to_string_lossy().into_owned();
        let source = Source::new(name.clone(), edit.after.clone());
        match edit.before {
            // A file is listed under every name that it may belong to.
            Some(_) => {
                let same = texts.host_vars.iter_mut().filter(|(_, known)| known.name == name);
                same.for_each(|(_, known)| *known = Arc::clone(&source));
            }
            None => texts.host_vars.push((host.to_owned(), source)),
        }
    }
    texts
}

/// Whether two sets of variables say the same, but for what is `meant` to differ.
pub(super) fn same(old: &Variables, new: &Variables, meant: impl Fn(&str) -> bool) -> bool {
    let value = |variables: &Variables, name: &str| {
        variables.get(name).map(|variable| (variable.node.to_value(), variable.node.tag.clone()))
    };
    let is_written = |variables: &Variables, name: &str| {
        variables.get(name).is_some_and(|variable| variable.origin != Origin::Magic)
    };
    let agree = |name: &str| {
        meant(name) || !(is_written(old, name) || is_written(new, name)) || value(old, name) == value(new, name)
    };
    old.names().all(agree) && new.names().all(agree)
}

/// Writes them, each whole or not at all, if they are still what they were when they were read.
pub fn write(edits: &[Edit]) -> Result<(), WriteFault> {
    for edit in edits {
        let path = || edit.path.clone();
        if current(&edit.path).map_err(|cause| WriteFault::Io { path: path(), cause })? != edit.before {
            return Err(WriteFault::Changed { path: path() });
        }
    }
    edits.iter().try_for_each(|edit| put(edit).map_err(|cause| WriteFault::Io { path: edit.path.clone(), cause }))
}

fn current(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

fn put(edit: &Edit) -> io::Result<()> {
    let parent = edit.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let mut builder = tempfile::Builder::new();
    // Inventories are read by a team; what the umask takes away stays away.
    builder.prefix(".zdt-").permissions(fs::Permissions::from_mode(0o666));
    let mut file = builder.tempfile_in(parent)?;
    file.write_all(edit.after.as_bytes())?;
    if edit.before.is_some() {
        let old = fs::metadata(&edit.path)?;
        let new = file.as_file().metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            chown(file.path(), Some(old.uid()), Some(old.gid()))?;
        }
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    match edit.before {
        Some(_) => file.persist(&edit.path),
        // Whoever made it meanwhile keeps it.
        None => file.persist_noclobber(&edit.path),
    }
    .map(drop)
    .map_err(|failed| failed.error)
}
