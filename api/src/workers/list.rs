use axum::Json;
use axum::extract::State;
use nexus_schema::workers::{self, WorkerView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, Refusals};

/// Worker processes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Workers {
    workers: Vec<WorkerView>,
}

/// List worker processes, those seen last first
#[utoipa::path(get, path = "/v1/workers", tag = super::TAG,
    responses((status = 200, body = Workers), Refusals))]
pub(super) async fn list_workers(State(app): State<Shared>) -> Result<Json<Workers>, ApiError> {
    let mut conn = app.connection().await?;
    let workers = workers::list(&mut conn).await?;
    Ok(Json(Workers { workers }))
}
