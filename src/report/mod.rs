//! Events become words for a terminal, or JSON.
//! In: `engine::Event`s. Out: text on stdout and stderr.
//! Must not know: hosts, roles, the command line.
