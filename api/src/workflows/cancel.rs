use axum::Json;
use axum::extract::State;
use nexus_jobs::WorkflowId;
use nexus_schema::workflows::{self, WorkflowView};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Id, JsonBody, decode};

const REASON: &str = "cancelled by an operator";

/// Why a workflow is called off.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelWorkflow {
    /// For the record.
    reason: Option<String>,
}

/// Call a workflow off
///
/// Its jobs that wait are cancelled at once, those that run are asked to stop. It has ended once the last of
/// them has; `on_failure` is not called.
#[utoipa::path(post, path = "/v1/workflows/{id}/cancel", tag = super::TAG,
    request_body(content = Option<CancelWorkflow>, content_type = "application/json"),
    params(("id" = i64, Path, description = "The workflow")),
    responses(
        (status = 200, body = WorkflowView),
        (status = 404, body = ErrorBody, description = "There is no such workflow, or no longer"),
        (status = 409, body = ErrorBody, description = "It has ended already"),
        Refusals,
    ))]
pub(super) async fn cancel_workflow(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Id(id): Id,
    body: Option<JsonBody>,
) -> Result<Json<WorkflowView>, ApiError> {
    let asked: CancelWorkflow = match body {
        Some(JsonBody(bytes)) => decode(&bytes)?,
        None => CancelWorkflow::default(),
    };
    let reason = asked.reason.as_deref().unwrap_or(REASON);
    let mut conn = app.connection().await?;
    let called_off = workflows::call_off(&mut conn, WorkflowId(id), reason, &actor).await?;
    Ok(Json(called_off))
}
