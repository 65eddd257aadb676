use axum::Json;
use axum::extract::{Path, State};
use nexus_producer::triggers;
use nexus_schema::triggers::TriggerView;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};

/// Enable a trigger, and forget what it was disabled for
#[utoipa::path(post, path = "/v1/triggers/{name}/enable", tag = super::TAG,
    params(("name" = String, Path, description = "The trigger")),
    responses(
        (status = 200, body = TriggerView),
        (status = 404, body = ErrorBody, description = "There is no such trigger"),
        Refusals,
    ))]
pub(super) async fn enable_trigger(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
) -> Result<Json<TriggerView>, ApiError> {
    let mut conn = app.connection().await?;
    Ok(Json(triggers::enable(&mut conn, &name, &actor).await?))
}

/// Disable a trigger: events from now on do not fire it, nor do they later
#[utoipa::path(post, path = "/v1/triggers/{name}/disable", tag = super::TAG,
    params(("name" = String, Path, description = "The trigger")),
    responses(
        (status = 200, body = TriggerView),
        (status = 404, body = ErrorBody, description = "There is no such trigger"),
        Refusals,
    ))]
pub(super) async fn disable_trigger(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
) -> Result<Json<TriggerView>, ApiError> {
    let mut conn = app.connection().await?;
    Ok(Json(triggers::disable(&mut conn, &name, &actor).await?))
}
