use axum::Json;
use axum::extract::State;
use nexus_jobs::JobId;
use nexus_schema::jobs::{self, JobDetail};

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Id;

/// Show a job with its failed attempts
#[utoipa::path(get, path = "/v1/jobs/{id}", tag = super::TAG,
    params(("id" = i64, Path, description = "The job")),
    responses(
        (status = 200, body = JobDetail),
        (status = 404, body = ErrorBody, description = "There is no such job, or no longer"),
        Refusals,
    ))]
pub(super) async fn show_job(
    State(app): State<Shared>,
    Id(id): Id,
) -> Result<Json<JobDetail>, ApiError> {
    let mut conn = app.connection().await?;
    match jobs::find(&mut conn, JobId(id)).await? {
        Some(job) => Ok(Json(job)),
        None => Err(ApiError::not_found("job", id)),
    }
}
