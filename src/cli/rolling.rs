use clap::Args;

use crate::engine::{Asked, Ramp, Size};

/// How the hosts follow each other.
#[derive(Debug, Clone, Args)]
pub struct Rolling {
    /// Work in batches: a number of hosts, a percent, or several, the last of which repeats (`1, 5, 25%`)
    ///
    /// Over the variable `zdt_batch`. Without either one host proves it before the others start; `100%` starts all.
    #[arg(long, value_name = "SIZES", value_parser = ramp)]
    pub batch: Option<Ramp>,
    /// Wait so many seconds between batches; over the variable `zdt_pause`
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub pause: Option<u64>,
    /// Start no further host once more than so many, or `P%`, failed or could not be reached; over `zdt_max_failures`, else 0
    #[arg(long, value_name = "N|P%", value_parser = size)]
    pub max_failures: Option<Size>,
}

impl Rolling {
    pub fn asked(&self) -> Asked {
        Asked { batch: self.batch.clone(), pause: self.pause, max_failures: self.max_failures }
    }
}

fn ramp(text: &str) -> Result<Ramp, &'static str> {
    Ramp::parse(text).ok_or("write a number of hosts, a percent, or several of them: `1, 5, 25%`")
}

fn size(text: &str) -> Result<Size, &'static str> {
    Size::parse(text).ok_or("write a number of hosts, or a percent: `10%`")
}
