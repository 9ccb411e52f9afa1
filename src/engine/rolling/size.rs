use std::fmt;

/// So many hosts, or so many of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Hosts(usize),
    Percent(u8),
}

impl Size {
    /// `3` or `25%`.
    pub fn parse(text: &str) -> Option<Size> {
        let text = text.trim();
        // `parse` would take a sign too.
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match text.strip_suffix('%') {
            Some(percent) if digits(percent) => {
                percent.parse().ok().filter(|percent| *percent <= 100).map(Size::Percent)
            }
            None if digits(text) => text.parse().ok().map(Size::Hosts),
            _ => None,
        }
    }

    pub fn is_zero(self) -> bool {
        matches!(self, Size::Hosts(0) | Size::Percent(0))
    }

    /// Rounded down: of what may be out.
    pub fn at_most(self, of: usize) -> usize {
        match self {
            Size::Hosts(hosts) => hosts,
            Size::Percent(percent) => of * usize::from(percent) / 100,
        }
    }

    /// Rounded up: of what must stay.
    pub fn at_least(self, of: usize) -> usize {
        match self {
            Size::Hosts(hosts) => hosts,
            Size::Percent(percent) => (of * usize::from(percent)).div_ceil(100),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Size::Hosts(hosts) => write!(f, "{hosts}"),
            Size::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_or_a_percent() {
        for (text, size) in [
            ("0", Some(Size::Hosts(0))),
            (" 12 ", Some(Size::Hosts(12))),
            ("0%", Some(Size::Percent(0))),
            ("100%", Some(Size::Percent(100))),
            ("101%", None),
            ("300%", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("25 %", None),
            ("%", None),
            ("", None),
            ("all", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Size::parse(text), size, "{text:?}");
        }
    }

    #[test]
    fn what_may_be_out_is_rounded_down_and_what_must_stay_up() {
        for (size, of, at_most, at_least) in [
            (Size::Hosts(3), 2, 3, 3),
            (Size::Percent(25), 7, 1, 2),
            (Size::Percent(25), 3, 0, 1),
            (Size::Percent(80), 6, 4, 5),
            (Size::Percent(100), 6, 6, 6),
            (Size::Percent(0), 6, 0, 0),
            (Size::Percent(50), 0, 0, 0),
        ] {
            assert_eq!((size.at_most(of), size.at_least(of)), (at_most, at_least), "{size} of {of}");
        }
    }
}
