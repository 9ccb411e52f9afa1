//! All wording and hints of errors, and their rendering through miette.
//! In: the modules' faults. Out: reports on stderr.
//! Must not know: how faults come about.

pub mod role;
mod role_words;

/// What went wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub message: String,
    pub labels: Vec<(crate::source::Span, String)>,
    pub help: Option<String>,
}

/// Stands until the real ones are merged.
mod yaml {
    pub fn report(fault: &crate::yaml::Fault) -> super::Report {
        super::Report { message: format!("{fault:?}"), labels: vec![(fault.span().clone(), String::new())], help: None }
    }
}
mod inventory {
    pub fn report(fault: &crate::inventory::Fault) -> super::Report {
        super::Report { message: format!("{fault:?}"), labels: Vec::new(), help: None }
    }
}
