//! Times as files write them: with a zone, or without one, which is UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads `2025-03-04 10:22:05`, with `T`, a fraction or a zone as well; without a zone it is UTC.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let plain: DateTime = text.parse().ok()?;
    plain.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// `2025-03-04 10:22:05` in UTC.
pub(super) fn plain_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2025-03-04T10:22:05` in UTC, with a fraction where there is one.
pub(super) fn iso_time(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_a_zone_are_utc() {
        let at: Timestamp = "2025-03-04T10:22:05Z".parse().unwrap();
        for text in [
            "2025-03-04 10:22:05",
            "2025-03-04T10:22:05",
            " 2025-03-04T10:22:05.000Z",
            "2025-03-04T12:22:05+02:00",
        ] {
            assert_eq!(read_time(text), Some(at), "{text}");
        }
        assert_eq!(read_time("yesterday"), None);
        assert_eq!(read_time("2025-13-04 10:22:05"), None);
        assert_eq!(plain_time(at), "2025-03-04 10:22:05");
        assert_eq!(iso_time(at), "2025-03-04T10:22:05");
    }
}
