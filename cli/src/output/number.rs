//! Numbers for people.

use std::fmt::Display;
use std::time::Duration;

/// A number with a comma between every three digits: `1,234,567.50`. Takes whatever prints as a
/// plain decimal.
pub(crate) fn grouped(number: impl Display) -> String {
    let text = number.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// How many a second, rounded down.
pub(crate) fn per_second(count: u64, took: Duration) -> u64 {
    let micros = took.as_micros().max(1);
    u64::try_from(u128::from(count) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

/// A share in percent with one decimal: `12.5 %`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0.0 %".to_owned();
    }
    let per_mille = u128::from(part) * 1000 / u128::from(whole);
    if per_mille == 0 && part > 0 {
        return "< 0.1 %".to_owned();
    }
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}

/// Bytes in the largest unit that leaves a whole number: `131.4 MB`, in powers of 1000.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut tenths = u128::from(count) * 10;
    let mut unit = "";
    for name in UNITS {
        tenths /= 1000;
        unit = name;
        if tenths < 10_000 {
            break;
        }
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let numbers = [
            "0",
            "999",
            "1000",
            "-1234567.50",
            "12",
            "-100",
            "490277624.9000",
        ];
        assert_eq!(
            numbers.map(grouped).join(" "),
            "0 999 1,000 -1,234,567.50 12 -100 490,277,624.9000"
        );
    }

    #[test]
    fn rates_shares_and_sizes() {
        assert_eq!(per_second(20_000, Duration::from_millis(1500)), 13_333);
        assert_eq!(per_second(1, Duration::ZERO), 1_000_000);
        assert_eq!(percent(1, 8), "12.5 %");
        assert_eq!(percent(0, 0), "0.0 %");
        assert_eq!(percent(1, 20_000), "< 0.1 %");
        let sizes = [999, 1000, 131_437_999, 5_000_000_000];
        assert_eq!(sizes.map(bytes).join(" "), "999 B 1.0 kB 131.4 MB 5.0 GB");
    }

    proptest! {
        #[test]
        fn grouping_adds_commas_and_nothing_else(number: i64) {
            prop_assert_eq!(grouped(number).replace(',', ""), number.to_string());
        }

        #[test]
        fn no_size_panics(count: u64) {
            let _ = bytes(count);
        }
    }
}
