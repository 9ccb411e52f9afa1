use serde_json::Value;

use super::bound::Bound;
use super::param::Type;
use crate::resource::Id;
use crate::source::Span;

/// A param that the role of one resource takes, as it stands on this host.
#[derive(Debug, Clone)]
pub struct Knob {
    pub name: String,
    pub kind: Type,
    /// `None`: it has no default and is not set.
    pub value: Option<Value>,
    /// Where the host gives it; a default stands nowhere.
    pub given: Option<Span>,
    pub secret: bool,
}

/// The role that wants a resource, and what of it can be set.
#[derive(Debug, Clone)]
pub struct Knobs {
    pub role: String,
    pub built_in: bool,
    /// Those of the role itself first, then those of the roles that it uses.
    pub all: Vec<Knob>,
}

impl Bound {
    /// What can be set of the role that wants `id`; of several roles the first.
    pub fn knobs(&self, id: &Id) -> Option<Knobs> {
        let wants = |placed: &Option<super::bound::Placed>| placed.as_ref().is_some_and(|placed| placed.id == *id);
        let instance = self.instances.iter().find(|instance| instance.resources.iter().any(wants))?;
        let arguments = &instance.arguments;
        let knob = |param: &super::param::Param| Knob {
            name: param.name.clone(),
            kind: param.kind.clone(),
            value: arguments.values.get(&param.name).cloned(),
            given: arguments.given(&param.name).cloned(),
            secret: arguments.secrets.contains(&param.name),
        };
        // The role itself is the last of its chain.
        let all = instance.chain.iter().rev().flat_map(|role| &role.params).map(knob).collect();
        Some(Knobs { role: instance.role.name.clone(), built_in: instance.role.built_in, all })
    }
}
