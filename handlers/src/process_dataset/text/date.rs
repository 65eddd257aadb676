//! Calendar days, as cheap to compare and to encode as they are to read.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Days from 0000-03-01 to 2000-01-01 in the proleptic Gregorian calendar.
const EPOCH_FROM_MARCH_0: i32 = 730_425;
const DAYS_PER_ERA: i32 = 146_097;

/// Microseconds in a day.
pub const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A day of the proleptic Gregorian calendar in the years 1 to 9999. Text and JSON: `2024-02-29`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 2000-01-01, Postgres's own count. Orders the struct, being its first field.
    days: i32,
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, where the calendar has it.
    #[inline]
    pub fn from_ymd(year: u16, month: u8, day: u8) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        if day > 28 && day > days_in_month(year, month) {
            return None;
        }
        // Years that begin in March put the leap day last, which makes the sum a formula.
        let shifted = i32::from(month <= 2);
        let march_year = i32::from(year) - shifted;
        let march_month = i32::from(month) - 3 + 12 * shifted;
        let day_of_year = (153 * march_month + 2) / 5 + i32::from(day) - 1;
        let day_count = 365 * march_year + march_year / 4 - march_year / 100 + march_year / 400;
        let days = day_count + day_of_year - EPOCH_FROM_MARCH_0;
        Some(Self {
            days,
            year,
            month,
            day,
        })
    }

    /// The day so many days after 2000-01-01, within the years 1 to 9999.
    pub fn from_days(days: i32) -> Option<Self> {
        let from_march_0 = days.checked_add(EPOCH_FROM_MARCH_0)?;
        if from_march_0 < 0 {
            return None;
        }
        let era = from_march_0 / DAYS_PER_ERA;
        let of_era = from_march_0 % DAYS_PER_ERA;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        Self::from_ymd(
            u16::try_from(year).ok()?,
            u8::try_from(month).ok()?,
            u8::try_from(day).ok()?,
        )
    }

    /// The day so many days later (earlier, if negative), within the years 1 to 9999.
    pub fn plus_days(self, days: i64) -> Option<Self> {
        let days = i64::from(self.days).checked_add(days)?;
        Self::from_days(i32::try_from(days).ok()?)
    }

    /// The same day of the month so many months later; the month's last where it is shorter.
    pub fn plus_months(self, months: i64) -> Option<Self> {
        let index = i64::from(self.year) * 12 + i64::from(self.month) - 1;
        let index = index.checked_add(months)?;
        let year = u16::try_from(index.div_euclid(12)).ok()?;
        let month = u8::try_from(index.rem_euclid(12)).ok()? + 1;
        if year == 0 {
            return None;
        }
        Self::from_ymd(year, month, self.day.min(days_in_month(year, month)))
    }

    /// The day that holds so many microseconds since 2000-01-01 00:00, within the years 1 to 9999.
    pub fn of_micros(micros: i64) -> Option<Self> {
        Self::from_days(i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?)
    }

    /// Midnight, in microseconds since 2000-01-01 00:00.
    #[inline]
    pub fn micros(self) -> i64 {
        i64::from(self.days) * MICROS_PER_DAY
    }

    /// Days since 2000-01-01, as Postgres's `date` counts.
    #[inline]
    pub const fn days_since_2000(self) -> i32 {
        self.days
    }

    /// The year, 1 to 9999.
    #[inline]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[inline]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    #[inline]
    pub const fn day(self) -> u8 {
        self.day
    }
}

/// Days that the month has in that year.
fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Day, month and year are ten characters, `2024-02-29`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day written as YYYY-MM-DD")]
pub struct NotADate;

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let number = |range| text.get(range).and_then(digits).ok_or(NotADate);
        let separated = text.len() == 10 && [4, 7].iter().all(|&i| text.as_bytes()[i] == b'-');
        if !separated {
            return Err(NotADate);
        }
        let [month, day] =
            [number(5..7)?, number(8..10)?].map(|n| u8::try_from(n).unwrap_or_default());
        Self::from_ymd(number(0..4)?, month, day).ok_or(NotADate)
    }
}

fn digits(text: &str) -> Option<u16> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|error| de::Error::custom(format_args!("{error}: {text:?}")))
    }
}

impl From<Date> for NaiveDate {
    fn from(date: Date) -> Self {
        // Every `Date` is a day that chrono has too; the default is never met.
        Self::from_ymd_opt(date.year.into(), date.month.into(), date.day.into()).unwrap_or_default()
    }
}

impl TryFrom<NaiveDate> for Date {
    type Error = NotADate;

    fn try_from(date: NaiveDate) -> Result<Self, NotADate> {
        let part = |n: u32| u8::try_from(n).map_err(|_| NotADate);
        let year = u16::try_from(date.year()).map_err(|_| NotADate)?;
        Self::from_ymd(year, part(date.month())?, part(date.day())?).ok_or(NotADate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn agrees_with_chrono_on_every_day() {
        let epoch = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
        let mut day = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
        while day.year() <= 9999 {
            let ours = Date::try_from(day).unwrap();
            assert_eq!(i64::from(ours.days_since_2000()), (day - epoch).num_days());
            assert_eq!(Date::from_days(ours.days_since_2000()), Some(ours));
            assert_eq!(NaiveDate::from(ours), day);
            day = day.succ_opt().unwrap();
        }
    }

    #[test]
    fn days_that_the_calendar_lacks() {
        for bad in [
            "2010-02-30",
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "2024-01-00",
            "0000-01-01",
            "2024-1-01",
            "+024-01-01",
            "20é4-01-1",
        ] {
            assert_eq!(bad.parse::<Date>(), Err(NotADate), "{bad}");
        }
        assert_eq!(date("2000-02-29").to_string(), "2000-02-29");
        assert_eq!(Date::from_days(i32::MAX), None);
        assert_eq!(Date::from_days(i32::MIN), None);
        assert_eq!(Date::of_micros(i64::MIN), None);
        assert_eq!(Date::of_micros(-1), Some(date("1999-12-31")));
        assert_eq!(
            Date::of_micros(MICROS_PER_DAY - 1),
            Some(date("2000-01-01"))
        );
    }

    #[test]
    fn steps_of_months_stop_at_the_months_end() {
        assert_eq!(date("2024-01-31").plus_months(1), Some(date("2024-02-29")));
        assert_eq!(date("2024-01-31").plus_months(-2), Some(date("2023-11-30")));
        assert_eq!(date("2024-01-31").plus_months(i64::MAX), None);
        assert_eq!(date("0001-01-31").plus_months(-1), None);
        assert_eq!(date("2023-12-31").plus_days(60), Some(date("2024-02-29")));
    }
}
