//! When workflows ran.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::WorkflowId;

use crate::error::Result;
use crate::prepared::Prepared;

/// When some workflows ran.
#[derive(Clone, Debug, QueryableByName)]
pub struct WorkflowsWindow {
    /// How many of them are in history, completed.
    #[diesel(sql_type = BigInt)]
    pub completed: i64,
    /// When the first of their jobs was claimed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub first_started: Option<DateTime<Utc>>,
    /// When the last of them ended.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_finished: Option<DateTime<Utc>>,
}

/// When these workflows ran.
pub async fn window(
    conn: &mut AsyncPgConnection,
    workflows: &[WorkflowId],
) -> Result<WorkflowsWindow> {
    let ids: Vec<i64> = workflows.iter().map(|id| id.0).collect();
    let query = diesel::sql_query(
        "SELECT count(*) AS completed, max(finished_at) AS last_finished, \
         (SELECT min(started_at) FROM nexus.job_history WHERE workflow_id = ANY ($1)) AS first_started \
         FROM nexus.workflow_history WHERE id = ANY ($1) AND state = 'completed'",
    );
    let query = query.bind::<Array<BigInt>, _>(ids);
    Ok(Prepared(query).get_result(conn).await?)
}
