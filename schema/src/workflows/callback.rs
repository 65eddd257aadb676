//! A job that is enqueued later, as it waits in its workflow's row.

use std::time::Duration;

use nexus_jobs::workflow::InWorkflow;
use nexus_jobs::{Backoff, Band, Due, NewJob, QueueName, TenantId, Weight, WorkflowId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::{Error, Result};

#[derive(Serialize, Deserialize)]
struct Stored {
    kind: String,
    args: Box<RawValue>,
    queue: String,
    band: i16,
    heavy: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind_attempts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backoff: Option<Backoff>,
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What is kept of it, as JSON; its arguments as they were written. It has no deadline and no time of its own.
pub(super) fn stored(job: &NewJob) -> Result<String> {
    let stored = Stored {
        kind: job.kind.clone(),
        args: job.args.clone(),
        queue: job.queue.as_str().to_owned(),
        band: job.band.number(),
        heavy: job.weight == Weight::Heavy,
        delay_ms: match job.due {
            Due::In(wait) => Some(millis(wait)),
            Due::Now | Due::At(_) => None,
        },
        attempts: job.attempts,
        kind_attempts: job.kind_attempts,
        timeout_ms: job.timeout.map(millis),
        tags: job.tags.clone(),
        limit_key: job.limit_key.clone(),
        backoff: job.backoff.clone(),
    };
    serde_json::to_string(&stored).map_err(|error| Error::Invalid(error.to_string()))
}

/// The job, called by this workflow.
pub(super) fn job(
    stored: &str,
    workflow: WorkflowId,
    tenant: TenantId,
    depth: u16,
) -> Result<NewJob> {
    let wrong = |error: &dyn std::fmt::Display| Error::Invalid(format!("its callback: {error}"));
    let stored: Stored = serde_json::from_str(stored).map_err(|error| wrong(&error))?;
    let mut job = NewJob::raw(stored.kind, stored.args).map_err(|error| wrong(&error))?;
    job.queue = QueueName::new(stored.queue).map_err(|error| wrong(&error))?;
    job.band = Band::from_number(stored.band).unwrap_or(job.band);
    job.weight = if stored.heavy {
        Weight::Heavy
    } else {
        Weight::Light
    };
    job.due = stored
        .delay_ms
        .map_or(Due::Now, |ms| Due::In(Duration::from_millis(ms)));
    job.attempts = stored.attempts;
    job.kind_attempts = stored.kind_attempts;
    job.timeout = stored.timeout_ms.map(Duration::from_millis);
    job.tags = stored.tags;
    job.limit_key = stored.limit_key;
    job.backoff = stored.backoff;
    job.workflow = Some(InWorkflow {
        workflow,
        node: None,
        waits: false,
    });
    Ok(job.tenant(tenant).depth(depth))
}

#[cfg(test)]
mod tests {
    use nexus_jobs::kinds::Noop;

    use super::*;

    #[test]
    fn a_callback_comes_back_as_it_was() {
        let told = NewJob::of(&Noop::default())
            .unwrap()
            .after(Duration::from_millis(1500))
            .attempts(3)
            .timeout(Duration::from_secs(7))
            .tags(["a"])
            .limit_key("k")
            .band(Band::High);
        let told = NewJob {
            args: RawValue::from_string(r#"{"b": 12345678901234567.8901, "a": 1}"#.into()).unwrap(),
            ..told
        };
        let back = job(&stored(&told).unwrap(), WorkflowId(7), TenantId(3), 2).unwrap();
        assert_eq!(back.args.get(), told.args.get());
        assert_eq!(
            (back.due, back.band, back.tenant, back.depth),
            (told.due, told.band, TenantId(3), 2)
        );
        assert_eq!(
            (&back.tags, &back.limit_key, back.timeout),
            (&told.tags, &told.limit_key, told.timeout)
        );
        assert_eq!(
            (back.attempts, &back.queue, back.weight),
            (told.attempts, &told.queue, told.weight)
        );
        assert_eq!(
            back.workflow.map(|place| (place.workflow, place.node)),
            Some((WorkflowId(7), None))
        );
    }
}
