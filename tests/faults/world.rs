//! What is on a disk, taken up, laid down again and compared: content, owner, mode, link, hard link, absence.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use crate::rig::US;

/// Stands for a signature.
pub const SIGNED: &str = "SIGNED";

/// What the files of a host carried before anybody came: a put-back file must have it again.
const OLD: u64 = 1_000_000_000;

/// The bytes of a file, each kept once, so that comparing worlds does not compare contents.
#[derive(Clone, Copy)]
pub struct Content(pub &'static [u8]);

impl Content {
    pub fn of(bytes: &[u8]) -> Content {
        static KNOWN: Mutex<BTreeMap<usize, Vec<&'static [u8]>>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap();
        let alike = known.entry(bytes.len()).or_default();
        Content(match alike.iter().rev().find(|one| **one == bytes) {
            Some(one) => one,
            None => {
                let one: &'static [u8] = Vec::leak(bytes.to_vec());
                alike.push(one);
                one
            }
        })
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Content) -> bool {
        std::ptr::eq(self.0.as_ptr(), other.0.as_ptr()) && self.0.len() == other.0.len()
    }
}

impl Eq for Content {}

impl Hash for Content {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0.as_ptr() as usize, self.0.len()).hash(state);
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(self.0);
        write!(f, "{:?}", text.chars().take(200).collect::<String>())
    }
}

/// A record tells inodes and times, which are others in each world: that they are told is what counts.
fn unsigned(path: &Path, content: Vec<u8>) -> Vec<u8> {
    if !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"applied")) {
        return content;
    }
    let line = |line: &str| match line.rsplitn(3, US).collect::<Vec<_>>()[..] {
        ["", signature, rest] if signature.split('.').filter(|word| word.parse::<u64>().is_ok()).count() == 3 => {
            format!("{rest}{US}{SIGNED}{US}")
        }
        _ => line.to_owned(),
    };
    let text = String::from_utf8(content).unwrap();
    text.split('\n').map(line).collect::<Vec<_>>().join("\n").into_bytes()
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum What {
    Directory,
    File(Content),
    /// Another name of the file at this earlier path.
    Also(String),
    Link(String),
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    pub what: What,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// A file that is as old as the host, not written since.
    pub old: bool,
}

/// Everything below a folder, by path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct World(pub BTreeMap<String, Node>);

impl World {
    pub fn of(folder: &Path) -> World {
        let mut world = World::default();
        let mut names = BTreeMap::new();
        world.take(folder, "", &mut names);
        world
    }

    fn take(&mut self, folder: &Path, below: &str, names: &mut BTreeMap<u64, String>) {
        let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let name = format!("{below}{}", entry.file_name().to_str().unwrap());
            // Somebody may still be at work in it.
            let Ok(data) = path.symlink_metadata() else { continue };
            let kind = data.file_type();
            let what = if kind.is_symlink() {
                What::Link(fs::read_link(&path).unwrap().to_str().unwrap().to_owned())
            } else if kind.is_dir() {
                What::Directory
            } else if !kind.is_file() {
                What::Other
            } else if let Some(first) = names.get(&data.ino()) {
                What::Also(first.clone())
            } else {
                if data.nlink() > 1 {
                    names.insert(data.ino(), name.clone());
                }
                What::File(Content::of(&unsigned(&path, fs::read(&path).unwrap())))
            };
            let old = kind.is_file() && data.mtime() == i64::try_from(OLD).unwrap();
            let node = Node { what, mode: data.mode() & 0o7777, uid: data.uid(), gid: data.gid(), old };
            let directory = node.what == What::Directory;
            self.0.insert(name.clone(), node);
            if directory {
                self.take(&path, &format!("{name}/"), names);
            }
        }
    }

    /// Makes `folder` hold this and nothing else.
    pub fn lay(&self, folder: &Path) {
        if folder.exists() {
            fs::remove_dir_all(folder).unwrap();
        }
        fs::create_dir(folder).unwrap();
        let root = rustix::process::geteuid().is_root();
        // Other names of a file come when all files are there.
        let (also, first): (Vec<_>, Vec<_>) = self.0.iter().partition(|(_, node)| matches!(node.what, What::Also(_)));
        for (name, node) in first.into_iter().chain(also) {
            let path = folder.join(name);
            match &node.what {
                What::Directory => fs::create_dir(&path).unwrap(),
                What::File(content) => fs::write(&path, content.0).unwrap(),
                What::Also(first) => fs::hard_link(folder.join(first), &path).unwrap(),
                What::Link(target) => symlink(target, &path).unwrap(),
                What::Other => panic!("{name} is nothing that can be made again"),
            }
            if root {
                lchown(&path, Some(node.uid), Some(node.gid)).unwrap();
            }
            if !matches!(node.what, What::Link(_)) {
                fs::set_permissions(&path, PermissionsExt::from_mode(node.mode)).unwrap();
            }
            if node.old {
                let time = SystemTime::UNIX_EPOCH + Duration::from_secs(OLD);
                fs::File::open(&path).unwrap().set_modified(time).unwrap();
            }
        }
    }

    pub fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    pub fn text(&self, path: &str) -> Option<String> {
        match &self.0.get(path)?.what {
            What::File(content) => Some(String::from_utf8_lossy(content.0).into_owned()),
            What::Also(first) => self.text(first),
            What::Link(target) => Some(target.clone()),
            What::Directory | What::Other => None,
        }
    }

    pub fn write(&mut self, path: &str, text: &str) {
        let node = Node {
            what: What::File(Content::of(text.as_bytes())),
            mode: 0o644,
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            old: false,
        };
        self.0.insert(path.to_owned(), node);
    }

    /// The paths that start with `prefix` and do not satisfy `without`.
    pub fn below(&self, prefix: &str, without: impl Fn(&str) -> bool) -> World {
        let wanted = |(path, _): &(&String, &Node)| path.starts_with(prefix) && !without(path);
        World(self.0.iter().filter(wanted).map(|(path, node)| (path.clone(), node.clone())).collect())
    }

    /// A line for each path that differs.
    pub fn difference(&self, wanted: &World) -> String {
        let mut lines = String::new();
        let paths: std::collections::BTreeSet<&String> = self.0.keys().chain(wanted.0.keys()).collect();
        for path in paths {
            let (is, want) = (self.0.get(path), wanted.0.get(path));
            if is != want {
                lines.push_str(&format!("  {path}: is {is:?}, wanted {want:?}\n"));
            }
        }
        lines
    }
}
