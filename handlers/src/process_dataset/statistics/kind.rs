//! How values of each kind are held as bytes, shown as text, and compared.

use std::cmp::Ordering;

use chrono::{DateTime, SecondsFormat, Utc};
use nexus_schema::money::Money;
use serde::{Deserialize, Serialize};

use crate::process_dataset::table::ColumnKind;
use crate::process_dataset::text::date::Date;

/// Microseconds from 1970-01-01 to 2000-01-01.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Texts, ordered by their bytes. Shown as they stand, the first 64 bytes and then `…`.
    Text,
    /// Days, shown as `2024-02-29`.
    Day,
    /// Moments, shown in UTC by RFC 3339.
    Moment,
    /// Amounts, shown as a plain decimal with four decimals.
    Money,
    /// Currencies, shown by their code.
    Currency,
}

/// A number as bytes that order as the number does.
#[inline]
pub(super) fn ordered(number: i128) -> [u8; 16] {
    (number ^ i128::MIN).to_be_bytes()
}

/// The number behind [`ordered`] bytes.
fn number(bytes: &[u8]) -> Option<i128> {
    Some(i128::from_be_bytes(bytes.try_into().ok()?) ^ i128::MIN)
}

impl ValueKind {
    /// What a column of that kind holds.
    pub(super) fn of(column: ColumnKind) -> Self {
        match column {
            ColumnKind::RowId | ColumnKind::Text | ColumnKind::Choice(_) => Self::Text,
            ColumnKind::Day => Self::Day,
            ColumnKind::Moment => Self::Moment,
            ColumnKind::Money => Self::Money,
            ColumnKind::Currency => Self::Currency,
        }
    }

    /// A value as text; of texts at most so many bytes and then `…`.
    pub(super) fn show(self, bytes: &[u8], bytes_max: usize) -> String {
        let shown = match self {
            Self::Text | Self::Currency => None,
            Self::Day => day(bytes).map(|day| day.to_string()),
            Self::Moment => {
                moment(bytes).map(|moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
            Self::Money => money(bytes).map(|money| money.to_string()),
        };
        shown.unwrap_or_else(|| text(bytes, bytes_max))
    }

    /// The order of two values that were shown.
    pub(super) fn compare(self, a: &str, b: &str) -> Ordering {
        let typed = match self {
            // Years have four digits, so days order as their texts do.
            Self::Text | Self::Currency | Self::Day => None,
            Self::Moment => parsed(a, b, |text| DateTime::parse_from_rfc3339(text).ok()),
            Self::Money => parsed(a, b, |text| text.parse::<Money>().ok()),
        };
        typed.unwrap_or_else(|| a.cmp(b))
    }
}

fn parsed<T: Ord>(a: &str, b: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Ordering> {
    Some(parse(a)?.cmp(&parse(b)?))
}

fn day(bytes: &[u8]) -> Option<Date> {
    Date::from_days(i32::try_from(number(bytes)?).ok()?)
}

fn moment(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let micros = i64::try_from(number(bytes)?).ok()?;
    DateTime::from_timestamp_micros(micros.checked_add(EPOCH_MICROS)?)
}

fn money(bytes: &[u8]) -> Option<Money> {
    Money::from_ten_thousandths(number(bytes)?)
}

fn text(bytes: &[u8], bytes_max: usize) -> String {
    let Some((head, _)) = bytes
        .split_at_checked(bytes_max)
        .filter(|(_, tail)| !tail.is_empty())
    else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    // A character that the bound cuts in two is left out.
    let whole = head.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    format!("{whole}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_order_as_their_bytes() {
        let numbers = [
            i128::MIN,
            -10_i128.pow(19),
            -256,
            -1,
            0,
            1,
            255,
            256,
            i128::MAX,
        ];
        assert!(numbers.map(ordered).is_sorted());
        assert_eq!(numbers.map(|n| number(&ordered(n)).unwrap()), numbers);
    }

    #[test]
    fn values_are_shown_by_their_kind() {
        let show = |kind: ValueKind, n: i128| kind.show(&ordered(n), 64);
        assert_eq!(show(ValueKind::Day, -1), "1999-12-31");
        assert_eq!(show(ValueKind::Moment, 0), "2000-01-01T00:00:00Z");
        assert_eq!(show(ValueKind::Moment, -1), "1999-12-31T23:59:59.999999Z");
        assert_eq!(show(ValueKind::Money, -125_000), "-12.5000");
        assert_eq!(ValueKind::Currency.show(b"EUR", 64), "EUR");
        assert_eq!(ValueKind::Text.show("aé".as_bytes(), 3), "aé");
        assert_eq!(ValueKind::Text.show("aéb".as_bytes(), 3), "aé…");
        assert_eq!(ValueKind::Text.show("aéb".as_bytes(), 2), "a…");
    }

    #[test]
    fn shown_values_compare_by_value() {
        let less = |kind: ValueKind, a, b| {
            assert_eq!(kind.compare(a, b), Ordering::Less, "{a} {b}");
            assert_eq!(kind.compare(b, a), Ordering::Greater, "{a} {b}");
        };
        less(ValueKind::Money, "-100.0000", "9.0000");
        less(ValueKind::Money, "9.0000", "10.0000");
        less(ValueKind::Text, "10", "9");
        less(ValueKind::Day, "0999-12-31", "2000-01-01");
        less(
            ValueKind::Moment,
            "2000-01-01T00:00:00Z",
            "2000-01-01T00:00:00.500Z",
        );
    }
}
