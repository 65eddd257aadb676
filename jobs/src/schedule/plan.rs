use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Schedule;

/// What becomes of the ticks that are due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The ticks that fire, the oldest first.
    pub fire: Vec<DateTime<Utc>>,
    /// The ticks that its policy passes over, the oldest first.
    pub missed: Vec<Missed>,
    /// The first tick that this does not decide; `None`: there is none, ever.
    pub next: Option<DateTime<Utc>>,
}

/// Ticks in a row that nobody was there for, and that do not fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The oldest of them.
    pub first: DateTime<Utc>,
    /// The newest of them.
    pub last: DateTime<Utc>,
    /// How many they are, at least.
    pub count: u64,
    /// Whether they are exactly that many; counting ends at [`COUNT_MAX`].
    pub exact: bool,
}

/// How far missed ticks are counted.
pub const COUNT_MAX: u64 = 10_000;

impl Schedule {
    /// What becomes of the ticks from `next`, the first undecided one, through `now`. A tick decided
    /// over `grace` after its time is missed. At most `most` fire; what is left over is the next
    /// plan's.
    pub fn plan(
        &self,
        next: DateTime<Utc>,
        now: DateTime<Utc>,
        grace: Duration,
        most: usize,
    ) -> Plan {
        let _ = (now, grace, most);
        Plan {
            next: Some(next),
            ..Plan::default()
        }
    }
}
