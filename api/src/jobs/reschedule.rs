use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use nexus_config::Span;
use nexus_jobs::{Due, JobId};
use nexus_schema::jobs::{self, JobDetail};
use nexus_schema::ledger;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Id, Json as Body};

/// When a waiting job is due: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeJob {
    /// After this long, as a duration with a unit; `0s` for now.
    #[schema(value_type = Option<String>, example = "5m")]
    delay: Option<Span>,
    /// At this time (RFC 3339).
    at: Option<DateTime<Utc>>,
}

/// Give a waiting job another due time
#[utoipa::path(patch, path = "/v1/jobs/{id}", tag = super::TAG, request_body = ChangeJob,
    params(("id" = i64, Path, description = "The job")),
    responses(
        (status = 200, body = JobDetail),
        (status = 404, body = ErrorBody, description = "There is no such job, or no longer"),
        (status = 409, body = ErrorBody, description = "It runs, or has ended"),
        (status = 422, body = ErrorBody, description = "A field is wrong"),
        Refusals,
    ))]
pub(super) async fn change_job(
    State(app): State<Shared>,
    Id(id): Id,
    Body(change): Body<ChangeJob>,
) -> Result<Json<JobDetail>, ApiError> {
    let due = match (change.delay, change.at) {
        (Some(wait), None) => Due::In(wait.get()),
        (None, Some(time)) => Due::At(time),
        _ => return Err(ApiError::invalid("give either delay or at")),
    };
    let mut conn = app.connection().await?;
    let moved = ledger::reschedule(&mut conn, &[JobId(id)], due).await?;
    let found = jobs::find(&mut conn, JobId(id)).await?;
    let found = found.ok_or_else(|| ApiError::not_found("job", id))?;
    if moved.is_empty() {
        let state = &found.job.state;
        let wrong = format!("job {id} is {state}: only waiting jobs have a due time");
        return Err(ApiError::conflict(wrong));
    }
    Ok(Json(found))
}
