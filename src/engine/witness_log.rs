use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::transaction::Witnessed;

/// What was counted of the requests to each host while it changed, of each app of its own.
#[derive(Debug, Clone, Default)]
pub struct WitnessLog(Arc<Mutex<BTreeMap<String, Vec<Witnessed>>>>);

impl WitnessLog {
    pub(super) fn add(&self, host: &str, witnessed: &Witnessed) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let apps = all.entry(host.to_owned()).or_default();
        match apps.iter_mut().find(|known| known.about == witnessed.about) {
            Some(known) => *known = std::mem::take(known).and(witnessed.clone()),
            None => apps.push(witnessed.clone()),
        }
    }

    /// By name, each app of a host by itself.
    pub fn apps(&self) -> BTreeMap<String, Vec<Witnessed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// By name, all apps of a host together.
    pub fn hosts(&self) -> BTreeMap<String, Witnessed> {
        let all = self.apps().into_iter();
        all.filter_map(|(host, apps)| Some((host, apps.into_iter().reduce(Witnessed::and)?))).collect()
    }
}
