//! Roles from outside: the built-in ones against their own examples, every fault of a role, hostile values.

#![expect(clippy::unwrap_used, reason = "a test that unwraps in vain has failed")]

mod capistrano;
mod checks;
mod docs;
mod edits;
mod examples;
mod faults;
mod hosts;
mod laws;
mod refusals;
mod secrets;
mod shared;
mod show;

use std::sync::Arc;

use zdt::inventory::{self, Texts, Variables};
use zdt::role::{Fault, Library, RoleFile, built_in};
use zdt::source::Source;

fn library() -> Library {
    Library::parse(&built_in()).unwrap_or_else(|faults| panic!("{}", places(&faults)))
}

/// One line a fault: place and message.
fn places(faults: &[Fault]) -> String {
    let line = |fault: &Fault| {
        let report = zdt::cli::error::role::report(fault);
        let place = fault.span().map(|span| format!("{}: ", span.place())).unwrap_or_default();
        format!("{place}{}\n", report.message)
    };
    faults.iter().map(line).collect()
}

/// Files of a role beside the inventory, as `path` and text.
fn own(role: &str, files: &[(&str, &str)]) -> Vec<RoleFile> {
    let file = |(path, text): &(&str, &str)| RoleFile {
        role: role.to_owned(),
        path: (*path).to_owned(),
        source: Source::new(*path, *text),
        built_in: false,
    };
    files.iter().map(file).collect()
}

/// The variables of a host that has just these lines.
fn variables(lines: &str) -> Variables {
    let lines: String = lines.lines().map(|line| format!("        {line}\n")).collect();
    let text = format!("all:\n  hosts:\n    web:\n{lines}");
    let main: Vec<Arc<Source>> = vec![Source::new("inventory.yml", text)];
    let texts = Texts { main, ..Texts::default() };
    match inventory::parse(&texts) {
        Ok(inventory) => inventory.variables("web"),
        Err(faults) => panic!("{faults:?}"),
    }
}
