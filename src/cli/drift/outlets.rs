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

/// Standard output is one document for whoever reads it on: two in one are none. Refused before any host is asked.
pub(super) fn share_stdout(command: &Drift) -> Result<(), Exit> {
    let files = [&command.prometheus, &command.junit, &command.html].into_iter().flatten();
    let wanted = files.filter(|path| path.as_path() == Path::new("-")).count();
    let wanted = wanted + usize::from(command.output.json) + usize::from(command.github);
    if wanted > 1 {
        output::complain("Only one of `--json`, `--github` and the files named `-` can have standard output.\n");
        return Err(Exit::Usage);
    }
    Ok(())
}

/// Whether standard output belongs to a document that was asked for as `-`.
pub(super) fn has_stdout(command: &Drift) -> bool {
    let files = [&command.prometheus, &command.junit, &command.html];
    files.into_iter().flatten().any(|path| path.as_path() == Path::new("-"))
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
