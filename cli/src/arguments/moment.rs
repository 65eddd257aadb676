//! Points in time on the command line.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// A point in time: `2026-11-20T16:50:20+01:00`, `2026-11-20 16:50[:20]` or `2026-11-20`, in UTC
/// unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(time.to_utc()));
        }
        let plain = text.replacen('T', " ", 1);
        ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(&plain, format).ok())
            .or_else(|| NaiveDate::from_str(&plain).ok()?.and_hms_opt(0, 0, 0))
            .map(|time| Self(time.and_utc()))
            .ok_or_else(|| {
                "expected a time such as 2026-11-20T16:50:00+01:00, or 2026-11-20 16:50 in UTC"
                    .to_owned()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_utc_unless_they_say_otherwise() {
        let read = |text: &str| text.parse::<Moment>().map(|moment| moment.0.to_rfc3339());
        assert_eq!(
            read("2026-11-20T16:50:20+01:00").unwrap(),
            "2026-11-20T15:50:20+00:00"
        );
        assert_eq!(
            read("2026-11-20 16:50").unwrap(),
            "2026-11-20T16:50:00+00:00"
        );
        assert_eq!(read("2026-11-20").unwrap(), "2026-11-20T00:00:00+00:00");
        assert!(read("tomorrow").is_err());
        assert!(read("2026-02-30").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<Moment>();
        }
    }
}
