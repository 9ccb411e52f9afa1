//! Bytes to and from a target: over ssh, or a local shell; and the fixed programs that run there.
//! In: a connection, a program, its input. Out: its answer, line by line.
//! Must not know: plans, roles, resources, terminals.
