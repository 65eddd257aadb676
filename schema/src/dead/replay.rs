use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Timestamptz};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Actor, Due, JobId, NewJob};
use serde::Serialize;
use serde_json::value::RawValue;

use super::DeadFilter;
use super::take::{Taken, take};
use crate::error::{Error, Result};
use crate::ledger::{self, Rules};
use crate::prepared::{Prepared, sql_file};

mod pace;

pub use pace::Pace;

/// A batch of dead letters to be run again.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    /// Which ones. Those that were run again already are passed over, whatever it says.
    pub filter: &'a DeadFilter,
    /// Only those with ids above this.
    pub after: JobId,
    /// At most so many, and never more than `enqueue.batch_max`.
    pub limit: u32,
    /// Other arguments than they had.
    pub args: Option<&'a RawValue>,
    /// How far apart their first runs are; `None`: all at once.
    pub pace: Option<Pace>,
}

/// A dead letter and the job that runs it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Again {
    /// The dead letter.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub dead: JobId,
    /// The job.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub job: JobId,
}

/// What a batch did.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// The dead letters, the oldest first, each with its new job.
    pub again: Vec<Again>,
    /// The pace of the next batch.
    pub pace: Option<Pace>,
}

/// Enqueues dead letters again, as new jobs that point at the old ones, in one transaction: each once,
/// however often and by however many this is called. What a job was told is kept: kind, queue, band,
/// tenant, tags, attempts, timeout, backoff, order and limit key; not its deadline, which is past, nor
/// its unique key.
pub async fn replay(
    conn: &mut AsyncPgConnection,
    wanted: &Replay<'_>,
    by: &Actor,
    rules: &Rules,
) -> Result<Replayed> {
    let filter = DeadFilter {
        replayed_too: false,
        ..wanted.filter.clone()
    };
    let most = u32::try_from(rules.limits.batch_max).unwrap_or(u32::MAX);
    conn.transaction::<_, Error, _>(async |conn| {
        refuse_nodes(conn, wanted.filter).await?;
        let taken = take(conn, &filter, wanted.after, wanted.limit.min(most)).await?;
        let [oldest, ..] = &taken[..] else {
            return Ok(Replayed {
                again: Vec::new(),
                pace: wanted.pace,
            });
        };
        let mut pace = wanted.pace.map(|pace| pace.not_before(oldest.now));
        let jobs = taken.iter().map(|letter| {
            let due = pace.as_mut().map_or(Due::Now, |pace| Due::At(pace.take()));
            letter.again(wanted.args, due)
        });
        let jobs: Vec<NewJob> = jobs.collect::<Result<_>>()?;
        let ids = ledger::enqueue(conn, &jobs, by, rules).await?;
        let again: Vec<Again> = taken
            .iter()
            .zip(ids)
            .map(|(letter, job)| Again {
                dead: JobId(letter.id),
                job: job.id(),
            })
            .collect();
        link(conn, &taken, &again).await?;
        Ok(Replayed { again, pace })
    })
    .await
}

/// Says so where what was asked for by its id is a node of a workflow: run again by itself it would have its
/// effects, and the workflow, retried, would have them once more.
async fn refuse_nodes(conn: &mut AsyncPgConnection, filter: &DeadFilter) -> Result<()> {
    let Some(ids) = &filter.ids else {
        return Ok(());
    };
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let nodes: Vec<Node> = Prepared(sql_file!("nodes.sql").bind::<Array<BigInt>, _>(ids))
        .load(conn)
        .await?;
    match nodes.into_iter().next() {
        Some(node) => Err(Error::Conflict(format!(
            "dead letter {} is part of workflow {id}: `nexus workflows retry {id}` runs it again",
            node.job_id,
            id = node.workflow_id,
        ))),
        None => Ok(()),
    }
}

#[derive(QueryableByName)]
struct Node {
    #[diesel(sql_type = BigInt)]
    job_id: i64,
    #[diesel(sql_type = BigInt)]
    workflow_id: i64,
}

/// Has each dead letter point at the job that runs it again.
pub(crate) async fn link(
    conn: &mut AsyncPgConnection,
    taken: &[Taken],
    again: &[Again],
) -> Result<()> {
    let dead: Vec<i64> = taken.iter().map(|letter| letter.id).collect();
    let ends: Vec<DateTime<Utc>> = taken.iter().map(|letter| letter.finished_at).collect();
    let jobs: Vec<i64> = again.iter().map(|again| again.job.0).collect();
    Prepared(
        sql_file!("link.sql")
            .bind::<Array<BigInt>, _>(dead)
            .bind::<Array<Timestamptz>, _>(ends)
            .bind::<Array<BigInt>, _>(jobs),
    )
    .execute(conn)
    .await?;
    Ok(())
}
