use super::fault::Fault;
use crate::resource::{Attribute, Content, Desired, Handler, Resource, Value};

/// Puts together what several roles want of one host.
#[derive(Debug, Default)]
pub struct Merge {
    whole: Desired,
}

impl Merge {
    /// Adds one role's wishes. The same thing wanted twice is one; wanted differently, a fault.
    pub fn add(&mut self, role: Desired) -> Vec<Fault> {
        let mut faults = Vec::new();
        for resource in role.resources {
            match self.whole.resources.iter().position(|other| other.id == resource.id) {
                None => self.whole.resources.push(resource),
                Some(index) => faults.extend(self.unite(index, resource, &role.handlers)),
            }
        }
        self.whole.handlers.extend(role.handlers);
        self.whole.checks.extend(role.checks);
        self.whole.notices.extend(role.notices);
        faults
    }

    pub fn finish(self) -> Desired {
        self.whole
    }

    fn unite(&mut self, index: usize, second: Resource, handlers: &[Handler]) -> Option<Fault> {
        let first = &mut self.whole.resources[index];
        if first.edit != second.edit {
            let roles = [first.role.clone(), second.role.clone()];
            let values = Box::new([whole_or_part(first), whole_or_part(&second)]);
            return Some(Fault::Conflict { id: first.id.clone(), roles, attribute: Attribute::Content, values });
        }
        for (attribute, value) in second.desired.iter() {
            match first.desired.get(attribute) {
                Some(other) if other != value => {
                    let roles = [first.role.clone(), second.role];
                    let values = Box::new([other.clone(), value.clone()]);
                    return Some(Fault::Conflict { id: first.id.clone(), roles, attribute, values });
                }
                Some(_) => {}
                // What one leaves alone the other may manage.
                None => first.desired = std::mem::take(&mut first.desired).with(attribute, value.clone()),
            }
        }
        let owner = first.role.clone();
        for name in second.notify {
            let Some(handler) = handlers.iter().find(|handler| handler.name == name) else { continue };
            let name = adopt(&mut self.whole.handlers, &owner, handler);
            let notify = &mut self.whole.resources[index].notify;
            if !notify.contains(&name) {
                notify.push(name);
            }
        }
        None
    }
}

/// The content that a resource would write, or the part of one.
fn whole_or_part(resource: &Resource) -> Value {
    let part = resource.edit.as_ref().map(|edit| Content::new(&edit.fragment));
    Value::Content(part.or_else(|| resource.desired.content().cloned()).unwrap_or_else(|| Content::new(b"")))
}

/// The name under which role `owner` has `handler` of another role: a resource names handlers of its own role only.
fn adopt(all: &mut Vec<Handler>, owner: &str, handler: &Handler) -> String {
    let same =
        |other: &&Handler| other.role == owner && other.kind == handler.kind && other.arguments == handler.arguments;
    if let Some(own) = all.iter().find(same) {
        return own.name.clone();
    }
    let taken = all.iter().any(|other| other.role == owner && other.name == handler.name);
    let name = if taken { format!("{} ({})", handler.name, handler.role) } else { handler.name.clone() };
    all.push(Handler { name: name.clone(), role: owner.to_owned(), ..handler.clone() });
    name
}
