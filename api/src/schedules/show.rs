use axum::Json;
use axum::extract::{Path, State};
use nexus_schema::schedules::{self, ScheduleVersion, ScheduleView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};

/// Every schedule, by name. There are few, so the list is not paged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScheduleList {
    schedules: Vec<ScheduleView>,
}

/// The changes of a schedule, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScheduleVersions {
    versions: Vec<ScheduleVersion>,
}

/// List schedules, when they tick next, what they did, and which do not fire and why
#[utoipa::path(get, path = "/v1/schedules", tag = super::TAG,
    responses((status = 200, body = ScheduleList), Refusals))]
pub(super) async fn list_schedules(
    State(app): State<Shared>,
) -> Result<Json<ScheduleList>, ApiError> {
    let mut conn = app.connection().await?;
    let schedules = schedules::list(&mut conn).await?;
    Ok(Json(ScheduleList { schedules }))
}

/// Show a schedule
#[utoipa::path(get, path = "/v1/schedules/{name}", tag = super::TAG,
    params(("name" = String, Path, description = "The schedule")),
    responses(
        (status = 200, body = ScheduleView),
        (status = 404, body = ErrorBody, description = "There is no such schedule"),
        Refusals,
    ))]
pub(super) async fn show_schedule(
    State(app): State<Shared>,
    Path(name): Path<String>,
) -> Result<Json<ScheduleView>, ApiError> {
    let mut conn = app.connection().await?;
    Ok(Json(schedules::find(&mut conn, &name).await?))
}

/// List the changes of a schedule, the newest first; also of one that was removed
#[utoipa::path(get, path = "/v1/schedules/{name}/versions", tag = super::TAG,
    params(("name" = String, Path, description = "The schedule")),
    responses(
        (status = 200, body = ScheduleVersions),
        (status = 404, body = ErrorBody, description = "There never was such a schedule"),
        Refusals,
    ))]
pub(super) async fn list_schedule_versions(
    State(app): State<Shared>,
    Path(name): Path<String>,
) -> Result<Json<ScheduleVersions>, ApiError> {
    let mut conn = app.connection().await?;
    let versions = schedules::versions(&mut conn, &name).await?;
    Ok(Json(ScheduleVersions { versions }))
}
