use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::request::{JobRequests, read};
use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::JsonBody;

/// The jobs that were enqueued.
#[derive(Debug, Serialize, ToSchema)]
struct Enqueued {
    /// Their ids, in the order of the request.
    #[schema(example = json!([17, 18]))]
    ids: Vec<i64>,
}

/// Enqueue one job or many
///
/// All of a request's jobs are enqueued, or none. After a 503 it is open whether they were.
#[utoipa::path(post, path = "/v1/jobs", tag = super::TAG,
    request_body(content = JobRequests, content_type = "application/json"),
    responses(
        (status = 201, body = Enqueued, headers(("Location" = String, description = "The job, if it is one"))),
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
    let ids = app.producer.enqueue_in(&mut conn, &jobs, &actor).await?;
    let ids: Vec<i64> = ids.into_iter().map(|id| id.0).collect();
    let location = match ids[..] {
        [id] => Some([(LOCATION, format!("/v1/jobs/{id}"))]),
        _ => None,
    };
    Ok((StatusCode::CREATED, location, axum::Json(Enqueued { ids })).into_response())
}
