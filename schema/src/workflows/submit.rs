use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::workflow::{Edges, InWorkflow, Node, Workflow};
use nexus_jobs::{Actor, Due, JobId, NewJob, WorkflowId};

use super::callback;
use crate::error::{Error, Result};
use crate::ledger::{self, Rules};
use crate::prepared::{Prepared, sql_file};

/// What became of a workflow that was to be submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is there now.
    New(WorkflowId),
    /// One with its key was there before.
    Existing(WorkflowId),
}

impl Submitted {
    /// The workflow.
    pub const fn id(self) -> WorkflowId {
        match self {
            Self::New(id) | Self::Existing(id) => id,
        }
    }
}

/// Looks for the holder of a key, each of which was gone again a moment later: more than any race needs.
const KEY_TRIES: u32 = 10;

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Writes a workflow and all of its jobs, in one transaction: the caller's own, if `conn` is in one. Those
/// that wait for none are dispatched with it.
///
/// # Errors
///
/// [`Error::Invalid`] for what [`Workflow::check`] refuses, and for jobs that [`ledger::enqueue`] would.
pub async fn submit(
    conn: &mut AsyncPgConnection,
    workflow: &Workflow,
    actor: &Actor,
    rules: &Rules,
) -> Result<Submitted> {
    let edges = check(workflow, rules)?;
    conn.transaction(async |conn| {
        let id = match open(conn, workflow, actor).await? {
            Submitted::New(id) => id,
            existing @ Submitted::Existing(_) => return Ok(existing),
        };
        let most = rules.limits.batch_max.max(1);
        for (place, nodes) in workflow.nodes.chunks(most).enumerate() {
            let first = place * most;
            let jobs: Vec<NewJob> = (first..)
                .zip(nodes)
                .map(|(place, node)| job(workflow, id, place, node, &edges))
                .collect();
            let made = ledger::enqueue(conn, &jobs, actor, rules).await?;
            let made: Vec<JobId> = made.iter().map(|job| job.id()).collect();
            let chunk = Chunk {
                workflow,
                id,
                first,
                nodes,
            };
            chunk.insert(conn, &edges, &made, rules).await?;
        }
        Ok(Submitted::New(id))
    })
    .await
}

/// Who waits for whom in a workflow that is fit to be submitted.
///
/// # Errors
///
/// [`Error::Invalid`] for what [`Workflow::check`] refuses, and for jobs that [`ledger::enqueue`] would.
pub fn check(workflow: &Workflow, rules: &Rules) -> Result<Edges> {
    let limits = &rules.workflows;
    let edges = workflow
        .check(limits.jobs_max, limits.edges_max)
        .map_err(|refused| Error::Invalid(refused.to_string()))?;
    check_jobs(workflow, rules)?;
    Ok(edges)
}

/// The workflow that has the key of this one, whether it runs or not.
pub async fn keyed(conn: &mut AsyncPgConnection, workflow: &Workflow) -> Result<Option<Submitted>> {
    match &workflow.key {
        Some(key) => holder(conn, workflow, key, None).await,
        None => Ok(None),
    }
}

async fn holder(
    conn: &mut AsyncPgConnection,
    workflow: &Workflow,
    key: &str,
    but_for: Option<i64>,
) -> Result<Option<Submitted>> {
    let others: Vec<IdRow> = Prepared(
        sql_file!("keyed.sql")
            .bind::<BigInt, _>(workflow.tenant.0)
            .bind::<Text, _>(key)
            .bind::<BigInt, _>(but_for.unwrap_or(0)),
    )
    .load(conn)
    .await?;
    let other = others.into_iter().next();
    Ok(other.map(|other| Submitted::Existing(WorkflowId(other.id))))
}

/// Refuses what the ledger would refuse, by the node's name.
fn check_jobs(workflow: &Workflow, rules: &Rules) -> Result<()> {
    let nodes = workflow.nodes.iter();
    let nodes = nodes.map(|node| (format!("job {:?}", node.name), &node.job));
    let success = workflow.on_success.iter();
    let failure = workflow.on_failure.iter();
    let callbacks = success
        .map(|job| ("on_success".to_owned(), job))
        .chain(failure.map(|job| ("on_failure".to_owned(), job)));
    for (named, job) in nodes.chain(callbacks) {
        ledger::check_job(job, &rules.limits)
            .map_err(|wrong| Error::Invalid(format!("{named}: {wrong}")))?;
    }
    Ok(())
}

