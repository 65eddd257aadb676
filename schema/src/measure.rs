//! What `nexus bench` asks the ledger: windows of what was done, and ceilings to
//! hold it against. Nothing else uses these.

pub mod soak;
pub mod workflows;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::JobId;

use crate::error::Result;
use crate::prepared::Prepared;

/// When a range of jobs ran.
#[derive(Clone, Debug, QueryableByName)]
pub struct Window {
    /// How many of them are in history, completed.
    #[diesel(sql_type = BigInt)]
    pub completed: i64,
    /// When the first of them was claimed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub first_started: Option<DateTime<Utc>>,
    /// When the last of them was settled.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_finished: Option<DateTime<Utc>>,
}

/// When the jobs of an id range ran.
pub async fn window(conn: &mut AsyncPgConnection, first: JobId, last: JobId) -> Result<Window> {
    Ok(Prepared(
        diesel::sql_query(
            "SELECT count(*) AS completed, min(started_at) AS first_started, \
             max(finished_at) AS last_finished FROM nexus.job_history \
             WHERE id BETWEEN $1 AND $2 AND state = 'completed'",
        )
        .bind::<BigInt, _>(first.0)
        .bind::<BigInt, _>(last.0),
    )
    .get_result(conn)
    .await?)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    jobs: i64,
}

/// How many jobs are unfinished.
pub async fn unfinished(conn: &mut AsyncPgConnection) -> Result<i64> {
    let row: Count = Prepared(diesel::sql_query("SELECT count(*) AS jobs FROM nexus.jobs"))
        .get_result(conn)
        .await?;
    Ok(row.jobs)
}

/// Whether nothing waits for a worker or runs. Reads the two small tables: a count of
/// `jobs` in mid-drain reads every dead row, and would be half of what is measured.
pub async fn is_drained(conn: &mut AsyncPgConnection) -> Result<bool> {
    let row: Count = Prepared(diesel::sql_query(
        "SELECT count(*) AS jobs FROM (SELECT FROM nexus.leases UNION ALL \
         SELECT FROM nexus.dispatch) AS ways",
    ))
    .get_result(conn)
    .await?;
    Ok(row.jobs == 0)
}

/// Forgets what waits: a ceiling's leftovers.
pub async fn clear(conn: &mut AsyncPgConnection) -> Result<()> {
    for table in ["nexus.dispatch", "nexus.leases", "nexus.jobs"] {
        diesel::sql_query(format!("DELETE FROM {table}"))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Inserts `count` job rows of a kind in one statement and nothing else: no
/// dispatch rows, no arrays to read, no answer. The ceiling of a bulk enqueue.
pub async fn insert_bare(
    conn: &mut AsyncPgConnection,
    count: i64,
    kind: &str,
    args: &str,
) -> Result<()> {
    Prepared(
        diesel::sql_query(
            "INSERT INTO nexus.jobs (tenant_id, kind, queue, band, state, due_at, attempts_max, \
             args, created_by) \
             SELECT 1, $2, 'bench-bare', 2, 'scheduled', now() + interval '1 day', 5, $3::json, \
             'system:bench' FROM generate_series(1, $1)",
        )
        .bind::<BigInt, _>(count)
        .bind::<Text, _>(kind)
        .bind::<Text, _>(args),
    )
    .execute(conn)
    .await?;
    Ok(())
}
