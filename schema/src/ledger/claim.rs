use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{JobId, Token, WorkerId};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// What a worker wants to claim.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Who claims.
    pub worker: WorkerId,
    /// The new claim's token.
    pub token: Token,
    /// The kinds that the worker knows; others are parked.
    pub kinds: &'a [String],
    /// How long the lease holds unless a heartbeat prolongs it.
    pub lease: Duration,
    /// The ids to claim.
    pub ids: Vec<i64>,
    /// Dispatch rows whose ids are all among `ids`.
    pub whole: Vec<i64>,
    /// A dispatch row of which only a part is among `ids`, and what remains of it.
    pub part: Option<(i64, Vec<i64>)>,
    /// Whether these jobs lost a lease before and are claimed alone.
    pub suspect: bool,
}

/// A job that is now the worker's to run.
#[derive(Clone, Debug, QueryableByName)]
pub struct ClaimedJob {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Whose job it is.
    #[diesel(sql_type = BigInt)]
    pub tenant_id: i64,
    /// Its kind.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Its arguments, as JSON text.
    #[diesel(sql_type = Text)]
    pub args: String,
    /// Claims so far, this one included.
    #[diesel(sql_type = Integer)]
    pub run: i32,
    /// Attempts so far, this one included.
    #[diesel(sql_type = Integer)]
    pub attempt: i32,
    /// Attempts it may take.
    #[diesel(sql_type = Integer)]
    pub attempts_max: i32,
    /// Its own timeout in milliseconds.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub timeout_ms: Option<i64>,
    /// How it waits between attempts, as JSON text, where it was told otherwise than its kind.
    #[diesel(sql_type = Nullable<Text>)]
    pub backoff: Option<String>,
    /// When it was due.
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// How many triggers there are between it and the first job.
    #[diesel(sql_type = SmallInt)]
    pub depth: i16,
}

impl ClaimedJob {
    /// Its id, typed.
    pub const fn job_id(&self) -> JobId {
        JobId(self.id)
    }
}

/// Claims jobs and settles their dispatch rows. What is not returned was not
/// waiting, not due, or of a kind the worker does not know; in each case its way
/// forward is recorded elsewhere.
pub async fn claim(conn: &mut AsyncPgConnection, mut claim: Claim<'_>) -> Result<Vec<ClaimedJob>> {
    claim.ids.sort_unstable();
    let (part, rest) = claim.part.unzip();
    let lease_ms = i64::try_from(claim.lease.as_millis()).unwrap_or(i64::MAX);
    Ok(Prepared(
        sql_file!("claim.sql")
            .bind::<Array<BigInt>, _>(claim.ids)
            .bind::<Uuid, _>(claim.token.0)
            .bind::<Array<Text>, _>(claim.kinds)
            .bind::<Uuid, _>(claim.worker.0)
            .bind::<BigInt, _>(lease_ms)
            .bind::<Array<BigInt>, _>(claim.whole)
            .bind::<Bool, _>(claim.suspect)
            .bind::<Nullable<BigInt>, _>(part)
            .bind::<Nullable<Array<BigInt>>, _>(rest),
    )
    .load(conn)
    .await?)
}
