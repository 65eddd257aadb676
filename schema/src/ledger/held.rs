use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{JobId, Token};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// What decides the end of a job's attempt, for someone who did not claim it.
#[derive(Clone, Debug)]
pub struct HeldJob {
    /// Its kind.
    pub kind: String,
    /// Attempts so far, this one included.
    pub attempt: u32,
    /// Attempts it may take.
    pub attempts_max: u32,
    /// Its own timeout in milliseconds.
    pub timeout_ms: Option<i64>,
    /// How it waits between attempts, as JSON text, where it was told otherwise than its kind.
    pub backoff: Option<String>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Integer)]
    attempts_max: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    timeout_ms: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    backoff: Option<String>,
}

/// A job that is running under this claim; `None` if it no longer is.
pub async fn held(
    conn: &mut AsyncPgConnection,
    job: JobId,
    token: Token,
) -> Result<Option<HeldJob>> {
    let row: Option<Row> = Prepared(
        sql_file!("held.sql")
            .bind::<BigInt, _>(job.0)
            .bind::<Uuid, _>(token.0),
    )
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(|row| HeldJob {
        kind: row.kind,
        attempt: u32::try_from(row.attempt).unwrap_or(0),
        attempts_max: u32::try_from(row.attempts_max).unwrap_or(1),
        timeout_ms: row.timeout_ms,
        backoff: row.backoff,
    }))
}
