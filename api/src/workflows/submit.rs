use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use nexus_handlers::workflow_request::submit_workflow as submit;
use nexus_producer::Submitted;
use nexus_producer::workflows::WorkflowRequest;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::JsonBody;

/// What became of the workflow.
#[derive(Debug, Serialize, ToSchema)]
struct Answer {
    /// The workflow.
    #[schema(example = 17)]
    id: i64,
    /// `new`, or `existing` where one of the tenant's has its key.
    #[schema(example = "new")]
    outcome: &'static str,
}

/// Submit a workflow: jobs of which some wait for others
///
/// All of it is submitted, or nothing. After a 503 it is open whether it was; one with a key may be sent
/// again.
#[utoipa::path(post, path = "/v1/workflows", tag = super::TAG,
    request_body(content = WorkflowRequest, content_type = "application/json"),
    responses(
        (status = 200, body = Answer, description = "The tenant has a workflow with this key"),
        (status = 201, body = Answer, headers(("Location" = String, description = "The workflow"))),
        (status = 404, body = ErrorBody, description = "There is no such tenant, or no case or dataset to load into"),
        (status = 409, body = ErrorBody, description = "A case to load into is closed, or a dataset has failed or is of another type"),
        (status = 413, body = ErrorBody, description = "The body is larger than api.body_bytes_max"),
        (status = 415, body = ErrorBody, description = "The body is not sent as JSON"),
        (status = 422, body = ErrorBody, description = "Something of it is wrong; the message says where, \
                                                         and of jobs that wait for one another, which"),
        Refusals,
    ))]
pub(super) async fn submit_workflow(
    State(app): State<Shared>,
    Requester(actor): Requester,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let mut conn = app.connection().await?;
    let submitted = submit(&mut conn, &app.producer, &app.sources, &body, &actor).await;
    let (submitted, _) = submitted?;
    let (status, outcome) = match submitted {
        Submitted::New(_) => (StatusCode::CREATED, "new"),
        Submitted::Existing(_) => (StatusCode::OK, "existing"),
    };
    let id = submitted.id().0;
    let location = [(LOCATION, format!("/v1/workflows/{id}"))];
    Ok((status, location, axum::Json(Answer { id, outcome })).into_response())
}
