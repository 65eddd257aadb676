use std::time::Duration;

use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Json, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Token, WorkerId};
use serde_json::Value;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};
use crate::schema::nexus::workers;

/// What a worker process says of itself.
#[derive(Clone, Debug)]
pub struct WorkerRecord {
    /// This run of it.
    pub id: WorkerId,
    /// The machine's name.
    pub host: String,
    /// The process's id.
    pub pid: i32,
    /// Queue names and their concurrency.
    pub queues: Value,
    /// The kinds it knows.
    pub kinds: Vec<String>,
}

/// Writes a worker's row.
pub async fn register(conn: &mut AsyncPgConnection, worker: &WorkerRecord) -> Result<()> {
    diesel::insert_into(workers::table)
        .values((
            workers::id.eq(worker.id.0),
            workers::host.eq(&worker.host),
            workers::pid.eq(worker.pid),
            workers::queues.eq(&worker.queues),
            workers::kinds.eq(&worker.kinds),
        ))
        .on_conflict(workers::id)
        .do_update()
        .set(workers::seen_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes what a worker says of itself, between two beats.
pub async fn report(conn: &mut AsyncPgConnection, worker: WorkerId, health: &Value) -> Result<()> {
    diesel::update(workers::table.filter(workers::id.eq(worker.0)))
        .set(workers::health.eq(health))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a worker's row away: it stops, and holds nothing any more.
pub async fn deregister(conn: &mut AsyncPgConnection, worker: WorkerId) -> Result<()> {
    diesel::delete(workers::table.filter(workers::id.eq(worker.0)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Prolongs the leases that a worker knows of and notes that it was seen.
pub async fn heartbeat(
    conn: &mut AsyncPgConnection,
    worker: WorkerId,
    leases: &[Token],
    lease: Duration,
    health: &Value,
) -> Result<()> {
    let tokens: Vec<uuid::Uuid> = leases.iter().map(|token| token.0).collect();
    let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
    Prepared(
        sql_file!("heartbeat.sql")
            .bind::<Uuid, _>(worker.0)
            .bind::<BigInt, _>(lease_ms)
            .bind::<Json, _>(health)
            .bind::<Array<Uuid>, _>(tokens),
    )
    .execute(conn)
    .await?;
    Ok(())
}
