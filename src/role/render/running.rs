use tera::Context;

use super::Rendering;
use crate::resource::{Facts, Id, Load, Mismatch, Running, Syntax, WordFault};
use crate::role::bind::bad_word;
use crate::role::definition::{RunningSpec, RunningText};
use crate::role::engine::Text;
use crate::role::{Bound, Fault};

impl Bound {
    /// What the roles say of what runs on a host that answered `request_running` so.
    pub fn running(&self, facts: &Facts) -> Result<Running, Vec<Fault>> {
        let mut running = Running::default();
        let mut faults = Vec::new();
        for instance in &self.instances {
            let mut rendering = Rendering::new(&self.engine, instance);
            rendering.running(facts, &mut running);
            faults.extend(rendering.faults);
        }
        if faults.is_empty() { Ok(running) } else { Err(self.hidden.mask(faults)) }
    }
}

impl Rendering<'_> {
    fn running(&mut self, facts: &Facts, found: &mut Running) {
        self.context = Context::new();
        if self.instance.role.running.is_empty() {
            return;
        }
        self.context = self.start(facts);
        if !self.values() {
            return;
        }
        for spec in &self.instance.role.running {
            if !self.holds(spec.when.as_ref()) {
                continue;
            }
            let (Some(id), role) = (self.about(&spec.about), self.instance.label.clone()) else { continue };
            let mends = self.mends(spec);
            match &spec.says {
                RunningText::Rule { text, untold } => {
                    let Some(evidence) = self.prose(text) else { continue };
                    found.mismatches.push(Mismatch { about: id, role, evidence, mends, untold: *untold });
                }
                RunningText::Load { reader, at, untold } => {
                    let untold = match untold {
                        Some(text) => self.prose(text).filter(|why| !why.is_empty()),
                        None => None,
                    };
                    let (Some(reader), Some(at)) = (self.prose(reader), self.time(at)) else { continue };
                    found.loads.push(Load { id, role, mends, reader, at, untold });
                }
            }
        }
    }

    /// A path, or `unit NAME`.
    fn about(&mut self, text: &Text) -> Option<Id> {
        let word = self.engine.word(text, &self.context).map_err(|fault| self.complain(text, fault)).ok()?;
        let (syntax, name) = match word.strip_prefix("unit ") {
            Some(name) => (Syntax::Unit, name),
            None => (Syntax::Path, word.as_str()),
        };
        match syntax.check(name) {
            Ok(name) if syntax == Syntax::Unit => Some(Id::unit(name)),
            Ok(name) => Some(Id::path(name)),
            Err(problem) => {
                self.complain(text, bad_word(text.span.clone(), "about", syntax, name.to_owned(), problem));
                None
            }
        }
    }

    /// Seconds since 1970, or nothing: `None` inside. `None` outside after a fault.
    fn time(&mut self, text: &Text) -> Option<Option<i64>> {
        let word = self.prose(text)?;
        if word.is_empty() {
            return Some(None);
        }
        match word.parse() {
            Ok(seconds) => Some(Some(seconds)),
            Err(_) => {
                let odd = word.chars().find(|character| !character.is_ascii_digit()).unwrap_or('9');
                let (at, problem) = (text.span.clone(), WordFault::Character(odd));
                self.complain(text, bad_word(at, "at", Syntax::Text, word, problem));
                None
            }
        }
    }

    /// The handler, where it would be run on this host.
    fn mends(&mut self, spec: &RunningSpec) -> Option<String> {
        let handler = self.instance.role.handlers.iter().find(|handler| Some(&handler.name) == spec.mends.as_ref())?;
        self.holds(handler.when.as_ref()).then(|| handler.name.clone())
    }
}
