//! The sum of many amounts, which may outgrow one amount.

use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Numeric;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Money, MoneyError, text};

/// A sum of amounts in ten-thousandths of a unit.
///
/// Adding cannot overflow in practice: it would take more than 10^19 rows of the largest amount.
/// Text and JSON are as for [`Money`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = Numeric)]
pub struct Total(i128);

impl Total {
    /// The sum of so many ten-thousandths.
    pub const fn from_ten_thousandths(value: i128) -> Self {
        Self(value)
    }

    /// The sum in ten-thousandths of a unit.
    pub const fn ten_thousandths(self) -> i128 {
        self.0
    }

    /// The sum as one amount; `None` where `numeric(19,4)` cannot hold it.
    pub const fn to_money(self) -> Option<Money> {
        Money::from_ten_thousandths(self.0)
    }

    /// For people: two decimals where the rest are zeros (`12.50`), else all four (`12.5001`).
    pub fn short(self) -> impl fmt::Display {
        text::Decimal::short(self.0)
    }
}

impl From<Money> for Total {
    fn from(money: Money) -> Self {
        Self(money.ten_thousandths())
    }
}

impl AddAssign<Money> for Total {
    #[inline]
    fn add_assign(&mut self, money: Money) {
        self.0 += money.ten_thousandths();
    }
}

impl AddAssign for Total {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum<Money> for Total {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |mut total, money| {
            total += money;
            total
        })
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::Decimal::exact(self.0).fmt(f)
    }
}

impl FromStr for Total {
    type Err = MoneyError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        text::parse(s).map(Self)
    }
}

impl Serialize for Total {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Total {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(text::FromText::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outgrows_one_amount() {
        let total: Total = [Money::MAX, Money::MAX].into_iter().sum();
        assert_eq!(total.to_string(), "1999999999999999.9998");
        assert_eq!(total.to_money(), None);
        assert_eq!(total.to_string().parse::<Total>().unwrap(), total);
    }

    #[test]
    fn negative_amounts_cancel() {
        let mut total = Total::from(Money::MAX);
        total += Money::MIN;
        assert_eq!(total.to_money(), Some(Money::ZERO));
        assert_eq!(serde_json::to_string(&total).unwrap(), "\"0.0000\"");
    }
}
