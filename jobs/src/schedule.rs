//! Schedules: at each tick of a cron expression, a job is enqueued.
//!
//! All of it is decided here, from a definition and the time that it is; nothing is looked up.

mod definition;
mod expression;
mod field;
mod jitter;
mod moment;
mod overlap;
mod pass;
mod plan;
mod tick;
mod turn;

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use crate::kinds::built_in;
use crate::lane::QueueName;
use crate::new_job::{Due, NewJob};
use crate::template::Template;
use crate::unique::Unique;
use expression::Expression;
use moment::{Moment, Tick};

pub use definition::{
    CATCH_UP_CEILING, CATCH_UP_MAX, Definition, Enqueue, JITTER_MS_MAX, WhenMissed,
};
pub use overlap::{Overlap, OverlapChoice};
pub use plan::{COUNT_MAX, Missed, Plan};
pub use turn::{ShownTick, Turn};

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
    expression: Expression,
    args: Template<Moment>,
    unique_key: Option<Template<Moment>>,
}

/// Whether a schedule may have this name.
pub fn is_schedule_name(name: &str) -> bool {
    let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
    (1..=100).contains(&name.len()) && name.bytes().all(allowed)
}

impl Schedule {
    /// A schedule by its definition; the text says what is wrong with it, and where.
    pub fn new(name: &str, version: i32, definition: Definition) -> Result<Self, String> {
        if !is_schedule_name(name) {
            return Err(format!(
                "schedule name {name:?} is not allowed: use 1 to 100 characters of a-z, 0-9, '_', '-' and '.'"
            ));
        }
        definition.check()?;
        let expression =
            Expression::read(&definition.cron).map_err(|wrong| format!("cron: {wrong}"))?;
        let zone = definition.zone.parse::<Tz>().map_err(|_| {
            let zone = &definition.zone;
            format!("zone: there is no time zone {zone:?}: use a name of the IANA's, such as Europe/Berlin, or UTC")
        })?;
        let enqueue = &definition.enqueue;
        let args =
            Template::new(&enqueue.args).map_err(|wrong| format!("enqueue.args: {wrong}"))?;
        let unique_key = enqueue.unique_key.clone().map(Value::String);
        let unique_key = unique_key.as_ref().map(Template::new).transpose();
        let unique_key = unique_key.map_err(|wrong| format!("enqueue.unique_key: {wrong}"))?;
        let schedule = Self {
            name: name.to_owned(),
            version,
            expression,
            zone,
            args,
            unique_key,
            definition,
        };
        let Some(sample) = schedule.tick_after(DateTime::UNIX_EPOCH) else {
            let cron = &schedule.definition.cron;
            return Err(format!("cron: {cron:?} never fires, from start to end"));
        };
        schedule.job(sample)?;
        Ok(schedule)
    }

    /// Its first tick after `now`; the text says that there is none. Whoever sets a schedule asks.
    pub fn check_fires(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
        self.tick_after(now).ok_or_else(|| {
            let cron = &self.definition.cron;
            match self.definition.end {
                Some(end) => format!("cron: {cron:?} does not fire again before {end}, its end"),
                None => format!("cron: {cron:?} never fires again"),
            }
        })
    }

    /// The job of a tick. Of a kind that is not built in, [`Enqueue::fill_in`] adds what the ledger
    /// knows. It does not hold the tick; that is for who enqueues it. The text says why there is none.
    pub fn job(&self, tick: DateTime<Utc>) -> Result<NewJob, String> {
        let from = Tick {
            name: self.name.clone(),
            at: self.local(tick),
        };
        let enqueue = &self.definition.enqueue;
        let in_args = |wrong: String| format!("enqueue.args: {wrong}");
        let args = self.args.fill(&from).map_err(in_args)?;
        let args = serde_json::value::to_raw_value(&args).map_err(|error| error.to_string())?;
        let mut job = NewJob::raw(&*enqueue.kind, args).map_err(|error| error.to_string())?;
        if let Some(kind) = built_in(&enqueue.kind) {
            (kind.check)(job.args.get()).map_err(in_args)?;
            job.queue = QueueName::new(kind.queue).map_err(|error| error.to_string())?;
            job.band = kind.band;
            job.weight = kind.weight;
            job.kind_attempts = (kind.attempts)();
        }
        job.queue = enqueue.queue.clone().unwrap_or(job.queue);
        job.band = enqueue.band.unwrap_or(job.band);
        job.attempts = enqueue.attempts;
        job.timeout = enqueue.timeout_ms.map(Duration::from_millis);
        job.tags.clone_from(&enqueue.tags);
        job.limit_key.clone_from(&enqueue.limit_key);
        job.unique = self.unique(&from)?;
        let wait = jitter::jitter(&self.name, tick, self.definition.jitter_ms);
        if !wait.is_zero() {
            job.due = Due::In(wait);
        }
        if self.definition.overlap.is_in_order() {
            job.order_key = Some(self.order_key());
        }
        Ok(job.tenant(enqueue.tenant()))
    }

    fn unique(&self, from: &Tick) -> Result<Option<Unique>, String> {
        let Some(key) = &self.unique_key else {
            return Ok(None);
        };
        let wrong = |wrong: String| format!("enqueue.unique_key: {wrong}");
        let unique = Unique::key(match key.fill(from).map_err(wrong)? {
            Value::String(key) => key,
            other => other.to_string(),
        });
        unique.check().map_err(wrong)?;
        Ok(Some(unique))
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

#[cfg(test)]
mod tests;
