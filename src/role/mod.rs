//! Roles as data: typed parameters, templates, resources, checks, handlers, notices.
//! In: role texts; a host's variables and facts. Out: `Desired`; or every fault at once.
//! Must not know: disk, clock, environment, hosts, any role by name.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod argument;
mod bind;
mod bound;
mod definition;
mod engine;
mod example;
mod fault;
mod glob;
mod knob;
mod library;
mod merge;
mod param;
mod parse;
mod quote;
mod render;
mod role_file;
mod secrecy;
mod selection;
mod solve;
mod version;

pub use bind::{Given, VariableSource};
pub use bound::Bound;
pub use definition::{CheckSpec, HandlerSpec, NoticeSpec, ResourceSpec, Role, RuleSpec, RunningSpec, RunningText};
pub use engine::Text;
pub use example::Example;
pub use fault::{Fault, Namespace};
pub use knob::{Knob, Knobs};
pub use library::Library;
pub use param::{Fallback, Param, Problem, Type, TypeFault};
pub use role_file::{RoleFile, built_in};
pub use solve::{Puzzle, Solution, Trial, Values, changed_others, solve};
