use std::fmt;

use crate::engine::rolling::Size;

/// The sizes of the batches, one after the other; the last repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ramp(Vec<Size>);

impl Ramp {
    /// `1`, `25%` or `1, 5, 25%`.
    pub fn parse(text: &str) -> Option<Ramp> {
        text.split(',').map(Size::parse).collect::<Option<Vec<_>>>().and_then(Ramp::of)
    }

    /// No batch is empty.
    pub fn of(sizes: Vec<Size>) -> Option<Ramp> {
        (!sizes.is_empty() && !sizes.iter().any(|size| size.is_zero())).then_some(Ramp(sizes))
    }

    pub(super) fn constant(hosts: usize) -> Option<Ramp> {
        Ramp::of(vec![Size::Hosts(hosts)])
    }

    /// How many hosts the batch at `step` may have, of `of` hosts with work: a percent is rounded down, but to no less
    /// than one.
    pub fn at(&self, step: usize, of: usize) -> usize {
        let size = self.0.get(step).or(self.0.last());
        size.map_or(1, |size| size.at_most(of)).max(1)
    }
}

/// One host proves it before the others start.
impl Default for Ramp {
    fn default() -> Ramp {
        Ramp(vec![Size::Hosts(1), Size::Percent(100)])
    }
}

impl fmt::Display for Ramp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, size) in self.0.iter().enumerate() {
            write!(f, "{}{size}", if position == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_grows_and_its_last_size_repeats() {
        for (text, of, sizes) in [
            ("1", 5, [1, 1, 1, 1]),
            ("25%", 10, [2, 2, 2, 2]),
            ("10%", 5, [1, 1, 1, 1]),
            ("1, 5, 25%", 100, [1, 5, 25, 25]),
            ("1,50%,2", 4, [1, 2, 2, 2]),
            ("100%", 4, [4, 4, 4, 4]),
        ] {
            let ramp = Ramp::parse(text).expect(text);
            assert_eq!([0, 1, 2, 3].map(|step| ramp.at(step, of)), sizes, "{text}");
            assert_eq!(Ramp::parse(&ramp.to_string()), Some(ramp), "{text}");
        }
        assert_eq!([0, 1, 2].map(|step| Ramp::default().at(step, 9)), [1, 9, 9]);
        for text in ["", "0", "0%", "1,", "1,,2", "1, 0", "1 2", "one", "5, 101%"] {
            assert_eq!(Ramp::parse(text), None, "{text:?}");
        }
    }
}
