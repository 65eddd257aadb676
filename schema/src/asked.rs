//! What operators ask of worker processes, and all that a process is asked.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Actor, JobId, TransportName, WorkerId};
use serde::Serialize;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};
use crate::schema::nexus::workers;

/// What a worker process may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProcessAsk {
    /// To claim nothing, run on what it runs, and stay.
    Quiet,
    /// To end: as SIGTERM does.
    Drain,
}

impl ProcessAsk {
    /// As the ledger has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Drain => "drain",
        }
    }
}

impl fmt::Display for ProcessAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProcessAsk {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        [Self::Quiet, Self::Drain]
            .into_iter()
            .find(|ask| ask.as_str() == text)
            .ok_or_else(|| format!("no process is asked to {text:?}: use quiet or drain"))
    }
}

/// What is asked of one queue, as a worker needs to know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether its jobs are not to be claimed.
    pub paused: bool,
    /// Jobs at once; `None`: as configured.
    pub concurrency: Option<usize>,
    /// Which broker carries its ids.
    pub transport: TransportName,
}

/// All that a worker process is asked. What is left out is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of the process itself.
    pub process: Option<ProcessAsk>,
    /// Of its queues, by name.
    pub queues: BTreeMap<String, Wanted>,
    /// Of jobs that it runs: to end, and why.
    pub cancellations: Vec<(JobId, String)>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    process: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    queue: Option<String>,
    #[diesel(sql_type = Bool)]
    paused: bool,
    #[diesel(sql_type = Nullable<Integer>)]
    concurrency: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    transport: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    job: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
}

/// Looks what a worker is asked: one statement. At most `cancellations_max` of the jobs that are
/// to end, those asked first.
pub async fn asked(
    conn: &mut AsyncPgConnection,
    worker: WorkerId,
    queues: &[&str],
    cancellations_max: u32,
) -> Result<Asked> {
    let rows: Vec<Row> = Prepared(
        sql_file!("asked/asked.sql")
            .bind::<Uuid, _>(worker.0)
            .bind::<Array<Text>, _>(queues)
            .bind::<BigInt, _>(i64::from(cancellations_max)),
    )
    .load(conn)
    .await?;
    let mut asked = Asked::default();
    for row in rows {
        if let Some(process) = row.process {
            asked.process = process.parse().ok();
        }
        if let Some(queue) = row.queue {
            let wanted = Wanted {
                paused: row.paused,
                concurrency: row.concurrency.and_then(|n| usize::try_from(n).ok()),
                transport: crate::dispatch::transport(row.transport.as_deref())?,
            };
            asked.queues.insert(queue, wanted);
        }
        if let Some(job) = row.job {
            let reason = row.reason.unwrap_or_default();
            asked.cancellations.push((JobId(job), reason));
        }
    }
    Ok(asked)
}

/// Asks processes for something, or, with `None`, takes back that they be quiet: one that was told
/// to drain is past being asked. Returns those that there are.
pub async fn ask(
    conn: &mut AsyncPgConnection,
    which: &[WorkerId],
    what: Option<ProcessAsk>,
    actor: &Actor,
) -> Result<Vec<WorkerId>> {
    let ids: Vec<uuid::Uuid> = which.iter().map(|worker| worker.0).collect();
    let drains = workers::asked.eq(ProcessAsk::Drain.as_str());
    diesel::update(workers::table.filter(workers::id.eq_any(&ids)))
        .filter(workers::asked.is_null().or(diesel::dsl::not(drains)))
        .set((
            workers::asked.eq(what.map(ProcessAsk::as_str)),
            workers::asked_by.eq(actor.as_str()),
            workers::asked_at.eq(diesel::dsl::now),
        ))
        .execute(conn)
        .await?;
    let there: Vec<uuid::Uuid> = workers::table
        .filter(workers::id.eq_any(&ids))
        .select(workers::id)
        .load(conn)
        .await?;
    Ok(there.into_iter().map(WorkerId).collect())
}
