//! Ticks that somebody asks for: what became of them, for the answer, the log and the schedule.

use chrono::{DateTime, Utc};
use nexus_jobs::schedule::Schedule;
use nexus_jobs::{Actor, JobId};
use nexus_schema::schedules::{self, Advance, Held, Outcome, Ticked};
use nexus_schema::{AsyncPgConnection, Error, Result};

use super::Filled;
use super::edit::stored;
use super::whole::Became;

/// A schedule, held until the transaction ends.
pub(super) async fn held(conn: &mut AsyncPgConnection, name: &str) -> Result<(Held, Schedule)> {
    let held = schedules::hold(conn, name).await?;
    let held = held.ok_or_else(|| Error::NotFound {
        what: "schedule",
        id: name.to_owned(),
    })?;
    let schedule = stored(name, &held)?;
    Ok((held, schedule))
}

pub(super) fn became(tick_at: DateTime<Utc>, became: Became) -> Filled {
    let (outcome, job_id, reason) = match became {
        Became::Job(job) => (Outcome::Fired, Some(job.0), None),
        Became::Skipped(why) => (Outcome::Skipped, None, Some(why)),
        Became::Failed(why) => (Outcome::Failed, None, Some(why)),
    };
    Filled {
        tick_at,
        outcome: Some(outcome),
        job_id,
        reason,
    }
}

/// What the log says of it; nothing of a tick that was not touched.
pub(super) fn logged(
    schedule: &Schedule,
    filled: &Filled,
    actor: &Actor,
    backfill: bool,
) -> Option<Ticked> {
    Some(Ticked {
        schedule: schedule.name.clone(),
        version: schedule.version,
        tenant: schedule.definition.enqueue.tenant(),
        tick_at: filled.tick_at,
        through_at: None,
        ticks: 1,
        outcome: filled.outcome?,
        reason: filled.reason.clone(),
        job: filled.job_id.map(JobId),
        asked_by: Some(actor.as_str().to_owned()),
        backfill,
    })
}

/// What it makes of the schedule, whose own ticks go on as they would. `is_open`: whether its ticks to
/// come are to ask for these jobs.
pub(super) fn advance(schedule: &Schedule, held: Held, all: &[Filled], is_open: bool) -> Advance {
    let count = |outcome| {
        all.iter()
            .filter(|one| one.outcome == Some(outcome))
            .count() as u64
    };
    let mut open_jobs: Vec<JobId> = held.open_jobs.into_iter().map(JobId).collect();
    if is_open {
        open_jobs.extend(all.iter().filter_map(|one| one.job_id).map(JobId));
    }
    Advance {
        name: schedule.name.clone(),
        next_at: held.next_at,
        open_jobs,
        fired: count(Outcome::Fired),
        skipped: count(Outcome::Skipped),
        failed: count(Outcome::Failed),
        missed: 0,
        last: all
            .iter()
            .rev()
            .find_map(|one| Some((one.tick_at, JobId(one.job_id?)))),
        why: all.iter().rev().find_map(|one| one.reason.clone()),
    }
}
