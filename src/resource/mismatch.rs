use crate::resource::{Id, PathSeen};
use crate::words;

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
    pub mends: Option<String>,
    /// Who reads it, as a sentence begins with it: `nginx's workers`, `Puma`.
    pub reader: String,
    /// By the host's clock, seconds since 1970; where `untold` says something, not before then. `None` where nothing that
    /// could have read it runs.
    pub at: Option<i64>,
    /// It runs, and when it read its files could not be found out: why.
    pub untold: Option<String>,
}

impl Load {
    /// The host's clocks count whole seconds, and an age is the difference of two.
    const BLUR: i64 = 1;

    /// What is wrong where `seen` was changed after it was last read; `clock` is the host's, of when it was looked at.
    pub fn mismatch(&self, seen: &PathSeen, clock: i64) -> Option<Mismatch> {
        // Nobody can set it back or forward but with the clock.
        let changed = seen.ctime;
        if self.at.is_none() && self.untold.is_none() || self.at.is_some_and(|at| changed <= at + Load::BLUR) {
            return None;
        }
        let time = |seconds: i64| words::utc(u64::try_from(seconds).unwrap_or_default());
        let mut changed = format!("it was changed at {}", time(changed));
        if seen.ctime > clock + Load::BLUR {
            changed.push_str(", which is yet to come by the host's clock");
        }
        let evidence = match (&self.untold, self.at) {
            (Some(why), _) => format!("{changed}, and whether {} read it since cannot be told: {why}", self.reader),
            (None, at) => format!("{} read it at {}, and {changed}", self.reader, time(at.unwrap_or_default())),
        };
        Some(Mismatch {
            about: self.id.clone(),
            role: self.role.clone(),
            evidence,
            mends: self.mends.clone(),
            untold: self.untold.is_some(),
        })
    }
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
