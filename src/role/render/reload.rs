use super::Rendering;
use crate::resource::{Facts, Handler};
use crate::role::{Bound, Fault};

impl Bound {
    /// What makes a host that answered so take up the release that is the current one.
    pub fn reloads(&self, facts: &Facts) -> Result<Vec<Handler>, Vec<Fault>> {
        let mut handlers: Vec<Handler> = Vec::new();
        let mut faults = Vec::new();
        for instance in &self.instances {
            if !instance.role.handlers.iter().any(|handler| handler.on_reload) {
                continue;
            }
            let mut rendering = Rendering::new(&self.engine, instance);
            rendering.context = rendering.start(facts);
            if rendering.values() {
                for spec in instance.role.handlers.iter().filter(|handler| handler.on_reload) {
                    handlers.extend(rendering.handler(spec));
                }
            }
            faults.extend(rendering.faults);
        }
        if faults.is_empty() { Ok(handlers) } else { Err(self.hidden.mask(faults)) }
    }
}
