//! Times as files write them: with a zone, or without one, which is UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// Reads `2025-03-04 10:22:05`, with `T`, a fraction or a zone as well; without a zone it is UTC.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(at) = read_plain(text.as_bytes()) {
        return Some(at);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let plain: DateTime = text.parse().ok()?;
    plain.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// What most lines say, digit by digit: a manifest asks a hundred thousand times. `None`: it is written otherwise.
fn read_plain(text: &[u8]) -> Option<Timestamp> {
    let [c0, c1, y0, y1, b'-', m0, m1, b'-', d0, d1, b' ', h0, h1, b':', n0, n1, b':', s0, s1] =
        text
    else {
        return None;
    };
    let two = |high: &u8, low: &u8| {
        let digit = |byte: u8| byte.is_ascii_digit().then(|| (byte - b'0').cast_signed());
        Some(digit(*high)? * 10 + digit(*low)?)
    };
    let year = i16::from(two(c0, c1)?) * 100 + i16::from(two(y0, y1)?);
    let (month, day) = (two(m0, m1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(n0, n1)?, two(s0, s1)?);
    // A leap second is for the whole parser.
    let plain = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Offset::UTC.to_timestamp(plain).ok()
}

/// `2025-03-04 10:22:05` in UTC.
pub(super) fn plain_time(at: Timestamp) -> String {
    let plain = Offset::UTC.to_datetime(at);
    let Ok(year @ 0..=9_999) = u16::try_from(plain.year()) else {
        return at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    };
    let mut text = *b"0000-00-00 00:00:00";
    let mut two = |place: usize, number: u16| {
        text[place] += (number / 10) as u8;
        text[place + 1] += (number % 10) as u8;
    };
    two(0, year / 100);
    two(2, year % 100);
    for (place, number) in [
        (5, plain.month()),
        (8, plain.day()),
        (11, plain.hour()),
        (14, plain.minute()),
        (17, plain.second()),
    ] {
        two(place, u16::from(number.unsigned_abs()));
    }
    std::str::from_utf8(&text).unwrap_or_default().to_owned()
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
        assert_eq!(read_time("2016-12-31 23:59:60"), "2016-12-31 23:59:60Z".parse().ok());
        assert_eq!(read_time("2025-02-29 10:22:05"), None);
        assert_eq!(read_time("2025-03-04 1x:22:05"), None);
        assert_eq!(read_time("yesterday"), None);
        assert_eq!(read_time("2025-13-04 10:22:05"), None);
        assert_eq!(plain_time(at), "2025-03-04 10:22:05");
        assert_eq!(iso_time(at), "2025-03-04T10:22:05");
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for at in ["0000-01-01T00:00:00Z", "0987-12-31T23:59:59Z", "9999-12-01T01:02:03Z"] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(plain_time(at), at.strftime("%Y-%m-%d %H:%M:%S").to_string());
            assert_eq!(read_time(&plain_time(at)), Some(at));
        }
        let early: Timestamp = "-000044-03-15T12:00:00Z".parse().unwrap();
        assert_eq!(plain_time(early), early.strftime("%Y-%m-%d %H:%M:%S").to_string());
        let parts: Timestamp = "2025-03-04T10:22:05.999Z".parse().unwrap();
        assert_eq!(plain_time(parts), "2025-03-04 10:22:05");
    }
}
