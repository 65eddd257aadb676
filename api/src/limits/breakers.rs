use axum::Json;
use axum::extract::{Path, State};
use nexus_schema::gates::{self, BreakerChange, BreakerView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Json as Body;

/// Every breaker, by kind. There are few, so the list is not paged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BreakerList {
    breakers: Vec<BreakerView>,
}

/// When a breaker opens, and how it closes again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetBreaker {
    /// Share of failed attempts, above 0 and at most 1, from which it opens.
    #[schema(example = 0.5)]
    failure_share: f64,
    /// Attempts in a window below which it never opens.
    #[schema(example = 20)]
    attempts_min: i32,
    /// The length of a window, in milliseconds.
    #[schema(example = 60_000)]
    window_ms: i64,
    /// How long it stays open, in milliseconds.
    #[schema(example = 30_000)]
    open_ms: i64,
    /// Jobs let in half open, to see how they fare.
    #[schema(example = 3)]
    probes: i32,
}

/// List breakers
#[utoipa::path(get, path = "/v1/breakers", tag = super::TAG,
    responses((status = 200, body = BreakerList), Refusals))]
pub(super) async fn list_breakers(
    State(app): State<Shared>,
) -> Result<Json<BreakerList>, ApiError> {
    let mut conn = app.connection().await?;
    let breakers = gates::breakers(&mut conn).await?;
    Ok(Json(BreakerList { breakers }))
}

/// Give a kind a breaker, or change its policy; its state stays
#[utoipa::path(put, path = "/v1/breakers/{kind}", tag = super::TAG, request_body = SetBreaker,
    params(("kind" = String, Path, description = "The kind")),
    responses(
        (status = 200, body = BreakerView),
        (status = 422, body = ErrorBody, description = "A field is wrong"),
        Refusals,
    ))]
pub(super) async fn set_breaker(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(kind): Path<String>,
    Body(set): Body<SetBreaker>,
) -> Result<Json<BreakerView>, ApiError> {
    let change = BreakerChange {
        failure_share: set.failure_share,
        attempts_min: set.attempts_min,
        window_ms: set.window_ms,
        open_ms: set.open_ms,
        probes: set.probes,
    };
    let mut conn = app.connection().await?;
    Ok(Json(
        gates::set_breaker(&mut conn, &kind, &change, &actor).await?,
    ))
}

/// Take a kind's breaker away; who waits for it is let go
#[utoipa::path(delete, path = "/v1/breakers/{kind}", tag = super::TAG,
    params(("kind" = String, Path, description = "The kind")),
    responses(
        (status = 200, body = BreakerView, description = "As it was"),
        (status = 404, body = ErrorBody, description = "The kind has no breaker"),
        Refusals,
    ))]
pub(super) async fn remove_breaker(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(kind): Path<String>,
) -> Result<Json<BreakerView>, ApiError> {
    let mut conn = app.connection().await?;
    let breaker = gates::remove_breaker(&mut conn, &kind).await?;
    tracing::info!(%kind, actor = actor.as_str(), "removed a breaker");
    Ok(Json(breaker))
}

/// Close a kind's breaker, whatever it saw
#[utoipa::path(post, path = "/v1/breakers/{kind}/reset", tag = super::TAG,
    params(("kind" = String, Path, description = "The kind")),
    responses(
        (status = 200, body = BreakerView),
        (status = 404, body = ErrorBody, description = "The kind has no breaker"),
        Refusals,
    ))]
pub(super) async fn reset_breaker(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(kind): Path<String>,
) -> Result<Json<BreakerView>, ApiError> {
    let mut conn = app.connection().await?;
    Ok(Json(gates::reset_breaker(&mut conn, &kind, &actor).await?))
}
