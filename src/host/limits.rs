//! What this machine lets one process have: many hosts at once take many open files.

use std::error::Error;
use std::io;
use std::sync::OnceLock;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Fault;
use super::control::chain;

/// Enough for any fleet; beyond it, programs that close every file they might have get slow.
const ENOUGH: u64 = 65_536;

/// Takes all the open files that we may have, once a process.
pub(super) fn raise() {
    static RAISED: OnceLock<()> = OnceLock::new();
    RAISED.get_or_init(|| {
        let now = getrlimit(Resource::Nofile);
        let wanted = now.maximum.unwrap_or(u64::MAX).min(ENOUGH);
        if now.current.is_some_and(|current| current < wanted) {
            // Where that is not granted, a fault says so once it matters.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: now.maximum });
        }
    });
}

/// The fault of this machine that is behind an error, if it is one: no host has anything to do with it.
pub(super) fn fault(error: &(dyn Error + 'static)) -> Option<Fault> {
    // By its words: what some libraries wrap has lost its number.
    let text = chain(error);
    let limits = [Errno::MFILE, Errno::NFILE, Errno::AGAIN].map(|errno| io::Error::from(errno).to_string());
    limits.into_iter().find(|limit| text.contains(limit.as_str())).map(|text| Fault::LocalLimit { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_from_other_errors() {
        let error = |errno: Errno| io::Error::from_raw_os_error(errno.raw_os_error());
        for errno in [Errno::MFILE, Errno::NFILE, Errno::AGAIN] {
            assert!(matches!(fault(&error(errno)), Some(Fault::LocalLimit { .. })), "{errno}");
            assert!(matches!(fault(&openssh::Error::Master(error(errno))), Some(Fault::LocalLimit { .. })), "{errno}");
        }
        // As tempfile wraps it.
        let wrapped = io::Error::other(format!("{} at path \"/x\"", error(Errno::MFILE)));
        assert!(matches!(fault(&wrapped), Some(Fault::LocalLimit { .. })));
        assert!(fault(&error(Errno::NOENT)).is_none());
    }

    #[test]
    fn the_limit_of_open_files_is_raised() {
        raise();
        let now = getrlimit(Resource::Nofile);
        assert!(now.current >= Some(now.maximum.unwrap_or(u64::MAX).min(ENOUGH)), "{now:?}");
    }
}
