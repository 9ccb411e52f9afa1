use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::check::Check;
use crate::cli::drift::Every;
use crate::cli::limit::Limit;
use crate::cli::rolling::Rolling;
use crate::cli::stats::Stats;

/// Converges nginx, systemd and Puma hosts to zero-downtime restarts, without an agent.
#[derive(Debug, Parser)]
#[command(name = "zdt", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,

    /// When to use colours; `auto` also respects NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

const EXIT_CODES: &str = "\
Exit codes (of several hosts the worst decides):
   0  in sync, or applied and verified
   2  changes are pending, or drift was found
   3  the inventory, a role or a value is wrong, or a host refused; no host was touched
      (a host that changed since a saved plan was made, or needs more than --max-disruption:
      that host was not touched)
   4  a host could not be reached or read: its state is unknown
   5  a host failed and was put back: it is as before
   6  a host could not be put back wholly, or is not as planned after all: a person is needed
  64  wrong use of the command line
  70  a bug in zdt";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show all that `apply` would do; changes nothing on any host
    Plan(Plan),
    /// Bring hosts to what the inventory wants: plan, check, change, verify
    #[command(after_help = "On a terminal it shows the plan and asks first; --yes, or no terminal, goes on.")]
    Apply(Apply),
    /// Look for what changed on hosts without us; changes nothing on any host
    Drift(Drift),
    /// Hold hosts against the rules: what makes restarts lose requests or lie; changes nothing on any host
    Check(Check),
    /// Take the server's version of one resource over as the wanted one; changes the host's variables, not the host
    #[command(
        after_help = "On a terminal it shows what it would write and asks first; --yes, or no terminal, goes on."
    )]
    Accept(Accept),
    /// Have Puma take up the current release, worker by worker: tried, judged, witnessed, undone when it does not boot
    #[command(
        visible_alias = "restart",
        after_help = "On a terminal it shows the plan and asks first; --yes, or no terminal, goes on."
    )]
    Reload(crate::cli::reload::Reload),
    /// Show the transactions that have ended on each host, newest first
    History(History),
    /// Take the latest transaction back, or all from one on: plan, check, change, verify
    #[command(after_help = "On a terminal it shows the plan and asks first; --yes, or no terminal, goes on.")]
    Rollback(Rollback),
    /// Show what each Puma does just now: threads, backlog, requests, phase, release and memory of each worker
    Stats(Stats),
    /// Read existing servers, and write an inventory that describes them; changes nothing on any host
    Import(crate::cli::import::Import),
    /// List the roles, or explain one
    Role(Role),
    /// Show hosts, their groups and roles; for one host each variable with its source
    Inventory(Inventory),
}

#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub output: Output,
    /// Also save the plan, for `zdt apply FILE`: sealed, readable by you alone
    #[arg(short, long, value_name = "FILE", conflicts_with = "prune")]
    pub out: Option<PathBuf>,
    /// Also plan to remove what zdt once left and no role wants any more
    #[arg(long)]
    pub prune: bool,
    /// Only a part of the changes: what the server moved, or what we changed; a conflict is in neither
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["prune", "out"])]
    pub only: Option<Only>,
    #[command(flatten)]
    pub limit: Limit,
    #[command(flatten)]
    pub rolling: Rolling,
}

#[derive(Debug, Args)]
pub struct Drift {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub output: Output,
    /// Print only if the picture differs from the last run's; the exit code says what is, all the same
    #[arg(long)]
    pub only_changes: bool,
    /// Keep what was found here, for --only-changes and "first seen"; else below XDG_STATE_HOME
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Wait so many seconds for a transaction at work on a host; then the host is busy
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub wait: u64,
    /// Be done after so many seconds: hosts that have not answered by then are unknown
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub deadline: Option<u64>,
    /// Begin at a random moment within so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub splay: u64,
    /// Also write figures for Prometheus' node exporter; - is stdout, here and below
    #[arg(long, value_name = "FILE")]
    pub prometheus: Option<PathBuf>,
    /// Also write JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Also write a page for people, all in one file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print GitHub's annotations instead of text
    #[arg(long, conflicts_with = "json")]
    pub github: bool,
    #[command(flatten)]
    pub schedule: Schedule,
}

/// What runs this very look again and again.
#[derive(Debug, Args)]
#[command(next_help_heading = "Schedule")]
pub struct Schedule {
    /// Print the crontab lines for this command, and look at nothing
    #[arg(long, group = "scheduling")]
    pub print_cron: bool,
    /// Print a systemd service and timer for it
    #[arg(long, group = "scheduling")]
    pub print_timer: bool,
    /// Install them: root the machine's, others their own
    #[arg(long, group = "scheduling")]
    pub install_timer: bool,
    /// Take them away
    #[arg(long, group = "scheduling")]
    pub remove_timer: bool,
    /// How often: minutes, hours or a day
    #[arg(long, value_name = "TIME", default_value = "15m", requires = "scheduling")]
    pub every: Every,
    /// Do not ask
    #[arg(short, long, requires = "scheduling")]
    pub yes: bool,
}

impl Schedule {
    pub fn is_asked(&self) -> bool {
        self.print_cron || self.print_timer || self.install_timer || self.remove_timer
    }
}

