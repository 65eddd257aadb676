use axum::Json;
use axum::extract::{Path, State};
use nexus_producer::schedules;
use nexus_schema::schedules::ScheduleView;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};

/// Pause a schedule: its ticks pass without a job, and do not count as missed
#[utoipa::path(post, path = "/v1/schedules/{name}/pause", tag = super::TAG,
    params(("name" = String, Path, description = "The schedule")),
    responses(
        (status = 200, body = ScheduleView),
        (status = 404, body = ErrorBody, description = "There is no such schedule"),
        Refusals,
    ))]
pub(super) async fn pause_schedule(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
) -> Result<Json<ScheduleView>, ApiError> {
    let mut conn = app.connection().await?;
    Ok(Json(schedules::pause(&mut conn, &name, &actor).await?))
}

/// Resume a schedule that is paused, with its next tick
#[utoipa::path(post, path = "/v1/schedules/{name}/resume", tag = super::TAG,
    params(("name" = String, Path, description = "The schedule")),
    responses(
        (status = 200, body = ScheduleView),
        (status = 404, body = ErrorBody, description = "There is no such schedule"),
        Refusals,
    ))]
pub(super) async fn resume_schedule(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
) -> Result<Json<ScheduleView>, ApiError> {
    let mut conn = app.connection().await?;
    Ok(Json(schedules::resume(&mut conn, &name, &actor).await?))
}
