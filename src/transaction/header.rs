use std::time::Duration;

use crate::transaction::{STATE_DIR, Witness};

/// What the host program must know of a transaction before it reads what to do; all that the smaller verbs read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Names the transaction, on the host and in messages: letters, digits, `-`.
    pub id: String,
    /// Where the host program keeps its records: `/var/lib/zdt`, in a sandbox below its root.
    pub state_dir: String,
    pub kind: Kind,
    /// Who asks for it at the operator's machine: `user@host`.
    pub by: String,
    /// Who says that it is well.
    pub confirm: Confirm,
    /// How long to wait for another one that holds the host.
    pub wait: Duration,
    /// Whether the host settles it without zdt, should its worker die.
    pub guard: bool,
    /// How much of ended transactions stays on the host.
    pub keep: Keep,
    /// Whether what a restart would take up must boot beside what serves first.
    pub trial: bool,
    /// How requests are watched meanwhile.
    pub witness: Option<Witness>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Apply,
    Rollback,
    /// Nothing is put anywhere: what runs takes up the release that is the current one.
    Reload,
}

/// What follows once everything is swapped and activated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirm {
    /// The host commits by itself.
    ByItself,
    /// The host undoes itself unless somebody confirms in time.
    Within(Duration),
}

/// The oldest transactions go beyond either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    pub count: u32,
    pub kib: u32,
}

impl Default for Keep {
    fn default() -> Keep {
        Keep { count: 50, kib: 256 * 1024 }
    }
}

impl Header {
    /// A transaction that settles itself at once and waits for nobody; `root` is a sandbox's directory.
    pub fn of(id: &str, root: Option<&str>) -> Header {
        Header {
            id: id.to_owned(),
            state_dir: format!("{}{STATE_DIR}", root.unwrap_or_default()),
            kind: Kind::Apply,
            by: String::new(),
            confirm: Confirm::ByItself,
            wait: Duration::ZERO,
            guard: false,
            keep: Keep::default(),
            trial: false,
            witness: None,
        }
    }
}
