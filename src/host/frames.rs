/// A line of an answer, without its newline. Marks begin with RS (036), which no encoded word contains.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// The shell is there; a greeting without a newline may stand before the mark.
    Ready,
    /// The answer is complete, with this exit status.
    End(String),
    Line(&'a [u8]),
}

impl Frame<'_> {
    pub fn of(line: &[u8]) -> Frame<'_> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if line.ends_with(b"\x1ezdt ready") {
            return Frame::Ready;
        }
        match line.strip_prefix(b"\x1ezdt end ") {
            Some(status) => Frame::End(String::from_utf8_lossy(status).into_owned()),
            None => Frame::Line(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Frame;

    #[test]
    fn marks_are_told_from_lines() {
        assert_eq!(Frame::of(b"Welcome!\x1ezdt ready\n"), Frame::Ready);
        assert_eq!(Frame::of(b"\x1ezdt end 0\n"), Frame::End("0".to_owned()));
        assert_eq!(Frame::of(b"zdt end 0\n"), Frame::Line(b"zdt end 0"));
        assert_eq!(Frame::of(b"\n"), Frame::Line(b""));
    }
}
