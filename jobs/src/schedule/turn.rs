use std::fmt;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::Schedule;

/// What a change of the clocks made of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The clocks skip this local time, the first of those that the gap holds; its tick is the first
    /// instant after the gap.
    Moved(NaiveDateTime),
    /// The clocks show its local time twice; this is the first.
    First {
        /// Whether it ticks the second time too.
        again: bool,
    },
    /// The clocks show its local time twice; this is the second.
    Second,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved(skipped) => write!(f, "clocks skip {}", skipped.format("%H:%M:%S")),
            Self::First { again: false } => f.write_str("first of two, fires once"),
            Self::First { again: true } => f.write_str("first of two"),
            Self::Second => f.write_str("second of two"),
        }
    }
}

/// A tick as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownTick {
    /// The tick.
    pub tick_at: DateTime<Utc>,
    /// The same time on the clocks of its schedule's zone, with their offset (RFC 3339).
    #[cfg_attr(feature = "openapi", schema(example = "2026-10-25T02:30:00+02:00"))]
    pub local: String,
    /// What a change of the clocks made of it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Schedule {
    /// A tick, to be shown.
    pub fn shown(&self, tick: DateTime<Utc>) -> ShownTick {
        let local = self.local(tick);
        ShownTick {
            tick_at: tick,
            local: local.to_rfc3339_opts(SecondsFormat::Secs, false),
            note: self.turn(tick).map(|turn| turn.to_string()),
        }
    }
}
