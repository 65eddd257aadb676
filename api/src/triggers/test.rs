use axum::Json;
use axum::extract::State;
use nexus_jobs::trigger::Definition;
use nexus_producer::triggers::{Judgement, dry_run, given, recorded};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Json as Body;

/// Which event, and which triggers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestTriggers {
    /// A CloudEvent, of which all but the type may be left out.
    #[schema(value_type = Option<Object>, example = json!({ "type": "dataset.loaded", "data": { "dataset_id": 7 } }))]
    event: Option<Value>,
    /// Or the id of an event that the ledger knows, such as `7.1.completed`.
    recorded: Option<String>,
    /// As if it had come from this Kafka topic.
    topic: Option<String>,
    /// Only this trigger.
    trigger: Option<String>,
    /// Judge this definition instead of those that are stored.
    #[schema(value_type = Option<Object>)]
    definition: Option<Definition>,
}

/// What would fire.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Judgements {
    judgements: Vec<Judgement>,
}

/// Show what would fire on an event; nothing is enqueued
#[utoipa::path(post, path = "/v1/triggers/test", tag = super::TAG, request_body = TestTriggers,
    responses(
        (status = 200, body = Judgements),
        (status = 404, body = ErrorBody, description = "There is no such trigger, or no such recorded event"),
        (status = 422, body = ErrorBody, description = "The event or the definition is wrong"),
        Refusals,
    ))]
pub(super) async fn test_triggers(
    State(app): State<Shared>,
    Body(test): Body<TestTriggers>,
) -> Result<Json<Judgements>, ApiError> {
    let source = &app.settings.events.source;
    let mut conn = app.connection().await?;
    let event = match (test.event, &test.recorded) {
        (Some(event), None) => given(event, source)?,
        (None, Some(id)) => recorded(&mut conn, id, source).await?,
        _ => return Err(ApiError::invalid("give event or recorded, one of them")),
    };
    let judgements = dry_run(
        &mut conn,
        &event,
        test.topic.as_deref(),
        test.trigger.as_deref(),
        test.definition,
        app.settings.triggers.depth_max,
    )
    .await?;
    Ok(Json(Judgements { judgements }))
}
