use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::transaction::Witnessed;

/// What was counted of the requests to each host while it changed.
#[derive(Debug, Clone, Default)]
pub struct WitnessLog(Arc<Mutex<BTreeMap<String, Witnessed>>>);

impl WitnessLog {
    pub(super) fn add(&self, host: &str, witnessed: &Witnessed) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = match all.remove(host) {
            Some(known) => known.and(witnessed.clone()),
            None => witnessed.clone(),
        };
        all.insert(host.to_owned(), sum);
    }

    /// By name.
    pub fn hosts(&self) -> BTreeMap<String, Witnessed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
