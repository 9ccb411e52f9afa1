use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

/// Why standard output could not be written, the first time.
static FAILURE: OnceLock<String> = OnceLock::new();

/// Writes to standard output. It never ends the program: hosts may be in the midst of a change. A reader that went away
/// (`| head`) has read enough; any other failure is told at the end, see `failure`.
pub(super) fn put(text: &str) {
    put_while_read(text);
}

/// Likewise, for what would go on for ever; says whether somebody still reads.
pub(super) fn put_while_read(text: &str) -> bool {
    let mut stdout = anstream::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => true,
        Err(error) => {
            if error.kind() != ErrorKind::BrokenPipe {
                // Only the first counts.
                let _ = FAILURE.set(error.to_string());
            }
            false
        }
    }
}

/// A line on standard output.
pub(super) fn line(text: &str) {
    put(&format!("{text}\n"));
}

/// Writes to standard error; where that fails there is nobody left to tell.
pub(super) fn complain(text: &str) {
    let mut stderr = anstream::stderr();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Whether something that was to be read was lost, and why.
pub(super) fn failure() -> Option<&'static str> {
    FAILURE.get().map(String::as_str)
}
