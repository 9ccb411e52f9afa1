use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::engine::{Deadline, End};

/// `it undoes itself by 22:31:05 (in 47 s)`: what a host does that nobody talks to any more, by the operator's clock.
pub fn deadline_words(deadline: Deadline, now: SystemTime) -> String {
    let Deadline { at, end } = deadline;
    let time = Timestamp::try_from(at)
        .map(|at| at.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string())
        .unwrap_or_else(|_| "an unknown time".to_owned());
    match (end, at.duration_since(now)) {
        (End::Undone, Ok(left)) => format!("it undoes itself by {time} (in {} s)", left.as_secs()),
        (End::Undone, Err(_)) => format!("it has undone itself, since {time}"),
        (End::Either, Ok(left)) => format!("it commits or undoes itself by {time} (in {} s)", left.as_secs()),
        (End::Either, Err(_)) => format!("it has committed or undone itself by now, since {time}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_time_left_is_told_in_seconds() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let words = |seconds: u64, end| {
            deadline_words(Deadline { at: now + Duration::from_secs(seconds), end }, now + Duration::from_secs(10))
        };
        assert!(words(57, End::Undone).starts_with("it undoes itself by "), "{}", words(57, End::Undone));
        assert!(words(57, End::Undone).ends_with(" (in 47 s)"));
        assert!(words(5, End::Undone).starts_with("it has undone itself"));
        assert!(words(11, End::Either).starts_with("it commits or undoes itself by "));
        assert!(words(9, End::Either).starts_with("it has committed or undone itself"));
    }
}
