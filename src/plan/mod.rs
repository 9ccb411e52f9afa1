//! What is to change, and why: desired and observed states in, ordered changes out.
//! In: `Resource`s, an `Observation`. Out: `HostPlan`.
//! Must not know: roles, hosts, terminals, kinds of resources.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]
