//! Worker processes as people look at them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::IntervalDsl as _;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::error::Result;
use crate::schema::nexus::workers;

/// A worker process.
#[derive(Clone, Debug, Serialize, Queryable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkerView {
    /// This run of it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: Uuid,
    /// The machine's name.
    pub host: String,
    /// The process's id.
    pub pid: i32,
    /// Queue names and their concurrency.
    pub queues: Value,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When its heart last beat.
    pub seen_at: DateTime<Utc>,
    /// What it says of itself: jobs running, servers that are away.
    pub health: Value,
}

/// What each worker process said of itself whose heart has beaten within `ttl`.
pub async fn reports(conn: &mut AsyncPgConnection, ttl: Duration) -> Result<Vec<Value>> {
    let since = diesel::dsl::now.into_sql::<Timestamptz>() - ttl.as_secs_f64().seconds();
    Ok(workers::table
        .filter(workers::seen_at.gt(since))
        .select(workers::health)
        .limit(1000)
        .load(conn)
        .await?)
}

/// Worker processes, those seen last first.
pub async fn list(conn: &mut AsyncPgConnection) -> Result<Vec<WorkerView>> {
    Ok(workers::table
        .select((
            workers::id,
            workers::host,
            workers::pid,
            workers::queues,
            workers::started_at,
            workers::seen_at,
            workers::health,
        ))
        .order(workers::seen_at.desc())
        .limit(1000)
        .load(conn)
        .await?)
}
