//! Work that other systems sent, each message a job once.
//!
//! A message has a key, which is reserved before its job is enqueued and stays reserved
//! after the job has ended. Both are written in one transaction, so a message that is taken
//! again, because whoever took it was killed before it could say so, is known by then.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Json, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_config::Bytes;
use nexus_jobs::{Actor, Enqueued, FailureReason, JobId, NewJob};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::ledger::{self, Rules};
use crate::prepared::{Prepared, sql_file};

/// A message of another system, and the job that is made of it.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// What the message is known by, whoever takes it and however often. Messages of
    /// different senders differ in it. At most 400 bytes.
    pub key: String,
    /// Who sent it: `inbox:QUEUE` or `requests:SOURCE`.
    pub source: String,
    /// What it is called there, as text that can be shown.
    pub source_id: String,
    /// What it said beside the job.
    pub metadata: Option<Value>,
    /// The job. Of one that is refused, what its dead letter holds.
    pub job: NewJob,
    /// Attempts that it has spent elsewhere.
    pub spent: u32,
    /// Why it is a dead letter and is not run; `None`: it is run.
    pub refused: Option<String>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// A job was made of it.
    New(JobId),
    /// It was not fit to be run: a dead letter was made of it.
    Refused(JobId),
    /// It was taken before.
    Known,
}

/// Where a job came from.
#[derive(Clone, Debug, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobOrigin {
    /// Who sent it: `inbox:QUEUE` or `requests:SOURCE`.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// What it is called there.
    #[diesel(sql_type = Text)]
    pub source_id: String,
    /// What its message said beside its arguments.
    #[diesel(sql_type = Nullable<Json>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// When it was taken.
    #[diesel(sql_type = Timestamptz)]
    pub taken_at: DateTime<Utc>,
}

/// Makes jobs of messages, each once, in one transaction; returns what became of each, in
/// input order. A key is held for `remember` from now.
///
/// Fails as a whole on a job that [`ledger::enqueue`] refuses, and on one of a tenant that is
/// not there; whoever calls finds out which, and refuses that one.
pub async fn ingest(
    conn: &mut AsyncPgConnection,
    arrivals: &[Arrival],
    actor: &Actor,
    rules: &Rules,
    remember: Duration,
) -> Result<Vec<Arrived>> {
    if arrivals.is_empty() {
        return Ok(Vec::new());
    }
    conn.transaction::<_, Error, _>(async |conn| {
        ingest_in(conn, arrivals, actor, rules, remember).await
    })
    .await
}

/// The same in the caller's own transaction, which is to be rolled back where this fails.
pub async fn ingest_in(
    conn: &mut AsyncPgConnection,
    arrivals: &[Arrival],
    actor: &Actor,
    rules: &Rules,
    remember: Duration,
) -> Result<Vec<Arrived>> {
    let mut unseen = reserve(conn, arrivals, remember).await?;
    let mut fresh: Vec<usize> = Vec::with_capacity(unseen.len());
    for (nth, arrival) in arrivals.iter().enumerate() {
        if unseen.remove(&arrival.key) {
            fresh.push(nth);
        }
    }
    let (refused, fit): (Vec<usize>, Vec<usize>) = fresh
        .iter()
        .partition(|&&nth| arrivals[nth].refused.is_some());
    let mut arrived = vec![Arrived::Known; arrivals.len()];
    for (nth, id) in enqueue(conn, arrivals, &fit, actor, rules).await? {
        arrived[nth] = Arrived::New(id);
    }
    // A dead letter holds what was sent, however large it is.
    let mut lenient = rules.clone();
    lenient.limits.args_bytes_max = Bytes::new(u64::MAX);
    let dead = enqueue(conn, arrivals, &refused, actor, &lenient).await?;
    for &(nth, id) in &dead {
        arrived[nth] = Arrived::Refused(id);
    }
    record(conn, arrivals, &arrived).await?;
    spend(conn, arrivals, &arrived).await?;
    refuse(conn, arrivals, &dead).await?;
    Ok(arrived)
}

/// Where a job came from; `None`: from no other system.
pub async fn origin(conn: &mut AsyncPgConnection, job: JobId) -> Result<Option<JobOrigin>> {
    let found: Vec<JobOrigin> = Prepared(sql_file!("ingest/origin.sql").bind::<BigInt, _>(job.0))
        .load(conn)
        .await?;
    Ok(found.into_iter().next())
}

/// What workers recorded of a kind.
#[derive(Clone, Debug, QueryableByName)]
pub struct KnownKind {
    /// Its queue.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Its priority band's number.
    #[diesel(sql_type = SmallInt)]
    pub band: i16,
    /// Ids in one dispatch row; `None`: as many as the settings say.
    #[diesel(sql_type = Nullable<Integer>)]
    pub entry_ids: Option<i32>,
    /// Attempts in all; `None`: as the settings say.
    #[diesel(sql_type = Nullable<Integer>)]
    pub attempts_max: Option<i32>,
}

