/// Why a host was not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNot {
    /// zdt was asked to end.
    Asked,
    /// More hosts failed, or could not be reached, than may.
    Budget { failed: usize, unreachable: usize, allowed: usize },
    /// With it, too few hosts of the group would be in service.
    Minimum { group: String, size: usize, keep: usize, out: usize },
}
