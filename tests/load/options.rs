use std::env;
use std::path::PathBuf;

/// How much is asked of whom. `tests/zero-downtime` sets these from its words.
pub struct Options {
    pub suites: Vec<String>,
    /// In all, over all hosts.
    pub requests: u64,
    /// A second and a host, over the kept connections.
    pub rate: u32,
    /// Of the steps, those whose name holds this; and the adoption, without which there are none.
    pub only: String,
    /// Where the tables go, besides the screen.
    pub table: Option<PathBuf>,
}

impl Options {
    pub fn from_environment() -> Self {
        let word = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
        Self {
            suites: word("ZDT_LOAD_SUITES", "bookworm trixie sid").split_whitespace().map(str::to_owned).collect(),
            requests: word("ZDT_LOAD_REQUESTS", "0").parse().expect("ZDT_LOAD_REQUESTS is a number"),
            rate: word("ZDT_LOAD_RATE", "100").parse().expect("ZDT_LOAD_RATE is a number"),
            only: word("ZDT_LOAD_ONLY", ""),
            table: env::var_os("ZDT_LOAD_TABLE").map(PathBuf::from),
        }
    }

    /// Of one step of one host.
    pub fn share(&self, steps: usize) -> u64 {
        self.requests.div_ceil((self.suites.len() * steps) as u64)
    }
}
