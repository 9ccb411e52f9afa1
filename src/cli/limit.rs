use clap::{Args, ValueEnum};

use crate::resource::Disruption;

/// How much those who use a host may be disturbed.
#[derive(Debug, Clone, Copy, Args)]
pub struct Limit {
    /// Refuse a host whose plan needs more; the others go on. Over `zdt_max_disruption`
    #[arg(long, value_name = "HOW")]
    max_disruption: Option<Most>,
}

impl Limit {
    pub fn most(self) -> Option<Disruption> {
        self.max_disruption.map(|most| match most {
            Most::None => Disruption::None,
            Most::Reload => Disruption::Reload,
            Most::Phased => Disruption::Phased,
            Most::Hot => Disruption::Hot,
            Most::Restart => Disruption::Restart,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Most {
    /// Nothing that runs is reloaded or restarted
    None,
    /// nginx may take new settings: nothing waits
    Reload,
    /// Puma's workers may be replaced one by one: nothing waits
    Phased,
    /// Puma may start anew behind its open sockets: requests wait for a boot
    Hot,
    /// Puma may end and be started: requests may fail meanwhile
    Restart,
}
