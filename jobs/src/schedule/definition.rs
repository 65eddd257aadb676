use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::overlap::Overlap;
use crate::id::TenantId;
use crate::job::Weight;
use crate::kinds::built_in;
use crate::lane::{Band, QueueName};
use crate::new_job::{NewJob, check_key, check_tags};

/// A schedule, as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ScheduleDefinition))]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// When: a cron expression of 5 to 7 fields, or `@daily` and the like.
    #[cfg_attr(feature = "openapi", schema(example = "30 2 * * MON-FRI"))]
    pub cron: String,
    /// The IANA time zone whose clocks it goes by; UTC if it does not say.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    #[serde(default = "utc")]
    pub zone: String,
    /// The job of each tick.
    pub enqueue: Enqueue,
    /// Each job starts up to so many milliseconds after its tick, always the same for one tick.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub jitter_ms: u64,
    /// No tick before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime<Utc>>,
    /// No tick at this or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<DateTime<Utc>>,
    /// What becomes of a tick while a job of an earlier one is unfinished.
    #[serde(default)]
    pub overlap: Overlap,
    /// What becomes of ticks that nobody was there for.
    #[serde(default)]
    pub missed: WhenMissed,
    /// With `catch_up`, how many ticks are caught up on at most; `None`: [`CATCH_UP_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catch_up_max: Option<u32>,
}

/// The job that a tick enqueues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ScheduleEnqueue))]
#[serde(deny_unknown_fields)]
pub struct Enqueue {
    /// Its kind.
    pub kind: String,
    /// Its arguments: JSON, in which `{{ date - 1d }}` and the like are filled in for the tick.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    #[serde(default = "no_args")]
    pub args: Value,
    /// Its queue, if not its kind's.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueName>,
    /// Its priority band, if not its kind's.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<Band>,
    /// Attempts in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Longest time one attempt may take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whose it is; the default tenant's if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<i64>,
    /// What limits per key count it under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_key: Option<String>,
    /// While another job of its tenant and kind with this key is unfinished, it is not enqueued. A
    /// template, as texts of the arguments are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_key: Option<String>,
}

/// What becomes of ticks that are decided too late, since no scheduler was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenMissed {
    /// None of them fires.
    Skip,
    /// The newest of them fires.
    #[default]
    RunOnce,
    /// The newest of them fire, so many as [`Definition::catch_up_max`] says.
    CatchUp,
}

/// How many missed ticks are caught up on, unless the definition says otherwise.
pub const CATCH_UP_MAX: u32 = 100;
/// Most missed ticks that a definition may catch up on.
pub const CATCH_UP_CEILING: u32 = 1_000;
/// Longest jitter: a day, in milliseconds.
pub const JITTER_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// Longest timeout of a job: 30 days, in milliseconds.
const TIMEOUT_MS_MAX: u64 = 30 * 24 * 60 * 60 * 1000;

fn utc() -> String {
    "UTC".to_owned()
}

fn no_args() -> Value {
    Value::Object(serde_json::Map::new())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(ms: &u64) -> bool {
    *ms == 0
}

impl Definition {
    pub(super) fn check(&self) -> Result<(), String> {
        self.enqueue.check()?;
        if self.jitter_ms > JITTER_MS_MAX {
            return Err("jitter_ms: at most a day".to_owned());
        }
        if let (Some(start), Some(end)) = (self.start, self.end)
            && end <= start
        {
            return Err("end: is not after start".to_owned());
        }
        let is_one_key = |key: &String| !key.contains("{{");
        if matches!(self.overlap, Overlap::QueueOne | Overlap::CancelRunning)
            && self.enqueue.unique_key.as_ref().is_some_and(is_one_key)
        {
            return Err(
                "enqueue.unique_key: the same for each tick, it would keep out the job that \
                 overlap is to let in: put a part of the tick into it, such as {{date}}"
                    .to_owned(),
            );
        }
        match (self.missed, self.catch_up_max) {
            (WhenMissed::CatchUp, Some(max)) if !(1..=CATCH_UP_CEILING).contains(&max) => {
                Err(format!("catch_up_max: 1 to {CATCH_UP_CEILING}"))
            }
            (WhenMissed::Skip | WhenMissed::RunOnce, Some(_)) => {
                Err("catch_up_max: only with \"missed\": \"catch_up\"".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// How many missed ticks fire at most.
    pub fn missed_max(&self) -> usize {
        match self.missed {
            WhenMissed::Skip => 0,
            WhenMissed::RunOnce => 1,
            WhenMissed::CatchUp => self.catch_up_max.unwrap_or(CATCH_UP_MAX) as usize,
        }
    }
}

impl Enqueue {
    fn check(&self) -> Result<(), String> {
        let args = serde_json::value::to_raw_value(&Value::Null).map_err(|e| e.to_string())?;
        NewJob::raw(&*self.kind, args).map_err(|error| format!("enqueue.kind: {error}"))?;
        check_tags(&self.tags).map_err(|wrong| format!("enqueue.tags: {wrong}"))?;
        // Postgres's JSON cannot hand it out as text.
        if self.args.to_string().contains("\\u0000") {
            return Err("enqueue.args: a NUL character".to_owned());
        }
        if self.attempts == Some(0) {
            return Err("enqueue.attempts: 1 or more".to_owned());
        }
        if self
            .timeout_ms
            .is_some_and(|ms| !(1..=TIMEOUT_MS_MAX).contains(&ms))
        {
            return Err("enqueue.timeout_ms: 1 millisecond to 30 days".to_owned());
        }
        if self
            .tenant_id
            .is_some_and(|tenant| tenant < TenantId::DEFAULT.0)
        {
            return Err("enqueue.tenant_id: there is no such tenant".to_owned());
        }
        match &self.limit_key {
            Some(key) => check_key(key).map_err(|wrong| format!("enqueue.limit_key: {wrong}")),
            None => Ok(()),
        }
    }

    /// Whose its jobs are.
    pub fn tenant(&self) -> TenantId {
        self.tenant_id.map_or(TenantId::DEFAULT, TenantId)
    }

    /// Whether what its kind says is known here; otherwise the ledger may know more.
    pub fn is_built_in(&self) -> bool {
        built_in(&self.kind).is_some()
    }

    /// Fills in what a kind's jobs have, where this says nothing, of a kind known by name alone.
    pub fn fill_in(&self, job: &mut NewJob, queue: QueueName, band: Band, weight: Weight) {
        job.queue = self.queue.clone().unwrap_or(queue);
        job.band = self.band.unwrap_or(band);
        job.weight = weight;
    }
}
