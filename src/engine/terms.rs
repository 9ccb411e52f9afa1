use std::time::Duration;

use crate::engine::Asked;
use crate::plan::Only;
use crate::resource::Disruption;
use crate::transaction::{Confirm, Header, Keep, Witness};

/// On what terms hosts are changed.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Who asks: `user@host`, at the operator's machine.
    pub by: String,
    /// A sandbox commits by itself in any case.
    pub confirm: Confirm,
    /// How long to wait for another transaction that holds a host.
    pub wait: Duration,
    pub on_failure: OnFailure,
    pub rolling: Asked,
    /// Whether what no role wants any more is to go.
    pub prune: bool,
    /// Which part of the changes is to be made; `None`: all.
    pub only: Option<Only>,
    /// Whether what a restart would take up must boot beside what serves first.
    pub trial: bool,
    /// Whether requests are sent and counted meanwhile.
    pub witness: bool,
    /// The most that a handler may cost; it wins over what a host's variables say. `None`: they alone say.
    pub most: Option<Disruption>,
}

/// What becomes of the fleet when more hosts fail than may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// No further host begins.
    Stop,
    /// All may fail.
    Continue,
    /// No further host begins, and those that had committed are taken back.
    Undo,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            by: String::new(),
            confirm: Confirm::Within(Duration::from_secs(60)),
            wait: Duration::from_secs(30),
            on_failure: OnFailure::Stop,
            rolling: Asked::default(),
            prune: false,
            only: None,
            trial: true,
            witness: true,
            most: None,
        }
    }
}

impl Terms {
    /// Of the transaction `id` on a host, or in the sandbox `root`, where there is nothing to be cut off from.
    pub(super) fn header(&self, id: &str, root: Option<&str>, witness: Option<&Witness>) -> Header {
        Header {
            by: self.by.clone(),
            confirm: if root.is_some() { Confirm::ByItself } else { self.confirm },
            wait: self.wait,
            guard: root.is_none(),
            keep: Keep::default(),
            trial: self.trial && root.is_none(),
            witness: witness.filter(|_| self.witness && root.is_none()).cloned(),
            ..Header::of(id, root)
        }
    }
}
