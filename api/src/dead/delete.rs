use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nexus_jobs::JobId;
use nexus_schema::dead::{self, DeadFilter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::STEP;
use super::which::{Which, is_dead};
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Id, Json as Body};

/// Throw a dead letter away, with its errors and its log
#[utoipa::path(delete, path = "/v1/dead/{id}", tag = super::TAG,
    params(("id" = i64, Path, description = "The job")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, body = ErrorBody, description = "There is no such dead letter, or no longer"),
        Refusals,
    ))]
pub(super) async fn delete_dead(
    State(app): State<Shared>,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    let mut conn = app.connection().await?;
    is_dead(&mut conn, id).await?;
    dead::delete(&mut conn, &DeadFilter::of(JobId(id)), 1).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Dead letters to throw away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteMany {
    /// Which ones.
    r#where: Which,
    /// Also those that were run again.
    #[serde(default)]
    replayed: bool,
    /// Only count them.
    #[serde(default)]
    dry_run: bool,
}

/// How many there were, and how many are gone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deleted {
    /// How many matched.
    matching: i64,
    /// How many were thrown away, at most 500; ask again for the rest.
    deleted: usize,
}

/// Throw dead letters away by what they have in common, up to 500 a request
#[utoipa::path(post, path = "/v1/dead/delete", tag = super::TAG, request_body = DeleteMany,
    responses(
        (status = 200, body = Deleted),
        (status = 422, body = ErrorBody, description = "Nothing says which dead letters"),
        Refusals,
    ))]
pub(super) async fn delete_many(
    State(app): State<Shared>,
    Body(asked): Body<DeleteMany>,
) -> Result<Json<Deleted>, ApiError> {
    let mut filter = asked.r#where.filter()?;
    filter.replayed_too = asked.replayed;
    let mut conn = app.connection().await?;
    let matching = dead::count(&mut conn, &filter).await?;
    let deleted = if asked.dry_run {
        0
    } else {
        dead::delete(&mut conn, &filter, STEP).await?
    };
    Ok(Json(Deleted { matching, deleted }))
}
