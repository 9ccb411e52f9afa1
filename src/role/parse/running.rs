use serde::Deserialize;

use super::{Form, Node, Reader};
use crate::role::definition::{RunningSpec, RunningText};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    #[serde(rename = "about")]
    _about: String,
    when: String,
    #[serde(rename = "says")]
    _says: String,
    mends: Option<String>,
    #[serde(default)]
    untold: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLoad {
    #[serde(rename = "about")]
    _about: String,
    when: Option<String>,
    #[serde(rename = "read_by")]
    _read_by: String,
    #[serde(rename = "at")]
    _at: String,
    mends: Option<String>,
    untold: Option<String>,
}

impl Reader<'_> {
    /// An item of `running`: with `read_by` it is about when a path was last read, else a rule.
    pub(super) fn running(&mut self, node: &Node) -> Option<RunningSpec> {
        let (mends, when, says) = if node.get("read_by").is_some() {
            let raw: RawLoad = self.decode(node)?;
            let untold = match raw.untold {
                Some(_) => Some(self.text(node.get("untold")?, Form::Word)?),
                None => None,
            };
            let reader = self.text(node.get("read_by")?, Form::Word)?;
            let at = self.text(node.get("at")?, Form::Word)?;
            (raw.mends, raw.when, RunningText::Load { reader, at, untold })
        } else {
            let raw: RawRule = self.decode(node)?;
            let text = self.text(node.get("says")?, Form::Word)?;
            (raw.mends, Some(raw.when), RunningText::Rule { text, untold: raw.untold })
        };
        let when = when.and_then(|_| self.text(node.get("when")?, Form::Condition));
        Some(RunningSpec { about: self.text(node.get("about")?, Form::Word)?, when, mends, says })
    }
}
