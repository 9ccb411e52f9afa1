//! What a look for drift found, as one document from which every format is made.
//! In: the engine's `Drifted`s. Out: a `Report`; of it texts, JSON and whatever else people feed their machines with.
//! Must not know: hosts, plans being made; the formats know the `Report` alone.

mod build;
mod fingerprint;
mod github;
mod html;
mod junit;
mod plain;
mod prometheus;
mod report;
mod text;
mod wording;

pub use build::{Taken, report};
pub use fingerprint::{finding_fingerprint, fingerprint};
pub use github::github;
pub use html::html;
pub use junit::junit;
pub use prometheus::prometheus;
pub use report::{Attribute, Counts, Diff, Finding, Host, HostState, Line, Report, Since};
pub use text::{Style, recap, text};