#[derive(Debug, Args)]
pub struct Accept {
    /// An Ansible inventory in YAML: a file, or a folder of them
    #[arg(value_name = "INVENTORY")]
    pub inventory: PathBuf,
    /// The host, by its name in the inventory
    #[arg(value_name = "HOST")]
    pub host: String,
    /// A path, or `unit NAME`, as `zdt drift` names it
    #[arg(value_name = "RESOURCE", required = true, num_args = 1..=2)]
    pub resource: Vec<String>,
    /// Set variables over all others: `key=value`, or `@file.yml`; may be given several times
    #[arg(short, long = "extra-vars", value_name = "VARS")]
    pub extra_vars: Vec<String>,
    #[command(flatten)]
    pub work: Work,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON document on stdout instead of text (see docs/accept.md)
    #[arg(long)]
    pub json: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub work: Work,
    /// Print one JSON document on stdout instead of text (see docs/json.md)
    #[arg(long)]
    pub json: bool,
    /// Also the paths of each transaction, and why it was put back
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Debug, Args)]
pub struct Rollback {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub limit: Limit,
    #[command(flatten)]
    pub terms: Terms,
    /// Back to before this transaction: it and all later ones are taken back (see `zdt history`)
    #[arg(long, value_name = "ID")]
    pub to: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct Apply {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub output: Output,
    /// Also remove what zdt once left and no role wants any more
    #[arg(long)]
    pub prune: bool,
    /// Only a part of the changes: what the server moved, or what we changed; a conflict is in neither
    #[arg(long, value_name = "WHAT", conflicts_with = "prune")]
    pub only: Option<Only>,
    #[command(flatten)]
    pub limit: Limit,
    #[command(flatten)]
    pub terms: Terms,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct Role {
    #[command(subcommand)]
    pub what: RoleWhat,
}

#[derive(Debug, Subcommand)]
pub enum RoleWhat {
    /// List all roles, built in and beside the inventory
    List {
        /// Also the roles in the `roles/` folder beside this inventory
        #[arg(short, long, value_name = "INVENTORY")]
        inventory: Option<PathBuf>,
    },
    /// Show a role's parameters, resources, checks, handlers and an example
    Show {
        name: String,
        /// Also the roles in the `roles/` folder beside this inventory
        #[arg(short, long, value_name = "INVENTORY")]
        inventory: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct Inventory {
    #[command(flatten)]
    pub selection: Selection,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which hosts, with which variables.
#[derive(Debug, Args)]
pub struct Selection {
    /// An Ansible inventory in YAML: a file, or a folder of them; `plan` and `apply` also take a saved plan
    #[arg(value_name = "INVENTORY")]
    pub inventory: PathBuf,
    /// Only these hosts, in Ansible's patterns: `web:&prod:!web3`, `web*`, `web[0:2]`
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Set variables over all others: `key=value`, or `@file.yml`; may be given several times
    #[arg(short, long = "extra-vars", value_name = "VARS")]
    pub extra_vars: Vec<String>,
}

/// How hosts are reached.
#[derive(Debug, Args)]
pub struct Work {
    /// How many hosts at once
    #[arg(short, long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    pub forks: u16,
    /// Give up on a host that does not answer for so many seconds
    #[arg(short, long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
    /// Keep ssh connections for so many seconds after the last use; 0 closes them
    #[arg(long, value_name = "SECONDS", default_value_t = 600, env = "ZDT_KEEP", value_parser = clap::value_parser!(u64).range(..=604_800))]
    pub keep: u64,
    /// What to do with a host key that is not in known_hosts; one that changed is always refused
    #[arg(long, value_name = "HOW", default_value = "strict")]
    pub host_keys: HostKeys,
}

impl Work {
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    pub fn keep(&self) -> Option<Duration> {
        (self.keep > 0).then(|| Duration::from_secs(self.keep))
    }
}

/// On what terms hosts are changed.
#[derive(Debug, Args)]
pub struct Terms {
    /// A host undoes itself unless a fresh connection finds it well within so many seconds; 0: it commits by itself
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub confirm_timeout: u64,
    /// Wait so many seconds for another transaction that holds a host
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub lock_timeout: u64,
    /// Restart Puma without booting what it would take up beside it first
    #[arg(long)]
    pub no_trial: bool,
    /// Send no requests while something is activated, so that none is counted
    #[arg(long)]
    pub no_witness: bool,
    /// When more hosts fail than may: start no further one; or continue; or also undo those that had succeeded
    #[arg(long, value_name = "HOW", default_value = "stop")]
    pub on_failure: OnFailure,
    #[command(flatten)]
    pub rolling: Rolling,
}

/// How results are shown.
#[derive(Debug, Args)]
pub struct Output {
    /// Print one JSON document on stdout instead of text (see docs/json.md)
    #[arg(long)]
    pub json: bool,
    /// Leave the diffs of contents out
    #[arg(long)]
    pub no_diff: bool,
    /// Also what each role chose and why, on hosts in sync too
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// What was changed on the server goes back to what zdt left, and what runs is brought to what the files say
    Drifted,
    /// What our own files changed, and what is new, is rolled out
    Pending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnFailure {
    /// No further host begins
    Stop,
    /// The others go on
    Continue,
    /// No further host begins, and those that had succeeded go back to before
    Undo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HostKeys {
    /// Refuse
    Strict,
    /// Remember it
    AcceptNew,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Sets what `anstream`, and with it all output, obeys.
    pub fn apply(self) {
        let choice = match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
