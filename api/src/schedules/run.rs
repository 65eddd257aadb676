use axum::Json;
use axum::extract::{Path, State};
use nexus_producer::schedules::{self, Filled};

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};

/// Enqueue a schedule's job now, as of a tick at this moment; also of one that is paused
#[utoipa::path(post, path = "/v1/schedules/{name}/run", tag = super::TAG,
    params(("name" = String, Path, description = "The schedule")),
    responses(
        (status = 200, body = Filled),
        (status = 404, body = ErrorBody, description = "There is no such schedule"),
        (status = 409, body = ErrorBody, description = "No worker knows its kind, or its job is refused"),
        Refusals,
    ))]
pub(super) async fn run_schedule(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
) -> Result<Json<Filled>, ApiError> {
    let mut conn = app.connection().await?;
    let settings = &app.settings;
    Ok(Json(
        schedules::run_now(&mut conn, &name, &actor, settings).await?,
    ))
}
