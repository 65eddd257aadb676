//! A tick's job with all that is known of its kind, and what becomes of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use nexus_jobs::schedule::{Overlap, Schedule};
use nexus_jobs::{Actor, Band, Enqueued, JobId, NewJob, QueueName, Weight};
use nexus_schema::ledger::{self, Rules};
use nexus_schema::triggers::{self, KnownKind};
use nexus_schema::{AsyncPgConnection, Error, Result};

/// What became of a tick that was to fire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Became {
    Job(JobId),
    Skipped(String),
    Failed(String),
}

/// The job of a tick. Pure.
pub(super) fn whole(
    schedule: &Schedule,
    tick: DateTime<Utc>,
    kind: Option<&KnownKind>,
) -> Result<NewJob, String> {
    let mut job = schedule.job(tick)?;
    let enqueue = &schedule.definition.enqueue;
    if let Some(kind) = kind.filter(|_| !enqueue.is_built_in())
        && let Ok(queue) = QueueName::new(kind.queue.clone())
    {
        let band = Band::from_number(kind.band).unwrap_or(job.band);
        let weight = match kind.entry_ids {
            Some(1) => Weight::Heavy,
            _ => Weight::Light,
        };
        enqueue.fill_in(&mut job, queue, band, weight);
        job.kind_attempts = kind.attempts_max.and_then(|most| u32::try_from(most).ok());
    }
    // Of every policy that asks for unfinished jobs: what is filled in keeps to it as well.
    if schedule.definition.overlap != Overlap::Allow {
        job.order_key = Some(schedule.order_key());
    }
    Ok(job)
}

/// What is known of a schedule's kind: `Ok(None)` of one that is built in.
pub(super) async fn known_kind(
    conn: &mut AsyncPgConnection,
    schedule: &Schedule,
) -> Result<Option<KnownKind>> {
    let enqueue = &schedule.definition.enqueue;
    if enqueue.is_built_in() {
        return Ok(None);
    }
    let known = triggers::known_kinds(conn, &[&enqueue.kind]).await?;
    match known.into_iter().next() {
        Some(kind) => Ok(Some(kind)),
        None => Err(Error::Conflict(format!(
            "schedule {} is inactive: no worker knows kind {:?}",
            schedule.name, enqueue.kind
        ))),
    }
}

/// Enqueues the job of one tick, in a savepoint: what the ledger refuses is this tick's fault, and
/// nobody else's.
pub(super) async fn enqueue(
    conn: &mut AsyncPgConnection,
    job: Result<NewJob, String>,
    actor: &Actor,
    rules: &Rules,
) -> Result<Became> {
    let job = match job {
        Ok(job) => job,
        Err(wrong) => return Ok(Became::Failed(wrong)),
    };
    let enqueued = conn
        .transaction(async |conn| ledger::enqueue(conn, &[job], actor, rules).await)
        .await;
    match enqueued {
        Ok(enqueued) => Ok(enqueued.first().map_or_else(
            || Became::Failed("the ledger did not answer".to_owned()),
            |&enqueued| became(enqueued),
        )),
        Err(error @ (Error::Invalid(_) | Error::NotFound { .. })) => {
            Ok(Became::Failed(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

/// Enqueues the jobs of many ticks of one schedule: at once, or else each by itself.
pub(super) async fn enqueue_all(
    conn: &mut AsyncPgConnection,
    jobs: HashMap<DateTime<Utc>, NewJob>,
    actor: &Actor,
    rules: &Rules,
) -> Result<HashMap<DateTime<Utc>, Became>> {
    let mut ticks: Vec<DateTime<Utc>> = jobs.keys().copied().collect();
    ticks.sort_unstable();
    let in_order: Vec<NewJob> = ticks.iter().map(|tick| jobs[tick].clone()).collect();
    let enqueued = conn
        .transaction(async |conn| ledger::enqueue(conn, &in_order, actor, rules).await)
        .await;
    match enqueued {
        Ok(enqueued) => Ok(ticks
            .into_iter()
            .zip(enqueued.into_iter().map(became))
            .collect()),
        Err(Error::Invalid(_) | Error::NotFound { .. }) => {
            let mut all = HashMap::with_capacity(ticks.len());
            for (tick, job) in ticks.into_iter().zip(in_order) {
                all.insert(tick, enqueue(conn, Ok(job), actor, rules).await?);
            }
            Ok(all)
        }
        Err(error) => Err(error),
    }
}

fn became(enqueued: Enqueued) -> Became {
    match enqueued {
        Enqueued::New(id) => Became::Job(id),
        other => Became::Skipped(format!("job {} has its unique key", other.id())),
    }
}
