use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use nexus_jobs::JobId;
use nexus_schema::jobs::{self, LogPage};
use serde::Deserialize;

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Id, Query};
use crate::page;

/// Which part of the log is wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// After this position: that of the last line seen.
    #[serde(default)]
    after: i64,
    /// Lines of a page: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    limit: Option<u32>,
}

/// Read what a job's handler logged, the oldest line first
///
/// Lines appear while the job runs: ask again with the last `position` as `after`.
#[utoipa::path(get, path = "/v1/jobs/{id}/log", tag = super::TAG,
    params(("id" = i64, Path, description = "The job"), LogQuery),
    responses(
        (status = 200, body = LogPage, headers(("Link" = String, description = "The next page, if there is one"))),
        (status = 404, body = ErrorBody, description = "There is no such job, or no longer"),
        Refusals,
    ))]
pub(super) async fn job_log(
    State(app): State<Shared>,
    uri: Uri,
    Id(id): Id,
    Query(query): Query<LogQuery>,
) -> Result<Response, ApiError> {
    let size = page::size(query.limit, app.settings.api.page_max)?;
    let mut conn = app.connection().await?;
    let page = jobs::log(&mut conn, JobId(id), query.after, size).await?;
    if page.lines.is_empty() && jobs::find(&mut conn, JobId(id)).await?.is_none() {
        return Err(ApiError::not_found("job", id));
    }
    let next = page.next;
    Ok(page::respond(page, &uri, "after", next))
}
