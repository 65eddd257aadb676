use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Json, SmallInt, Text, Timestamptz};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::workflow::InWorkflow;
use nexus_jobs::{Actor, Due, JobId, NewJob, Weight, WorkflowId};
use serde::Deserialize;
use serde_json::Value;

use super::view::{WorkflowView, find};
use crate::dead::{self, Again, Taken};
use crate::error::{Error, Result};
use crate::ledger::{self, Rules};
use crate::prepared::{Prepared, sql_file};

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = SmallInt)]
    depth: i16,
    #[diesel(sql_type = Json)]
    nodes: Value,
}

/// What another round needs to know of a node.
#[derive(Deserialize)]
struct KeptNode {
    node: i32,
    job_id: i64,
    state: String,
    before: Vec<i32>,
    entry_ids: i32,
    finished_at: DateTime<Utc>,
}

/// Runs what did not complete of a workflow that has ended, again: as new jobs, with the arguments they had,
/// each once those before it have ended. What completed is not run again, and its results stay.
///
/// # Errors
///
/// [`Error::NotFound`]; [`Error::Conflict`] for a workflow that still runs, one that completed, and one
/// whose jobs are no longer in history.
pub async fn retry(
    conn: &mut AsyncPgConnection,
    id: WorkflowId,
    by: &Actor,
    rules: &Rules,
) -> Result<WorkflowView> {
    conn.transaction(async |conn| {
        let (depth, nodes) = kept(conn, id).await?;
        let missed: Vec<&KeptNode> = nodes.iter().filter(|n| n.state != "completed").collect();
        let taken = take(conn, id, &missed).await?;
        let again: HashSet<i32> = missed.iter().map(|node| node.node).collect();
        let waits = |node: &KeptNode| node.before.iter().filter(|n| again.contains(n)).count();
        let jobs: Vec<NewJob> = missed
            .iter()
            .map(|node| Ok(job(id, node, &taken, waits(node) > 0)?.depth(depth)))
            .collect::<Result<_>>()?;
        let mut made = Vec::with_capacity(jobs.len());
        for jobs in jobs.chunks(rules.limits.batch_max.max(1)) {
            let jobs = ledger::enqueue(conn, jobs, by, rules).await?;
            made.extend(jobs.iter().map(|job| job.id()));
        }
        let numbers: Vec<i32> = missed.iter().map(|node| node.node).collect();
        let waits = missed
            .iter()
            .map(|node| i32::try_from(waits(node)).unwrap_or(i32::MAX));
        Prepared(
            sql_file!("reopen.sql")
                .bind::<BigInt, _>(id.0)
                .bind::<Array<Integer>, _>(numbers)
                .bind::<Array<BigInt>, _>(made.iter().map(|job| job.0).collect::<Vec<_>>())
                .bind::<Array<Integer>, _>(waits.collect::<Vec<_>>()),
        )
        .execute(conn)
        .await?;
        link(conn, &missed, &taken, &made).await?;
        find(conn, id).await
    })
    .await
}

/// How deep a workflow is that ended without completing, and its nodes. It is locked.
async fn kept(conn: &mut AsyncPgConnection, id: WorkflowId) -> Result<(u16, Vec<KeptNode>)> {
    let query = sql_file!("kept.sql").bind::<BigInt, _>(id.0);
    let kept: Vec<Kept> = Prepared(query).load(conn).await?;
    let Some(kept) = kept.into_iter().next() else {
        find(conn, id).await?;
        return Err(Error::Conflict(format!(
            "workflow {id} still runs: cancel it first, or wait for its end"
        )));
    };
    if kept.state == "completed" {
        return Err(Error::Conflict(format!(
            "workflow {id} completed: there is nothing to run again"
        )));
    }
    let nodes = serde_json::from_value(kept.nodes);
    let nodes = nodes.map_err(|error| Error::Database(error.to_string()))?;
    Ok((u16::try_from(kept.depth).unwrap_or(0), nodes))
}

async fn take(
    conn: &mut AsyncPgConnection,
    id: WorkflowId,
    missed: &[&KeptNode],
) -> Result<HashMap<i64, Taken>> {
    let ids: Vec<i64> = missed.iter().map(|node| node.job_id).collect();
    let ends: Vec<DateTime<Utc>> = missed.iter().map(|node| node.finished_at).collect();
    let taken: Vec<Taken> = Prepared(
        sql_file!("missed.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Timestamptz>, _>(ends),
    )
    .load(conn)
    .await?;
    if taken.len() < missed.len() {
        return Err(Error::Conflict(format!(
            "{} jobs of workflow {id} are no longer in history: submit it anew",
            missed.len() - taken.len()
        )));
    }
    Ok(taken.into_iter().map(|taken| (taken.id, taken)).collect())
}

fn job(
    workflow: WorkflowId,
    node: &KeptNode,
    taken: &HashMap<i64, Taken>,
    waits: bool,
) -> Result<NewJob> {
    let taken = taken
        .get(&node.job_id)
        .ok_or_else(|| Error::Database(format!("no job {} in history", node.job_id)))?;
    let mut job = taken.again(None, Due::Now)?;
    if node.entry_ids == 1 {
        job.weight = Weight::Heavy;
    }
    job.workflow = Some(InWorkflow {
        workflow,
        node: u32::try_from(node.node).ok(),
        waits,
    });
    Ok(job)
}

/// Has each job of the former round point at the one that runs it again.
async fn link(
    conn: &mut AsyncPgConnection,
    missed: &[&KeptNode],
    taken: &HashMap<i64, Taken>,
    made: &[JobId],
) -> Result<()> {
    let pairs = missed.iter().zip(made);
    let pairs = pairs.filter_map(|(node, &job)| Some((taken.get(&node.job_id)?.clone(), job)));
    let (taken, again): (Vec<Taken>, Vec<Again>) = pairs
        .map(|(taken, job)| {
            let dead = JobId(taken.id);
            (taken, Again { dead, job })
        })
        .unzip();
    dead::link(conn, &taken, &again).await
}
