use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// When a host that nobody talks to any more has come to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// By then it begins to undo itself at the latest, or has ended.
    pub at: SystemTime,
    pub end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nobody has confirmed: it undoes itself.
    Undone,
    /// It commits or undoes itself: nobody has to confirm, or whether the word reached it is not known.
    Either,
}

/// The hosts whose transactions have begun and not ended, for whoever leaves before they have.
#[derive(Debug, Clone, Default)]
pub struct AtWork(Arc<Mutex<BTreeMap<String, Deadline>>>);

impl AtWork {
    pub(super) fn set(&self, host: &str, deadline: Deadline) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), deadline);
    }

    pub(super) fn end(&self, host: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(host);
    }

    pub(super) fn of(&self, host: &str) -> Option<Deadline> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(host).copied()
    }

    /// By name.
    pub fn hosts(&self) -> Vec<(String, Deadline)> {
        let hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.iter().map(|(host, deadline)| (host.clone(), *deadline)).collect()
    }
}
