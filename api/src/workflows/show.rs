use axum::Json;
use axum::extract::State;
use nexus_jobs::WorkflowId;
use nexus_schema::workflows::{self, WorkflowGraph};

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Id;

/// Show a workflow with its graph: every job, how far it is, and which it waits for
#[utoipa::path(get, path = "/v1/workflows/{id}", tag = super::TAG,
    params(("id" = i64, Path, description = "The workflow")),
    responses(
        (status = 200, body = WorkflowGraph),
        (status = 404, body = ErrorBody, description = "There is no such workflow, or no longer"),
        Refusals,
    ))]
pub(super) async fn show_workflow(
    State(app): State<Shared>,
    Id(id): Id,
) -> Result<Json<WorkflowGraph>, ApiError> {
    let mut conn = app.connection().await?;
    Ok(Json(workflows::graph(&mut conn, WorkflowId(id)).await?))
}
