//! The folders of a project become texts: inventory, `group_vars/`, `host_vars/`, `roles/`.
//! In: paths. Out: `Source`s.
//! Must not know: what the texts mean.
