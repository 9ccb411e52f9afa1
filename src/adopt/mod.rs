//! What an existing server tells becomes variables for zdt's roles.
//! In: the answer of the host program `import`. Out: apps with their variables and roles, and notes on what could not be mapped.
//! Must not know: hosts, sessions, the text of a role.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod app;
mod config;
mod expression;
mod inventory_text;
mod name;
mod note;
mod puma;
mod roles;
mod seen;
mod server;
mod settings;
mod upstream;

pub use app::{App, Given, RoleUse};
pub use inventory_text::{HostEntry, RoleEntry, inventory_text};
pub use note::{Matter, Note};
pub use seen::{Seen, SeenFault};
pub use server::{Adopted, Keep, adopt};
