use axum::Json;
use axum::extract::State;
use nexus_jobs::{NoSuchTransport, QueueName, TransportName};
use nexus_schema::queues::{self, QueueAsk};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Json as Body, Text};

/// How many of a queue's jobs run at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScaleQueue {
    /// Jobs at once in each process that serves the queue; null: as each is configured.
    #[schema(example = 8)]
    concurrency: Option<u32>,
}

/// Which broker is to carry a queue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SwitchQueue {
    /// `redis` or `kafka`.
    #[schema(example = "kafka")]
    transport: String,
}

fn queue(name: String) -> Result<QueueName, ApiError> {
    QueueName::new(name).map_err(|error| ApiError::malformed(error.to_string()))
}

/// The one queue that was asked for.
fn only(asked: Vec<QueueAsk>, name: &QueueName) -> Result<Json<QueueAsk>, ApiError> {
    match asked.into_iter().next() {
        Some(asked) => Ok(Json(asked)),
        None => Err(ApiError::not_found("queue", name).hint("nothing was ever asked of it")),
    }
}

/// Pause a queue
///
/// No process claims its jobs until it is resumed; what runs, runs on.
#[utoipa::path(post, path = "/v1/queues/{name}/pause", tag = super::TAG,
    params(("name" = String, Path, description = "The queue")),
    responses((status = 200, body = QueueAsk), Refusals))]
pub(super) async fn pause_queue(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Text(name): Text,
) -> Result<Json<QueueAsk>, ApiError> {
    let name = queue(name)?;
    let mut conn = app.connection().await?;
    only(
        queues::pause(&mut conn, std::slice::from_ref(&name), &actor).await?,
        &name,
    )
}

/// Resume a queue
#[utoipa::path(post, path = "/v1/queues/{name}/resume", tag = super::TAG,
    params(("name" = String, Path, description = "The queue")),
    responses(
        (status = 200, body = QueueAsk),
        (status = 404, body = ErrorBody, description = "Nothing was ever asked of this queue"),
        Refusals,
    ))]
pub(super) async fn resume_queue(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Text(name): Text,
) -> Result<Json<QueueAsk>, ApiError> {
    let name = queue(name)?;
    let mut conn = app.connection().await?;
    only(
        queues::resume(&mut conn, std::slice::from_ref(&name), &actor).await?,
        &name,
    )
}

/// Set how many of a queue's jobs each process runs at once
#[utoipa::path(put, path = "/v1/queues/{name}", tag = super::TAG, request_body = ScaleQueue,
    params(("name" = String, Path, description = "The queue")),
    responses(
        (status = 200, body = QueueAsk),
        (status = 422, body = ErrorBody, description = "The number is out of range"),
        Refusals,
    ))]
pub(super) async fn scale_queue(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Text(name): Text,
    Body(wanted): Body<ScaleQueue>,
) -> Result<Json<QueueAsk>, ApiError> {
    let name = queue(name)?;
    let mut conn = app.connection().await?;
    let wanted = [(name.clone(), wanted.concurrency)];
    only(queues::scale(&mut conn, &wanted, &actor).await?, &name)
}

/// Send a queue's ids through another broker
///
/// From now on; what the present one has not delivered is sent again, so nothing is lost.
#[utoipa::path(put, path = "/v1/queues/{name}/transport", tag = super::TAG,
    request_body = SwitchQueue,
    params(("name" = String, Path, description = "The queue")),
    responses((status = 200, body = QueueAsk), Refusals))]
pub(super) async fn switch_queue(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Text(name): Text,
    Body(wanted): Body<SwitchQueue>,
) -> Result<Json<QueueAsk>, ApiError> {
    let name = queue(name)?;
    let to: TransportName = wanted
        .transport
        .parse()
        .map_err(|error: NoSuchTransport| ApiError::malformed(error.to_string()))?;
    let mut conn = app.connection().await?;
    Ok(Json(queues::switch(&mut conn, &name, to, &actor).await?))
}
