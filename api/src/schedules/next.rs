use axum::Json;
use axum::extract::{Path, State};
use nexus_jobs::schedule::ShownTick;
use nexus_producer::schedules;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Query;
use crate::page;

/// How many.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NextQuery {
    /// How many ticks: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    count: Option<u32>,
}

/// The ticks that are to come, the next one first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NextTicks {
    ticks: Vec<ShownTick>,
}

/// List the ticks that are to come; also of a schedule that is paused
#[utoipa::path(get, path = "/v1/schedules/{name}/next", tag = super::TAG,
    params(("name" = String, Path, description = "The schedule"), NextQuery),
    responses(
        (status = 200, body = NextTicks),
        (status = 404, body = ErrorBody, description = "There is no such schedule"),
        Refusals,
    ))]
pub(super) async fn list_next_ticks(
    State(app): State<Shared>,
    Path(name): Path<String>,
    Query(query): Query<NextQuery>,
) -> Result<Json<NextTicks>, ApiError> {
    let count = page::size(query.count, app.settings.api.page_max)?;
    let mut conn = app.connection().await?;
    let upcoming = schedules::next(&mut conn, &name, count as usize).await?;
    let ticks = upcoming.ticks.iter();
    let ticks = ticks.map(|tick| upcoming.schedule.shown(*tick)).collect();
    Ok(Json(NextTicks { ticks }))
}
