use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use nexus_jobs::Enqueued;
use serde::Serialize;
use utoipa::ToSchema;

use super::request::{JobRequests, read};
use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::JsonBody;

/// What became of the jobs.
#[derive(Debug, Serialize, ToSchema)]
struct Answer {
    /// The jobs that there are, in the order of the request: those enqueued, or those that
    /// have their unique keys.
    #[schema(example = json!([17, 18]))]
    ids: Vec<i64>,
    /// What became of each: `new`, `existing`, `replaced` or `rejected`.
    #[schema(example = json!(["new", "existing"]))]
    outcomes: Vec<&'static str>,
}

/// Enqueue one job or many
///
/// All of a request's jobs are enqueued, or none, but for those whose unique key another job has.
/// After a 503 it is open whether they were.
#[utoipa::path(post, path = "/v1/jobs", tag = super::TAG,
    request_body(content = JobRequests, content_type = "application/json"),
    responses(
        (status = 200, body = Answer, description = "No job is new: others have their unique keys"),
        (status = 201, body = Answer, headers(("Location" = String, description = "The job, if it is one"))),
        (status = 409, body = ErrorBody, description = "It is one job, and another one has its unique key"),
        (status = 413, body = ErrorBody, description = "The body is larger than api.body_bytes_max"),
        (status = 415, body = ErrorBody, description = "The body is not sent as JSON"),
        (status = 422, body = ErrorBody, description = "A job is wrong; the message names it and the field"),
        Refusals,
    ))]
pub(super) async fn enqueue_jobs(
    State(app): State<Shared>,
    Requester(actor): Requester,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let jobs = read(&body, app.settings.enqueue.batch_max)?;
    let mut conn = app.connection().await?;
    let enqueued = app.producer.enqueue_in(&mut conn, &jobs, &actor).await?;
    if let [Enqueued::Rejected(id)] = enqueued[..] {
        return Err(ApiError::conflict(format!(
            "job {id} has the same unique key"
        )));
    }
    let status = if enqueued.iter().any(|job| job.is_new()) {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let answer = Answer {
        ids: enqueued.iter().map(|job| job.id().0).collect(),
        outcomes: enqueued.iter().map(|job| job.as_str()).collect(),
    };
    let location = match answer.ids[..] {
        [id] => Some([(LOCATION, format!("/v1/jobs/{id}"))]),
        _ => None,
    };
    Ok((status, location, axum::Json(answer)).into_response())
}
