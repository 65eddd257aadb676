//! Times and durations for people.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// A time to the second, in UTC: `2026-11-20 16:50:20`.
pub(crate) fn instant(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time to the millisecond, in UTC: `2026-11-20 16:50:20.123 UTC`.
pub(crate) fn precise(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
        .replace('T', " ")
        .replace('Z', " UTC")
}

/// From one time to another; zero where the clock went backwards.
pub(crate) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
    (to - from).to_std().unwrap_or_default()
}

/// A duration in the units that suit its length: `350 µs`, `12 ms`, `1.2 s`, `2 min 5 s`, `3 h 10 min`.
pub(crate) fn span(took: Duration) -> String {
    let (secs, millis) = (took.as_secs(), took.as_millis());
    match secs {
        _ if took.is_zero() => "0 s".to_owned(),
        0 if millis == 0 => format!("{} µs", took.as_micros()),
        0 => format!("{millis} ms"),
        1..60 => format!("{secs}.{} s", took.subsec_millis() / 100),
        60..3600 => two(secs / 60, "min", secs % 60, "s"),
        3600..86_400 => two(secs / 3600, "h", secs / 60 % 60, "min"),
        _ => two(secs / 86_400, "d", secs / 3600 % 24, "h"),
    }
}

/// Two units, the smaller one only if there is any of it.
fn two(large: u64, unit: &str, small: u64, of: &str) -> String {
    if small == 0 {
        format!("{large} {unit}")
    } else {
        format!("{large} {unit} {small} {of}")
    }
}

/// How long ago, or how far ahead: `5 s ago`, `in 3 min`.
pub(crate) fn relative(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let coarse = |took: Duration| {
        let secs = took.as_secs();
        match secs {
            0..60 => format!("{secs} s"),
            60..3600 => format!("{} min", secs / 60),
            3600..86_400 => format!("{} h", secs / 3600),
            _ => format!("{} d", secs / 86_400),
        }
    };
    if time > now {
        format!("in {}", coarse(between(now, time)))
    } else {
        format!("{} ago", coarse(between(time, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well_at_every_length() {
        let micros = [
            0,
            350,
            12_000,
            1_250_000,
            125_000_000,
            11_400_000_000,
            180_000_000_000,
            300_000_000,
        ];
        let spans = micros.map(|n| span(Duration::from_micros(n)));
        assert_eq!(
            spans.join(", "),
            "0 s, 350 µs, 12 ms, 1.2 s, 2 min 5 s, 3 h 10 min, 2 d 2 h, 5 min"
        );
    }

    #[test]
    fn times_are_utc() {
        let time = DateTime::from_timestamp_millis(1_800_000_000_123).unwrap();
        assert_eq!(instant(time), "2027-01-15 08:00:00");
        assert_eq!(precise(time), "2027-01-15 08:00:00.123 UTC");
        let later = time + chrono::TimeDelta::seconds(90);
        assert_eq!(relative(time, later), "1 min ago");
        assert_eq!(relative(later, time), "in 1 min");
    }
}
