//! Worker processes as people look at them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
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
