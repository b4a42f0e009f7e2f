//! Numbers as people read them.

/// With thousands apart: `12,408`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun: `1 sample`, `12,408 samples`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{} {noun}", thousands(number))
}

/// A size in decimal units with one digit behind the point: `999 B`, `1.4 MB`.
pub fn byte_size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    // In tenths of the unit, rounded half up; what rounds to 1,000 becomes 1.0 of the next unit.
    let mut scale = 1000_u128;
    let mut unit = 0;
    loop {
        let tenths = (u128::from(bytes) * 10 + scale / 2) / scale;
        if tenths < 10_000 || unit + 1 == UNITS.len() {
            return format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]);
        }
        scale *= 1000;
        unit += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (12_408, "12,408"),
            (1_000_000, "1,000,000"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(thousands(number), shown);
        }
    }

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!(counted(0, "sample", "samples"), "0 samples");
        assert_eq!(counted(1, "sample", "samples"), "1 sample");
        assert_eq!(counted(1200, "sample", "samples"), "1,200 samples");
    }

    #[test]
    fn sizes_take_the_fitting_unit() {
        for (bytes, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_449_999, "1.4 MB"),
            (1_450_000, "1.5 MB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (5_300_000_000, "5.3 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(byte_size(bytes), shown);
        }
    }
}
