use axum::Json;
use axum::extract::{Path, State};
use nexus_schema::triggers::{self, TriggerVersion, TriggerView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};

/// Every trigger, by name. There are few, so the list is not paged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TriggerList {
    triggers: Vec<TriggerView>,
}

/// The changes of a trigger, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TriggerVersions {
    versions: Vec<TriggerVersion>,
}

/// List triggers, what they did, and which are disabled and why
#[utoipa::path(get, path = "/v1/triggers", tag = super::TAG,
    responses((status = 200, body = TriggerList), Refusals))]
pub(super) async fn list_triggers(
    State(app): State<Shared>,
) -> Result<Json<TriggerList>, ApiError> {
    let mut conn = app.connection().await?;
    let triggers = triggers::list(&mut conn).await?;
    Ok(Json(TriggerList { triggers }))
}

/// Show a trigger
#[utoipa::path(get, path = "/v1/triggers/{name}", tag = super::TAG,
    params(("name" = String, Path, description = "The trigger")),
    responses(
        (status = 200, body = TriggerView),
        (status = 404, body = ErrorBody, description = "There is no such trigger"),
        Refusals,
    ))]
pub(super) async fn show_trigger(
    State(app): State<Shared>,
    Path(name): Path<String>,
) -> Result<Json<TriggerView>, ApiError> {
    let mut conn = app.connection().await?;
    Ok(Json(triggers::find(&mut conn, &name).await?))
}

/// List the changes of a trigger, the newest first; also of one that was removed
#[utoipa::path(get, path = "/v1/triggers/{name}/versions", tag = super::TAG,
    params(("name" = String, Path, description = "The trigger")),
    responses(
        (status = 200, body = TriggerVersions),
        (status = 404, body = ErrorBody, description = "There never was such a trigger"),
        Refusals,
    ))]
pub(super) async fn list_trigger_versions(
    State(app): State<Shared>,
    Path(name): Path<String>,
) -> Result<Json<TriggerVersions>, ApiError> {
    let mut conn = app.connection().await?;
    let versions = triggers::versions(&mut conn, &name).await?;
    Ok(Json(TriggerVersions { versions }))
}
