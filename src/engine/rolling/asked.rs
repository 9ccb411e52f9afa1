use crate::engine::rolling::{Ramp, Size};

/// What the command line says; where it says something, the hosts' variables do not count.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub batch: Option<Ramp>,
    /// In seconds.
    pub pause: Option<u64>,
    pub max_failures: Option<Size>,
}
