use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// When jobs that are sent on one after another become due: so many a second, from batch to batch.
/// Pure; its times are Postgres's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Between two jobs.
    every: Duration,
    /// When the next one is due; `None`: at once.
    next: Option<DateTime<Utc>>,
}

impl Pace {
    /// The most jobs a second that a pace can keep apart: past it, let them all go at once.
    pub const RATE_MAX: u32 = 100_000;

    /// So many jobs a second (1 to [`Self::RATE_MAX`], or the nearest), from now on.
    pub fn of(a_second: u32) -> Self {
        Self {
            every: Duration::from_secs(1) / a_second.clamp(1, Self::RATE_MAX),
            next: None,
        }
    }

    /// From a time on, where there is one.
    pub const fn from(self, next: Option<DateTime<Utc>>) -> Self {
        Self { next, ..self }
    }

    /// When the next one is due, once any was sent on.
    pub const fn next(&self) -> Option<DateTime<Utc>> {
        self.next
    }

    /// What is late is not made up for: it would all be due at once.
    pub(super) fn not_before(self, now: DateTime<Utc>) -> Self {
        Self {
            next: Some(self.next.map_or(now, |next| next.max(now))),
            ..self
        }
    }

    /// The next due time.
    pub(super) fn take(&mut self) -> DateTime<Utc> {
        let due = self.next.unwrap_or_default();
        self.next = Some(due + self.every);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_rate_is_kept_from_batch_to_batch_and_never_made_up_for() {
        let start = DateTime::<Utc>::default();
        let after = |ms| start + TimeDelta::milliseconds(ms);
        let mut pace = Pace::of(100).not_before(start);
        let first: Vec<_> = (0..3).map(|_| pace.take()).collect();
        assert_eq!(first, [after(0), after(10), after(20)]);
        let mut early = pace.not_before(after(5));
        assert_eq!(early.take(), after(30));
        let mut late = pace.not_before(after(500));
        assert_eq!([late.take(), late.take()], [after(500), after(510)]);
    }
}
