use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use nexus_producer::schedules::{self, Backfill, Backfilled};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Json as Body;

/// Which ticks of the past.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BackfillRange {
    /// From this time on.
    from: DateTime<Utc>,
    /// Through this time, at most through now.
    to: DateTime<Utc>,
    /// Also those that became a job before.
    #[serde(default)]
    again: bool,
    /// Only tell what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// Enqueue the jobs of ticks of the past that never became one
///
/// Where its jobs may not overlap, they run one after another.
#[utoipa::path(post, path = "/v1/schedules/{name}/backfill", tag = super::TAG,
    request_body = BackfillRange, params(("name" = String, Path, description = "The schedule")),
    responses(
        (status = 200, body = Backfilled),
        (status = 404, body = ErrorBody, description = "There is no such schedule"),
        (status = 409, body = ErrorBody, description = "No worker knows its kind"),
        (status = 422, body = ErrorBody, description = "The range is empty, or holds too many ticks (schedules.backfill_max)"),
        Refusals,
    ))]
pub(super) async fn backfill_schedule(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
    Body(range): Body<BackfillRange>,
) -> Result<Json<Backfilled>, ApiError> {
    let range = Backfill {
        from: range.from,
        to: range.to,
        again: range.again,
        dry_run: range.dry_run,
    };
    let mut conn = app.connection().await?;
    let settings = &app.settings;
    let filled = schedules::backfill(&mut conn, &name, range, &actor, settings).await?;
    Ok(Json(filled))
}
