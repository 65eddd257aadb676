//! Days and moments, from Parquet's count since 1970 to Postgres's since 2000.

use super::super::text::date::Date;
use super::kind::Tick;

/// 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * MICROS_PER_DAY;
/// 2000-01-01 as Julian days count, from noon to noon; INT96 counts from the midnight before.
const JULIAN_2000: i64 = 2_451_545;

/// The day so many days after 1970-01-01.
#[inline]
pub(super) fn day(days: i32) -> Option<Date> {
    Date::from_days(days.checked_sub(EPOCH_DAYS)?)
}

/// Microseconds since 2000; what is finer is cut off, towards the past.
#[inline]
pub(super) fn moment(steps: i64, unit: Tick) -> Option<i64> {
    micros(steps, unit)?.checked_sub(EPOCH_MICROS)
}

/// Microseconds of so many steps.
#[inline]
pub(super) fn micros(steps: i64, unit: Tick) -> Option<i64> {
    match unit {
        Tick::Millis => steps.checked_mul(1000),
        Tick::Micros => Some(steps),
        Tick::Nanos => Some(steps.div_euclid(1000)),
    }
}

/// Microseconds since 2000 of INT96: nanoseconds of the day in the lower 64 bits, its Julian
/// number above them.
#[inline]
pub(super) fn old_moment(words: &[u32]) -> Option<i64> {
    let &[low, high, julian] = words else {
        return None;
    };
    let nanos = u64::from(high) << 32 | u64::from(low);
    let of_day = i64::try_from(nanos / 1000).ok()?;
    let days = i64::from(julian) - JULIAN_2000;
    days.checked_mul(MICROS_PER_DAY)?.checked_add(of_day)
}

/// A time of day as its parts, the last of them microseconds.
pub(super) fn time_of_day(micros: i64) -> Option<[i64; 4]> {
    if !(0..MICROS_PER_DAY).contains(&micros) {
        return None;
    }
    let seconds = micros / MICROS_PER_SECOND;
    Some([
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        micros % MICROS_PER_SECOND,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_meet() {
        assert_eq!(day(0).unwrap().to_string(), "1970-01-01");
        assert_eq!(day(19_782).unwrap().to_string(), "2024-02-29");
        assert_eq!(day(-719_162).unwrap().to_string(), "0001-01-01");
        assert_eq!([day(i32::MIN), day(i32::MAX), day(-719_163)], [None; 3]);
        assert_eq!(moment(946_684_800_000, Tick::Millis), Some(0));
        assert_eq!(moment(946_684_800_000_001, Tick::Micros), Some(1));
        assert_eq!(moment(946_684_800_000_000_999, Tick::Nanos), Some(0));
        assert_eq!(moment(946_684_799_999_999_999, Tick::Nanos), Some(-1));
        assert_eq!(moment(i64::MAX, Tick::Millis), None);
        assert_eq!(moment(i64::MIN, Tick::Micros), None);
    }

    #[test]
    fn int96_is_a_julian_day_and_nanoseconds() {
        // 1970-01-01 00:00 is Julian day 2440588 there.
        assert_eq!(old_moment(&[0, 0, 2_440_588]), Some(-EPOCH_MICROS));
        assert_eq!(old_moment(&[1999, 0, 2_451_545]), Some(1));
        let half = 43_200_000_000_000_u64;
        let [low, high] = [half, half >> 32].map(|half| u32::try_from(half & 0xffff_ffff).unwrap());
        assert_eq!(
            old_moment(&[low, high, 2_451_545]),
            Some(MICROS_PER_DAY / 2)
        );
        assert_eq!(old_moment(&[u32::MAX; 3]), None);
        assert_eq!(old_moment(&[0, 0, 2_451_544]), Some(-MICROS_PER_DAY));
    }

    #[test]
    fn times_of_day_end_at_midnight() {
        assert_eq!(time_of_day(MICROS_PER_DAY - 1), Some([23, 59, 59, 999_999]));
        assert_eq!([time_of_day(-1), time_of_day(MICROS_PER_DAY)], [None; 2]);
    }
}
