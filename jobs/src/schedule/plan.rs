use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

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

/// How far missed ticks are counted. A round decides hundreds of schedules in a transaction that may not
/// be silent for long; a tick is found in a microsecond or two.
pub const COUNT_MAX: u64 = 1_000;

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
        let mut plan = Plan::default();
        if most == 0 {
            plan.next = Some(next);
            return plan;
        }
        let grace = TimeDelta::from_std(grace).unwrap_or(TimeDelta::MAX);
        let on_time = now
            .checked_sub_signed(grace)
            .unwrap_or(DateTime::<Utc>::MIN_UTC)
            .max(next);

        let caught_up = self.newest(next, on_time, self.definition.missed_max());
        let fires_from = caught_up.first().copied().unwrap_or(on_time);
        plan.missed.extend(self.missed(next, fires_from));
        let mut undecided = caught_up
            .first()
            .copied()
            .or_else(|| self.tick_at_or_after(on_time));
        while let Some(tick) = undecided
            && tick <= now
            && plan.fire.len() < most
        {
            plan.fire.push(tick);
            undecided = self.tick_after(tick);
        }
        plan.next = undecided;
        plan
    }

    /// The newest ticks at or after `from` and before `until`, at most so many, the oldest first.
    fn newest(&self, from: DateTime<Utc>, until: DateTime<Utc>, max: usize) -> Vec<DateTime<Utc>> {
        let newest = std::iter::successors(self.tick_just_before(until), |tick| {
            self.tick_just_before(*tick)
        });
        let mut ticks: Vec<_> = newest.take_while(|tick| *tick >= from).take(max).collect();
        ticks.reverse();
        ticks
    }

    /// The ticks at or after `from` and before `until`, if there are any.
    fn missed(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<Missed> {
        let first = self.tick_at_or_after(from).filter(|tick| *tick < until)?;
        let last = self.tick_just_before(until)?;
        let rest = self.ticks(first, last).zip(0..COUNT_MAX).count() as u64;
        Some(Missed {
            first,
            last,
            count: (rest + 1).min(COUNT_MAX),
            exact: rest < COUNT_MAX,
        })
    }

    fn tick_at_or_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.tick_after(time.checked_sub_signed(TimeDelta::nanoseconds(1))?)
    }

    fn tick_just_before(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.tick_before(time.checked_sub_signed(TimeDelta::nanoseconds(1))?)
    }
}
