use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use chrono::{DateTime, Utc};
use nexus_jobs::{JobId, TenantId};
use nexus_schema::dead::{self, DeadFilter, DeadPage};
use nexus_schema::jobs::{self, JobDetail};
use serde::Deserialize;

use super::which::is_dead;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Id, Query};
use crate::page;

/// Which dead letters are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeadQuery {
    /// Of this kind.
    kind: Option<String>,
    /// Whose reason holds this text, in upper or lower case.
    error: Option<String>,
    /// From this queue.
    queue: Option<String>,
    /// Of this tenant.
    tenant_id: Option<i64>,
    /// Discarded at this time or later (RFC 3339).
    since: Option<DateTime<Utc>>,
    /// Discarded before this time (RFC 3339).
    until: Option<DateTime<Utc>>,
    /// Also those that were run again.
    #[serde(default)]
    replayed: bool,
    /// With an id below this: the `next` of the page before.
    before: Option<i64>,
    /// Dead letters of a page: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    limit: Option<u32>,
}

/// List dead letters, the newest first: those not run again yet
#[utoipa::path(get, path = "/v1/dead", tag = super::TAG, params(DeadQuery),
    responses(
        (status = 200, body = DeadPage, headers(("Link" = String, description = "The next page, if there is one"))),
        Refusals,
    ))]
pub(super) async fn list_dead(
    State(app): State<Shared>,
    uri: Uri,
    Query(query): Query<DeadQuery>,
) -> Result<Response, ApiError> {
    let size = page::size(query.limit, app.settings.api.page_max)?;
    let filter = DeadFilter {
        ids: None,
        kind: query.kind,
        error: query.error,
        queue: query.queue,
        tenant: query.tenant_id.map(TenantId),
        since: query.since,
        until: query.until,
        replayed_too: query.replayed,
    };
    let mut conn = app.connection().await?;
    let page = dead::list(&mut conn, &filter, query.before.map(JobId), size).await?;
    let next = page.next.map(|id| id.0);
    Ok(page::respond(page, &uri, "before", next))
}

/// Show a dead letter with its failed attempts
#[utoipa::path(get, path = "/v1/dead/{id}", tag = super::TAG,
    params(("id" = i64, Path, description = "The job")),
    responses(
        (status = 200, body = JobDetail),
        (status = 404, body = ErrorBody, description = "There is no such dead letter, or no longer"),
        Refusals,
    ))]
pub(super) async fn show_dead(
    State(app): State<Shared>,
    Id(id): Id,
) -> Result<Json<JobDetail>, ApiError> {
    let mut conn = app.connection().await?;
    is_dead(&mut conn, id).await?;
    let found = jobs::find(&mut conn, JobId(id)).await?;
    found
        .map(Json)
        .ok_or_else(|| ApiError::not_found("dead letter", id))
}
