//! How dates and times are written: a small subset of strptime's language, compiled once.
//!
//! | item | meaning |
//! |---|---|
//! | `%Y` | year, four digits |
//! | `%y` | year, two digits: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068 |
//! | `%m` `%d` `%H` `%M` `%S` | month, day, hour, minute, second: one or two digits |
//! | `%b` | English month name, short or long, in any case |
//! | `%.f` | nothing, or a point and one to nine digits; beyond microseconds they are cut off |
//! | `%z` | `Z`, `+02`, `+0200` or `+02:00` |
//! | `%%` | a percent sign |
//!
//! Everything else stands for itself. The whole text must match.

use super::date::Date;

/// Microseconds in a day.
pub const MICROS_PER_DAY: i64 = 86_400_000_000;

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];

/// A compiled way to write a date, with or without a time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    items: Vec<Item>,
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
    Hour,
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
    /// Microseconds since midnight as written; zero where the pattern has no time.
    pub micros: i64,
    /// Seconds east of UTC, where the pattern has `%z`.
    pub offset_seconds: Option<i32>,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// After the percent sign stands something that is not in the table.
    #[error("{0:?} is not known; known are %Y %y %m %d %b %H %M %S %.f %z %%")]
    Unknown(String),
    /// A date needs a year, a month and a day, each once.
    #[error("a date needs a year (%Y or %y), a month (%m or %b) and a day (%d), each exactly once")]
    Incomplete,
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
        let pattern = Self { items };
        let count = |wanted: &[Item]| pattern.items.iter().filter(|i| wanted.contains(i)).count();
        let complete = count(&[Item::IsoDate, Item::Year, Item::ShortYear]) == 1
            && count(&[Item::IsoDate, Item::Month, Item::MonthName]) == 1
            && count(&[Item::IsoDate, Item::Day]) == 1;
        if complete {
            Ok(pattern)
        } else {
            Err(PatternError::Incomplete)
        }
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
                Item::Hour => hour = cursor.one_or_two()?,
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
            offset_seconds,
        })
    }
}

fn item(code: &str) -> Option<Item> {
    Some(match code {
        "%Y" => Item::Year,
        "%y" => Item::ShortYear,
        "%m" => Item::Month,
        "%b" => Item::MonthName,
        "%d" => Item::Day,
        "%H" => Item::Hour,
        "%M" => Item::Minute,
        "%S" => Item::Second,
        "%.f" => Item::Fraction,
        "%z" => Item::Offset,
        "%%" => Item::Literal(b'%'),
        _ => return None,
    })
}

struct Cursor<'a> {
    text: &'a [u8],
}

impl Cursor<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.text.split_first_chunk::<N>()?;
        self.text = rest;
        Some(*head)
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        let [found] = self.take()?;
        (found == byte).then_some(())
    }

    fn pair(&mut self) -> Option<u16> {
        two_digits(self.take()?)
    }

    fn one_or_two(&mut self) -> Option<u16> {
        match *self.text {
            [a @ b'0'..=b'9', b @ b'0'..=b'9', ..] => {
                self.text = &self.text[2..];
                two_digits([a, b])
            }
            [a @ b'0'..=b'9', ..] => {
                self.text = &self.text[1..];
                Some(u16::from(a - b'0'))
            }
            _ => None,
        }
    }

    fn iso_date(&mut self) -> Option<(u16, u16, u16)> {
        let text = self.take::<10>()?;
        let part = |at: usize| two_digits([text[at], text[at + 1]]);
        let separated = text[4] == b'-' && text[7] == b'-';
        let date = (part(0)? * 100 + part(2)?, part(5)?, part(8)?);
        separated.then_some(date)
    }

    fn iso_time(&mut self) -> Option<(u16, u16, u16)> {
        let text = self.take::<8>()?;
        let part = |at: usize| two_digits([text[at], text[at + 1]]);
        let separated = text[2] == b':' && text[5] == b':';
        let time = (part(0)?, part(3)?, part(6)?);
        separated.then_some(time)
    }

    fn month_name(&mut self) -> Option<u16> {
        let len = self
            .text
            .iter()
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        let (name, rest) = self.text.split_at(len);
        self.text = rest;
        let index = MONTHS.iter().position(|month| {
            name.eq_ignore_ascii_case(month) || name.eq_ignore_ascii_case(&month[..3])
        })?;
        u16::try_from(index + 1).ok()
    }

    fn fraction(&mut self) -> Option<u32> {
        let [b'.', rest @ ..] = self.text else {
            return Some(0);
        };
        let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if !(1..=9).contains(&len) {
            return None;
        }
        self.text = &rest[len..];
        let padded = rest[..len].iter().copied().chain(std::iter::repeat(b'0'));
        Some(
            padded
                .take(6)
                .fold(0, |micros, b| micros * 10 + u32::from(b - b'0')),
        )
    }

    fn offset(&mut self) -> Option<i32> {
        let [sign] = self.take()?;
        let sign = match sign {
            b'Z' | b'z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.pair()?;
        if let [b':', rest @ ..] = self.text {
            self.text = rest;
        }
        let minutes = if self.text.first().is_some_and(u8::is_ascii_digit) {
            self.pair()?
        } else {
            0
        };
        let plausible = hours <= 15 && minutes <= 59;
        plausible.then(|| sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
    }
}

#[inline]
fn two_digits([a, b]: [u8; 2]) -> Option<u16> {
    let [a, b] = [a.wrapping_sub(b'0'), b.wrapping_sub(b'0')];
    (a <= 9 && b <= 9).then(|| u16::from(a) * 10 + u16::from(b))
}

#[cfg(test)]
mod tests;
