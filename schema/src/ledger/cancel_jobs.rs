use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Actor, JobId, State};
use serde::Serialize;

use crate::error::Result;
use crate::jobs::Filter;
use crate::prepared::{Prepared, sql_file};
use crate::schema::nexus::job_history;

/// Longest reason of a cancellation, in characters.
const REASON_CHARS_MAX: usize = 1000;

/// What became of a job that was to be called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CancelAnswer {
    /// It waited, and is cancelled.
    Cancelled,
    /// It runs: its worker is asked to stop it, and if it comes to wait again it is cancelled.
    AskedToStop,
    /// It had ended already.
    AlreadyFinished,
    /// There is no such job, or no longer.
    Unknown,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Bool)]
    waited: bool,
}

/// Calls jobs off, whoever runs them, and answers for each in the order given.
pub async fn cancel_jobs(
    conn: &mut AsyncPgConnection,
    ids: &[JobId],
    reason: &str,
    by: &Actor,
) -> Result<Vec<(JobId, CancelAnswer)>> {
    let raw: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let mut answers: HashMap<i64, CancelAnswer> = call_off(conn, &raw, &[], reason, by)
        .await?
        .into_iter()
        .map(|row| (row.id, row.answer()))
        .collect();
    let missing = raw.into_iter().filter(|id| !answers.contains_key(id));
    // A later statement, so that it sees those which ended a moment before the first one.
    let finished: Vec<i64> = job_history::table
        .select(job_history::id)
        .filter(job_history::id.eq_any(missing.collect::<Vec<_>>()))
        .load(conn)
        .await?;
    answers.extend(
        finished
            .into_iter()
            .map(|id| (id, CancelAnswer::AlreadyFinished)),
    );
    let answer = |id: &JobId| answers.get(&id.0).copied().unwrap_or(CancelAnswer::Unknown);
    Ok(ids.iter().map(|id| (*id, answer(id))).collect())
}

/// A step of calling off all jobs that match.
#[derive(Clone, Debug, Default)]
pub struct CancelStep {
    /// What became of the jobs of this step, in order of id.
    pub answers: Vec<(JobId, CancelAnswer)>,
    /// Where the next step starts; `None` at the end.
    pub next: Option<JobId>,
}

/// Calls off up to `limit` unfinished jobs that match, with ids above `after` and up to `through`.
///
/// `through` (see [`crate::jobs::survey`]) keeps jobs that are enqueued meanwhile out of it.
pub async fn cancel_matching(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    (after, through): (JobId, JobId),
    limit: u32,
    reason: &str,
    by: &Actor,
) -> Result<CancelStep> {
    let ids = crate::jobs::matching(conn, filter, (after, through), limit).await?;
    let full = u32::try_from(ids.len()).is_ok_and(|n| n >= limit);
    let next = ids.last().filter(|_| full).map(|id| JobId(*id));
    // What the filter says cannot change, but for the state.
    let mut rows = call_off(conn, &ids, &filter.states, reason, by).await?;
    rows.sort_unstable_by_key(|row| row.id);
    let answers = rows
        .iter()
        .map(|row| (JobId(row.id), row.answer()))
        .collect();
    Ok(CancelStep { answers, next })
}

impl Row {
    const fn answer(&self) -> CancelAnswer {
        if self.waited {
            CancelAnswer::Cancelled
        } else {
            CancelAnswer::AskedToStop
        }
    }
}

/// A reason as the ledger keeps it: without what Postgres's text cannot hold, and not without end.
pub(crate) fn fit_reason(reason: &str) -> String {
    let chars = reason.chars().filter(|&c| c != '\0');
    chars.take(REASON_CHARS_MAX).collect()
}

async fn call_off(
    conn: &mut AsyncPgConnection,
    ids: &[i64],
    states: &[State],
    reason: &str,
    by: &Actor,
) -> Result<Vec<Row>> {
    let states: Option<Vec<&str>> =
        (!states.is_empty()).then(|| states.iter().map(|state| state.as_str()).collect());
    let reason = fit_reason(reason);
    Ok(Prepared(
        sql_file!("cancel_jobs.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Nullable<Array<Text>>, _>(states)
            .bind::<Text, _>(reason)
            .bind::<Text, _>(by.as_str()),
    )
    .load(conn)
    .await?)
}
