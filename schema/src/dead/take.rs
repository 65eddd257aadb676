use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::kinds::built_in;
use nexus_jobs::workflow::InWorkflow;
use nexus_jobs::{Band, Due, JobId, NewJob, QueueName, TenantId, WorkflowId};
use serde_json::value::RawValue;

use super::DeadFilter;
use crate::error::{Error, Result};
use crate::prepared::sql_file;

/// A job that did not complete, locked until the transaction ends, with what another run of it takes over.
#[derive(Clone, Debug, QueryableByName)]
pub(crate) struct Taken {
    #[diesel(sql_type = BigInt)]
    pub(crate) id: i64,
    #[diesel(sql_type = Timestamptz)]
    pub(crate) finished_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub(crate) tenant_id: i64,
    #[diesel(sql_type = Text)]
    pub(crate) kind: String,
    #[diesel(sql_type = Text)]
    pub(crate) queue: String,
    #[diesel(sql_type = SmallInt)]
    pub(crate) band: i16,
    #[diesel(sql_type = Integer)]
    pub(crate) attempts_max: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(crate) timeout_ms: Option<i64>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(crate) tags: Option<Vec<String>>,
    #[diesel(sql_type = Text)]
    pub(crate) args: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) order_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) limit_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) backoff: Option<String>,
    /// The workflow that called it at its end.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(crate) called_by: Option<i64>,
    /// Postgres's time.
    #[diesel(sql_type = Timestamptz)]
    pub(crate) now: DateTime<Utc>,
}

impl Taken {
    /// The job that runs it again, with other arguments if any are given.
    pub(crate) fn again(&self, args: Option<&RawValue>, due: Due) -> Result<NewJob> {
        let wrong = |error: &dyn std::fmt::Display| {
            Error::Invalid(format!("job {} cannot run again: {error}", self.id))
        };
        let args = match args {
            Some(args) => args.to_owned(),
            None => RawValue::from_string(self.args.clone()).map_err(|error| wrong(&error))?,
        };
        let mut job = NewJob::raw(&self.kind, args).map_err(|error| wrong(&error))?;
        if let Some(known) = built_in(&self.kind) {
            job.weight = known.weight;
        }
        job.queue = QueueName::new(self.queue.clone()).map_err(|error| wrong(&error))?;
        job.band = Band::from_number(self.band).unwrap_or(job.band);
        job.tenant = TenantId(self.tenant_id);
        job.due = due;
        job.attempts = u32::try_from(self.attempts_max).ok();
        job.timeout = self
            .timeout_ms
            .and_then(|ms| u64::try_from(ms).ok())
            .map(Duration::from_millis);
        job.tags = self.tags.clone().unwrap_or_default();
        job.order_key.clone_from(&self.order_key);
        job.limit_key.clone_from(&self.limit_key);
        // One that a caller in SQL misspelt was never used: the kind's is, as before.
        let backoff = self.backoff.as_deref().map(serde_json::from_str);
        job.backoff = backoff.and_then(std::result::Result::ok);
        job.workflow = self.called_by.map(|workflow| InWorkflow {
            workflow: WorkflowId(workflow),
            node: None,
            waits: false,
        });
        Ok(job.replay_of(JobId(self.id)))
    }
}

/// Locks the oldest `limit` dead letters that match, with ids above `after`.
pub(super) async fn take(
    conn: &mut AsyncPgConnection,
    filter: &DeadFilter,
    after: JobId,
    limit: u32,
) -> Result<Vec<Taken>> {
    Ok(filter
        .bind(sql_file!("take.sql"))
        .bind::<BigInt, _>(after.0)
        .bind::<BigInt, _>(i64::from(limit))
        .load(conn)
        .await?)
}
