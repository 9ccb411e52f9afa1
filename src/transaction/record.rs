use crate::transaction::Outcome;

/// A transaction that has ended, as the host keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// `NNNNNN-ID`: the host's own count, then the transaction's name.
    pub name: String,
    pub outcome: Outcome,
    /// By the host's clock, seconds since 1970.
    pub ended: u64,
    pub began: u64,
    /// `apply`, `rollback`.
    pub kind: String,
    /// Who asked for it.
    pub by: String,
}
