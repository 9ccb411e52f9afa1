use std::sync::Arc;

use crate::source::Source;

/// Everything that makes up an inventory.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// One file, or the several of a folder, in the order in which they are read.
    pub main: Vec<Arc<Source>>,
    /// Group and text; a group with several files appears several times, the later wins.
    pub group_vars: Vec<(String, Arc<Source>)>,
    pub host_vars: Vec<(String, Arc<Source>)>,
    /// The absolute folder at which the relative names of `main` start, for `inventory_dir` and `inventory_file` are
    /// absolute as Ansible's. Without it they stay as the names are.
    pub base: Option<String>,
    /// `-e`, in the order given; the later wins.
    pub extra: Vec<Extra>,
}

#[derive(Debug, Clone)]
pub enum Extra {
    /// `key=value`, several in one word list, or a YAML or JSON mapping.
    Pair(Arc<Source>),
    /// The file of `-e @file`.
    File(Arc<Source>),
}
