//! What `nexus bench soak` asks: who runs a job, when its next run began, how large the
//! live tables are.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Integer, Timestamptz};
use diesel::{OptionalExtension, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexus_config::Postgres;
use nexus_jobs::JobId;

use crate::connect::connect;
use crate::error::Result;
use crate::prepared::Prepared;

#[derive(QueryableByName)]
struct Time {
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Pid {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The ledger's clock.
pub async fn clock(conn: &mut AsyncPgConnection) -> Result<DateTime<Utc>> {
    let row: Time = Prepared(diesel::sql_query("SELECT clock_timestamp() AS at"))
        .get_result(conn)
        .await?;
    Ok(row.at)
}

/// The id of the process that runs a job, while one does.
pub async fn pid_of(conn: &mut AsyncPgConnection, job: JobId) -> Result<Option<i32>> {
    let row: Option<Pid> = Prepared(
        diesel::sql_query(
            "SELECT w.pid FROM nexus.jobs AS j JOIN nexus.leases AS l USING (token) \
             JOIN nexus.workers AS w ON w.id = l.worker_id \
             WHERE j.id = $1 AND j.state = 'running'",
        )
        .bind::<BigInt, _>(job.0),
    )
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(|row| row.pid))
}

/// When the run began in which a job completed, once it has.
pub async fn last_start(conn: &mut AsyncPgConnection, job: JobId) -> Result<Option<DateTime<Utc>>> {
    let row: Option<Time> = Prepared(
        diesel::sql_query(
            "SELECT started_at AS at FROM nexus.job_history WHERE id = $1 AND state = 'completed'",
        )
        .bind::<BigInt, _>(job.0),
    )
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(|row| row.at))
}

/// How many jobs of an id range ran once, completed, and are in history once.
pub async fn done_once(conn: &mut AsyncPgConnection, first: JobId, last: JobId) -> Result<i64> {
    let row: Count = Prepared(
        diesel::sql_query(
            "SELECT count(*) AS count FROM (SELECT FROM nexus.job_history \
             WHERE id BETWEEN $1 AND $2 GROUP BY id \
             HAVING count(*) = 1 AND bool_and(state = 'completed' AND run = 1)) AS once",
        )
        .bind::<BigInt, _>(first.0)
        .bind::<BigInt, _>(last.0),
    )
    .get_result(conn)
    .await?;
    Ok(row.count)
}

/// Bytes of the tables that each job passes through, with their indexes and what they
/// keep aside.
pub async fn live_bytes(conn: &mut AsyncPgConnection) -> Result<i64> {
    let row: Count = Prepared(diesel::sql_query(
        "SELECT sum(pg_total_relation_size(name))::bigint AS count \
         FROM unnest('{nexus.jobs, nexus.dispatch, nexus.leases}'::regclass[]) AS name",
    ))
    .get_result(conn)
    .await?;
    Ok(row.count)
}

/// Makes room in those tables, as autovacuum does: as their owner.
pub async fn vacuum(settings: &Postgres) -> Result<()> {
    let mut conn = connect(settings.owner_url.expose(), settings).await?;
    let statement = "VACUUM nexus.jobs, nexus.dispatch, nexus.leases";
    Ok(conn.batch_execute(statement).await?)
}
