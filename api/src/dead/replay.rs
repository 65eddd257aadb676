use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use nexus_jobs::JobId;
use nexus_jobs::kinds::built_in;
use nexus_schema::dead::{self, Again, DeadFilter, Pace, Replay};
use nexus_schema::jobs;
use nexus_schema::ledger::Rules;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::STEP;
use super::which::{Which, is_dead};
use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Id, Json as Body, JsonBody, decode};

/// How many become due a second unless told otherwise.
const RATE_DEFAULT: u32 = 100;

/// What a dead letter runs again with.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayOne {
    /// Other arguments than it had.
    #[schema(value_type = Option<Object>)]
    args: Option<Box<RawValue>>,
}

/// Run a dead letter again
///
/// As a new job that points at the old one; each runs again once.
#[utoipa::path(post, path = "/v1/dead/{id}/replay", tag = super::TAG,
    request_body(content = Option<ReplayOne>, content_type = "application/json"),
    params(("id" = i64, Path, description = "The job")),
    responses(
        (status = 201, body = Again),
        (status = 404, body = ErrorBody, description = "There is no such dead letter, or no longer"),
        (status = 409, body = ErrorBody, description = "It was run again already"),
        (status = 422, body = ErrorBody, description = "The arguments are wrong"),
        Refusals,
    ))]
pub(super) async fn replay_one(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Id(id): Id,
    body: Option<JsonBody>,
) -> Result<(StatusCode, Json<Again>), ApiError> {
    let asked: ReplayOne = match body {
        Some(JsonBody(bytes)) => decode(&bytes)?,
        None => ReplayOne::default(),
    };
    let mut conn = app.connection().await?;
    is_dead(&mut conn, id).await?;
    if let Some(args) = &asked.args {
        let kind = jobs::find(&mut conn, JobId(id))
            .await?
            .map(|found| found.job.kind);
        if let Some(known) = kind.as_deref().and_then(built_in) {
            (known.check)(args.get())
                .map_err(|wrong| ApiError::invalid(format!("field \"args\": {wrong}")))?;
        }
    }
    let filter = DeadFilter::of(JobId(id));
    let wanted = Replay {
        filter: &filter,
        after: JobId(0),
        limit: 1,
        args: asked.args.as_deref(),
        pace: None,
    };
    let rules = Rules::of(&app.settings);
    let replayed = dead::replay(&mut conn, &wanted, &actor, &rules).await?;
    match replayed.again.first() {
        Some(again) => Ok((StatusCode::CREATED, Json(*again))),
        None => Err(ApiError::conflict(format!(
            "dead letter {id} was run again already"
        ))),
    }
}

/// Dead letters to run again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayMany {
    /// Which ones. Those that were run again already are passed over.
    r#where: Which,
    /// How many become due a second; 100 if left out.
    #[schema(minimum = 1, maximum = 100_000)]
    rate: Option<u32>,
    /// No more than so many, and never more than 500.
    #[schema(minimum = 1)]
    max: Option<u32>,
    /// When the first is due: the `next_due` of the request before, so that the rate holds over both.
    first_due: Option<DateTime<Utc>>,
    /// Only count them.
    #[serde(default)]
    dry_run: bool,
}

/// The jobs that run dead letters again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReplayedMany {
    /// How many matched.
    matching: i64,
    /// Those of this request, the oldest first; ask again for the rest.
    replayed: Vec<Again>,
    /// When the next one is due at this rate.
    next_due: Option<DateTime<Utc>>,
}

/// Run dead letters again by what they have in common, up to 500 a request, at a bounded rate
#[utoipa::path(post, path = "/v1/dead/replay", tag = super::TAG, request_body = ReplayMany,
    responses(
        (status = 200, body = ReplayedMany),
        (status = 422, body = ErrorBody, description = "Nothing says which dead letters, or a field is wrong"),
        Refusals,
    ))]
pub(super) async fn replay_many(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Body(asked): Body<ReplayMany>,
) -> Result<Json<ReplayedMany>, ApiError> {
    let rate = asked.rate.unwrap_or(RATE_DEFAULT);
    if !(1..=Pace::RATE_MAX).contains(&rate) {
        let wrong = format!("field \"rate\": it must be 1 to {}", Pace::RATE_MAX);
        return Err(ApiError::invalid(wrong));
    }
    let filter = asked.r#where.filter()?;
    let mut conn = app.connection().await?;
    let mut done = ReplayedMany {
        matching: dead::replayable(&mut conn, &filter).await?,
        replayed: Vec::new(),
        next_due: None,
    };
    if !asked.dry_run {
        let wanted = Replay {
            filter: &filter,
            after: JobId(0),
            limit: asked.max.unwrap_or(STEP).min(STEP),
            args: None,
            pace: Some(Pace::of(rate).from(asked.first_due)),
        };
        let rules = Rules::of(&app.settings);
        let replayed = dead::replay(&mut conn, &wanted, &actor, &rules).await?;
        done.next_due = replayed.pace.and_then(|pace| pace.next());
        done.replayed = replayed.again;
    }
    Ok(Json(done))
}
