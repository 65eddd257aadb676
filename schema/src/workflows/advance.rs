use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::WorkflowId;

use super::NOT_REACHED;
use super::finish::finish;
use crate::error::Result;
use crate::ledger::Rules;
use crate::prepared::{Prepared, sql_file};

/// What a step did. One that did nothing found no ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Advanced {
    /// Ends that were counted.
    pub ended: u64,
    /// Jobs that were sent on.
    pub released: u64,
    /// Jobs that were called off, since one before them did not complete.
    pub in_vain: u64,
    /// Ends of which a part was passed on, and the rest is to come.
    pub parts: u64,
    /// Workflows that ended.
    pub finished: u64,
    /// The workflow behind which the next step is to look; `None`: from the first one.
    pub next: Option<WorkflowId>,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Integer)]
    unfinished: i32,
    #[diesel(sql_type = BigInt)]
    ended: i64,
    #[diesel(sql_type = BigInt)]
    released: i64,
    #[diesel(sql_type = BigInt)]
    in_vain: i64,
    #[diesel(sql_type = BigInt)]
    parts: i64,
}

/// Makes a connection fit for [`advance`]: each of its joins is a few hundred probes of a key, and a plan
/// made while the tables were small, or thought to be, would read the whole of one instead.
pub async fn prepare_session(conn: &mut AsyncPgConnection) -> Result<()> {
    for setting in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"] {
        diesel::sql_query(format!("SET {setting} = off"))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Counts ends of up to `workflows.batch_max` workflows behind `after`, sends on who waited for them, and
/// ends those workflows that have none left, all in one transaction. Any number may do so at once.
pub async fn advance(
    conn: &mut AsyncPgConnection,
    after: Option<WorkflowId>,
    rules: &Rules,
) -> Result<Advanced> {
    let settings = &rules.workflows;
    conn.transaction(async |conn| {
        let locked: Vec<IdRow> = Prepared(
            sql_file!("lock_ended.sql")
                .bind::<BigInt, _>(after.map_or(0, |id| id.0))
                .bind::<BigInt, _>(i64::from(settings.batch_max)),
        )
        .load(conn)
        .await?;
        let ids: Vec<i64> = locked.into_iter().map(|row| row.id).collect();
        let Some(&last) = ids.iter().max() else {
            return Ok(Advanced::default());
        };
        let counted: Vec<Counted> = Prepared(
            sql_file!("advance.sql")
                .bind::<Array<BigInt>, _>(&ids)
                .bind::<BigInt, _>(i64::from(settings.ends_max))
                .bind::<Text, _>(NOT_REACHED)
                .bind::<Integer, _>(i32::try_from(settings.release_max).unwrap_or(i32::MAX)),
        )
        .load(conn)
        .await?;
        let mut step = Advanced {
            next: Some(WorkflowId(last)),
            ..Advanced::default()
        };
        if let [first, ..] = &counted[..] {
            step.released = first.released.unsigned_abs();
            step.in_vain = first.in_vain.unsigned_abs();
            step.parts = first.parts.unsigned_abs();
        }
        for workflow in &counted {
            step.ended += workflow.ended.unsigned_abs();
            if workflow.unfinished == 0 {
                finish(conn, WorkflowId(workflow.id), rules).await?;
                step.finished += 1;
            }
        }
        Ok(step)
    })
    .await
}
