//! Days and moments by a profile's ways of writing them.

use super::date::Date;
use super::pattern::{MICROS_PER_DAY, Pattern};

/// How a column's dates are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateStyle {
    /// Text; the first pattern that matches counts.
    Patterns(Vec<Pattern>),
    /// Integer steps from a day.
    Steps(Steps),
}

/// Integer steps from midnight of a day: step 0 is the origin itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The day of step 0.
    pub origin: Date,
    /// How long a step is.
    pub unit: StepUnit,
}

/// The length of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepUnit {
    /// One hour.
    Hour,
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// One calendar month; the month's last day where it is shorter than the origin's day.
    Month,
}

impl StepUnit {
    /// Every unit.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The name in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl Steps {
    fn read(self, text: &[u8]) -> Option<(Date, i64)> {
        let steps: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        match self.unit {
            StepUnit::Hour => {
                let micros = steps.rem_euclid(24) * 3_600_000_000;
                Some((self.origin.plus_days(steps.div_euclid(24))?, micros))
            }
            StepUnit::Day => Some((self.origin.plus_days(steps)?, 0)),
            StepUnit::Week => Some((self.origin.plus_days(steps.checked_mul(7)?)?, 0)),
            StepUnit::Month => Some((self.origin.plus_months(steps)?, 0)),
        }
    }
}

impl DateStyle {
    /// The day as written, whatever offset from UTC stands beside it.
    #[inline]
    pub fn date(&self, text: &[u8]) -> Option<Date> {
        match self {
            Self::Patterns(patterns) => patterns
                .iter()
                .find_map(|pattern| Some(pattern.read(text)?.date)),
            Self::Steps(steps) => Some(steps.read(text)?.0),
        }
    }
}

/// How a column's moments are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstantStyle {
    /// Day and time of day; a pattern without a time means midnight.
    pub style: DateStyle,
    /// Seconds east of UTC, for texts that do not say.
    pub offset_seconds: i32,
}

impl InstantStyle {
    /// The moment, in microseconds since 2000-01-01 00:00 UTC.
    #[inline]
    pub fn micros(&self, text: &[u8]) -> Option<i64> {
        let (date, micros, offset) = match &self.style {
            DateStyle::Patterns(patterns) => {
                let reading = patterns.iter().find_map(|pattern| pattern.read(text))?;
                (reading.date, reading.micros, reading.offset_seconds)
            }
            DateStyle::Steps(steps) => {
                let (date, micros) = steps.read(text)?;
                (date, micros, None)
            }
        };
        let offset = i64::from(offset.unwrap_or(self.offset_seconds));
        Some(i64::from(date.days_since_2000()) * MICROS_PER_DAY + micros - offset * 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(unit: StepUnit) -> DateStyle {
        DateStyle::Steps(Steps {
            origin: "2020-01-31".parse().unwrap(),
            unit,
        })
    }

    fn day(style: &DateStyle, text: &str) -> Option<String> {
        style.date(text.as_bytes()).map(|date| date.to_string())
    }

    #[test]
    fn integer_steps() {
        assert_eq!(day(&steps(StepUnit::Day), "1").unwrap(), "2020-02-01");
        assert_eq!(day(&steps(StepUnit::Week), "-1").unwrap(), "2020-01-24");
        assert_eq!(day(&steps(StepUnit::Month), "1").unwrap(), "2020-02-29");
        assert_eq!(day(&steps(StepUnit::Hour), "-1").unwrap(), "2020-01-30");
        assert_eq!(day(&steps(StepUnit::Hour), "24").unwrap(), "2020-02-01");
        for bad in [
            "",
            "1.5",
            "x",
            "9223372036854775807",
            "99999999999999999999",
        ] {
            for unit in StepUnit::ALL {
                assert_eq!(day(&steps(unit), bad), None, "{bad} {unit:?}");
            }
        }
    }

    #[test]
    fn first_matching_pattern_counts() {
        let patterns = ["%d/%m/%Y", "%m/%d/%Y"].map(|p| Pattern::compile(p).unwrap());
        let style = DateStyle::Patterns(patterns.into());
        assert_eq!(day(&style, "03/04/2010").unwrap(), "2010-04-03");
        assert_eq!(day(&style, "03/14/2010").unwrap(), "2010-03-14");
    }

    #[test]
    fn offset_of_the_text_wins_over_the_profiles() {
        let pattern = |p| Pattern::compile(p).unwrap();
        let style = InstantStyle {
            style: DateStyle::Patterns(vec![
                pattern("%Y-%m-%d %H:%M:%S%z"),
                pattern("%Y-%m-%d %H:%M:%S"),
                pattern("%Y-%m-%d"),
            ]),
            offset_seconds: 3600,
        };
        assert_eq!(style.micros(b"2000-01-01 00:00:00Z"), Some(0));
        assert_eq!(style.micros(b"2000-01-01 00:00:00"), Some(-3_600_000_000));
        assert_eq!(style.micros(b"2000-01-01"), Some(-3_600_000_000));
        assert_eq!(
            style.micros(b"2000-01-02 01:00:00+01:00"),
            Some(MICROS_PER_DAY)
        );
        assert_eq!(style.micros(b"tomorrow"), None);
        let hours = InstantStyle {
            style: steps(StepUnit::Hour),
            offset_seconds: 0,
        };
        assert_eq!(
            hours.micros(b"1"),
            Some(7335 * MICROS_PER_DAY + 3_600_000_000)
        );
    }
}
