//! Durations as settings write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Unexpected};
use serde::{Serialize, Serializer};

const EXPECTED: &str = "a duration with its unit, such as \"250ms\", \"30s\", \"15m\" or \"1h\"";

/// A length of time, written with its unit: `"250ms"`, `"30s"`, `"1h 30m"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(Duration);

impl Span {
    /// The longest span that can be written: ten years of 365 days. Nothing waits for longer, and
    /// adding it to a clock cannot overflow.
    pub const MAX: Self = Self(Duration::from_hours(10 * 365 * 24));

    /// The span of zero length.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// A span of the given length, which is not held against [`Span::MAX`].
    pub const fn new(length: Duration) -> Self {
        Self(length)
    }

    /// Its length.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Span {
    fn from(length: Duration) -> Self {
        Self(length)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// Text that is no [`Span`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {EXPECTED}, at most ten years")]
pub struct NotASpan;

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let span = Self(humantime::parse_duration(text.trim()).map_err(|_| NotASpan)?);
        if span > Self::MAX {
            Err(NotASpan)
        } else {
            Ok(span)
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{EXPECTED}, at most ten years")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse()
                    .map_err(|NotASpan| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        text.parse::<Span>().ok().map(|span| span.get().as_secs())
    }

    #[test]
    fn units_are_read() {
        assert_eq!(seconds("30s"), Some(30));
        assert_eq!(seconds("1h 30m"), Some(5400));
        assert_eq!(
            "250ms".parse::<Span>().unwrap().get(),
            Duration::from_millis(250)
        );
        assert_eq!(Span::new(Duration::from_mins(15)).to_string(), "15m");
    }

    #[test]
    fn a_number_without_unit_and_an_age_are_refused() {
        assert_eq!(seconds("30"), None);
        assert_eq!(seconds(""), None);
        assert_eq!(seconds("-1s"), None);
        assert_eq!(seconds("11years"), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(millis in 0u64..=315_360_000_000) {
            let span = Span::new(Duration::from_millis(millis));
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<Span>();
        }
    }
}
