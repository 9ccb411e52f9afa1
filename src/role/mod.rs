//! Roles as data: typed parameters, templates, resources, checks, handlers, notices.
//! In: role texts; a host's variables and facts. Out: `Desired`; or every fault at once.
//! Must not know: disk, clock, environment, hosts, any role by name.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]
