//! Days and moments by a profile's ways of writing them.

use super::super::value::{Moment, Value};
use super::date::Date;
use super::pattern::{Pattern, Reading};
use super::steps::Steps;
use super::zone::Zone;

/// How a column's dates are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateStyle {
    /// Text; the first pattern that matches counts.
    Patterns(Vec<Pattern>),
    /// Integer steps from a day.
    Steps(Steps),
}

impl DateStyle {
    #[inline]
    fn read(&self, text: &[u8]) -> Option<Reading> {
        match self {
            Self::Patterns(patterns) => patterns.iter().find_map(|pattern| pattern.read(text)),
            Self::Steps(steps) => steps.read(text),
        }
    }

    /// A number has its own grammar for steps; patterns read its digits (`%Y%m%d`).
    fn read_number(&self, number: &[u8]) -> Option<Reading> {
        match self {
            Self::Patterns(_) => self.read(number),
            Self::Steps(steps) => steps.read_number(number),
        }
    }
}

/// How a column's days are written, and which day a moment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayStyle {
    /// How days are written, with or without a time.
    pub style: DateStyle,
    /// Where the days are counted. A value that names a moment (a time of day with its offset, a
    /// typed moment in UTC, an epoch time) is then the day on which the moment falls there.
    /// `None`: the day as written, and in UTC for typed moments and epoch times.
    pub zone: Option<Zone>,
}

impl DayStyle {
    /// The day; `None` for what is none. A day without a time is never shifted.
    #[inline]
    pub fn day(&self, value: Value<'_>) -> Option<Date> {
        match value {
            Value::Text(text) => self.day_read(self.style.read(text)?),
            _ => self.day_of_other(value),
        }
    }

    /// Apart, so that the way of a text stays short enough to be inlined.
    #[inline(never)]
    fn day_of_other(&self, value: Value<'_>) -> Option<Date> {
        match value {
            Value::Number(number) => self.day_read(self.style.read_number(number)?),
            Value::Day(date) => Some(date),
            Value::Moment(Moment { micros, utc }) => match self.zone {
                Some(zone) if utc => zone.day_of(micros),
                _ => Date::of_micros(micros),
            },
            Value::Missing | Value::Text(_) | Value::Unreadable(_) => None,
        }
    }

    /// Clocks that skip a time of day do not take the day away.
    #[inline]
    fn day_read(&self, reading: Reading) -> Option<Date> {
        match (self.zone, reading.offset_seconds) {
            (Some(zone), Some(offset)) if reading.timed => zone.day_of(in_utc(&reading, offset)),
            _ => Some(reading.date),
        }
    }
}

/// How a column's moments are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstantStyle {
    /// Day and time of day.
    pub style: DateStyle,
    /// Whose clock it is that values without an offset of their own were read from.
    pub clock: Clock,
}

/// A clock on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// So many seconds ahead of UTC all year.
    Offset(i32),
    /// As the clocks of a time zone.
    Zone(Zone),
}

impl Clock {
    /// UTC itself.
    pub const UTC: Self = Self::Offset(0);

    fn moment(self, wall: i64) -> Option<i64> {
        match self {
            Self::Offset(seconds) => wall.checked_sub(i64::from(seconds) * 1_000_000),
            Self::Zone(zone) => zone.moment(wall),
        }
    }

    fn start_of(self, date: Date) -> Option<i64> {
        match self {
            Self::Offset(_) => self.moment(date.micros()),
            Self::Zone(zone) => zone.start_of(date),
        }
    }
}

impl InstantStyle {
    /// The moment, in microseconds since 2000-01-01 00:00 UTC. A day without a time is its first
    /// moment. `None` for what is no moment, or a time that the clocks skipped.
    #[inline]
    pub fn micros(&self, value: Value<'_>) -> Option<i64> {
        match value {
            Value::Text(text) => self.micros_read(self.style.read(text)?),
            _ => self.micros_of_other(value),
        }
    }

    /// Apart, so that the way of a text stays short enough to be inlined.
    #[inline(never)]
    fn micros_of_other(&self, value: Value<'_>) -> Option<i64> {
        match value {
            Value::Number(number) => self.micros_read(self.style.read_number(number)?),
            Value::Day(date) => self.clock.start_of(date),
            Value::Moment(Moment { micros, utc }) => {
                // Formats can hold moments far beyond the calendar.
                Date::of_micros(micros)?;
                if utc {
                    Some(micros)
                } else {
                    self.clock.moment(micros)
                }
            }
            Value::Missing | Value::Text(_) | Value::Unreadable(_) => None,
        }
    }

    #[inline]
    fn micros_read(&self, reading: Reading) -> Option<i64> {
        match reading.offset_seconds {
            Some(offset) => Some(in_utc(&reading, offset)),
            None if reading.timed => self.clock.moment(reading.date.micros() + reading.micros),
            None => self.clock.start_of(reading.date),
        }
    }
}

#[inline]
fn in_utc(reading: &Reading, offset_seconds: i32) -> i64 {
    reading.date.micros() + reading.micros - i64::from(offset_seconds) * 1_000_000
}

#[cfg(test)]
mod tests;
