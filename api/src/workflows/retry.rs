use axum::Json;
use axum::extract::State;
use nexus_jobs::WorkflowId;
use nexus_schema::ledger::Rules;
use nexus_schema::workflows::{self, WorkflowView};

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Id;

/// Run again what did not complete of a workflow that has ended
///
/// As new jobs with the arguments they had, each once those before it have ended. What completed is not run
/// again, and its results stay.
#[utoipa::path(post, path = "/v1/workflows/{id}/retry", tag = super::TAG,
    params(("id" = i64, Path, description = "The workflow")),
    responses(
        (status = 200, body = WorkflowView),
        (status = 404, body = ErrorBody, description = "There is no such workflow, or no longer"),
        (status = 409, body = ErrorBody, description = "It still runs, or completed, or its jobs are no longer \
                                                         in history"),
        Refusals,
    ))]
pub(super) async fn retry_workflow(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Id(id): Id,
) -> Result<Json<WorkflowView>, ApiError> {
    let mut conn = app.connection().await?;
    let rules = Rules::of(&app.settings);
    let again = workflows::retry(&mut conn, WorkflowId(id), &actor, &rules).await?;
    Ok(Json(again))
}
