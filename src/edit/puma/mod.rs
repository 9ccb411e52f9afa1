//! Settings of a puma.rb that somebody else wrote, read and edited by Ruby's own syntax tree.
//! In: the bytes of a puma.rb, and a fragment of settings that are ours. Out: the edited bytes, what they say, `Fault`.
//! Must not know: which settings a role wants, or what a host runs.

mod call;
mod change;
mod edited;
mod listeners;
mod literal;
mod part;
mod sender;
mod setting;
mod settings;
mod standing;
mod walk;
mod wanted;
mod why;

pub use call::{Argument, Call};
pub use literal::Literal;
pub use setting::{Repeated, Setting};
pub use settings::Settings;
pub use standing::{Standing, Under};
pub use why::Why;

use super::{Fault, Text};

/// `whole` with each setting of `fragment` (calls as puma.rb.tera writes them) in effect, and nothing of those named in
/// `remove` but what the fragment has of them. Every byte of other statements is kept.
pub fn edit(whole: &[u8], fragment: &[u8], remove: &[&str]) -> Result<Vec<u8>, Fault> {
    edited::edit(whole, fragment, remove)
}

/// What `whole` says of the settings that `fragment` and `remove` name, in the one spelling that all ways to write it
/// share, and marked where a condition decides. The same before and after an edit that had nothing to do.
pub fn part(whole: &[u8], fragment: &[u8], remove: &[&str]) -> Result<Vec<u8>, Fault> {
    part::part(whole, fragment, remove)
}

/// What `whole`, a puma.rb, sets.
pub fn read(whole: &[u8]) -> Result<Settings, Fault> {
    Settings::read(Text::Whole, whole)
}
