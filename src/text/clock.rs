//! Seconds as a clock shows them.

use crate::domain::Seconds;

/// A length to the nearest second: `0:05`, `1:07`, `1:02:03`. What is no time (negative, not a number) is `0:00`.
pub fn clock(seconds: Seconds) -> String {
    let (hours, minutes, seconds) = split(seconds.round() as u64);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A position with its tenth, cut off rather than rounded so that it never runs ahead of the sound: `00:03.2`,
/// `1:02:03.4`.
pub fn clock_tenths(seconds: Seconds) -> String {
    // A millionth makes up for decimal tenths that binary fractions fall just short of.
    let tenths = (seconds * 10.0 + 1e-6) as u64;
    let (hours, minutes, seconds) = split(tenths / 10);
    let tenth = tenths % 10;
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}.{tenth}")
    } else {
        format!("{minutes:02}:{seconds:02}.{tenth}")
    }
}

fn split(seconds: u64) -> (u64, u64, u64) {
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_rounded_to_seconds() {
        for (seconds, shown) in [
            (0.0, "0:00"),
            (4.7, "0:05"),
            (7.9, "0:08"),
            (59.6, "1:00"),
            (67.2, "1:07"),
            (3599.5, "1:00:00"),
            (3723.0, "1:02:03"),
            (36_000.0, "10:00:00"),
        ] {
            assert_eq!(clock(seconds), shown, "{seconds}");
        }
    }

    #[test]
    fn a_position_is_cut_to_tenths() {
        for (seconds, shown) in [
            (0.0, "00:00.0"),
            (3.29, "00:03.2"),
            (7.9, "00:07.9"),
            (8.2, "00:08.2"),
            (59.999, "00:59.9"),
            (67.05, "01:07.0"),
            (3723.4, "1:02:03.4"),
        ] {
            assert_eq!(clock_tenths(seconds), shown, "{seconds}");
        }
    }

    #[test]
    fn what_is_no_time_is_zero() {
        for seconds in [-1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(clock(seconds), "0:00");
            assert_eq!(clock_tenths(seconds), "00:00.0");
        }
        assert!(clock(f64::INFINITY).ends_with(":15"), "saturates instead of failing");
    }
}
