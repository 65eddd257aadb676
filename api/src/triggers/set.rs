use axum::Json;
use axum::extract::{Path, State};
use nexus_jobs::trigger::{Condition, Definition, Enqueue, On};
use nexus_producer::triggers;
use nexus_schema::triggers::TriggerView;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Json as Body;

/// What a trigger is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetTrigger {
    /// Which events: `type`, and if wanted `kind`, `outcome` and `topic`.
    #[schema(value_type = Object, example = json!({ "type": "job.completed", "kind": "process_dataset" }))]
    on: On,
    /// What must hold of the event besides: JSON paths with what they are to select.
    #[serde(default)]
    #[schema(value_type = Vec<Object>, example = json!([{ "path": "$.data.result.rows_loaded", "above": 0 }]))]
    when: Vec<Condition>,
    /// The job: `kind`, and if wanted `args`, `queue`, `band`, `delay_ms`, `attempts`, `tags`, `order_key`
    /// and `tenant_id`.
    #[schema(value_type = Object, example = json!({ "kind": "noop", "args": { "padding": "{{ $.subject }}" } }))]
    enqueue: Enqueue,
    /// Jobs a minute from which it is taken for a loop, and disabled; as set for all if left out.
    rate_per_minute: Option<u32>,
    /// Triggers in a row from which it is taken for a loop, and passed over; as set for all if left out.
    depth_max: Option<u16>,
}

/// Make a trigger, or change one; counts for events from now on
#[utoipa::path(put, path = "/v1/triggers/{name}", tag = super::TAG, request_body = SetTrigger,
    params(("name" = String, Path, description = "The trigger")),
    responses(
        (status = 200, body = TriggerView),
        (status = 422, body = ErrorBody, description = "A part of it is wrong"),
        Refusals,
    ))]
pub(super) async fn set_trigger(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
    Body(set): Body<SetTrigger>,
) -> Result<Json<TriggerView>, ApiError> {
    let definition = Definition {
        on: set.on,
        when: set.when,
        enqueue: set.enqueue,
        rate_per_minute: set.rate_per_minute,
        depth_max: set.depth_max,
    };
    let mut conn = app.connection().await?;
    Ok(Json(
        triggers::set(&mut conn, &name, definition, &actor).await?,
    ))
}

/// Remove a trigger; its versions and its log stay
#[utoipa::path(delete, path = "/v1/triggers/{name}", tag = super::TAG,
    params(("name" = String, Path, description = "The trigger")),
    responses(
        (status = 200, body = TriggerView, description = "As it was"),
        (status = 404, body = ErrorBody, description = "There is no such trigger"),
        Refusals,
    ))]
pub(super) async fn remove_trigger(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Path(name): Path<String>,
) -> Result<Json<TriggerView>, ApiError> {
    let mut conn = app.connection().await?;
    let trigger = triggers::remove(&mut conn, &name, &actor).await?;
    tracing::info!(trigger = %name, actor = actor.as_str(), "removed a trigger");
    Ok(Json(trigger))
}
