use std::io::{IsTerminal, Write, stdout};

use anstream::{AutoStream, ColorChoice};

use crate::cli::output;

/// Where looks appear: in place of the one before on a terminal, else one after the other.
pub(super) struct Canvas {
    is_terminal: bool,
    is_begun: bool,
}

impl Canvas {
    pub(super) fn new() -> Canvas {
        Canvas { is_terminal: stdout().is_terminal(), is_begun: false }
    }

    /// Whether somebody still reads.
    pub(super) fn show(&mut self, text: &str) -> bool {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        if !self.is_terminal {
            let apart = if is_first { "" } else { "\n" };
            return output::put_while_read(&format!("{apart}{text}"));
        }
        // `NO_COLOR` takes colours away, and not the place to write at.
        let plain = AutoStream::choice(&stdout()) == ColorChoice::Never;
        let text = if plain { anstream::adapter::strip_str(text).to_string() } else { text.to_owned() };
        let rows = rustix::termios::tcgetwinsize(stdout()).map_or(0, |size| usize::from(size.ws_row));
        let frame = frame(&text, rows, is_first);
        let mut stdout = stdout().lock();
        stdout.write_all(frame.as_bytes()).and_then(|()| stdout.flush()).is_ok()
    }
}

/// What draws `text` over what stands there; `rows` 0: nobody knows how high the terminal is.
fn frame(text: &str, rows: usize, is_first: bool) -> String {
    let lines: Vec<&str> = text.lines().collect();
    // The cursor needs a line of its own, and so does what is said of those left out.
    let room = if rows == 0 { lines.len() } else { rows.saturating_sub(1) };
    let shown = if lines.len() <= room { lines.len() } else { room.saturating_sub(1) };
    let left = lines.len() - shown;
    // A line that is too long is cut by the terminal: broken, it would push the others down.
    let mut frame = String::from(if is_first { "\u{1b}[2J\u{1b}[H\u{1b}[?7l" } else { "\u{1b}[H\u{1b}[?7l" });
    for line in &lines[..shown] {
        frame.push_str(line);
        frame.push_str("\u{1b}[K\r\n");
    }
    if left > 0 {
        frame.push_str(&format!(
            "… {left} more lines: a higher terminal shows them, or fewer hosts by `--limit`\u{1b}[K\r\n"
        ));
    }
    frame.push_str("\u{1b}[?7h\u{1b}[J");
    frame
}

#[cfg(test)]
mod tests {
    use super::frame;

    #[test]
    fn a_frame_fits_the_terminal() {
        let shown = |text, rows, first| frame(text, rows, first).replace('\u{1b}', "^").replace("\r\n", "$");
        assert_eq!(shown("a\nb\n", 24, true), "^[2J^[H^[?7la^[K$b^[K$^[?7h^[J");
        assert_eq!(shown("a\nb\n", 24, false), "^[H^[?7la^[K$b^[K$^[?7h^[J");
        assert_eq!(shown("a\nb\nc\n", 4, false), "^[H^[?7la^[K$b^[K$c^[K$^[?7h^[J");
        let more = "more lines: a higher terminal shows them, or fewer hosts by `--limit`";
        assert_eq!(shown("a\nb\nc\nd\n", 4, false), format!("^[H^[?7la^[K$b^[K$… 2 {more}^[K$^[?7h^[J"));
        assert_eq!(shown("a\nb\nc\nd\n", 0, false), "^[H^[?7la^[K$b^[K$c^[K$d^[K$^[?7h^[J");
        assert_eq!(shown("a\nb\n", 1, false), format!("^[H^[?7l… 2 {more}^[K$^[?7h^[J"));
    }
}
