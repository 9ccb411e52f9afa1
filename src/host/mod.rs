//! Bytes to and from a target: over ssh, or a local shell; and the fixed programs that run there.
//! In: a connection, a program, its input. Out: its answer, line by line.
//! Must not know: plans, roles, resources, terminals.

mod arguments;
mod control;
mod fault;
mod frames;
mod limits;
mod pipe;
mod program;
mod session;
mod surroundings;
mod sweep;
mod target;

pub use fault::Fault;
pub use program::Program;
pub use session::{Session, connect, connect_fresh};
pub use target::{HostKeys, Kind, Options, Target};
