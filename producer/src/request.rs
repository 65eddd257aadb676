//! What a caller says of a job, in JSON, and the job that it makes: the same over HTTP and through
//! Kafka. Pure.

mod read;
mod unique;

use chrono::{DateTime, Utc};
use nexus_config::Span;
use nexus_jobs::kinds::built_in;
use nexus_jobs::new_job::{check_key, check_tags};
use nexus_jobs::{Backoff, Band, Deadline, Due, NewJob, QueueName, TenantId};
use serde::Deserialize;
use serde_json::value::RawValue;

pub use self::read::{Unreadable, decode};
pub use self::unique::UniqueRequest;

/// Attempts of one job: more than any needs, and what the command line takes too.
const ATTEMPTS_MAX: u32 = 32_767;

/// A job to be enqueued. What is left out, its kind decides.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// The kind's name. One that no worker knows waits until a worker does.
    #[cfg_attr(feature = "openapi", schema(example = "noop"))]
    kind: String,
    /// The arguments; `{}` if left out. Those of a built-in kind are checked.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    args: Option<Box<RawValue>>,
    /// The queue.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "default"))]
    queue: Option<QueueName>,
    /// The priority band: `critical`, `high`, `normal` or `low`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "normal"))]
    band: Option<Band>,
    /// How long to wait before its first run, as a duration with a unit.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "5m"))]
    delay: Option<Span>,
    /// When it first runs, instead of a delay (RFC 3339).
    at: Option<DateTime<Utc>>,
    /// Attempts in all.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 32_767))]
    attempts: Option<u32>,
    /// Longest time of one attempt, as a duration with a unit.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "15m"))]
    timeout: Option<Span>,
    /// Words to find it by: at most 20, of at most 100 bytes each.
    #[serde(default)]
    tags: Vec<String>,
    /// Discarded unless it has started after this long, as a duration with a unit.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "1h"))]
    expires_in: Option<Span>,
    /// Discarded unless it has started by this time, instead (RFC 3339).
    expires_at: Option<DateTime<Utc>>,
    /// What it may not be there twice by: `true`, or in detail.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UniqueRequest>))]
    unique: Option<Box<RawValue>>,
    /// Of the jobs of a tenant with one such key, only the oldest unfinished one runs.
    #[cfg_attr(feature = "openapi", schema(example = "account 7"))]
    order_key: Option<String>,
    /// What limits per key count it under.
    limit_key: Option<String>,
    /// How it waits between attempts.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    backoff: Option<Backoff>,
    /// Whose job it is; tenant 1 if left out.
    tenant_id: Option<i64>,
}

/// The job that a JSON object asks for.
pub fn read_job(json: &[u8]) -> Result<NewJob, Unreadable> {
    let request: JobRequest = decode(json)?;
    request
        .into_job()
        .map_err(|(field, text)| Unreadable::Wrong(format!("field {field:?}: {text}")))
}

impl JobRequest {
    /// Whose job it is, if it says so.
    pub(crate) const fn tenant(&self) -> Option<i64> {
        self.tenant_id
    }

    /// The job, or the field at fault and what is wrong with it.
    pub fn into_job(self) -> Result<NewJob, (&'static str, String)> {
        let due = due(self.delay, self.at)?;
        check_tags(&self.tags).map_err(|wrong| ("tags", wrong))?;
        let args = match self.args {
            Some(args) => args,
            None => RawValue::from_string("{}".to_owned())
                .map_err(|error| ("args", error.to_string()))?,
        };
        let mut job = NewJob::raw(self.kind, args).map_err(|error| ("kind", error.to_string()))?;
        if let Some(kind) = built_in(&job.kind) {
            (kind.check)(job.args.get()).map_err(|error| ("args", error))?;
            job.queue = QueueName::new(kind.queue).map_err(|error| ("queue", error.to_string()))?;
            job.band = kind.band;
            job.weight = kind.weight;
            job.kind_attempts = (kind.attempts)();
        }
        if self
            .attempts
            .is_some_and(|attempts| !(1..=ATTEMPTS_MAX).contains(&attempts))
        {
            return Err(("attempts", format!("a job has 1 to {ATTEMPTS_MAX}")));
        }
        if self.timeout == Some(Span::ZERO) {
            return Err(("timeout", "it must be above zero".to_owned()));
        }
        if let Some(tenant) = self.tenant_id {
            if tenant < TenantId::DEFAULT.0 {
                return Err(("tenant_id", format!("there is no tenant {tenant}")));
            }
            job.tenant = TenantId(tenant);
        }
        job.queue = self.queue.unwrap_or(job.queue);
        job.band = self.band.unwrap_or(job.band);
        job.due = due;
        job.attempts = self.attempts;
        job.timeout = self.timeout.map(Span::get);
        job.tags = self.tags;
        job.deadline = deadline(self.expires_in, self.expires_at)?;
        job.unique = unique::read(self.unique.as_deref()).map_err(|text| ("unique", text))?;
        for (field, key) in [
            ("order_key", &self.order_key),
            ("limit_key", &self.limit_key),
        ] {
            if let Some(key) = key {
                check_key(key).map_err(|wrong| (field, wrong))?;
            }
        }
        job.order_key = self.order_key;
        job.limit_key = self.limit_key;
        job.backoff = self.backoff;
        Ok(job)
    }
}

fn due(delay: Option<Span>, at: Option<DateTime<Utc>>) -> Result<Due, (&'static str, String)> {
    match (delay, at) {
        (None, None) => Ok(Due::Now),
        (Some(delay), None) => Ok(Due::In(delay.get())),
        (None, Some(at)) => Ok(Due::At(at)),
        (Some(_), Some(_)) => Err(("at", "give delay or at, not both".to_owned())),
    }
}

fn deadline(
    wait: Option<Span>,
    at: Option<DateTime<Utc>>,
) -> Result<Option<Deadline>, (&'static str, String)> {
    match (wait, at) {
        (None, None) => Ok(None),
        (Some(wait), None) => Ok(Some(Deadline::In(wait.get()))),
        (None, Some(at)) => Ok(Some(Deadline::At(at))),
        (Some(_), Some(_)) => {
            let wrong = "give expires_in or expires_at, not both";
            Err(("expires_at", wrong.to_owned()))
        }
    }
}
