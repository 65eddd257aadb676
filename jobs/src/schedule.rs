//! Schedules: at each tick of a cron expression, a job is enqueued.
//!
//! All of it is decided here, from a definition and the time that it is; nothing is looked up.

mod definition;
mod overlap;
mod plan;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::new_job::NewJob;

pub use definition::{
    CATCH_UP_CEILING, CATCH_UP_MAX, Definition, Enqueue, JITTER_MS_MAX, WhenMissed,
};
pub use overlap::{Overlap, OverlapChoice};
pub use plan::{COUNT_MAX, Missed, Plan};

/// A schedule ready to tick.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// The version of its definition.
    pub version: i32,
    /// As it is written down.
    pub definition: Definition,
    zone: Tz,
}

/// Whether a schedule may have this name.
pub fn is_schedule_name(name: &str) -> bool {
    let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
    (1..=100).contains(&name.len()) && name.bytes().all(allowed)
}

impl Schedule {
    /// A schedule by its definition; the text says what is wrong with it.
    pub fn new(name: &str, version: i32, definition: Definition) -> Result<Self, String> {
        if !is_schedule_name(name) {
            return Err(format!(
                "schedule name {name:?} is not allowed: use 1 to 100 characters of a-z, 0-9, '_', '-' and '.'"
            ));
        }
        definition.check()?;
        let zone: Tz = definition
            .zone
            .parse()
            .map_err(|_| format!("zone: there is no time zone {:?}", definition.zone))?;
        Ok(Self {
            name: name.to_owned(),
            version,
            definition,
            zone,
        })
    }

    /// Its first tick after `now`; the text says that there is none. Who sets a schedule asks.
    pub fn check_fires(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
        self.tick_after(now)
            .ok_or_else(|| "it never fires again".to_owned())
    }

    /// The first tick after `time`.
    pub fn tick_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let _ = time;
        None
    }

    /// The last tick at or before `time`.
    pub fn tick_before(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let _ = time;
        None
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

    /// The job of a tick. Of a kind that is not built in, [`Enqueue::fill_in`] adds what the ledger
    /// knows. It holds no reservation of its tick; that is the enqueuer's.
    pub fn job(&self, tick: DateTime<Utc>) -> Result<NewJob, String> {
        let _ = tick;
        Err("not yet".to_owned())
    }

    /// The ordering key of jobs that run one after another.
    pub fn order_key(&self) -> String {
        format!("schedule {}", self.name)
    }

    /// A time on the clocks of its zone.
    pub fn local(&self, time: DateTime<Utc>) -> DateTime<Tz> {
        time.with_timezone(&self.zone)
    }
}
