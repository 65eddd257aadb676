//! The jobs that a body asks for. Pure.

use nexus_jobs::NewJob;
use nexus_producer::request::{JobRequest, read_job};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::extract::{Unreadable, decode};

/// Wrong jobs that an error tells of; further ones are only counted.
const WRONG_TOLD_MAX: usize = 5;

/// One job, or several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "describes a body; read one by one, so that errors name the job"
)]
pub(crate) enum JobRequests {
    /// One.
    One(JobRequest),
    /// At most `enqueue.batch_max`, all or none.
    Many(Vec<JobRequest>),
}

/// The jobs that a body asks for: one object, or an array of 1 to `batch_max`.
pub(crate) fn read(body: &[u8], batch_max: usize) -> Result<Vec<NewJob>, ApiError> {
    if body.trim_ascii_start().first() != Some(&b'[') {
        return Ok(vec![read_job(body)?]);
    }
    let items: Vec<&RawValue> = decode(body)?;
    if items.is_empty() || items.len() > batch_max {
        return Err(ApiError::invalid(format!(
            "{} jobs in the array: it must hold 1 to {batch_max} (enqueue.batch_max)",
            items.len()
        )));
    }
    let mut jobs = Vec::with_capacity(items.len());
    let mut wrong = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match read_job(item.get().as_bytes()) {
            Ok(job) => jobs.push(job),
            Err(Unreadable::NotJson(text) | Unreadable::Wrong(text)) => {
                wrong.push(format!("job {index}, {text}"));
            }
        }
    }
    if wrong.is_empty() {
        return Ok(jobs);
    }
    let more = wrong.len().saturating_sub(WRONG_TOLD_MAX);
    wrong.truncate(WRONG_TOLD_MAX);
    let error = ApiError::invalid(wrong.join("; "));
    Err(match more {
        0 => error,
        more => error.hint(format!("{more} more jobs are wrong; none was enqueued")),
    })
}

#[cfg(test)]
mod tests;
