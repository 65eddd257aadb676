use diesel::sql_types::{Array, BigInt, Timestamptz};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::JobId;

use super::DeadFilter;
use super::take::take;
use crate::error::{Error, Result};
use crate::prepared::{Prepared, sql_file};

/// Throws away the oldest `limit` dead letters that match, with their errors and their logs, in one
/// transaction, and returns how many. Fewer than `limit` means that none is left.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    filter: &DeadFilter,
    limit: u32,
) -> Result<usize> {
    conn.transaction::<_, Error, _>(async |conn| {
        let taken = take(conn, filter, JobId(0), limit).await?;
        let ids: Vec<i64> = taken.iter().map(|letter| letter.id).collect();
        let ends: Vec<_> = taken.iter().map(|letter| letter.finished_at).collect();
        Prepared(
            sql_file!("delete.sql")
                .bind::<Array<BigInt>, _>(ids)
                .bind::<Array<Timestamptz>, _>(ends),
        )
        .execute(conn)
        .await?;
        Ok(taken.len())
    })
    .await
}
