//! Schedules: at each tick of a cron expression, a job is enqueued, once.
//!
//! | idea | file |
//! |---|---|
//! | set, removed, paused, resumed | [`edit`] |
//! | a job now, and the ticks to come | [`run`], [`upcoming`] |
//! | ticks of the past, filled in | [`backfill`], [`asked`] |
//! | [`Scheduler`]: rounds, whoever leads | [`scheduler`], [`round`], [`choice`], [`known`] |
//! | a tick's job, whole | [`whole`] |
//! | those that the settings say | [`shipped`] |
//!
//! When a schedule ticks and what its job is, is decided in `nexus_jobs::schedule`. Here it is written
//! down: a tick is a reservation and a job in one transaction, whoever decides it and however often.

mod asked;
mod backfill;
mod choice;
mod edit;
mod known;
mod round;
mod run;
mod scheduler;
mod shipped;
mod upcoming;
mod whole;

pub use backfill::{Backfill, Backfilled, backfill};
pub use edit::{pause, remove, resume, set};
pub use run::run_now;
pub use scheduler::{Scheduler, SchedulerStats};
pub use shipped::of_settings;
pub use upcoming::{Upcoming, next};

use chrono::{DateTime, Utc};
use nexus_schema::schedules::Outcome;
use serde::Serialize;

/// What became of a tick that somebody asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Filled {
    /// The tick.
    pub tick_at: DateTime<Utc>,
    /// What became of it, or of a dry run, what would; none of a tick that became a job before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Its job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<i64>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