/// The workflow's row, unless one has its key.
async fn open(
    conn: &mut AsyncPgConnection,
    workflow: &Workflow,
    actor: &Actor,
) -> Result<Submitted> {
    let stored = |job: &Option<NewJob>| job.as_ref().map(callback::stored).transpose();
    let (on_success, on_failure) = (stored(&workflow.on_success)?, stored(&workflow.on_failure)?);
    for _ in 0..KEY_TRIES {
        let jobs = i32::try_from(workflow.nodes.len()).unwrap_or(i32::MAX);
        let rows: Vec<IdRow> = Prepared(
            sql_file!("insert.sql")
                .bind::<BigInt, _>(workflow.tenant.0)
                .bind::<Text, _>(&workflow.name)
                .bind::<Nullable<Text>, _>(workflow.key.as_deref())
                .bind::<Integer, _>(jobs)
                .bind::<Nullable<Text>, _>(&on_success)
                .bind::<Nullable<Text>, _>(&on_failure)
                .bind::<SmallInt, _>(i16::try_from(workflow.depth).unwrap_or(i16::MAX))
                .bind::<Text, _>(actor.as_str()),
        )
        .load(conn)
        .await?;
        let made = rows.into_iter().next().map(|row| row.id);
        let Some(key) = workflow.key.as_deref() else {
            let id = made.ok_or_else(|| Error::Database("no id for a workflow".into()))?;
            return Ok(Submitted::New(WorkflowId(id)));
        };
        // A later statement than the insert: one that ended meanwhile is found in history.
        match (holder(conn, workflow, key, made).await?, made) {
            (Some(other), made) => {
                if let Some(id) = made {
                    let query = diesel::sql_query("DELETE FROM nexus.workflows WHERE id = $1");
                    query.bind::<BigInt, _>(id).execute(conn).await?;
                }
                return Ok(other);
            }
            (None, Some(id)) => return Ok(Submitted::New(WorkflowId(id))),
            (None, None) => {}
        }
    }
    Err(Error::Contended(
        "the holder of the workflow's key comes and goes".into(),
    ))
}

/// A node's job. One that waits is due from its release, and a delay counts from there.
fn job(workflow: &Workflow, id: WorkflowId, place: usize, node: &Node, edges: &Edges) -> NewJob {
    let waits = !edges.before[place].is_empty();
    let mut job = node.job.clone();
    job.tenant = workflow.tenant;
    job.depth = job.depth.max(workflow.depth);
    if waits && matches!(job.due, Due::In(_)) {
        job.due = Due::Now;
    }
    job.workflow = Some(InWorkflow {
        workflow: id,
        node: u32::try_from(place).ok(),
        waits,
    });
    job
}

/// Nodes next to one another whose jobs were made by one call.
struct Chunk<'w> {
    workflow: &'w Workflow,
    id: WorkflowId,
    first: usize,
    nodes: &'w [Node],
}

impl Chunk<'_> {
    async fn insert(
        &self,
        conn: &mut AsyncPgConnection,
        edges: &Edges,
        made: &[JobId],
        rules: &Rules,
    ) -> Result<()> {
        let places = self.first..self.first + self.nodes.len();
        let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let numbers: Vec<i32> = places.clone().map(number).collect();
        let names: Vec<&str> = self.nodes.iter().map(|node| &*node.name).collect();
        let kinds: Vec<&str> = self.nodes.iter().map(|node| &*node.job.kind).collect();
        let jobs: Vec<i64> = made.iter().map(|job| job.0).collect();
        let needs: Vec<&str> = self.nodes.iter().map(|node| node.needs.as_str()).collect();
        let of = |all: &[Vec<u32>]| places.clone().map(|n| literal(&all[n])).collect::<Vec<_>>();
        let entry_ids: Vec<i32> = self
            .nodes
            .iter()
            .map(|node| number(node.job.weight.entry_ids(rules.limits.entry_ids_max)))
            .collect();
        let delays: Vec<Option<i64>> = self.nodes.iter().map(delay_ms).collect();
        Prepared(
            sql_file!("insert_nodes.sql")
                .bind::<BigInt, _>(self.id.0)
                .bind::<BigInt, _>(self.workflow.tenant.0)
                .bind::<Array<Integer>, _>(numbers)
                .bind::<Array<Text>, _>(names)
                .bind::<Array<Text>, _>(kinds)
                .bind::<Array<BigInt>, _>(jobs)
                .bind::<Array<Text>, _>(needs)
                .bind::<Array<Text>, _>(of(&edges.before))
                .bind::<Array<Text>, _>(of(&edges.next))
                .bind::<Array<Integer>, _>(entry_ids)
                .bind::<Array<Nullable<BigInt>>, _>(delays),
        )
        .execute(conn)
        .await?;
        Ok(())
    }
}

fn delay_ms(node: &Node) -> Option<i64> {
    match node.job.due {
        Due::In(wait) if wait > Duration::ZERO => i64::try_from(wait.as_millis()).ok(),
        Due::In(_) | Due::Now | Due::At(_) => None,
    }
}

/// Numbers as an array literal of Postgres: arrays of arrays must be rectangular, so these travel as text.
fn literal(numbers: &[u32]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("{{{}}}", texts.join(","))
}