/// What workers recorded of a kind; `None`: none knew it so far.
pub async fn known_kind(conn: &mut AsyncPgConnection, kind: &str) -> Result<Option<KnownKind>> {
    let found: Vec<KnownKind> =
        Prepared(sql_file!("ingest/known_kind.sql").bind::<Text, _>(kind.to_owned()))
            .load(conn)
            .await?;
    Ok(found.into_iter().next())
}

/// Reserves the keys that nobody has, and returns them.
async fn reserve(
    conn: &mut AsyncPgConnection,
    arrivals: &[Arrival],
    remember: Duration,
) -> Result<HashSet<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        key: String,
    }
    // One statement cannot take a key twice.
    let mut seen = HashSet::with_capacity(arrivals.len());
    let once: Vec<&Arrival> = arrivals
        .iter()
        .filter(|arrival| seen.insert(arrival.key.as_str()))
        .collect();
    let keys: Vec<&str> = once.iter().map(|arrival| arrival.key.as_str()).collect();
    let tenants: Vec<i64> = once.iter().map(|arrival| arrival.job.tenant.0).collect();
    let millis = i64::try_from(remember.as_millis()).unwrap_or(i64::MAX);
    let rows: Vec<Row> = Prepared(
        sql_file!("ingest/reserve.sql")
            .bind::<Array<Text>, _>(keys)
            .bind::<Array<BigInt>, _>(tenants)
            .bind::<BigInt, _>(millis),
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}

/// Enqueues the jobs of some arrivals, and returns them with their ids.
async fn enqueue(
    conn: &mut AsyncPgConnection,
    arrivals: &[Arrival],
    which: &[usize],
    actor: &Actor,
    rules: &Rules,
) -> Result<Vec<(usize, JobId)>> {
    if which.is_empty() {
        return Ok(Vec::new());
    }
    let jobs: Vec<NewJob> = which.iter().map(|&nth| arrivals[nth].job.clone()).collect();
    let enqueued = ledger::enqueue(conn, &jobs, actor, rules).await?;
    let ids = enqueued.into_iter().map(Enqueued::id);
    Ok(which.iter().copied().zip(ids).collect())
}

/// The messages that became jobs, with their ids.
fn new<'a>(arrivals: &'a [Arrival], arrived: &[Arrived]) -> Vec<(&'a Arrival, i64)> {
    let both = arrivals.iter().zip(arrived);
    both.filter_map(|(arrival, arrived)| match arrived {
        Arrived::New(id) | Arrived::Refused(id) => Some((arrival, id.0)),
        Arrived::Known => None,
    })
    .collect()
}

/// Notes where the new jobs came from.
async fn record(
    conn: &mut AsyncPgConnection,
    arrivals: &[Arrival],
    arrived: &[Arrived],
) -> Result<()> {
    let new = new(arrivals, arrived);
    if new.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&Arrival) -> &str| new.iter().map(|(a, _)| of(a)).collect::<Vec<&str>>();
    Prepared(
        sql_file!("ingest/record.sql")
            .bind::<Array<BigInt>, _>(new.iter().map(|(_, id)| *id).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(new.iter().map(|(a, _)| a.job.tenant.0).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(text(|a| &a.source))
            .bind::<Array<Text>, _>(text(|a| &a.source_id))
            .bind::<Array<Nullable<Json>>, _>(
                new.iter()
                    .map(|(a, _)| a.metadata.as_ref())
                    .collect::<Vec<_>>(),
            ),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes which attempts the new jobs spent elsewhere: most spent none.
async fn spend(
    conn: &mut AsyncPgConnection,
    arrivals: &[Arrival],
    arrived: &[Arrived],
) -> Result<()> {
    let mut spent = new(arrivals, arrived);
    spent.retain(|(arrival, _)| arrival.spent > 0);
    let ids: Vec<i64> = spent.iter().map(|(_, id)| *id).collect();
    let (Some(&first), Some(&last)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(());
    };
    let attempts = spent.iter().map(|(arrival, _)| arrival.spent);
    let attempts: Vec<i32> = attempts
        .map(|spent| i32::try_from(spent).unwrap_or(i32::MAX))
        .collect();
    Prepared(
        sql_file!("ingest/spend.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Integer>, _>(attempts)
            .bind::<BigInt, _>(first)
            .bind::<BigInt, _>(last),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Buries what is not fit to be run. Its ids stay in dispatch rows, from which claims drop them.
async fn refuse(
    conn: &mut AsyncPgConnection,
    arrivals: &[Arrival],
    dead: &[(usize, JobId)],
) -> Result<()> {
    if dead.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = dead.iter().map(|(_, id)| id.0).collect();
    let reasons: Vec<&str> = dead
        .iter()
        .map(|(nth, _)| arrivals[*nth].refused.as_deref().unwrap_or_default())
        .collect();
    Prepared(
        sql_file!("ingest/refuse.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Text>, _>(reasons)
            .bind::<Text, _>(FailureReason::Undecodable.as_str()),
    )
    .execute(conn)
    .await?;
    Ok(())
}
