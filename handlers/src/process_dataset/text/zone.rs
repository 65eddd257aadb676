//! Time zones: which moment a clock on the wall means, and on which day a moment falls there.

use std::str::FromStr;

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{GapInfo, TZ_VARIANTS, Tz};

use super::date::Date;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// From the Unix epoch to 2000-01-01 00:00 UTC.
const UNIX_SECONDS_AT_2000: i64 = 946_684_800;

/// A time zone of the IANA database, with all its changes of clocks.
///
/// The tables that are compiled in know the changes of daylight saving time up to the year 2099.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// The moment at which the zone's clocks show a time; both in microseconds since 2000-01-01
    /// 00:00, the one in UTC and the other on the wall.
    ///
    /// A time that occurs twice, when clocks are put back, is the earlier of the two, as RFC 5545
    /// (3.3.5) and the Temporal API (`compatible`) have it. A time that the clocks skip is `None`:
    /// it never was, so whoever wrote it used another zone than the profile says, and every
    /// moment near it would be a guess.
    pub fn moment(self, wall: i64) -> Option<i64> {
        match self.0.offset_from_local_datetime(&naive(wall)?) {
            MappedLocalTime::Single(offset) => before(wall, seconds_east(&offset)),
            MappedLocalTime::Ambiguous(a, b) => {
                // The further east a clock is, the earlier it shows a time.
                before(wall, seconds_east(&a).max(seconds_east(&b)))
            }
            MappedLocalTime::None => None,
        }
    }

    /// The first moment of a day in the zone: midnight, or where the clocks skip that, the moment
    /// at which they do. `None` for a day that the zone leaves out as a whole, as Samoa did when
    /// it crossed the date line.
    pub fn start_of(self, date: Date) -> Option<i64> {
        let midnight = date.micros();
        if let Some(moment) = self.moment(midnight) {
            return Some(moment);
        }
        let after = GapInfo::new(&naive(midnight)?, &self.0)?.end?;
        let moment = (after.timestamp() - UNIX_SECONDS_AT_2000) * MICROS_PER_SECOND;
        (self.day_of(moment)? == date).then_some(moment)
    }

    /// The day on which a moment falls in the zone; microseconds since 2000-01-01 00:00 UTC.
    pub fn day_of(self, moment: i64) -> Option<Date> {
        let east = seconds_east(&self.0.offset_from_utc_datetime(&naive(moment)?));
        Date::of_micros(moment.checked_add(east * MICROS_PER_SECOND)?)
    }
}

/// Clocks change at whole seconds, so the fraction does not matter.
fn naive(micros: i64) -> Option<NaiveDateTime> {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    Some(DateTime::from_timestamp(seconds + UNIX_SECONDS_AT_2000, 0)?.naive_utc())
}

fn seconds_east(offset: &impl Offset) -> i64 {
    offset.fix().local_minus_utc().into()
}

fn before(wall: i64, seconds_east: i64) -> Option<i64> {
    wall.checked_sub(seconds_east * MICROS_PER_SECOND)
}

/// Not a name of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no time zone of the IANA database{}", self.hint())]
pub struct NotAZone {
    nearest: Option<&'static str>,
}

impl NotAZone {
    fn hint(&self) -> String {
        match self.nearest {
            Some(name) => format!("; did you mean {name:?}?"),
            None => ", like \"Europe/Berlin\"".to_owned(),
        }
    }
}

impl FromStr for Zone {
    type Err = NotAZone;

    fn from_str(name: &str) -> Result<Self, NotAZone> {
        name.parse().map(Self).map_err(|_| NotAZone {
            nearest: nearest(name),
        })
    }
}

/// The zone of the same letters, or else the one whose city or country is called so.
fn nearest(name: &str) -> Option<&'static str> {
    let letters = |text: &str| {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.collect::<String>().to_lowercase()
    };
    let wanted = letters(name);
    let place = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    let known = || TZ_VARIANTS.iter().map(|zone| zone.name());
    known()
        .find(|name| letters(name) == wanted)
        .or_else(|| known().find(|name| letters(place(name)) == wanted))
}

#[cfg(test)]
mod tests;
