use serde::Deserialize;

use super::{Form, Namespace, Node, Reader};
use crate::resource::Severity;
use crate::role::Fault;
use crate::role::definition::RuleSpec;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    severity: String,
    #[serde(rename = "when")]
    _when: String,
    #[serde(rename = "evidence")]
    _evidence: String,
    #[serde(rename = "fix")]
    _fix: String,
    untold: Option<String>,
}

impl Reader<'_> {
    /// An item of `rules`.
    pub(super) fn rule(&mut self, node: &Node) -> Option<RuleSpec> {
        let raw: RawRule = self.decode(node)?;
        let at = node.get("id")?;
        // It becomes a word of the command line and the name of a page.
        let fits = raw.id.starts_with(|first: char| first.is_ascii_lowercase())
            && raw.id.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-');
        if !fits {
            self.faults.push(Fault::BadName { at: at.span.clone(), what: "rule", name: raw.id });
            return None;
        }
        let Some(severity) = Severity::ALL.into_iter().find(|severity| severity.name() == raw.severity) else {
            let known = Severity::ALL.map(|severity| severity.name().to_owned()).to_vec();
            return self.unknown(node.get("severity")?, Namespace::Severity, known);
        };
        let untold = match raw.untold {
            Some(_) => Some(self.text(node.get("untold")?, Form::Word)?),
            None => None,
        };
        Some(RuleSpec {
            id: raw.id,
            severity,
            when: self.text(node.get("when")?, Form::Condition)?,
            evidence: self.text(node.get("evidence")?, Form::Word)?,
            fix: self.text(node.get("fix")?, Form::Word)?,
            untold,
        })
    }
}
