//! Days and moments as counts of steps from a day.

use super::date::{Date, MICROS_PER_DAY};
use super::decimal::Decimal;
use super::pattern::Reading;

/// Integer steps from midnight of a day: step 0 is the origin itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The day of step 0.
    pub origin: Date,
    /// How long a step is.
    pub unit: StepUnit,
}

/// The length of one step. Steps of a second and less are epoch times: they pass in UTC, and have
/// no leap seconds, as POSIX has it. Longer ones are on the clocks and calendars of wherever they
/// were counted, where every day has 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepUnit {
    /// One microsecond, in UTC.
    Microsecond,
    /// One millisecond, in UTC.
    Millisecond,
    /// One second, in UTC.
    Second,
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
    pub const ALL: [Self; 7] = [
        Self::Microsecond,
        Self::Millisecond,
        Self::Second,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
    ];

    /// The name in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Microsecond => "microsecond",
            Self::Millisecond => "millisecond",
            Self::Second => "second",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Its steps count moments in UTC, whatever the zone.
    pub const fn is_epoch_time(self) -> bool {
        matches!(self, Self::Microsecond | Self::Millisecond | Self::Second)
    }

    /// Microseconds in a step, where it is a part of a day.
    const fn micros(self) -> Option<i64> {
        match self {
            Self::Microsecond => Some(1),
            Self::Millisecond => Some(1000),
            Self::Second => Some(1_000_000),
            Self::Hour => Some(3_600_000_000),
            Self::Day | Self::Week | Self::Month => None,
        }
    }
}

impl Steps {
    /// From a text: an integer, also as a program writes the integer that it holds as a float
    /// (`1262304000.0`). No exponent: a spreadsheet that writes one has rounded.
    pub(super) fn read(self, text: &[u8]) -> Option<Reading> {
        let text = std::str::from_utf8(text).ok()?;
        let (whole, zeros) = text.split_once('.').unwrap_or((text, "0"));
        let none_lost = !zeros.is_empty() && zeros.bytes().all(|b| b == b'0');
        self.at(none_lost.then(|| whole.parse().ok())??)
    }

    /// From a number in JSON's grammar, which is exact also with an exponent.
    pub(super) fn read_number(self, number: &[u8]) -> Option<Reading> {
        self.at(i64::try_from(Decimal::json(number)?.scaled(0)?).ok()?)
    }

    fn at(self, steps: i64) -> Option<Reading> {
        let (date, micros) = match (self.unit, self.unit.micros()) {
            (_, Some(step)) => {
                let per_day = MICROS_PER_DAY / step;
                let date = self.origin.plus_days(steps.div_euclid(per_day))?;
                (date, steps.rem_euclid(per_day) * step)
            }
            (StepUnit::Week, None) => (self.origin.plus_days(steps.checked_mul(7)?)?, 0),
            (StepUnit::Month, None) => (self.origin.plus_months(steps)?, 0),
            (_, None) => (self.origin.plus_days(steps)?, 0),
        };
        Some(Reading {
            date,
            micros,
            timed: self.unit.micros().is_some(),
            offset_seconds: self.unit.is_epoch_time().then_some(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steps(unit: StepUnit) -> Steps {
        Steps {
            origin: "2020-01-31".parse().unwrap(),
            unit,
        }
    }

    fn shown(reading: Option<Reading>) -> Option<String> {
        reading.map(|reading| format!("{} {}", reading.date, reading.micros))
    }

    #[test]
    fn integers_of_every_unit() {
        for (unit, text, expected) in [
            (StepUnit::Day, "1", "2020-02-01 0"),
            (StepUnit::Day, "+1.000", "2020-02-01 0"),
            (StepUnit::Week, "-1", "2020-01-24 0"),
            (StepUnit::Month, "1", "2020-02-29 0"),
            (StepUnit::Hour, "-1", "2020-01-30 82800000000"),
            (StepUnit::Hour, "24", "2020-02-01 0"),
            (StepUnit::Second, "86399", "2020-01-31 86399000000"),
            (StepUnit::Second, "-1.0", "2020-01-30 86399000000"),
            (StepUnit::Millisecond, "86400001", "2020-02-01 1000"),
            (StepUnit::Microsecond, "-1", "2020-01-30 86399999999"),
        ] {
            let read = shown(steps(unit).read(text.as_bytes()));
            assert_eq!(read.as_deref(), Some(expected), "{text} {unit:?}");
        }
    }

    #[test]
    fn what_is_no_count() {
        let bad = [
            "",
            "x",
            "1.5",
            "1.",
            ".0",
            "1.0.0",
            "1e3",
            "1,000",
            "9223372036854775807",
            "-9223372036854775808",
            "99999999999999999999",
            "NaN",
        ];
        for unit in StepUnit::ALL {
            for text in bad {
                assert_eq!(steps(unit).read(text.as_bytes()), None, "{text} {unit:?}");
            }
        }
    }

    #[test]
    fn numbers_may_have_an_exponent() {
        let number = |text: &str| shown(steps(StepUnit::Second).read_number(text.as_bytes()));
        assert_eq!(number("8.64e4").unwrap(), "2020-02-01 0");
        assert_eq!(number("86400.0").unwrap(), "2020-02-01 0");
        for bad in ["8.64001e0", "0.5", "1e400", "1e30", "+1", "01", ""] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn epoch_times_are_moments(micros in -50_000_000_000_000_000_i64..200_000_000_000_000_000) {
            for (unit, size) in [
                (StepUnit::Microsecond, 1),
                (StepUnit::Millisecond, 1000),
                (StepUnit::Second, 1_000_000),
            ] {
                let steps = Steps { origin: "2000-01-01".parse().unwrap(), unit };
                let count = micros.div_euclid(size);
                let reading = steps.read(count.to_string().as_bytes()).unwrap();
                prop_assert_eq!(reading.date.micros() + reading.micros, count * size);
                prop_assert_eq!(reading.offset_seconds, Some(0));
            }
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..24), count in any::<i64>()) {
            for unit in StepUnit::ALL {
                let _ = (steps(unit).read(&text), steps(unit).read_number(&text));
                let _ = steps(unit).at(count);
            }
        }
    }
}
