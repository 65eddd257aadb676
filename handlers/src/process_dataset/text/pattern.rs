//! How dates and times are written: a small subset of strptime's language, compiled once.
//!
//! | item | meaning |
//! |---|---|
//! | `%Y` | year, four digits |
//! | `%y` | year, two digits: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068 |
//! | `%m` `%d` `%H` `%M` `%S` | month, day, hour, minute, second: one or two digits |
//! | `%e` | as `%d`, also with a blank before it |
//! | `%b` `%B` | English month name, short or long, in any case |
//! | `%a` `%A` | English weekday, short or long, in any case; that it is the right one is not asked |
//! | `%I` `%p` | hour of the 12-hour clock; `AM` or `PM`, also `a.m.` or `p.m.`, in any case |
//! | `%.f` | nothing, or a point and one to nine digits; beyond microseconds they are cut off |
//! | `%z` | `Z`, `+02`, `+0200` or `+02:00` |
//! | `%%` | a percent sign |
//!
//! Everything else stands for itself. The whole text must match.

use super::date::Date;

mod cursor;

use cursor::Cursor;

/// A compiled way to write a date, with or without a time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    items: Vec<Item>,
    /// It has a time of day.
    timed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Literal(u8),
    /// `%Y-%m-%d` with all its digits, the usual case, read at once.
    IsoDate,
    /// `%H:%M:%S` with all its digits.
    IsoTime,
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    PaddedDay,
    Weekday,
    Hour,
    HalfDayHour,
    HalfDay,
    Minute,
    Second,
    Fraction,
    Offset,
}

/// What a text that matched says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The day as written, whatever the offset.
    pub date: Date,
    /// Microseconds since midnight as written; zero where no time is.
    pub micros: i64,
    /// A time of day is written, not the day alone.
    pub timed: bool,
    /// Seconds east of UTC, where that is written.
    pub offset_seconds: Option<i32>,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// After the percent sign stands something that is not in the table.
    #[error("{0:?} is not known; known are %Y %y %m %b %B %d %e %a %A %H %I %p %M %S %.f %z %%")]
    Unknown(String),
    /// A date needs a year, a month and a day, each once.
    #[error(
        "a date needs a year (%Y or %y), a month (%m, %b or %B) and a day (%d or %e), each exactly once"
    )]
    Incomplete,
    /// Twelve hours are not a day.
    #[error("%I and %p go together, each once and without %H")]
    HalfClock,
}

impl Pattern {
    /// Compiles a pattern; errors where it has an unknown item or does not make a date.
    pub fn compile(pattern: &str) -> Result<Self, PatternError> {
        let mut items = Vec::new();
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            if let Some(tail) = rest.strip_prefix("%Y-%m-%d") {
                items.push(Item::IsoDate);
                rest = tail;
            } else if let Some(tail) = rest.strip_prefix("%H:%M:%S") {
                items.push(Item::IsoTime);
                rest = tail;
            } else if first == '%' {
                let len = if rest.starts_with("%.") { 3 } else { 2 };
                let code: String = rest.chars().take(len).collect();
                items.push(item(&code).ok_or_else(|| PatternError::Unknown(code.clone()))?);
                rest = rest.get(code.len()..).unwrap_or_default();
            } else {
                items.extend(first.to_string().bytes().map(Item::Literal));
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        let count = |wanted: &[Item]| items.iter().filter(|i| wanted.contains(i)).count();
        let complete = count(&[Item::IsoDate, Item::Year, Item::ShortYear]) == 1
            && count(&[Item::IsoDate, Item::Month, Item::MonthName]) == 1
            && count(&[Item::IsoDate, Item::Day, Item::PaddedDay]) == 1;
        if !complete {
            return Err(PatternError::Incomplete);
        }
        let hours = count(&[Item::IsoTime, Item::Hour]);
        let halves = [Item::HalfDayHour, Item::HalfDay].map(|item| count(&[item]));
        if halves != [0, 0] && (halves != [1, 1] || hours > 0) {
            return Err(PatternError::HalfClock);
        }
        let parts = count(&[Item::Minute, Item::Second, Item::Fraction]);
        let timed = hours + halves[0] + parts > 0;
        Ok(Self { items, timed })
    }

    /// Reads a text; `None` where it does not match or the calendar or clock lacks it.
    #[inline]
    pub fn read(&self, text: &[u8]) -> Option<Reading> {
        let mut cursor = Cursor { text };
        let (mut year, mut month, mut day) = (0, 0, 0);
        let (mut hour, mut minute, mut second, mut micros) = (0, 0, 0, 0);
        let mut offset_seconds = None;
        for item in &self.items {
            match item {
                Item::Literal(byte) => cursor.literal(*byte)?,
                Item::IsoDate => (year, month, day) = cursor.iso_date()?,
                Item::IsoTime => (hour, minute, second) = cursor.iso_time()?,
                Item::Year => year = cursor.pair()? * 100 + cursor.pair()?,
                Item::ShortYear => {
                    let short = cursor.pair()?;
                    year = short + if short < 69 { 2000 } else { 1900 };
                }
                Item::Month => month = cursor.one_or_two()?,
                Item::MonthName => month = cursor.month_name()?,
                Item::Day => day = cursor.one_or_two()?,
                Item::PaddedDay => day = cursor.padded()?,
                Item::Weekday => cursor.weekday()?,
                Item::Hour => hour = cursor.one_or_two()?,
                Item::HalfDayHour => hour += cursor.hour_of_twelve()?,
                Item::HalfDay => hour += cursor.half_day()?,
                Item::Minute => minute = cursor.one_or_two()?,
                Item::Second => second = cursor.one_or_two()?,
                Item::Fraction => micros = cursor.fraction()?,
                Item::Offset => offset_seconds = Some(cursor.offset()?),
            }
        }
        if !cursor.text.is_empty() || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let date = Date::from_ymd(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Some(Reading {
            date,
            micros: seconds * 1_000_000 + i64::from(micros),
            timed: self.timed,
            offset_seconds,
        })
    }
}

fn item(code: &str) -> Option<Item> {
    Some(match code {
        "%Y" => Item::Year,
        "%y" => Item::ShortYear,
        "%m" => Item::Month,
        "%b" | "%B" => Item::MonthName,
        "%d" => Item::Day,
        "%e" => Item::PaddedDay,
        "%a" | "%A" => Item::Weekday,
        "%H" => Item::Hour,
        "%I" => Item::HalfDayHour,
        "%p" => Item::HalfDay,
        "%M" => Item::Minute,
        "%S" => Item::Second,
        "%.f" => Item::Fraction,
        "%z" => Item::Offset,
        "%%" => Item::Literal(b'%'),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
