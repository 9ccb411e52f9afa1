use std::path::Path;

use crate::cli::arguments::Drift;
use crate::cli::error::{Report as Complaint, render};
use crate::cli::{Exit, output};
use crate::last_look::{Readers, replace};
use crate::report::drift::{self, Report};

/// Writes the files that were asked for; each is all of the old or all of the new for whoever reads it.
pub(super) fn write(command: &Drift, report: &Report, last_success: Option<i64>) -> Exit {
    let files = [
        (&command.prometheus, drift::prometheus(report, last_success)),
        (&command.junit, drift::junit(report)),
        (&command.html, drift::html(report)),
    ];
    let asked = files.iter().filter_map(|(path, text)| Some((path.as_deref()?, text)));
    asked.map(|(path, text)| one(path, text)).max().unwrap_or(Exit::Clean)
}

fn one(path: &Path, text: &str) -> Exit {
    if path == Path::new("-") {
        output::put(text);
        return Exit::Clean;
    }
    match replace(path, text, Readers::All) {
        Ok(()) => Exit::Clean,
        Err(cause) => {
            let report = Complaint::new(format!("`{}` cannot be written: {cause}", path.display()));
            output::complain(&render(&[report.help("What was found is told all the same; look at that folder.")]));
            // Whoever reads that file next would take an old answer for this one.
            Exit::Unknown
        }
    }
}
