use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::JobId;

use super::DeadFilter;
use crate::error::Result;
use crate::prepared::sql_file;

/// A dead letter, locked until the transaction ends, with what another run of it takes over.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Taken {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = Timestamptz)]
    pub(super) finished_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub(super) tenant_id: i64,
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Text)]
    pub(super) queue: String,
    #[diesel(sql_type = SmallInt)]
    pub(super) band: i16,
    #[diesel(sql_type = Integer)]
    pub(super) attempts_max: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) timeout_ms: Option<i64>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(super) tags: Option<Vec<String>>,
    #[diesel(sql_type = Text)]
    pub(super) args: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) order_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) limit_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) backoff: Option<String>,
    /// Postgres's time.
    #[diesel(sql_type = Timestamptz)]
    pub(super) now: DateTime<Utc>,
}

/// Locks the oldest `limit` dead letters that match, with ids above `after`.
pub(super) async fn take(
    conn: &mut AsyncPgConnection,
    filter: &DeadFilter,
    after: JobId,
    limit: u32,
) -> Result<Vec<Taken>> {
    Ok(filter
        .bind(sql_file!("take.sql"))
        .bind::<BigInt, _>(after.0)
        .bind::<BigInt, _>(i64::from(limit))
        .load(conn)
        .await?)
}
