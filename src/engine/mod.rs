//! Composes the pure modules and the hosts: observe, plan, preflight, run, verify; many hosts at once.
//! In: an inventory, roles, options. Out: `Event`s and a `Plan` or an outcome a host.
//! Must not know: terminals; it prints nothing.
