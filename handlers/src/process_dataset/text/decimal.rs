//! Decimal numbers with an exponent, exactly: what JSON and spreadsheets write.

/// Values from here on count as this: far beyond every amount, far below where an `i128` ends.
const BEYOND: i128 = 10_i128.pow(30);
/// Exponents from here on count as this: further than any text has digits.
const EXPONENT_BEYOND: i64 = 1_000_000_000_000;

/// A number as its digits stand, not yet a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal<'a> {
    pub(super) negative: bool,
    /// Digits before the mark.
    pub(super) units: &'a [u8],
    /// Digits behind the mark.
    pub(super) decimals: &'a [u8],
    pub(super) exponent: Option<Exponent>,
}

/// The power of ten behind an `e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exponent {
    pub(super) power: i64,
    /// A plus or minus stands before it.
    pub(super) signed: bool,
}

impl<'a> Decimal<'a> {
    /// A number in exactly the grammar of JSON (RFC 8259, section 6).
    pub(super) fn json(text: &'a [u8]) -> Option<Self> {
        let (negative, number) = match text {
            [b'-', number @ ..] => (true, number),
            number => (false, number),
        };
        let decimal = Self::marked(number, b'.')?;
        let units = matches!(decimal.units, [b'0'] | [b'1'..=b'9', ..]);
        let decimals = number.len() == decimal.units.len()
            || number[decimal.units.len()] != b'.'
            || !decimal.decimals.is_empty();
        (units && decimals).then_some(Self {
            negative,
            ..decimal
        })
    }

    /// Digits with at most one decimal mark, and perhaps an exponent; no sign before them.
    pub(super) fn marked(text: &'a [u8], mark: u8) -> Option<Self> {
        let (number, exponent) = match text.iter().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => (&text[..at], Some(exponent(&text[at + 1..])?)),
            None => (text, None),
        };
        let (units, decimals) = match number.iter().position(|&b| b == mark) {
            Some(at) => (&number[..at], &number[at + 1..]),
            None => (number, &[][..]),
        };
        let digits = units.iter().chain(decimals).all(u8::is_ascii_digit);
        let any = !units.is_empty() || !decimals.is_empty();
        (digits && any).then_some(Self {
            negative: false,
            units,
            decimals,
            exponent,
        })
    }

    /// The number times ten to the power of `places`; at least 10^30 where it is larger than
    /// that. `None` where a fraction that is not zero would be lost.
    pub(super) fn scaled(&self, places: i64) -> Option<i128> {
        let power = self.exponent.map_or(0, |exponent| exponent.power);
        let kept = length(self.units) + power + places;
        let mut value: i128 = 0;
        for (index, digit) in (0..).zip(self.units.iter().chain(self.decimals)) {
            if index < kept {
                value = (value * 10 + i128::from(digit - b'0')).min(BEYOND);
            } else if *digit != b'0' {
                return None;
            }
        }
        let mut missing = kept - length(self.units) - length(self.decimals);
        while missing > 0 && value != 0 && value < BEYOND {
            value = (value * 10).min(BEYOND);
            missing -= 1;
        }
        Some(if self.negative { -value } else { value })
    }
}

/// How many digits; no text is so long that the number does not fit.
pub(super) fn length(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX / 4)
}

fn exponent(text: &[u8]) -> Option<Exponent> {
    let (negative, signed, digits) = match text {
        [b'-', digits @ ..] => (true, true, digits),
        [b'+', digits @ ..] => (false, true, digits),
        digits => (false, false, digits),
    };
    let mut power: i64 = 0;
    for digit in digits {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        power = (power * 10 + i64::from(digit)).min(EXPONENT_BEYOND);
    }
    let power = if negative { -power } else { power };
    (!digits.is_empty()).then_some(Exponent { power, signed })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str, places: i64) -> Option<i128> {
        Decimal::json(text.as_bytes()).unwrap().scaled(places)
    }

    #[test]
    fn values_are_exact() {
        for (text, places, expected) in [
            ("0", 4, Some(0)),
            ("-0.0", 4, Some(0)),
            ("12.5", 4, Some(125_000)),
            ("1.25e3", 4, Some(12_500_000)),
            ("1.25E+3", 0, Some(1250)),
            ("125e-2", 4, Some(12_500)),
            ("-125e-6", 4, None),
            ("100e-6", 4, Some(1)),
            ("1.2300000", 2, Some(123)),
            ("1.2300001", 2, None),
            ("1e-400", 4, None),
            ("0e-400", 4, Some(0)),
            ("0e999999999999999999999", 4, Some(0)),
            ("1e400", 4, Some(BEYOND)),
            ("-1e999999999999999999999", 4, Some(-BEYOND)),
            ("1e-999999999999999999999", 4, None),
        ] {
            assert_eq!(value(text, places), expected, "{text}");
        }
    }

    #[test]
    fn the_grammar_is_that_of_json() {
        let more = ["1.0e5", "-0", "0.1", "10", "1E5", "1e-05"];
        for good in more {
            assert!(Decimal::json(good.as_bytes()).is_some(), "{good}");
        }
        let bad = [
            "", "-", "+1", "--1", "01", "00", ".5", "5.", "1.e5", "1e", "1e+", "1e1.0", "e5",
            "1_0", " 1", "1 ", "NaN", "Infinity", "0x1", "1,5", "１",
        ];
        for bad in bad {
            assert_eq!(Decimal::json(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_grammar_agrees_with_serde_json(text in "-?[0-9]{0,3}[.]?[0-9]{0,3}([eE][-+]?[0-9]{0,2})?") {
            let number = serde_json::from_str::<serde_json::Number>(&text).is_ok();
            prop_assert_eq!(Decimal::json(text.as_bytes()).is_some(), number, "{}", text);
        }

        #[test]
        fn an_exponent_moves_the_mark(value in -1_000_000_000_i64..1_000_000_000, power in 0_usize..12) {
            let read = |text: String| Decimal::json(text.as_bytes()).unwrap().scaled(0);
            let digits = format!("{value}{}", "0".repeat(power));
            prop_assert_eq!(read(format!("{value}e{power}")), Some(digits.parse().unwrap()));
            prop_assert_eq!(read(format!("{digits}e-{power}")), Some(value.into()));
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Decimal::json(&text).map(|decimal| decimal.scaled(4));
        }
    }
}
