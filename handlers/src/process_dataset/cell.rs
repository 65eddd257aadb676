//! One standardised value, as the tables will hold it.

use std::borrow::Cow;

use nexus_schema::money::Money;

use super::text::currency::Currency;
use super::text::date::Date;

/// A value that was checked. Texts are UTF-8 without NUL, borrowed unless they had to be cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing is there.
    Null,
    /// A text.
    Text(Cow<'a, [u8]>),
    /// The record's own number, as a row id.
    Ordinal,
    /// A day.
    Day(Date),
    /// Microseconds since 2000-01-01 00:00 UTC.
    Micros(i64),
    /// An amount.
    Money(Money),
    /// A currency.
    Currency(Currency),
}
