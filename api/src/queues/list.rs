use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use nexus_schema::jobs;
use nexus_schema::queues::{self, QueueAsk};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, Refusals};

/// Every queue that has unfinished jobs, or of which anything was ever asked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Queues {
    queues: Vec<Queue>,
}

/// A queue.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Queue {
    /// Its name.
    name: String,
    /// Unfinished jobs, by state.
    states: BTreeMap<String, i64>,
    /// What operators asked of it; null: nothing ever.
    asked: Option<QueueAsk>,
}

/// List queues by name
#[utoipa::path(get, path = "/v1/queues", tag = super::TAG,
    responses((status = 200, body = Queues), Refusals))]
pub(super) async fn list_queues(State(app): State<Shared>) -> Result<Json<Queues>, ApiError> {
    let mut conn = app.connection().await?;
    let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
    for count in jobs::counts(&mut conn).await? {
        let queue = queues.entry(count.queue).or_default();
        queue.states.insert(count.state, count.jobs);
    }
    for asked in queues::list(&mut conn).await? {
        let queue = queues.entry(asked.name.clone()).or_default();
        queue.asked = Some(asked);
    }
    let named = queues
        .into_iter()
        .map(|(name, queue)| Queue { name, ..queue });
    Ok(Json(Queues {
        queues: named.collect(),
    }))
}
