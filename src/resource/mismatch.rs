use crate::resource::Id;

/// What runs on a host is not what its files say, though nothing may differ between the files and what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The thing that is not in effect.
    pub about: Id,
    pub role: String,
    /// What was seen, with the values that show it; a sentence.
    pub evidence: String,
    /// The handler that would mend it: `restart puma`.
    pub mends: Option<String>,
    /// Whether it could not be told: then nothing is known to be wrong, and nothing to be right.
    pub untold: bool,
}

/// A resource that something reads, and when that was last done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    pub id: Id,
    pub role: String,
    /// The handler that has it read again.
    pub mends: String,
    /// Who reads it, as a sentence goes on with it: `nginx's workers`, `Puma`.
    pub reader: String,
    /// By the host's clock, seconds since 1970; `None` where nothing that could have read it runs.
    pub at: Option<i64>,
    /// It runs, and when it read its files could not be found out: why.
    pub untold: Option<String>,
}

/// What roles say of what runs, by what was found out about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    pub mismatches: Vec<Mismatch>,
    pub loads: Vec<Load>,
}

/// Something on the host that may tell who changed a thing, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The path that it is about.
    pub path: String,
    /// By the host's clock, seconds since 1970.
    pub at: i64,
    /// A sentence of ours around the host's own words: `alice ran /usr/bin/vi with sudo`.
    pub text: String,
}
