//! Small values that are written as text: sizes, times, counts.

use std::time::Duration;

use crate::model::ByteSize;

/// `512 MiB`: a number and a unit of powers of two.
///
/// # Errors
/// Says what to write instead.
pub fn size(text: &str) -> Result<ByteSize, String> {
    let (number, unit) = split_number(text);
    let shift = match unit.trim() {
        "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return Err(size_advice(number, unit.trim())),
    };
    scaled(number, 1 << shift).map(ByteSize).ok_or_else(|| size_advice(number, unit.trim()))
}

fn size_advice(number: &str, unit: &str) -> String {
    let unit = match unit.bytes().next().map(|first| first.to_ascii_lowercase()) {
        Some(b'k') => "KiB",
        Some(b'g') => "GiB",
        Some(b't') => "TiB",
        _ => "MiB",
    };
    // A number that no size has, such as `1.` or a thousand digits, is no advice.
    let number = scaled(number, 1 << 40).map_or("512", |_| number);
    format!("write `{number} {unit}`: a number, and `B`, `KiB`, `MiB`, `GiB` or `TiB`")
}

/// `90s`, `10m`, `1h 30m`, `1d`: one or more numbers with a unit.
///
/// # Errors
/// Says what to write instead.
pub fn duration(text: &str) -> Result<Duration, String> {
    let advice = || "write `90s`, `10m`, `2h` or `1h 30m`".to_owned();
    let mut seconds = 0_u64;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (number, after) = split_number(rest);
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let factor = match &after[..end] {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(advice()),
        };
        let part = scaled(number, factor).ok_or_else(advice)?;
        seconds = seconds.checked_add(part).ok_or_else(advice)?;
        rest = after[end..].trim_start();
    }
    if seconds == 0 { Err(advice()) } else { Ok(Duration::from_secs(seconds)) }
}

fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.split_at(end)
}

/// A decimal number times a factor, in whole units, where that fits.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let (whole, fraction) = number.split_once('.')?;
    let digits = u32::try_from(fraction.len()).ok().filter(|digits| (1..=6).contains(digits))?;
    let parts = fraction.parse::<u64>().ok()?.checked_mul(factor)? / 10_u64.pow(digits);
    whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_powers_of_two() {
        assert_eq!(size("512 MiB"), Ok(ByteSize(512 << 20)));
        assert_eq!(size("1.5GiB"), Ok(ByteSize(3 << 29)));
        assert_eq!(size("0 B"), Ok(ByteSize(0)));
        for bad in ["512", "512 MB", "", "MiB", "-1 MiB", "1.x MiB", "99999999999 TiB", "1. MiB", "1 MiB x"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        for (text, right) in [
            ("4G", "4 GiB"),
            ("3 gigabytes", "3 GiB"),
            ("7 kb", "7 KiB"),
            ("x", "512 MiB"),
            ("1. MiB", "512 MiB"),
            ("99999999999 TiB", "512 TiB"),
        ] {
            let advice = size(text).unwrap_err();
            assert!(advice.starts_with(&format!("write `{right}`")), "{advice}");
            assert!(size(right).is_ok());
        }
    }

    #[test]
    fn times_are_sums_of_numbers_with_units() {
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_secs(5400)));
        for bad in ["", "10", "m", "10 minutes", "0s", "1h x", "99999999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
