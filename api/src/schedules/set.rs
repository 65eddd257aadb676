use axum::Json;
use axum::extract::{Path, State};
use nexus_jobs::schedule::Definition;
use nexus_producer::schedules;
use nexus_schema::schedules::ScheduleView;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Json as Body;

/// Make a schedule, or change one; it ticks from now on
#[utoipa::path(put, path = "/v1/schedules/{name}", tag = super::TAG, request_body = Definition,
    params(("name" = String, Path, description = "The schedule")),
    responses(
        (status = 200, body = ScheduleView),
        (status = 409, body = ErrorBody, description = "The settings say what it is"),
        (status = 422, body = ErrorBody, description = "A part of it is wrong, or it never ticks again"),
        Refusals,
    ))]
pub(super) async fn set_schedule(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
    Body(definition): Body<Definition>,
) -> Result<Json<ScheduleView>, ApiError> {
    let mut conn = app.connection().await?;
    let schedule = schedules::set(&mut conn, &name, definition, &actor).await?;
    tracing::info!(schedule = %name, actor = actor.as_str(), "set a schedule");
    Ok(Json(schedule))
}

/// Remove a schedule; its versions, the log of its ticks and its jobs stay
#[utoipa::path(delete, path = "/v1/schedules/{name}", tag = super::TAG,
    params(("name" = String, Path, description = "The schedule")),
    responses(
        (status = 200, body = ScheduleView, description = "As it was"),
        (status = 404, body = ErrorBody, description = "There is no such schedule"),
        (status = 409, body = ErrorBody, description = "The settings say what it is"),
        Refusals,
    ))]
pub(super) async fn remove_schedule(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
) -> Result<Json<ScheduleView>, ApiError> {
    let mut conn = app.connection().await?;
    let schedule = schedules::remove(&mut conn, &name, &actor).await?;
    tracing::info!(schedule = %name, actor = actor.as_str(), "removed a schedule");
    Ok(Json(schedule))
}
