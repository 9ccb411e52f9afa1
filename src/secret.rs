//! Seals what nobody but this user may read or alter, under a key of the user's own.
//! In: bytes; the key, from the disk. Out: the same bytes sealed, or opened.
//! Must not know: what they are about.

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// What the key's file holds, without the end of its line.
const KEY_DIGITS: usize = KEY_BYTES * 2;

/// Why there is no key, or nothing could be sealed.
#[derive(Debug)]
pub enum Fault {
    /// Neither `XDG_STATE_HOME` nor `HOME` says where state is kept.
    NoPlace,
    Missing {
        path: PathBuf,
    },
    /// Others may read it, or it is somebody else's.
    Exposed {
        path: PathBuf,
    },
    /// What lies there is no key.
    NoKey {
        path: PathBuf,
    },
    Disk {
        path: PathBuf,
        cause: io::Error,
    },
    /// The system gave no random bytes.
    NoRandomness(String),
    TooLarge,
}

/// It was sealed under another key, or something of it was changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Altered;

/// The user's own key.
pub struct Key([u8; KEY_BYTES]);

/// Sealed bytes, and the number that was used for them alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub nonce: [u8; NONCE_BYTES],
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name())
    }
}

impl Key {
    /// Tells keys apart and says nothing of the key itself.
    pub fn name(&self) -> String {
        let digest = Sha256::new().chain_update(b"zdt: the name of a key\n").chain_update(self.0).finalize();
        hex(&digest[..8])
    }

    /// Seals `plain`; `beside` stays readable, but cannot be altered either.
    pub fn seal(&self, plain: &[u8], beside: &[u8]) -> Result<Sealed, Fault> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let payload = Payload { msg: plain, aad: beside };
        let bytes = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| Fault::TooLarge)?;
        Ok(Sealed { nonce, bytes })
    }

    /// What was sealed beside exactly these bytes.
    pub fn open(&self, sealed: &Sealed, beside: &[u8]) -> Result<Vec<u8>, Altered> {
        let payload = Payload { msg: &sealed.bytes, aad: beside };
        self.cipher().decrypt(&XNonce::from(sealed.nonce), payload).map_err(|_| Altered)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }

    /// The key at `path`.
    pub fn load(path: &Path) -> Result<Key, Fault> {
        let disk = |cause: io::Error| match cause.kind() {
            io::ErrorKind::NotFound => Fault::Missing { path: path.to_owned() },
            _ => Fault::Disk { path: path.to_owned(), cause },
        };
        let facts = fs::metadata(path).map_err(disk)?;
        if !facts.is_file() {
            return Err(Fault::NoKey { path: path.to_owned() });
        }
        if facts.permissions().mode() & 0o077 != 0 || facts.uid() != rustix::process::geteuid().as_raw() {
            return Err(Fault::Exposed { path: path.to_owned() });
        }
        let mut text = String::new();
        // One byte more than a key and its newline: enough to see that it is none.
        let most = KEY_DIGITS as u64 + 2;
        match File::open(path).and_then(|file| file.take(most).read_to_string(&mut text)) {
            Err(cause) if cause.kind() == io::ErrorKind::InvalidData => Err(Fault::NoKey { path: path.to_owned() }),
            Err(cause) => Err(disk(cause)),
            Ok(_) => key_of(&text).map(Key).ok_or_else(|| Fault::NoKey { path: path.to_owned() }),
        }
    }

    /// The key at `path`, made where there is none yet.
    pub fn load_or_make(path: &Path) -> Result<Key, Fault> {
        match Key::load(path) {
            Err(Fault::Missing { .. }) => {}
            other => return other,
        }
        let disk = |cause| Fault::Disk { path: path.to_owned(), cause };
        let folder = path.parent().unwrap_or(Path::new("/"));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(disk)?;
        // A temporary file is its owner's alone from the start.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(disk)?;
        let key: [u8; KEY_BYTES] = random()?;
        writeln!(file, "{}", hex(&key)).and_then(|()| file.as_file().sync_all()).map_err(disk)?;
        match file.persist_noclobber(path) {
            Ok(_) => Ok(Key(key)),
            // Another zdt was quicker: its key is the user's.
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Key::load(path),
            Err(error) => Err(disk(error.error)),
        }
    }
}

/// `$XDG_STATE_HOME/zdt/key`, or where that stands by default.
pub fn place() -> Result<PathBuf, Fault> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = named("XDG_STATE_HOME").or_else(|| named("HOME").map(|home| home.join(".local/state")));
    state.map(|state| state.join("zdt/key")).ok_or(Fault::NoPlace)
}

fn key_of(text: &str) -> Option<[u8; KEY_BYTES]> {
    let digits = text.strip_suffix('\n').unwrap_or(text);
    if digits.len() != KEY_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (byte, at) in key.iter_mut().zip((0..KEY_DIGITS).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
    }
    Some(key)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::NoRandomness(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> (tempfile::TempDir, PathBuf, Key) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/zdt/key");
        let key = Key::load_or_make(&path).unwrap();
        (folder, path, key)
    }

    #[test]
    fn a_key_is_made_once_and_is_its_owner_s_alone() {
        let (_folder, path, key) = made();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(Key::load_or_make(&path).unwrap().0, key.0);
        assert!(!format!("{key:?}").contains(&hex(&key.0)[..8]));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Key::load(&path), Err(Fault::Exposed { .. })));
    }

    #[test]
    fn what_is_no_key_is_told_from_none() {
        let (_folder, path, _) = made();
        for text in ["", "abc\n", &"g".repeat(64), &"0".repeat(65), &"é".repeat(32)] {
            fs::write(&path, text).unwrap();
            assert!(matches!(Key::load(&path), Err(Fault::NoKey { .. })), "{text}");
        }
        fs::write(&path, [0xff; 64]).unwrap();
        assert!(matches!(Key::load(&path), Err(Fault::NoKey { .. })));
        fs::remove_file(&path).unwrap();
        assert!(matches!(Key::load(&path), Err(Fault::Missing { .. })));
    }

    #[test]
    fn only_the_same_key_and_the_same_bytes_open() {
        let (_folder, _, key) = made();
        let (_other_folder, _, other) = made();
        let sealed = key.seal(b"hunter2", b"beside").unwrap();
        assert!(!sealed.bytes.windows(7).any(|window| window == b"hunter2"));
        assert_eq!(key.open(&sealed, b"beside").as_deref(), Ok(&b"hunter2"[..]));
        assert_eq!(key.open(&sealed, b"Beside"), Err(Altered));
        assert_eq!(other.open(&sealed, b"beside"), Err(Altered));
        for at in 0..sealed.bytes.len() {
            let mut altered = sealed.clone();
            altered.bytes[at] ^= 1;
            assert_eq!(key.open(&altered, b"beside"), Err(Altered), "{at}");
        }
        assert_ne!(key.seal(b"hunter2", b"beside").unwrap().bytes, sealed.bytes);
    }
}
