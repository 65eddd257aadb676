use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nexus_jobs::{Actor, WorkerId};
use nexus_schema::asked::{self, ProcessAsk};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::{App, Shared};
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Text;

/// What was asked of which process.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkerAsked {
    /// Its id.
    worker: String,
    /// `quiet` or `drain`; null: to go on.
    #[schema(value_type = Option<String>, example = "quiet")]
    asked: Option<ProcessAsk>,
}

type Told = (StatusCode, Json<WorkerAsked>);

async fn ask(
    app: &App,
    id: &str,
    what: Option<ProcessAsk>,
    actor: &Actor,
) -> Result<Told, ApiError> {
    let worker = id
        .parse()
        .map(WorkerId)
        .map_err(|_| ApiError::malformed(format!("{id:?} is no worker's id: they are UUIDs")))?;
    let mut conn = app.connection().await?;
    match asked::ask(&mut conn, &[worker], what, actor).await?[..] {
        [] => Err(ApiError::not_found("worker", id)),
        _ => Ok((
            StatusCode::ACCEPTED,
            Json(WorkerAsked {
                worker: id.to_owned(),
                asked: what,
            }),
        )),
    }
}

/// Ask a worker process to claim nothing, run on what it runs, and stay
#[utoipa::path(post, path = "/v1/workers/{id}/quiet", tag = super::TAG,
    params(("id" = String, Path, description = "The worker")),
    responses(
        (status = 202, body = WorkerAsked, description = "It is asked"),
        (status = 404, body = ErrorBody, description = "There is no such worker"),
        Refusals,
    ))]
pub(super) async fn quiet_worker(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Text(id): Text,
) -> Result<Told, ApiError> {
    ask(&app, &id, Some(ProcessAsk::Quiet), &actor).await
}

/// Ask a worker process to end, as by SIGTERM
#[utoipa::path(post, path = "/v1/workers/{id}/drain", tag = super::TAG,
    params(("id" = String, Path, description = "The worker")),
    responses(
        (status = 202, body = WorkerAsked, description = "It is asked"),
        (status = 404, body = ErrorBody, description = "There is no such worker"),
        Refusals,
    ))]
pub(super) async fn drain_worker(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Text(id): Text,
) -> Result<Told, ApiError> {
    ask(&app, &id, Some(ProcessAsk::Drain), &actor).await
}

/// Let a quiet worker process claim again
#[utoipa::path(post, path = "/v1/workers/{id}/resume", tag = super::TAG,
    params(("id" = String, Path, description = "The worker")),
    responses(
        (status = 202, body = WorkerAsked, description = "It is asked"),
        (status = 404, body = ErrorBody, description = "There is no such worker"),
        Refusals,
    ))]
pub(super) async fn resume_worker(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Text(id): Text,
) -> Result<Told, ApiError> {
    ask(&app, &id, None, &actor).await
}
