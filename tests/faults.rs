//! The fault matrix: whatever dies, and whatever fails, a host ends exactly as planned or exactly as it was.
//!
//! The programs run as they do on hosts, on a small disk of their own, behind a prelude that makes every outside command,
//! and every builtin that writes to a file, ask before and after. All that works on a host dies at once, so that what a
//! kill leaves is the disk of that moment, and nothing else: it is taken up at each step of one run (a test below compares
//! that with real kills), laid down again, and recovered from; each step of that recovery is such a moment too, and so on
//! until no new disk comes. A disk that was recovered from before needs no second time: a recovery sees nothing but it.

#[cfg(test)]
#[path = "faults/explore.rs"]
mod explore;
#[cfg(test)]
#[path = "faults/judge.rs"]
mod judge;
#[cfg(test)]
#[path = "faults/matrix.rs"]
mod matrix;
#[cfg(test)]
#[path = "faults/rig.rs"]
mod rig;
#[cfg(test)]
#[path = "faults/scenario.rs"]
mod scenario;
#[cfg(test)]
#[path = "faults/services.rs"]
mod services;
#[cfg(test)]
#[path = "faults/world.rs"]
mod world;
