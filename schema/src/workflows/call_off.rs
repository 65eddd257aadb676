use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Actor, JobId, WorkflowId};

use super::view::{WorkflowView, find};
use crate::error::{Error, Result};
use crate::ledger;
use crate::prepared::{Prepared, sql_file};

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Calls a workflow off: what waits in it is cancelled at once, what runs is asked to stop. It has ended
/// once the last of them has.
///
/// # Errors
///
/// [`Error::NotFound`], and [`Error::Conflict`] for one that has ended.
pub async fn call_off(
    conn: &mut AsyncPgConnection,
    id: WorkflowId,
    reason: &str,
    by: &Actor,
) -> Result<WorkflowView> {
    conn.transaction(async |conn| {
        let held: Vec<IdRow> = Prepared(
            sql_file!("call_off.sql")
                .bind::<BigInt, _>(id.0)
                .bind::<Text, _>(by.as_str())
                .bind::<Text, _>(ledger::fit_reason(reason)),
        )
        .load(conn)
        .await?;
        if held.is_empty() {
            let ended = find(conn, id).await?;
            return Err(Error::Conflict(format!(
                "workflow {id} has ended already: {}",
                ended.state
            )));
        }
        // A later statement than the lock, so that it sees each job that a node has by now.
        let unfinished: Vec<IdRow> = diesel::sql_query(
            "SELECT job_id AS id FROM nexus.workflow_nodes \
             WHERE workflow_id = $1 AND finished_at IS NULL ORDER BY job_id",
        )
        .bind::<BigInt, _>(id.0)
        .load(conn)
        .await?;
        let jobs: Vec<JobId> = unfinished.iter().map(|row| JobId(row.id)).collect();
        ledger::cancel_jobs(conn, &jobs, reason, by).await?;
        find(conn, id).await
    })
    .await
}
