use tera::Context;

use super::Rendering;
use crate::resource::{Facts, Ruling, Said};
use crate::role::definition::RuleSpec;
use crate::role::{Bound, Fault};

impl Bound {
    /// What the rules say of a host that answered `request_rules` so, in the order of the roles.
    pub fn rulings(&self, facts: &Facts) -> Result<Vec<Ruling>, Vec<Fault>> {
        let mut rulings = Vec::new();
        let mut faults = Vec::new();
        for instance in &self.instances {
            let mut rendering = Rendering::new(&self.engine, instance);
            rulings.extend(rendering.rulings(facts));
            faults.extend(rendering.faults);
        }
        if faults.is_empty() { Ok(rulings) } else { Err(self.hidden.mask(faults)) }
    }

    /// The names of the rules that are asked of this host.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.instances.iter().flat_map(|instance| &instance.role.rules).map(|rule| rule.id.as_str())
    }
}

impl Rendering<'_> {
    fn rulings(&mut self, facts: &Facts) -> Vec<Ruling> {
        self.context = Context::new();
        if self.instance.role.rules.is_empty() {
            return Vec::new();
        }
        self.context = self.start(facts);
        if !self.values() {
            return Vec::new();
        }
        self.instance.role.rules.iter().filter_map(|spec| self.ruling(spec)).collect()
    }

    fn ruling(&mut self, spec: &RuleSpec) -> Option<Ruling> {
        let said = if self.holds(Some(&spec.when)) {
            Said::Broken { evidence: self.prose(&spec.evidence)?, fix: self.prose(&spec.fix)? }
        } else {
            let untold = match &spec.untold {
                Some(text) => self.prose(text)?,
                None => String::new(),
            };
            if untold.is_empty() { Said::Holds } else { Said::Untold(untold) }
        };
        Some(Ruling { rule: spec.id.clone(), severity: spec.severity, role: self.instance.label.clone(), said })
    }
}
