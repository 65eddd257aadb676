use axum::Json;
use axum::extract::{Path, State};
use nexus_schema::gates::{self, LimitChange, LimitView};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Json as Body;

/// What a limit is to be: a concurrency, a rate, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetLimit {
    /// The queue whose jobs it counts; of any if left out.
    queue: Option<String>,
    /// The kind whose jobs it counts; of any if left out.
    kind: Option<String>,
    /// What it counts by itself: `all`, `tenant` or `key`; `all` if left out.
    #[schema(example = "tenant")]
    per: Option<String>,
    /// Jobs at once, over all processes.
    concurrency: Option<i32>,
    /// Starts in each `rate_per_ms`.
    rate: Option<i32>,
    /// The time of the rate, in milliseconds.
    rate_per_ms: Option<i64>,
    /// Starts that may come at once after a pause; with a rate, 1 if left out.
    burst: Option<i32>,
}

/// Make a limit, or change how much one lets in
#[utoipa::path(put, path = "/v1/limits/{name}", tag = super::TAG, request_body = SetLimit,
    params(("name" = String, Path, description = "The limit")),
    responses(
        (status = 200, body = LimitView),
        (status = 409, body = ErrorBody, description = "The limit of this name counts other jobs"),
        (status = 422, body = ErrorBody, description = "A field is wrong"),
        Refusals,
    ))]
pub(super) async fn set_limit(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
    Body(set): Body<SetLimit>,
) -> Result<Json<LimitView>, ApiError> {
    let change = LimitChange {
        queue: set.queue,
        kind: set.kind,
        per: set.per.unwrap_or_else(|| "all".to_owned()),
        concurrency: set.concurrency,
        rate: set.rate,
        rate_per_ms: set.rate_per_ms,
        burst: set.burst,
    };
    let mut conn = app.connection().await?;
    Ok(Json(
        gates::set_limit(&mut conn, &name, &change, &actor).await?,
    ))
}

/// Remove a limit; who waits for it is let go
#[utoipa::path(delete, path = "/v1/limits/{name}", tag = super::TAG,
    params(("name" = String, Path, description = "The limit")),
    responses(
        (status = 200, body = LimitView, description = "As it was"),
        (status = 404, body = ErrorBody, description = "There is no such limit"),
        Refusals,
    ))]
pub(super) async fn remove_limit(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
) -> Result<Json<LimitView>, ApiError> {
    let mut conn = app.connection().await?;
    let limit = gates::remove_limit(&mut conn, &name).await?;
    tracing::info!(limit = %name, actor = actor.as_str(), "removed a limit");
    Ok(Json(limit))
}
