//! What handlers say of their jobs while they run: progress and a log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Json, Nullable, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{JobId, TenantId, Token};
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// How far a job has come, as its handler said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The job.
    pub job: JobId,
    /// The claim it runs under: of a job that is held no longer nothing is written.
    pub token: Token,
    /// How much is done, in whatever the handler counts.
    pub done: i64,
    /// Of how much, where that is known.
    pub total: Option<i64>,
    /// What it is doing.
    pub message: Option<String>,
}

/// A line for a job's log.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLine {
    /// The job.
    pub job: JobId,
    /// Whose job it is.
    pub tenant: TenantId,
    /// The run that says it.
    pub run: u32,
    /// Which line of the run, from 1.
    pub line: u32,
    /// Its level's name.
    pub level: &'static str,
    /// What it says.
    pub message: String,
    /// Further facts, as JSON text.
    pub fields: Option<String>,
    /// How long ago it was said.
    pub age: Duration,
}

/// A line of a job's log.
#[derive(Clone, Debug, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// Where it stands in the log: later lines have higher ones.
    #[diesel(sql_type = BigInt)]
    pub position: i64,
    /// The run that said it.
    #[diesel(sql_type = Integer)]
    pub run: i32,
    /// Which line of that run, from 1.
    #[diesel(sql_type = Integer)]
    pub line: i32,
    /// `debug`, `info`, `warn` or `error`.
    #[diesel(sql_type = Text)]
    pub level: String,
    /// What it says.
    #[diesel(sql_type = Text)]
    pub message: String,
    /// Further facts.
    #[diesel(sql_type = Nullable<Json>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Value>,
    /// When it was said.
    #[diesel(sql_type = Timestamptz)]
    pub logged_at: DateTime<Utc>,
}

/// A page of a job's log, the oldest line first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// The position that the next page starts after; `None` where this page is not full.
    pub next: Option<i64>,
}

/// The page of at most `size` lines after a position (0: from the beginning).
pub async fn log(
    conn: &mut AsyncPgConnection,
    job: JobId,
    after: i64,
    size: u32,
) -> Result<LogPage> {
    let (run, line) = (after >> 32, after & i64::from(u32::MAX));
    let lines: Vec<LogLine> = Prepared(
        sql_file!("log.sql")
            .bind::<BigInt, _>(job.0)
            .bind::<BigInt, _>(run)
            .bind::<BigInt, _>(line)
            .bind::<BigInt, _>(i64::from(size)),
    )
    .load(conn)
    .await?;
    let full = u32::try_from(lines.len()).is_ok_and(|n| n >= size);
    let next = lines.last().filter(|_| full).map(|line| line.position);
    Ok(LogPage { lines, next })
}

/// Writes how far jobs have come.
pub async fn write_progress(conn: &mut AsyncPgConnection, of: &[Progress]) -> Result<()> {
    let ids: Vec<i64> = of.iter().map(|p| p.job.0).collect();
    let tokens: Vec<uuid::Uuid> = of.iter().map(|p| p.token.0).collect();
    let done: Vec<i64> = of.iter().map(|p| p.done).collect();
    let totals: Vec<Option<i64>> = of.iter().map(|p| p.total).collect();
    let messages: Vec<Option<&str>> = of.iter().map(|p| p.message.as_deref()).collect();
    Prepared(
        sql_file!("write_progress.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Uuid>, _>(tokens)
            .bind::<Array<BigInt>, _>(done)
            .bind::<Array<Nullable<BigInt>>, _>(totals)
            .bind::<Array<Nullable<Text>>, _>(messages),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes lines of jobs' logs. A line that is there already stays as it is, so that a batch may be
/// written again.
pub async fn write_log(conn: &mut AsyncPgConnection, lines: &[NewLine]) -> Result<()> {
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let millis = |age: Duration| i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let tenants: Vec<i64> = lines.iter().map(|l| l.tenant.0).collect();
    let jobs: Vec<i64> = lines.iter().map(|l| l.job.0).collect();
    let runs: Vec<i32> = lines.iter().map(|l| number(l.run)).collect();
    let numbers: Vec<i32> = lines.iter().map(|l| number(l.line)).collect();
    let levels: Vec<&str> = lines.iter().map(|l| l.level).collect();
    let messages: Vec<&str> = lines.iter().map(|l| l.message.as_str()).collect();
    let fields: Vec<Option<&str>> = lines.iter().map(|l| l.fields.as_deref()).collect();
    let ages: Vec<i64> = lines.iter().map(|l| millis(l.age)).collect();
    Prepared(
        sql_file!("write_log.sql")
            .bind::<Array<BigInt>, _>(tenants)
            .bind::<Array<BigInt>, _>(jobs)
            .bind::<Array<Integer>, _>(runs)
            .bind::<Array<Integer>, _>(numbers)
            .bind::<Array<Text>, _>(levels)
            .bind::<Array<Text>, _>(messages)
            .bind::<Array<Nullable<Text>>, _>(fields)
            .bind::<Array<BigInt>, _>(ages),
    )
    .execute(conn)
    .await?;
    Ok(())
}
