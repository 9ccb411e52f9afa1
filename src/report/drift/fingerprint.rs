use serde::Serialize;

use super::report::{Attribute, Diff, Finding, HostState, Report};
use crate::plan::Cause;
use crate::resource::sha256;

/// What must be the same for a finding to be the same: what was found, not when, nor who may have done it.
#[derive(Serialize)]
struct Same<'a> {
    host: &'a str,
    id: &'a str,
    cause: Cause,
    attributes: &'a [Attribute],
    diff: &'a Option<Diff>,
    /// Of a content of which neither bytes nor hash may be kept, a change of its time is the only sign of another one.
    changed_at: Option<i64>,
}

/// Names a finding on a host as long as it stays what it is: lower-case hex SHA-256.
pub fn finding_fingerprint(host: &str, finding: &Finding) -> String {
    // What runs is told with times and process ids, which change with every look.
    let Finding { id, cause, attributes, diff, since, .. } = finding;
    let is_hidden = matches!(diff, Some(Diff::Hidden(_)));
    let changed_at = since.changed_at.filter(|_| is_hidden);
    hash(&Same { host, id, cause: *cause, attributes, diff, changed_at })
}

/// The same for two runs exactly if they found the same, on the same hosts: lower-case hex SHA-256.
pub fn fingerprint(report: &Report) -> String {
    let hosts: Vec<(&str, HostState, Vec<String>)> = report
        .hosts
        .iter()
        .map(|host| {
            let findings = host.findings.iter().map(|finding| finding_fingerprint(&host.host, finding));
            (host.host.as_str(), host.state, findings.collect())
        })
        .collect();
    hash(&(hosts, &report.without_roles))
}

fn hash(value: &impl Serialize) -> String {
    // Names, words and lists of them have no way to fail; were there one, every run would be told.
    serde_json::to_vec(value).map_or_else(|error| error.to_string(), |bytes| sha256(&bytes))
}
