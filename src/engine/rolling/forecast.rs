use crate::engine::rolling::WhyNot;

/// Which hosts begin together, if all goes well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forecast {
    pub batches: Vec<Vec<usize>>,
    /// Those that would not begin at all, and why.
    pub held: Vec<(usize, WhyNot)>,
}
