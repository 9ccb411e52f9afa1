use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::Source;
use crate::words;

/// A file of `group_vars/` or `host_vars/` that no host of this inventory reads. Not a fault, for a folder may serve
/// several inventories; but a misspelt name loses its settings without a sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedFile {
    pub of: VarsOf,
    /// What it is for, without an ending: `web`.
    pub name: String,
    /// The file, as `Source` names it.
    pub source: String,
    pub why: Unused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VarsOf {
    Group,
    Host,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unused {
    /// No group or host of that name; `meant` is the one that was probably meant.
    NoSuchName { meant: Option<String> },
    /// The group or host is there, but another of its files comes first: `web` before `web.yml`, before `web.yaml`.
    Shadowed,
}

/// The files none of whose names is `known`. A text stands under each name that it may belong to: `web.yml` and `web`.
pub fn unused<'a>(
    of: VarsOf,
    files: &[(String, Arc<Source>)],
    known: impl Fn(&str) -> bool,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Vec<UnusedFile> {
    let mut by_source: IndexMap<*const Source, Vec<&(String, Arc<Source>)>> = IndexMap::new();
    for file in files {
        by_source.entry(Arc::as_ptr(&file.1)).or_default().push(file);
    }
    let unread = by_source.into_values().filter(|files| !files.iter().any(|(name, _)| known(name)));
    unread
        .filter_map(|files| {
            let (shortest, source) = files.into_iter().min_by_key(|(name, _)| name.len())?;
            let stem = [".yml", ".yaml", ".json"].iter().find_map(|ending| shortest.strip_suffix(ending));
            let name = stem.unwrap_or(shortest);
            let why = if known(name) {
                Unused::Shadowed
            } else {
                Unused::NoSuchName { meant: words::did_you_mean(name, names.clone()).map(str::to_owned) }
            };
            Some(UnusedFile { of, name: name.to_owned(), source: source.name.clone(), why })
        })
        .collect()
}
