use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Due, JobId};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Timestamptz)]
    due_at: DateTime<Utc>,
}

/// Gives waiting jobs another due time, and returns those that waited with it. Jobs that run or have
/// ended are left alone.
pub async fn reschedule(
    conn: &mut AsyncPgConnection,
    ids: &[JobId],
    due: Due,
) -> Result<Vec<(JobId, DateTime<Utc>)>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let (wait, at) = match due {
        Due::Now => (0, None),
        Due::In(wait) => (i64::try_from(wait.as_millis()).unwrap_or(i64::MAX), None),
        Due::At(time) => (0, Some(time)),
    };
    let rows: Vec<Row> = Prepared(
        sql_file!("reschedule.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<BigInt, _>(wait)
            .bind::<Nullable<Timestamptz>, _>(at),
    )
    .load(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (JobId(row.id), row.due_at))
        .collect())
}
