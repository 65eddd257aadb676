//! The month that a row's partition is for.

use std::fmt;

use chrono::NaiveDate;

use super::date::Date;

/// A calendar month; orders by time and shows as `y2010m03`, the tail of its partition's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthKey {
    /// Months since January of the year 0.
    index: u32,
}

impl MonthKey {
    /// The month that holds the day.
    #[inline]
    pub fn of(date: Date) -> Self {
        Self {
            index: u32::from(date.year()) * 12 + u32::from(date.month()) - 1,
        }
    }

    /// Months since January of the year 0; consecutive months are consecutive numbers.
    #[inline]
    pub(crate) fn index(self) -> u32 {
        self.index
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> u32 {
        self.index / 12
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> u32 {
        self.index % 12 + 1
    }

    /// The first day of the month: the partition's lower bound, inclusive.
    pub fn first_day(self) -> NaiveDate {
        first_of(self.index)
    }

    /// The first day of the month after: the partition's upper bound, exclusive.
    pub fn next_first_day(self) -> NaiveDate {
        first_of(self.index + 1)
    }
}

fn first_of(index: u32) -> NaiveDate {
    // A `Date` reaches the year 9999 and chrono far beyond: the default is never met.
    let year = i32::try_from(index / 12).unwrap_or_default();
    NaiveDate::from_ymd_opt(year, index % 12 + 1, 1).unwrap_or_default()
}

impl fmt::Display for MonthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "y{:04}m{:02}", self.year(), self.month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bounds() {
        let month = |text: &str| MonthKey::of(text.parse().unwrap());
        let december = month("2010-12-31");
        assert_eq!(december.to_string(), "y2010m12");
        assert_eq!(december.first_day().to_string(), "2010-12-01");
        assert_eq!(december.next_first_day().to_string(), "2011-01-01");
        assert!(december < month("2011-01-01"));
        assert_eq!(
            month("9999-12-31").next_first_day().to_string(),
            "+10000-01-01"
        );
        assert_eq!(month("0001-01-01").to_string(), "y0001m01");
    }
}
