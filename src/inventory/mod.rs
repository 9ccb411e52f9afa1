//! Ansible's YAML inventory: groups, hosts, variables with their sources, patterns.
//! In: texts. Out: `Inventory`, per host `Variables` and `Connection`; or every fault at once.
//! Must not know: disk, roles, hosts.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]
