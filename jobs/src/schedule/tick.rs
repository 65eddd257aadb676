use chrono::{DateTime, TimeDelta, Utc};

use super::Schedule;
use super::pass::Pass;
use super::turn::Turn;

impl Schedule {
    /// The first tick after `time`.
    pub fn tick_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let time = match self.definition.start {
            Some(start) => time.max(start.checked_sub_signed(TimeDelta::nanoseconds(1))?),
            None => time,
        };
        let time = whole(time)?;
        let in_pass = |pass: Pass| {
            let local = self.expression.after(pass.reached(self.zone, time))?;
            Some(pass.instant(self.zone, local))
        };
        let tick = self.passes().filter_map(in_pass).min()?;
        self.definition
            .end
            .is_none_or(|end| tick < end)
            .then_some(tick)
    }

    /// The last tick at or before `time`.
    pub fn tick_before(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let time = match self.definition.end {
            Some(end) => time.min(end.checked_sub_signed(TimeDelta::nanoseconds(1))?),
            None => time,
        };
        let time = whole(time)?;
        let in_pass = |pass: Pass| {
            let local = self.expression.through(pass.reached(self.zone, time))?;
            Some(pass.instant(self.zone, local))
        };
        let tick = self.passes().filter_map(in_pass).max()?;
        self.definition
            .start
            .is_none_or(|start| tick >= start)
            .then_some(tick)
    }

    /// The ticks after `after`, through `through`, the oldest first.
    pub fn ticks(
        &self,
        after: DateTime<Utc>,
        through: DateTime<Utc>,
    ) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        std::iter::successors(self.tick_after(after), |tick| self.tick_after(*tick))
            .take_while(move |tick| *tick <= through)
    }

    /// What a change of the clocks made of a tick; `None`: nothing.
    pub fn turn(&self, tick: DateTime<Utc>) -> Option<Turn> {
        let local = self.local(tick).naive_local();
        let (first, second) = (
            Pass::First.instant(self.zone, local),
            Pass::Second.instant(self.zone, local),
        );
        if first < second {
            let again = self.expression.every_hour;
            return Some(if tick < second {
                Turn::First { again }
            } else {
                Turn::Second
            });
        }
        let before = self.local(tick - TimeDelta::seconds(1)).naive_local();
        let skipped = self.expression.after(before)?;
        (skipped < local).then_some(Turn::Moved(skipped))
    }

    /// An expression that allows every hour is an interval: it ticks in both passes. Any other is a
    /// time of day, and ticks once.
    fn passes(&self) -> impl Iterator<Item = Pass> + use<> {
        let second = self.expression.every_hour.then_some(Pass::Second);
        [Pass::First].into_iter().chain(second)
    }
}

/// Cut to whole seconds, as ticks are, and to the centuries that expressions speak of; `None`: there
/// is no such time.
fn whole(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    const BEFORE_ALL: i64 = -366 * 24 * 60 * 60;
    const AFTER_ALL: i64 = (2102 - 1970) * 366 * 24 * 60 * 60;
    DateTime::from_timestamp(time.timestamp().clamp(BEFORE_ALL, AFTER_ALL), 0)
}
