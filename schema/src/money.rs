//! Money: an exact amount as `numeric(19,4)` holds it.

use std::fmt;
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Numeric;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod numeric;
mod text;
mod total;

pub use numeric::NumericWire;
pub use text::MoneyError;
pub use total::Total;

/// Ten-thousandths in one whole unit of a currency.
pub const TEN_THOUSANDTHS_PER_UNIT: i128 = 10_000;

/// Every amount is smaller than this, in ten-thousandths: 19 digits, four of them decimals.
const BOUND: i128 = 10_i128.pow(19);

/// An exact amount in ten-thousandths of a currency unit, as `numeric(19,4)` holds it.
///
/// The magnitude is always below 10^15 units. The currency is not part of it. Text, JSON and
/// `Display` carry the amount as a plain decimal with four decimals (`-12.5000`).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = Numeric)]
pub struct Money(i128);

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// The largest amount: 999,999,999,999,999.9999.
    pub const MAX: Self = Self(BOUND - 1);
    /// The smallest amount: -999,999,999,999,999.9999.
    pub const MIN: Self = Self(1 - BOUND);

    /// The amount of so many ten-thousandths; `None` where `numeric(19,4)` cannot hold it.
    #[inline]
    pub const fn from_ten_thousandths(value: i128) -> Option<Self> {
        if value > -BOUND && value < BOUND {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The amount of so many hundredths; `None` where `numeric(19,4)` cannot hold it.
    pub const fn from_cents(cents: i64) -> Option<Self> {
        // An i64 times 100 is far inside an i128.
        Self::from_ten_thousandths(cents as i128 * 100)
    }

    /// The amount in ten-thousandths of a unit.
    #[inline]
    pub const fn ten_thousandths(self) -> i128 {
        self.0
    }

    /// Below zero.
    #[inline]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Exactly zero.
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum; `None` where `numeric(19,4)` cannot hold it.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        // Both are far inside an i128, so the addition itself cannot overflow.
        Self::from_ten_thousandths(self.0 + other.0)
    }

    /// The difference; `None` where `numeric(19,4)` cannot hold it.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        Self::from_ten_thousandths(self.0 - other.0)
    }

    /// The same amount with the other sign.
    pub const fn negated(self) -> Self {
        Self(-self.0)
    }

    /// For people: two decimals where the rest are zeros (`12.50`), else all four (`12.5001`).
    pub fn short(self) -> impl fmt::Display {
        text::Decimal::short(self.0)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::Decimal::exact(self.0).fmt(f)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads a plain decimal: optional sign, digits, at most four decimals that are not zero.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::from_ten_thousandths(text::parse(s)?).ok_or(MoneyError::TooLarge)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(text::FromText::new())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn prints_four_decimals_and_short_form() {
        assert_eq!(money("-12.5").to_string(), "-12.5000");
        assert_eq!(money("-0.0001").to_string(), "-0.0001");
        assert_eq!(money("7").short().to_string(), "7.00");
        assert_eq!(money("-0.5").short().to_string(), "-0.50");
        assert_eq!(money("0.1234").short().to_string(), "0.1234");
        assert_eq!(format!("{:>12}|", money("1").short()), "        1.00|");
    }

    #[test]
    fn bound_is_numeric_19_4() {
        assert_eq!(Money::MAX.to_string(), "999999999999999.9999");
        assert_eq!(
            "1000000000000000".parse::<Money>(),
            Err(MoneyError::TooLarge)
        );
        assert_eq!(Money::MAX.checked_add(money("0.0001")), None);
        assert_eq!(Money::MIN.checked_sub(money("0.0001")), None);
        assert_eq!(Money::from_cents(i64::MAX), None);
        assert_eq!(Money::from_cents(-1250), Some(money("-12.5")));
    }

    #[test]
    fn refuses_what_is_no_plain_decimal() {
        for bad in [
            "", "-", ".", "1,5", "1e5", "NaN", "inf", "1.2.3", " 1", "0x1", "1.00001",
        ] {
            assert!(bad.parse::<Money>().is_err(), "{bad}");
        }
        assert_eq!(money("1.500000000"), money("1.5"));
        assert_eq!(money("+.5"), money("0.5"));
    }

    #[test]
    fn json_is_a_string() {
        let json = serde_json::to_string(&money("12.5")).unwrap();
        assert_eq!(json, "\"12.5000\"");
        assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money("12.5"));
        assert!(serde_json::from_str::<Money>("12.5").is_err());
    }

    proptest! {
        #[test]
        fn text_round_trips(value in (1 - BOUND)..BOUND) {
            let money = Money::from_ten_thousandths(value).unwrap();
            prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
            prop_assert_eq!(money.short().to_string().parse::<Money>().unwrap(), money);
        }

        #[test]
        fn sum_is_that_of_the_integers(a in (1 - BOUND)..BOUND, b in (1 - BOUND)..BOUND) {
            let [x, y] = [a, b].map(|v| Money::from_ten_thousandths(v).unwrap());
            prop_assert_eq!(x.checked_add(y), Money::from_ten_thousandths(a + b));
            prop_assert_eq!(x.checked_sub(y), x.checked_add(y.negated()));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }

        #[test]
        fn never_panics_on_any_text(text in ".{0,60}") {
            let _ = text.parse::<Money>();
        }
    }
}
