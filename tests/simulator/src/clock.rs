//! The simulator's clock: the machine's, plus what a test has moved it by.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Time in milliseconds since 1970, movable forwards.
#[derive(Default)]
pub(crate) struct Clock {
    ahead_ms: AtomicI64,
}

impl Clock {
    /// Now, in milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        let real = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_millis() as i64);
        real + self.ahead_ms.load(Ordering::Relaxed)
    }

    /// Moves the clock forwards.
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead_ms
            .fetch_add(by.as_millis() as i64, Ordering::Relaxed);
    }
}

/// The form in which Salesforce writes a date-time: `2026-01-31T10:00:00.000+0000`.
pub(crate) fn format_time(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(t) => t.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string(),
        Err(_) => String::new(),
    }
}

/// Reads an ISO 8601 date-time with a zone offset, in milliseconds since 1970.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    text.parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}

/// Whether `text` is a calendar date `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_in_salesforce_s_forms() {
        let ms = 1_769_853_600_123;
        assert_eq!(format_time(ms), "2026-01-31T10:00:00.123+0000");
        for form in [
            "2026-01-31T10:00:00.123+0000",
            "2026-01-31T10:00:00.123Z",
            "2026-01-31T11:00:00.123+01:00",
        ] {
            assert_eq!(parse_time(form), Some(ms), "{form}");
        }
        assert_eq!(parse_time("2026-01-31"), None);
        assert!(is_date("2026-01-31") && !is_date("2026-02-31"));
    }
}
