use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nexus_schema::events::{self, ListenerView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};

/// Who listens to events, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListenerList {
    listeners: Vec<ListenerView>,
}

/// List who listens to events, how far behind they are, and what they lost
#[utoipa::path(get, path = "/v1/listeners", tag = super::TAG,
    responses((status = 200, body = ListenerList), Refusals))]
pub(super) async fn list_listeners(
    State(app): State<Shared>,
) -> Result<Json<ListenerList>, ApiError> {
    let mut conn = app.connection().await?;
    let listeners = events::listeners(&mut conn).await?;
    Ok(Json(ListenerList { listeners }))
}

/// Take a listener away: nothing is written for it any more, and what waits for it goes
#[utoipa::path(delete, path = "/v1/listeners/{name}", tag = super::TAG,
    params(("name" = String, Path, description = "The listener")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, body = ErrorBody, description = "There is no such listener"),
        Refusals,
    ))]
pub(super) async fn forget_listener(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let mut conn = app.connection().await?;
    events::forget(&mut conn, &name).await?;
    tracing::info!(listener = %name, actor = actor.as_str(), "forgot a listener");
    Ok(StatusCode::NO_CONTENT)
}
