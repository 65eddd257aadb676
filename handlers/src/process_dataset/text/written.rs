//! Typed values as text, where a column of texts holds them.

use super::super::value::{Moment, Value};
use super::date::{Date, MICROS_PER_DAY};

/// The value in ISO 8601; texts and numbers as they stand, nothing as the empty text.
pub fn text(value: Value<'_>) -> String {
    match value {
        Value::Text(text) | Value::Number(text) => String::from_utf8_lossy(text).into_owned(),
        Value::Day(date) => date.to_string(),
        Value::Moment(moment) => of_moment(moment),
        Value::Missing | Value::Unreadable(_) => String::new(),
    }
}

fn of_moment(moment: Moment) -> String {
    let days = i32::try_from(moment.micros.div_euclid(MICROS_PER_DAY)).ok();
    let Some(date) = days.and_then(Date::from_days) else {
        return String::new();
    };
    let micros = moment.micros.rem_euclid(MICROS_PER_DAY);
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let zone = if moment.utc { "Z" } else { "" };
    if fraction == 0 {
        return format!("{date}T{hour:02}:{minute:02}:{second:02}{zone}");
    }
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{fraction:06}{zone}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_are_written_in_iso_form() {
        let moment = |micros, utc| text(Value::Moment(Moment { micros, utc }));
        assert_eq!(moment(0, true), "2000-01-01T00:00:00Z");
        assert_eq!(moment(-1, false), "1999-12-31T23:59:59.999999");
        assert_eq!(moment(i64::MAX, true), "");
        let date = "2024-02-29".parse().unwrap();
        assert_eq!(text(Value::Day(date)), "2024-02-29");
        assert_eq!(text(Value::Missing), "");
    }
}
