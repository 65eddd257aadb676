use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{FailureReason, JobId, Token, WorkerId};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// One job's end of an attempt, with what the verb needs beside it.
#[derive(Clone, Debug)]
pub struct Settled<T> {
    /// The job.
    pub job: JobId,
    /// The claim it was run under.
    pub token: Token,
    /// What the verb needs: a result, an error, a wait.
    pub with: T,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// A verb's answer: the jobs it settled. One that is missing was held no longer.
type Held = Result<Vec<JobId>>;

fn ids<T>(settled: &[Settled<T>]) -> (Vec<i64>, Vec<uuid::Uuid>) {
    settled.iter().map(|s| (s.job.0, s.token.0)).unzip()
}

fn millis(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

fn held(rows: Vec<Row>) -> Vec<JobId> {
    rows.into_iter().map(|row| JobId(row.id)).collect()
}

/// Moves jobs to history as completed, each with its result as JSON text, and
/// closes leases whose jobs are all settled by now.
pub async fn complete(
    conn: &mut AsyncPgConnection,
    done: &[Settled<Option<String>>],
    leases: &[Token],
) -> Held {
    let (ids, tokens) = ids(done);
    let leases: Vec<uuid::Uuid> = leases.iter().map(|lease| lease.0).collect();
    let results: Vec<Option<&str>> = done.iter().map(|d| d.with.as_deref()).collect();
    let rows = Prepared(
        sql_file!("complete.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Uuid>, _>(tokens)
            .bind::<Array<Nullable<Text>>, _>(results)
            .bind::<Array<Uuid>, _>(leases),
    )
    .load(conn)
    .await?;
    Ok(held(rows))
}

/// Sends failed jobs back to wait, each with its error and its wait.
pub async fn retry(
    conn: &mut AsyncPgConnection,
    failed: &[Settled<(FailureReason, String, Duration)>],
    worker: WorkerId,
) -> Held {
    let (ids, tokens) = ids(failed);
    let waits = failed.iter().map(|f| millis(f.with.2)).collect();
    let reasons = failed.iter().map(|f| Some(f.with.0.as_str())).collect();
    let errors = failed.iter().map(|f| Some(f.with.1.as_str())).collect();
    again(conn, ids, tokens, waits, reasons, errors, worker).await
}

/// Sends jobs back to wait without spending their attempt.
pub async fn snooze(
    conn: &mut AsyncPgConnection,
    snoozed: &[Settled<Duration>],
    worker: WorkerId,
) -> Held {
    let (ids, tokens) = ids(snoozed);
    let waits = snoozed.iter().map(|s| millis(s.with)).collect();
    let none = vec![None; snoozed.len()];
    again(conn, ids, tokens, waits, none.clone(), none, worker).await
}

async fn again(
    conn: &mut AsyncPgConnection,
    ids: Vec<i64>,
    tokens: Vec<uuid::Uuid>,
    waits: Vec<i64>,
    reasons: Vec<Option<&str>>,
    errors: Vec<Option<&str>>,
    worker: WorkerId,
) -> Held {
    let rows = Prepared(
        sql_file!("again.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Uuid>, _>(tokens)
            .bind::<Array<BigInt>, _>(waits)
            .bind::<Array<Nullable<Text>>, _>(reasons)
            .bind::<Array<Nullable<Text>>, _>(errors)
            .bind::<Uuid, _>(worker.0),
    )
    .load(conn)
    .await?;
    Ok(held(rows))
}

/// Moves jobs to history as discarded: dead letters, each with its reason and error.
pub async fn discard(
    conn: &mut AsyncPgConnection,
    dead: &[Settled<(FailureReason, String)>],
    worker: WorkerId,
) -> Held {
    let (ids, tokens) = ids(dead);
    let reasons = dead.iter().map(|d| Some(d.with.0.as_str())).collect();
    let errors = dead.iter().map(|d| d.with.1.as_str()).collect();
    finish(conn, ids, tokens, "discarded", reasons, errors, worker).await
}

/// Moves jobs to history as cancelled by their own handlers, each with its reason.
pub async fn cancel(
    conn: &mut AsyncPgConnection,
    cancelled: &[Settled<String>],
    worker: WorkerId,
) -> Held {
    let (ids, tokens) = ids(cancelled);
    let none = vec![None; cancelled.len()];
    let errors = cancelled.iter().map(|c| c.with.as_str()).collect();
    finish(conn, ids, tokens, "cancelled", none, errors, worker).await
}

async fn finish(
    conn: &mut AsyncPgConnection,
    ids: Vec<i64>,
    tokens: Vec<uuid::Uuid>,
    state: &str,
    reasons: Vec<Option<&str>>,
    errors: Vec<&str>,
    worker: WorkerId,
) -> Held {
    let states = vec![state; ids.len()];
    let rows = Prepared(
        sql_file!("finish.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Uuid>, _>(tokens)
            .bind::<Array<Text>, _>(states)
            .bind::<Array<Nullable<Text>>, _>(reasons)
            .bind::<Array<Text>, _>(errors)
            .bind::<Uuid, _>(worker.0),
    )
    .load(conn)
    .await?;
    Ok(held(rows))
}

/// Closes leases whose jobs are all settled.
pub async fn drop_leases(conn: &mut AsyncPgConnection, tokens: &[Token]) -> Result<()> {
    let tokens: Vec<uuid::Uuid> = tokens.iter().map(|token| token.0).collect();
    Prepared(
        diesel::sql_query("DELETE FROM nexus.leases WHERE token = ANY ($1)")
            .bind::<Array<Uuid>, _>(tokens),
    )
    .execute(conn)
    .await?;
    Ok(())
}
