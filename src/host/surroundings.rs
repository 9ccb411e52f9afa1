//! What beside the inventory decides where a connection goes and whom it trusts: ssh's configuration and the known keys.
//! A kept connection must not outlive a change of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::arguments::Arguments;

/// More files than that are no configuration that a person wrote.
const MOST_FILES: usize = 512;

/// A digest of all that ssh would read for these arguments. What the user and the machine have is read once a process.
pub(super) fn digest(arguments: &Arguments) -> [u8; 32] {
    static STANDING: OnceLock<[u8; 32]> = OnceLock::new();
    let home = home();
    let standing = STANDING.get_or_init(|| {
        let mut files = Files::default();
        for (folder, names) in [
            (home.join(".ssh"), ["config", "known_hosts", "known_hosts2"]),
            (PathBuf::from("/etc/ssh"), ["ssh_config", "ssh_known_hosts", "ssh_known_hosts2"]),
        ] {
            let [config, known, more] = names.map(|name| folder.join(name));
            files.folder(&folder.join(format!("{}.d", names[0])), &home);
            files.configuration(config, &home);
            files.add(known);
            files.add(more);
        }
        files.digest.finalize().into()
    });
    let mut files = Files::default();
    files.digest.update(standing);
    if let Some(path) = &arguments.config {
        files.configuration(PathBuf::from(path), &home);
    }
    for line in &arguments.lines {
        files.line(line, &home);
    }
    files.digest.finalize().into()
}

#[derive(Default)]
struct Files {
    digest: Sha256,
    read: BTreeSet<PathBuf>,
}

impl Files {
    /// A file that is not there counts as well: it may come.
    fn add(&mut self, path: PathBuf) -> Option<Vec<u8>> {
        if self.read.len() >= MOST_FILES || self.read.contains(&path) {
            return None;
        }
        let plain = fs::metadata(&path).is_ok_and(|data| data.is_file());
        let content = if plain { fs::read(&path).ok() } else { None };
        self.digest.update(path.as_os_str().as_encoded_bytes());
        self.digest.update(content.as_ref().map_or([0; 8], |content| (content.len() as u64 + 1).to_be_bytes()));
        self.digest.update(content.as_deref().unwrap_or_default());
        self.read.insert(path);
        content
    }

    fn configuration(&mut self, path: PathBuf, home: &Path) {
        if let Some(content) = self.add(path) {
            for line in String::from_utf8_lossy(&content).lines() {
                self.line(line, home);
            }
        }
    }

    /// Every file of a folder, in order.
    fn folder(&mut self, folder: &Path, home: &Path) {
        let mut files: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
        files.sort();
        for file in files {
            self.configuration(file, home);
        }
    }

    /// Follows a line of a configuration that names further files.
    fn line(&mut self, line: &str, home: &Path) {
        let line = line.trim();
        let Some((key, value)) = line.split_once(|c: char| c == '=' || c.is_whitespace()) else { return };
        let include = key.eq_ignore_ascii_case("Include");
        if !include && !["UserKnownHostsFile", "GlobalKnownHostsFile"].iter().any(|name| key.eq_ignore_ascii_case(name))
        {
            return;
        }
        let value = value.trim_start_matches(|c: char| c == '=' || c.is_whitespace());
        for word in shlex::split(value).unwrap_or_default() {
            let path = match word.strip_prefix("~/").or_else(|| word.strip_prefix("%d/")) {
                Some(rest) => home.join(rest),
                None if include && !word.starts_with('/') => home.join(".ssh").join(&word),
                None => PathBuf::from(&word),
            };
            if !include {
                self.add(path);
            } else if word.contains(['*', '?', '[']) {
                // Whatever of it the pattern means: too much costs a new connection, too little a wrong one.
                self.folder(path.parent().unwrap_or(Path::new("/")), home);
            } else {
                self.configuration(path, home);
            }
        }
    }
}

/// As ssh finds it: by who we are, not by `$HOME`.
fn home() -> PathBuf {
    let uid = rustix::process::getuid().as_raw().to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let known = users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.len() > 5 && fields[2] == uid).then(|| PathBuf::from(fields[5]))
    });
    known.or_else(std::env::home_dir).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_ssh_would_read_counts() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir_all(at(".ssh/more.d")).unwrap();
        fs::write(at("config"), "Include more.d/*.conf\nHost x\n  UserKnownHostsFile=~/mine \"%d/two words\"\n")
            .unwrap();
        let digest = || {
            let mut files = Files::default();
            files.configuration(at("config"), home.path());
            files.digest.finalize()
        };
        let mut known = vec![digest()];
        let changes = [
            (".ssh/more.d/a.conf", "Host b"),
            (".ssh/more.d/a.conf", "Include deeper"),
            (".ssh/deeper", ""),
            (".ssh/deeper", "Include deeper"),
            ("mine", "key"),
            ("mine", ""),
            ("two words", "key"),
        ];
        for (name, content) in changes {
            fs::write(at(name), content).unwrap();
            let now = digest();
            assert!(!known.contains(&now), "{name} {content}");
            known.push(now);
        }
        fs::write(at("elsewhere"), "x").unwrap();
        assert_eq!(known.last(), Some(&digest()));
    }
}
