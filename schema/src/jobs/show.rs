use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Json, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Band, JobId, WorkflowId};
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::ingest::{self, JobOrigin};
use crate::prepared::{Prepared, sql_file};
use crate::schema::nexus::{attempt_errors, cancellations};
use crate::workflows::{self, Membership};

/// A job, live or finished.
#[derive(Clone, Debug, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobView {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Whose job it is.
    #[diesel(sql_type = BigInt)]
    pub tenant_id: i64,
    /// Its kind.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Its queue.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Its priority band's number.
    #[diesel(sql_type = SmallInt)]
    #[serde(serialize_with = "band_name")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub band: i16,
    /// Its state.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// When it may run, or was due when it last ran.
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// Claims so far.
    #[diesel(sql_type = Integer)]
    pub run: i32,
    /// Attempts spent so far.
    #[diesel(sql_type = Integer)]
    pub attempt: i32,
    /// Attempts it may take.
    #[diesel(sql_type = Integer)]
    pub attempts_max: i32,
    /// Leases lost so far.
    #[diesel(sql_type = Integer)]
    pub lost_leases: i32,
    /// Why it waits without being dispatched.
    #[diesel(sql_type = Nullable<Text>)]
    pub parked: Option<String>,
    /// Its own timeout in milliseconds.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub timeout_ms: Option<i64>,
    /// Words to find it by.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub tags: Option<Vec<String>>,
    /// Its arguments.
    #[diesel(sql_type = Json)]
    pub args: Value,
    /// When it was enqueued.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// Who enqueued it.
    #[diesel(sql_type = Text)]
    pub created_by: String,
    /// When its last run started.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub finished_at: Option<DateTime<Utc>>,
    /// What its handler returned.
    #[diesel(sql_type = Nullable<Json>)]
    pub result: Option<Value>,
    /// Why it was discarded or cancelled.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// When it is too late to start it.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
    /// The unique key that it took, while it is unfinished.
    #[diesel(sql_type = Nullable<Text>)]
    pub unique_key: Option<String>,
    /// Of the jobs of its tenant with this key, only the oldest unfinished one runs.
    #[diesel(sql_type = Nullable<Text>)]
    pub order_key: Option<String>,
    /// What limits per key count it under.
    #[diesel(sql_type = Nullable<Text>)]
    pub limit_key: Option<String>,
    /// How it waits between attempts, where it was told otherwise than its kind.
    #[diesel(sql_type = Nullable<Json>)]
    pub backoff: Option<Value>,
    /// The dead letter that it runs again.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub replay_of: Option<i64>,
    /// How far it has come, as its handler said last: `done`, `total`, `message`, and when (`at`).
    #[diesel(sql_type = Nullable<Json>)]
    pub progress: Option<Value>,
    /// The ordering key, the gate or the workflow that it is parked on.
    #[diesel(sql_type = Nullable<Text>)]
    pub parked_on: Option<String>,
    /// The job that ran it again.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub replayed_as: Option<i64>,
    /// Who called it off, where somebody did.
    #[diesel(sql_type = Nullable<Text>)]
    pub ended_by: Option<String>,
    /// The workflow that it is part of, or that called it at its end.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub workflow_id: Option<i64>,
    /// Which job of the workflow, from 0; none where the workflow called it at its end.
    #[diesel(sql_type = Nullable<Integer>)]
    pub workflow_node: Option<i32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn band_name<S: serde::Serializer>(
    band: &i16,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    match Band::from_number(*band) {
        Some(band) => to.serialize_str(band.as_str()),
        None => to.serialize_i16(*band),
    }
}

/// An attempt that failed.
#[derive(Clone, Debug, Serialize, Queryable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttemptError {
    /// The run it belongs to.
    pub run: i32,
    /// Attempts spent by then.
    pub attempt: i32,
    /// What kind of failure.
    pub reason: String,
    /// What went wrong.
    pub error: String,
    /// When.
    pub failed_at: DateTime<Utc>,
}

/// What was asked of a job that runs.
#[derive(Clone, Debug, Serialize, Queryable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StopAsked {
    /// Why it is to stop.
    pub reason: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
}

/// A job with its failed attempts.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobDetail {
    /// The job.
    #[serde(flatten)]
    pub job: JobView,
    /// Its failed attempts, the oldest first.
    pub errors: Vec<AttemptError>,
    /// Where it runs, and was asked to stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_asked: Option<StopAsked>,
    /// Which other system it came from, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<JobOrigin>,
    /// Its workflow, if it is part of one, or one called it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<Membership>,
}

/// One job, wherever it stands; `None` where there is no such id, or no longer.
pub async fn find(conn: &mut AsyncPgConnection, id: JobId) -> Result<Option<JobDetail>> {
    let job: Option<JobView> = Prepared(sql_file!("find.sql").bind::<BigInt, _>(id.0))
        .get_result(conn)
        .await
        .optional()?;
    let Some(job) = job else { return Ok(None) };
    let errors = attempt_errors::table
        .select((
            attempt_errors::run,
            attempt_errors::attempt,
            attempt_errors::reason,
            attempt_errors::error,
            attempt_errors::failed_at,
        ))
        .filter(attempt_errors::job_id.eq(id.0))
        .order(attempt_errors::run)
        .limit(1000)
        .load(conn)
        .await?;
    let stop_asked = match job.finished_at {
        None => stop_asked(conn, id).await?,
        Some(_) => None,
    };
    let origin = ingest::origin(conn, id).await?;
    let workflow = match job.workflow_id {
        None => None,
        Some(workflow) => workflows::membership(conn, WorkflowId(workflow), &job).await?,
    };
    Ok(Some(JobDetail {
        job,
        errors,
        stop_asked,
        origin,
        workflow,
    }))
}

async fn stop_asked(conn: &mut AsyncPgConnection, id: JobId) -> Result<Option<StopAsked>> {
    Ok(cancellations::table
        .select((
            cancellations::reason,
            cancellations::asked_by,
            cancellations::asked_at,
        ))
        .filter(cancellations::job_id.eq(id.0))
        .first(conn)
        .await
        .optional()?)
}
