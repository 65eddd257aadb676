use axum::Json;
use axum::extract::State;
use nexus_schema::gates::{self, LimitView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, Refusals};

/// Every limit, by name. There are few, so the list is not paged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LimitList {
    limits: Vec<LimitView>,
}

/// List limits
#[utoipa::path(get, path = "/v1/limits", tag = super::TAG,
    responses((status = 200, body = LimitList), Refusals))]
pub(super) async fn list_limits(State(app): State<Shared>) -> Result<Json<LimitList>, ApiError> {
    let mut conn = app.connection().await?;
    let limits = gates::limits(&mut conn).await?;
    Ok(Json(LimitList { limits }))
}
